"""The C library: where it is, its functions, and what it says of itself."""
from __future__ import annotations

import ctypes
import ctypes.util
import math
import os
from ctypes import c_char_p, c_double, c_int, c_size_t, c_uint64, c_void_p
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple

from .errors import OptimUnsupportedError, from_status, refuse

SONAME = "liboptim.so.0"
BUNDLED = Path(__file__).with_name(SONAME)
ENVIRONMENT = "LIBOPTIM_LIBRARY"

WRITER = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_size_t)
READER = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_size_t)
TASK = ctypes.CFUNCTYPE(None, c_void_p, c_size_t)
EXECUTOR = ctypes.CFUNCTYPE(None, c_void_p, c_size_t, TASK, c_void_p)

_doubles = ctypes.POINTER(c_double)
_texts = ctypes.POINTER(c_char_p)
_sizes = ctypes.POINTER(c_size_t)
_out = ctypes.POINTER(c_void_p)
_info = [c_char_p, c_size_t, _texts, _doubles, _doubles, _doubles, _texts]

# What each function of optim.h returns and takes.
PROTOTYPES: dict[str, tuple[Any, list[Any]]] = {
    "optim_version": (c_char_p, []),
    "optim_strerror": (c_char_p, [c_int]),
    "optim_errmsg": (c_char_p, [c_void_p]),
    "optim_create": (c_int, [_out, c_char_p]),
    "optim_wrap": (c_int, [_out, c_char_p, c_void_p]),
    "optim_destroy": (None, [c_void_p]),
    "optim_reset": (c_int, [c_void_p]),
    "optim_name": (c_char_p, [c_void_p]),
    "optim_add": (c_int, [c_void_p, c_char_p, c_int, c_size_t, _sizes, c_void_p, c_void_p]),
    "optim_bind": (c_int, [c_void_p, c_size_t, c_void_p, c_void_p]),
    "optim_set_for": (c_int, [c_void_p, c_char_p, c_char_p, c_double]),
    "optim_get": (c_int, [c_void_p, c_char_p, _doubles]),
    "optim_get_for": (c_int, [c_void_p, c_char_p, c_char_p, _doubles]),
    "optim_step": (c_int, [c_void_p]),
    "optim_steps": (c_uint64, [c_void_p]),
    "optim_skipped": (c_uint64, [c_void_p]),
    "optim_norm": (c_int, [c_void_p, _doubles]),
    "optim_epoch": (c_int, [c_void_p, c_double]),
    "optim_epochs": (c_uint64, [c_void_p]),
    "optim_swap": (c_int, [c_void_p]),
    "optim_schedule_create": (c_int, [_out, c_char_p]),
    "optim_schedule_wrap": (c_int, [_out, c_char_p, c_void_p]),
    "optim_schedule_destroy": (None, [c_void_p]),
    "optim_schedule_set": (c_int, [c_void_p, c_char_p, c_double]),
    "optim_schedule_get": (c_int, [c_void_p, c_char_p, _doubles]),
    "optim_schedule_point": (c_int, [c_void_p, c_double, c_double]),
    "optim_schedule_factor": (c_int, [c_void_p, c_uint64, _doubles]),
    "optim_attach_for": (c_int, [c_void_p, c_char_p, c_char_p, c_void_p]),
    "optim_detach": (c_int, [c_void_p, c_char_p]),
    "optim_save": (c_int, [c_void_p, c_char_p]),
    "optim_load": (c_int, [c_void_p, c_char_p]),
    "optim_write": (c_int, [c_void_p, WRITER, c_void_p]),
    "optim_read": (c_int, [c_void_p, READER, c_void_p]),
    "optim_loaded": (c_int, [c_void_p, _sizes, _sizes, _sizes]),
    "optim_set_threads": (c_int, [c_void_p, c_int]),
    "optim_set_executor": (c_int, [c_void_p, EXECUTOR, c_void_p]),
    "optim_algorithm_name": (c_char_p, [c_size_t]),
    "optim_algorithm_summary": (c_char_p, [c_char_p]),
    "optim_algorithm_wraps": (c_int, [c_char_p]),
    "optim_param_count": (c_size_t, [c_char_p]),
    "optim_param_info": (c_int, _info),
    "optim_schedule_name": (c_char_p, [c_size_t]),
    "optim_schedule_summary": (c_char_p, [c_char_p]),
    "optim_schedule_wraps": (c_int, [c_char_p]),
    "optim_schedule_param_count": (c_size_t, [c_char_p]),
    "optim_schedule_param_info": (c_int, _info),
    "optim_slot_name": (c_char_p, [c_char_p, c_size_t]),
    "optim_state": (c_int, [c_void_p, c_size_t, c_char_p, _out, ctypes.POINTER(c_int), _sizes]),
}


def _candidates() -> Iterator[str]:
    """Where the library may be: where the environment says and nowhere else, or in the wheel, or in the system."""
    chosen = os.environ.get(ENVIRONMENT)
    if chosen:
        yield chosen
        return
    if BUNDLED.exists():
        yield str(BUNDLED)
    yield SONAME
    found = ctypes.util.find_library("optim")
    if found:
        yield found


def _open() -> ctypes.CDLL:
    tried = []
    for path in _candidates():
        try:
            if path == str(BUNDLED):  # with what it needs: what is loaded already is not searched for
                for needed in BUNDLED.parent.glob("lib*.so*"):
                    if needed != BUNDLED:
                        ctypes.CDLL(str(needed))
            return ctypes.CDLL(path)  # which lets other threads run during a call, unlike PyDLL
        except OSError as error:
            tried.append(f"{path}: {error}")
    raise ImportError("liboptim, the C library, cannot be loaded; tried " + "; ".join(tried) +
                      f". Install it, or set {ENVIRONMENT} to the path of its {SONAME}")


def _absent(name: str) -> Callable[..., Any]:
    """Stands in for a function that an older library does not have."""
    def call(*_: Any) -> Any:
        raise refuse(OptimUnsupportedError, f"{name}: liboptim {version()} does not have it; install a newer one")
    return call


class _Functions:
    """The C functions, as attributes."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self.path = library._name
        for name, (result, arguments) in PROTOTYPES.items():
            function = getattr(library, name, None)
            if function is None:
                function = _absent(name)
            else:
                function.restype = result
                function.argtypes = arguments
            setattr(self, name, function)

    def __getattr__(self, name: str) -> Any:  # for type checkers: every function is set above
        raise AttributeError(name)


C = _Functions(_open())


def version() -> str:
    """The version of the C library that runs."""
    return text(C.optim_version())


def text(value: bytes) -> str:
    """A string of the library; a tensor's name may be in it, which need not be UTF-8."""
    return value.decode(errors="surrogateescape")


def sentence(summary: str) -> str:
    """A line of the library as a sentence; not of one that begins with a symbol, such as k."""
    return (summary if summary[1:2] == " " else summary[:1].upper() + summary[1:]) + "."


def encoded(value: str, what: str) -> bytes:
    """A string for the library."""
    if not isinstance(value, str):
        raise TypeError(f"{what} must be a str, not {type(value).__name__}")
    if "\0" in value:
        raise ValueError(f"{what} {value!r} has a NUL character in it")
    return value.encode(errors="surrogateescape")


def check(status: int, handle: int | None = None) -> None:
    """Raise what a call on this handle returned; without one, what the last call of this thread did."""
    if status < 0:
        raise from_status(status, text(C.optim_errmsg(handle)) or text(C.optim_strerror(status)))


class Hyperparameter(NamedTuple):
    """What can be set: its name, its value in the beginning (NaN: it must be set), the range, and a line of help."""
    name: str
    initial: float
    min: float
    max: float
    help: str

    @property
    def range(self) -> str:
        """As in mathematics: [0, 1), where a number just below 1 is the largest."""
        if self.max == math.inf:
            return f"[{self.min:g}, inf)"
        if self.max == math.nextafter(1, 0):
            return f"[{self.min:g}, 1)"
        return f"[{self.min:g}, 2^53]" if self.max == 2 ** 53 else f"[{self.min:g}, {self.max:g}]"


def _hyperparameters(name: bytes, count: Any, info: Any) -> tuple[Hyperparameter, ...]:
    found = []
    for i in range(count(name)):
        texts, numbers = (c_char_p(), c_char_p()), (c_double(), c_double(), c_double())
        check(info(name, i, texts[0], *numbers, texts[1]))
        initial, least, most = (number.value for number in numbers)
        found.append(Hyperparameter(text(texts[0].value or b""), initial, least, most, text(texts[1].value or b"")))
    return tuple(found)


class Entry(NamedTuple):
    """An algorithm or a kind of schedule, as the library describes it."""
    name: str
    summary: str
    wraps: bool
    hyperparameters: tuple[Hyperparameter, ...]
    slots: tuple[str, ...]


def _names(function: Any, *before: Any) -> Iterator[bytes]:
    i = 0
    while True:
        name = function(*before, i)
        if name is None:
            return
        yield name
        i += 1


def algorithms() -> list[Entry]:
    """Every algorithm and wrapper the library has."""
    return [Entry(text(name), text(C.optim_algorithm_summary(name)), C.optim_algorithm_wraps(name) == 1,
                  _hyperparameters(name, C.optim_param_count, C.optim_param_info),
                  tuple(map(text, _names(C.optim_slot_name, name))))
            for name in _names(C.optim_algorithm_name)]


def schedules() -> list[Entry]:
    """Every kind of schedule the library has."""
    return [Entry(text(name), text(C.optim_schedule_summary(name)), C.optim_schedule_wraps(name) == 1,
                  _hyperparameters(name, C.optim_schedule_param_count, C.optim_schedule_param_info), ())
            for name in _names(C.optim_schedule_name)]
