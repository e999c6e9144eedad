"""NumPy arrays as tensors: which are taken, where their memory is, and what they must not overlap."""
from __future__ import annotations

import ctypes
from bisect import bisect_right
from typing import Any, Iterable, Mapping, Optional, Union

import numpy as np

from .errors import OptimArgumentError, OptimDtypeError, refuse

Array = np.ndarray[Any, np.dtype[Any]]
Parameters = Union[Array, Mapping[str, Array], Iterable[Array], Iterable["tuple[str, Array]"]]
Gradients = Union[Array, Mapping[str, Optional[Array]], Iterable[Optional[Array]]]

F32, F64 = 1, 2
DTYPES: dict[np.dtype[Any], int] = {np.dtype(np.float32): F32, np.dtype(np.float64): F64}
NUMPY: dict[int, np.dtype[Any]] = {number: dtype for dtype, number in DTYPES.items()}


def address(array: Array) -> int:
    start: int = array.__array_interface__["data"][0]
    return start


def check_parameter(name: str, array: Any) -> None:
    what = f'parameter "{name}"'
    _check_kind(what, array)
    if array.dtype not in DTYPES:
        if array.dtype.newbyteorder("=") in DTYPES:
            advice = "convert it to this machine's byte order with array.astype(array.dtype.newbyteorder('='))"
        else:
            advice = "float32 and float64 are supported: convert it with array.astype(numpy.float32)"
        raise refuse(OptimDtypeError, f"{what} has dtype {array.dtype}; {advice}")
    _check_memory(what, array, "which is then what is updated")
    if not array.flags.writeable:
        raise refuse(OptimArgumentError, f"{what} is read-only, but it is updated in place; "
                                         "give a copy (array.copy()), or set array.flags.writeable = True")


def check_gradient(name: str, array: Any, parameter: Array) -> None:
    """Quick for what is right, since it is asked each step."""
    if type(array) is np.ndarray and array.dtype == parameter.dtype and array.shape == parameter.shape and \
            array.flags.carray:
        return
    what = f'the gradient of "{name}"'
    _check_kind(what, array)
    if array.dtype != parameter.dtype:
        raise refuse(OptimDtypeError, f"{what} has dtype {array.dtype}, but the parameter has {parameter.dtype}; "
                                      f"convert it with gradient.astype(numpy.{parameter.dtype})")
    if array.shape != parameter.shape:
        raise refuse(OptimArgumentError, f"{what} has shape {array.shape}, but the parameter has {parameter.shape}")
    _check_memory(what, array, "each time before it is given")


def _check_kind(what: str, array: Any) -> None:
    if isinstance(array, np.ma.MaskedArray):
        raise TypeError(f"{what} is a masked array, whose mask an optimizer does not see; give array.data")
    if isinstance(array, np.ndarray):
        return
    kind = type(array)
    if kind.__module__.split(".")[0] == "torch":
        raise TypeError(f"{what} is a {kind.__module__}.{kind.__qualname__}; for those there is liboptim.torch, or "
                        "give tensor.detach().numpy(), which shares its memory")
    raise TypeError(f"{what} is a {kind.__qualname__}; it must be a numpy.ndarray, whose memory is used as it is: "
                    "keep your values in one, made with numpy.array(...)")


def _check_memory(what: str, array: Array, then: str) -> None:
    if not array.flags.c_contiguous:
        raise refuse(OptimArgumentError, f"{what} is not C-contiguous (shape {array.shape}, strides {array.strides}); "
                                         f"make a copy that is with numpy.ascontiguousarray(array), {then}")
    if not array.flags.aligned:
        raise refuse(OptimArgumentError, f"{what} is not aligned to its elements; make a copy that is with "
                                         f"array.copy(), {then}")


def shape_of(array: Array) -> Any:
    """Its shape for C."""
    return (ctypes.c_size_t * array.ndim)(*array.shape)


def named(parameters: Any) -> list[tuple[Any, Any]]:
    """Pairs of name and array; name None: its number."""
    if isinstance(parameters, np.ndarray):
        return [(None, parameters)]
    if isinstance(parameters, Mapping):
        return list(parameters.items())
    if isinstance(parameters, (str, bytes)) or not isinstance(parameters, Iterable):
        raise TypeError("params must be a mapping of names to arrays, arrays, pairs of name and array, or one array, "
                        f"not {type(parameters).__name__}")
    pairs: list[tuple[Any, Any]] = []
    for item in parameters:
        if isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str):
            pairs.append((item[0], item[1]))
        else:
            pairs.append((None, item))
    return pairs


class Regions:
    """Where parameters are in memory: none may overlap another one, or a gradient."""

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.names: list[str] = []

    def overlap(self, start: int, size: int) -> Optional[str]:
        """The parameter that is there already."""
        i = bisect_right(self.starts, start + size - 1)
        return self.names[i - 1] if size and i and self.ends[i - 1] > start else None

    def add(self, name: str, start: int, size: int) -> None:
        if size:
            i = bisect_right(self.starts, start)
            self.starts.insert(i, start)
            self.ends.insert(i, start + size)
            self.names.insert(i, name)

    def move(self, name: str, old: int, start: int, size: int) -> None:
        if size:
            i = bisect_right(self.starts, old) - 1
            del self.starts[i], self.ends[i], self.names[i]
            self.add(name, start, size)


class View:
    """What NumPy needs to know of memory that belongs to a handle: arrays of it keep this object, and so the handle."""

    def __init__(self, pointer: int, dtype: np.dtype[Any], shape: tuple[int, ...], owner: object) -> None:
        self.__array_interface__ = {"version": 3, "data": (pointer, False), "typestr": dtype.str, "shape": shape}
        self.owner = owner


def view(pointer: Optional[int], dtype: int, shape: tuple[int, ...], owner: object) -> Array:
    """State as an array."""
    if pointer is None:  # of no elements
        return np.empty(shape, NUMPY[dtype])
    array: Array = np.asarray(View(pointer, NUMPY[dtype], shape, owner))
    return array
