"""What can be set of an optimizer: hyperparameters, by rules, and schedules for them."""
from __future__ import annotations

import ctypes
import weakref
from typing import Any, Iterable, Mapping, Optional, TypeVar

from .errors import OptimConflictError, OptimNameError
from .library import C, encoded
from .schedule import Schedule
from .tensors import Tensors

Self = TypeVar("Self", bound="Settings")


class Settings(Tensors):
    """The part of an optimizer that is about hyperparameters. They are attributes, too."""

    __slots__ = ()

    def set(self, name: str, value: float, pattern: str = "*") -> None:
        """Set a hyperparameter of every tensor, or of those whose name matches a shell pattern: * any text,
        ? any character, [a-z] one of these. A rule holds for tensors added later too, and a later one wins."""
        self._alive().call(C.optim_set_for, encoded(pattern, "the pattern"), encoded(name, "the hyperparameter"),
                           self._value(name, value))

    def _value(self, name: str, value: Any) -> float:
        if isinstance(value, (str, bytes)):
            raise TypeError(f"{name} must be a number, not {value!r}")
        try:
            return float(value)
        except TypeError:
            raise TypeError(f"{name} must be a number, not a {type(value).__name__}") from None

    def _set_all(self, values: Mapping[str, Any], pattern: str = "*") -> None:
        """Set several, in whichever order they do not contradict what is still to be replaced."""
        while values:
            waiting = {}
            for name, value in values.items():
                try:
                    self.set(name, value, pattern)
                except OptimConflictError as error:
                    waiting[name], conflict = value, error
            if len(waiting) == len(values):
                raise conflict
            values = waiting

    def get(self, name: str, tensor: Optional[str] = None) -> float:
        """The value that was set for all tensors; or, for the tensor of that name, the value the next step will use:
        by its rules, and times its schedule's factor."""
        value = ctypes.c_double()
        if tensor is None:
            self._alive().call(C.optim_get, encoded(name, "the hyperparameter"), ctypes.byref(value))
        else:
            self._alive().call(C.optim_get_for, encoded(tensor, "the tensor"), encoded(name, "the hyperparameter"),
                               ctypes.byref(value))
        return value.value

    def values(self, tensor: Optional[str] = None) -> dict[str, float]:
        """All hyperparameters of the whole chain, as get tells them."""
        self._alive()
        return {name: self.get(name, tensor) for name in self._known}

    def __getattr__(self, name: str) -> float:  # what is not found as usual
        if not name.startswith("_") and name in self._known:
            return self.get(name)
        raise AttributeError(f"{type(self).__name__} has no attribute or hyperparameter {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_") or hasattr(type(self), name):
            object.__setattr__(self, name, value)
            return
        try:
            self.set(name, value)
        except OptimNameError as error:
            raise AttributeError(str(error)) from error

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *getattr(self, "_known", ())]

    def attach(self: Self, hyperparameter: str, schedule: Schedule, pattern: str = "*") -> Self:
        """Attach a schedule, which this optimizer owns from now on: each step uses the value that was set times its
        factor, for every tensor or those whose name matches. Returns the optimizer."""
        if not isinstance(schedule, Schedule):
            raise TypeError(f"attach takes a schedule of liboptim.schedules, not a {type(schedule).__name__}")
        handle = self._alive()
        with handle.lock:
            handle.call(C.optim_attach_for, encoded(pattern, "the pattern"), encoded(hyperparameter, "hyperparameter"),
                        schedule._alive())
            schedule._handle = handle
            handle.schedules.setdefault(hyperparameter, weakref.WeakSet()).add(schedule)
        return self

    def detach(self, hyperparameter: str) -> None:
        """Take all schedules off a hyperparameter, and free them."""
        handle = self._alive()
        with handle.lock:
            handle.call(C.optim_detach, encoded(hyperparameter, "the hyperparameter"))
            handle.forget_schedules(hyperparameter)
