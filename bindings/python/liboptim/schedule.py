"""Schedules: factors that change with time, for hyperparameters."""
from __future__ import annotations

import ctypes
import inspect
from contextlib import nullcontext
from typing import Any, ClassVar, ContextManager, Optional

from .errors import OptimNameError, OptimStateError, refuse
from .handle import Handle, created
from .library import C, Entry, Hyperparameter, check, encoded, sentence
from .names import argument_name

# Every class of liboptim.schedules, by the kind's name in the C library.
KINDS: "dict[str, type[Schedule]]" = {}


class Schedule:
    """What all schedules have in common; create one of the classes of liboptim.schedules.

    A schedule belongs to the optimizer it is attached to, or to the schedule that is put around it: from then on it
    can be read, but not changed.
    """

    kind: ClassVar[str]
    summary: ClassVar[str]
    hyperparameters: ClassVar[tuple[Hyperparameter, ...]] = ()
    wraps: ClassVar[bool]
    _arguments: ClassVar[dict[str, str]]

    __slots__ = ("_pointer", "_handle", "_outer", "_inside", "__weakref__")

    _pointer: Optional[int]
    _handle: Optional[Handle]     # the optimizer that owns it
    _outer: Optional["Schedule"]  # the schedule that owns it
    _inside: list[str]            # what it goes around, in words: not the schedule, which has this one

    def __init__(self, *_: Any, **__: Any) -> None:
        raise TypeError("create one of the classes of liboptim.schedules, or call liboptim.schedules.create")

    def _begin(self, inner: Optional["Schedule"]) -> None:
        self._handle = self._outer = None
        self._inside = []
        self._pointer = None
        kind = self.kind.encode()
        if inner is None:
            self._pointer = created(C.optim_schedule_create, kind)
            return
        if not isinstance(inner, Schedule):
            raise TypeError(f"{type(self).__name__} goes around a schedule, not a {type(inner).__name__}")
        self._pointer = created(C.optim_schedule_wrap, kind, inner._alive())
        self._inside.append(repr(inner))
        inner._outer = self

    def __del__(self) -> None:
        if getattr(self, "_pointer", None) and self._handle is None and self._outer is None:
            C.optim_schedule_destroy(self._pointer)

    def _alive(self) -> int:
        outermost = self
        while outermost._outer is not None:
            outermost = outermost._outer
        if outermost._pointer is None or self._pointer is None:
            raise refuse(OptimStateError, f"this {type(self).__name__} was freed with the schedules of its "
                                          "hyperparameter, by detach or load; create a new one")
        return self._pointer

    def _guard(self) -> ContextManager[Any]:
        """Let the owner finish its step first."""
        outermost = self
        while outermost._outer is not None:
            outermost = outermost._outer
        if outermost._handle is None:
            return nullcontext()
        return outermost._handle.lock

    def set(self, name: str, value: float) -> None:
        """Set a parameter, here or in the schedule inside."""
        with self._guard():
            check(C.optim_schedule_set(self._alive(), encoded(name, "the parameter"), float(value)))

    def get(self, name: str) -> float:
        """A parameter; NaN: it must be set and is not yet."""
        value = ctypes.c_double()
        with self._guard():
            check(C.optim_schedule_get(self._alive(), encoded(name, "the parameter"), ctypes.byref(value)))
        return value.value

    def point(self, at: float, factor: float) -> "Schedule":
        """Add a point to a piecewise schedule: from t = `at` on it is `factor`. Returns the schedule."""
        with self._guard():
            check(C.optim_schedule_point(self._alive(), float(at), float(factor)))
        return self

    def factor(self, t: int) -> float:
        """Its factor when t steps have been taken, or epochs ended. Of one that follows a metric: the factor now."""
        value = ctypes.c_double()
        if t < 0:
            raise ValueError(f"t = {t}: must not be negative")
        with self._guard():
            check(C.optim_schedule_factor(self._alive(), t, ctypes.byref(value)))
        return value.value

    def __reduce_ex__(self, _: Any) -> Any:
        raise TypeError(f"a {type(self).__name__} cannot be copied or pickled; create another one")

    def __repr__(self) -> str:
        if self._pointer is None:
            return f"<{type(self).__name__}, freed>"
        values = [f"{argument}={self.get(name):g}" for argument, name in self._arguments.items()]
        return f"{type(self).__name__}({', '.join(self._inside + values)})"


def _init(entry: Entry, arguments: dict[str, str]) -> Any:
    """The constructor, whose signature is what the library says of the kind."""
    def __init__(self: Schedule, *args: Any, **given: Any) -> None:
        bound = signature.bind(self, *args, **given).arguments
        self._begin(bound.get("inner"))
        for argument, name in arguments.items():
            if argument in bound:
                self.set(name, bound[argument])

    about = {argument: h for argument, h in zip(arguments, entry.hyperparameters)}
    kinds = inspect.Parameter
    signature = inspect.Signature(
        [kinds("self", kinds.POSITIONAL_OR_KEYWORD)] +
        ([kinds("inner", kinds.POSITIONAL_OR_KEYWORD, annotation="Schedule")] if entry.wraps else []) +
        [kinds(argument, kinds.KEYWORD_ONLY, annotation="float",
               default=h.initial if h.initial == h.initial else kinds.empty) for argument, h in about.items()])
    __init__.__signature__ = signature  # type: ignore[attr-defined]
    return __init__


def make_class(entry: Entry, name: str, module: str) -> type[Schedule]:
    """The class of a kind of schedule."""
    arguments = {argument_name(h.name, ("self", "inner")): h.name for h in entry.hyperparameters}
    lines = [f"    {argument:<16} {'must be set' if h.initial != h.initial else f'{h.initial:g}':<12} {h.range:<14} "
             f"{h.help}" for argument, h in zip(arguments, entry.hyperparameters)]
    doc = sentence(entry.summary) + "\n"
    if lines:
        doc += "\n" + "\n".join(lines) + "\n"
    return type(name, (Schedule,), {
        "__slots__": (), "__doc__": doc, "__module__": module, "__init__": _init(entry, arguments), "kind": entry.name,
        "summary": entry.summary, "hyperparameters": entry.hyperparameters, "wraps": entry.wraps,
        "_arguments": arguments,
    })


def create(kind: str, *inner: Schedule, **parameters: float) -> Schedule:
    """A schedule by the name of its kind in the C library, with the one that goes inside if it wraps."""
    if kind not in KINDS:
        raise refuse(OptimNameError, f'there is no kind of schedule "{kind}"; there are: {", ".join(KINDS)}')
    made: Any = KINDS[kind]
    created: Schedule = made(*inner, **parameters)
    return created
