"""A handle of the C library, the memory it points to, and who may use it when."""
from __future__ import annotations

import ctypes
import os
import threading
import weakref
from typing import Any, Callable, Optional

from .errors import OptimStateError, refuse
from .library import C, check


class Handle:
    """Owns a C handle: destroys it when nobody has this object any more.

    Optimizers, views of state and attached schedules all have it, so that none of them outlives what it points to.
    The C library wants one thread at a time: `lock` makes the others wait. `busy` is true while C code calls back
    into Python, where further calls on the handle would find it in the middle of something.
    """

    __slots__ = ("pointer", "lock", "busy", "lent", "raised", "executor", "parameters", "starts", "gradients",
                 "schedules", "__weakref__")

    def __init__(self, pointer: int) -> None:
        self.pointer = pointer
        self.lock = threading.RLock()
        self.busy = False
        self.lent = False                            # to liboptim.torch, which binds what it steps with
        self.raised: Optional[BaseException] = None  # in a callback, which cannot let it out
        self.executor: Any = None
        self.parameters: list[Any] = []              # what keeps each tensor's memory alive
        self.starts: list[int] = []                  # where it is
        self.gradients: list[Any] = []               # None: no gradient
        # those attached, by hyperparameter; weak, since they have the handle
        self.schedules: "dict[str, weakref.WeakSet[Any]]" = {}
        with _registry:
            _handles.add(self)

    def __del__(self, destroy: Callable[[int], None] = C.optim_destroy) -> None:
        pointer = getattr(self, "pointer", None)  # absent if __init__ never ran
        if pointer is not None:
            destroy(pointer)

    def call(self, function: Any, *arguments: Any) -> None:
        """Call a function that takes the handle and returns a status."""
        with self.lock:
            if self.busy:
                self.refuse_busy()
            check(function(self.pointer, *arguments), self.pointer)

    def call_back(self, function: Any, *arguments: Any) -> None:
        """The same of a function that calls Python; what was raised there is raised here."""
        with self.lock:
            if self.busy:
                self.refuse_busy()
            self.busy = True
            try:
                status = function(self.pointer, *arguments)
            finally:
                self.busy = False
                raised, self.raised = self.raised, None
            if raised is not None:
                raise raised
            check(status, self.pointer)

    def refuse_busy(self) -> None:
        raise refuse(OptimStateError, "this optimizer is in the middle of a call: use it when that has returned, "
                                      "not from the executor or file that it is calling")

    def forget_schedules(self, hyperparameter: Optional[str] = None) -> None:
        """The library has freed them: those on one hyperparameter, or all."""
        for name in [hyperparameter] if hyperparameter is not None else list(self.schedules):
            for schedule in self.schedules.pop(name, ()):
                schedule._pointer = None


_handles: "weakref.WeakSet[Handle]" = weakref.WeakSet()
_registry = threading.RLock()
_held: list[Handle] = []  # while _registry is


def _before_fork() -> None:
    """Wait for the steps that other threads are taking: the child would have their handles half-way, and locked."""
    _registry.acquire()
    for handle in list(_handles):
        if not handle.busy:
            handle.lock.acquire()
            _held.append(handle)


def _after_fork() -> None:
    while _held:
        _held.pop().lock.release()
    _registry.release()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)


def created(function: Any, *arguments: Any, handle: Optional[int] = None) -> int:
    """What a function that creates something has put into its first argument."""
    out = ctypes.c_void_p()
    check(function(ctypes.byref(out), *arguments), handle)
    assert out.value is not None
    return out.value
