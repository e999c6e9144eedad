"""Exceptions: one class for each status of the C library, each also of the built-in kind that it is like."""
from __future__ import annotations

from typing import Any


class OptimError(Exception):
    """Something that liboptim refused. Nothing has changed.

    status   the C library's number, OPTIM_ERROR_RANGE = -4 for example
    message  which argument, which value, what is allowed
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message

    def __str__(self) -> str:
        return self.message


class OptimMemoryError(OptimError, MemoryError):
    """Memory could not be allocated."""


class OptimArgumentError(OptimError, ValueError):
    """An argument that the call cannot take."""


class OptimNameError(OptimError, KeyError):
    """No algorithm, hyperparameter, tensor or slot of that name."""


class OptimRangeError(OptimError, ValueError):
    """A value outside the allowed range, not a number, or not whole."""


class OptimDtypeError(OptimError, TypeError):
    """Elements of another type than float32 or float64, or of another type than the parameter's."""


class OptimSizeError(OptimError, OverflowError):
    """More elements, bytes or wrappers than there can be."""


class OptimDuplicateError(OptimError, ValueError):
    """A tensor of that name is there already."""


class OptimAlignmentError(OptimError, ValueError):
    """Memory that is not aligned to its element type."""


class OptimConflictError(OptimError, ValueError):
    """Two hyperparameters contradict each other."""


class OptimStateError(OptimError, RuntimeError):
    """Not possible in the state the optimizer is in."""


class OptimUnsupportedError(OptimError, NotImplementedError):
    """Left out of this build of the library, or not possible on this machine."""


class OptimNonfiniteError(OptimError, FloatingPointError):
    """A gradient has an infinity or a NaN, and check_finite is 1."""


class OptimIOError(OptimError, OSError):
    """A file or stream could not be read or written."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)
        self.errno: Any = None  # which OSError takes the status for


class OptimFormatError(OptimError, ValueError):
    """What was read is no saved state, or is damaged."""


class OptimMismatchError(OptimError, ValueError):
    """A saved state of another optimizer, or of other tensors."""


BY_STATUS: dict[int, type[OptimError]] = {
    -1: OptimMemoryError,
    -2: OptimArgumentError,
    -3: OptimNameError,
    -4: OptimRangeError,
    -5: OptimDtypeError,
    -6: OptimSizeError,
    -7: OptimDuplicateError,
    -8: OptimAlignmentError,
    -9: OptimConflictError,
    -10: OptimStateError,
    -11: OptimUnsupportedError,
    -12: OptimNonfiniteError,
    -13: OptimIOError,
    -14: OptimFormatError,
    -15: OptimMismatchError,
}
STATUS = {kind: status for status, kind in BY_STATUS.items()}


def from_status(status: int, message: str) -> OptimError:
    """The exception for what the C library returned."""
    return BY_STATUS.get(status, OptimError)(status, message)


def refuse(kind: type[OptimError], message: str) -> OptimError:
    """The exception for what is refused before the C library is asked."""
    return kind(STATUS[kind], message)
