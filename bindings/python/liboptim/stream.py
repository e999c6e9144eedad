"""Saved state from and to Python's files and bytes."""
from __future__ import annotations

import ctypes
from typing import Any, Protocol, Union

from .handle import Handle
from .library import READER, WRITER


class Writes(Protocol):
    """An open binary file."""
    def write(self, data: Any, /) -> Any: ...


class Reads(Protocol):
    """An open binary file."""
    def read(self, size: int, /) -> Any: ...


class Bytes:
    """Bytes in memory as a file: written to the end, read from the front."""

    def __init__(self, data: Union[bytes, bytearray, memoryview] = b"") -> None:
        self.data = bytearray()
        self.rest = memoryview(data).cast("B")

    def write(self, data: Any) -> None:
        self.data += data

    def read(self, size: int) -> memoryview:
        front, self.rest = self.rest[:size], self.rest[size:]
        return front


def _memory(pointer: int, size: int) -> memoryview:
    return memoryview((ctypes.c_char * size).from_address(pointer)).cast("B")


def writer(handle: Handle, file: Writes) -> Any:
    """What the C library calls with the next bytes. An unbuffered file may take them in pieces."""
    if not hasattr(file, "write"):
        raise TypeError(f"save takes a path or a binary file, not a {type(file).__name__}")

    def write(_: Any, data: int, size: int) -> int:
        try:
            rest = _memory(data, size) if size else memoryview(b"")
            while rest:
                written = file.write(rest)
                rest = rest[len(rest) if written is None else written:]
        except BaseException as error:  # pylint: disable=broad-except
            handle.raised = error
            return 1
        return 0

    return WRITER(write)


def reader(handle: Handle, file: Reads) -> Any:
    """What the C library calls for the next bytes."""
    if not hasattr(file, "read"):
        raise TypeError(f"load takes a path or a binary file, not a {type(file).__name__}")

    def read(_: Any, data: int, size: int) -> int:
        try:
            rest = _memory(data, size) if size else memoryview(b"")
            while rest:
                got = file.read(len(rest))
                if not got:
                    return 1  # the end; the library says what is missing
                rest[:len(got)] = got
                rest = rest[len(got):]
        except BaseException as error:  # pylint: disable=broad-except
            handle.raised = error
            return 1
        return 0

    return READER(read)
