"""What all optimizers have in common."""
from __future__ import annotations

import ctypes
import operator
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Iterator, Mapping, NamedTuple, Optional, TypeVar, Union

from . import arrays, executor, stream
from .arrays import Array, Gradients
from .errors import OptimStateError
from .handle import Handle
from .library import C, EXECUTOR, check, encoded
from .settings import Settings
from .tensors import CLASSES

Self = TypeVar("Self", bound="Optimizer")

_step = C.optim_step


class Loaded(NamedTuple):
    """Tensors that were in a saved state, that started fresh, and that were there but are not in the optimizer."""
    restored: int
    fresh: int
    ignored: int


class Optimizer(Settings):
    """An optimizer over NumPy arrays, which it updates in place.

    Create one of the classes of this package, AdamW for example, or call create("lookahead(adam)", ...).

    Hyperparameters are attributes: `opt.lr = 0.01` is `opt.set("lr", 0.01)`, `opt.lr` is `opt.get("lr")`.

    Threads: one optimizer is used by one thread at a time, others wait; different ones by any threads at once, also
    really at once, since a step lets other Python threads run.
    """

    __slots__ = ()

    def __init__(self, *_: Any, **__: Any) -> None:
        raise TypeError("create one of the classes of liboptim, such as AdamW, or call liboptim.create")

    def __repr__(self) -> str:
        if self._handle is None:
            return f"<{type(self).__name__}: {self._gone}>"
        values = "".join(f", {name}={self.get(name):g}" for name in ("lr",) if name in self._known)
        return f"<{type(self).__name__} {self.name}{values}: {len(self)} tensors, {self.steps} steps>"

    # ---- The step ----------------------------------------------------------------------------------------------------

    def step(self, grads: Optional[Gradients] = None) -> None:
        """Take one step with all tensors that have a gradient.

        grads  binds these first, as bind does, and they stay bound; in a mapping, tensors that are not named have no
               gradient this time. None: those that are bound already
        """
        handle = self._handle
        if handle is None:
            self._refuse_gone()
        with handle.lock:
            if handle.lent:
                self._refuse_lent()
            if grads is not None:
                numbered = self._numbered(grads)
                if isinstance(grads, Mapping) and len(grads) != len(self._names):
                    numbered = ({**dict.fromkeys(range(len(self._names))), **dict(numbered)}).items()
                self._bind(handle, numbered)
            self._step(handle)

    def _step(self, handle: Handle) -> None:
        if handle.executor is not None or handle.busy:
            handle.call_back(_step)
            return
        status = _step(handle.pointer)
        if status:
            check(status, handle.pointer)

    @property
    def steps(self) -> int:
        """Steps taken since creation or reset, skipped ones not counted."""
        return self._read(C.optim_steps)

    @property
    def skipped(self) -> int:
        """Steps skipped since then because a gradient was not finite (check_finite 2, loss_scale)."""
        return self._read(C.optim_skipped)

    @property
    def epochs(self) -> int:
        """Epochs ended since then."""
        return self._read(C.optim_epochs)

    def _read(self, function: Any) -> int:
        handle = self._alive()
        with handle.lock:
            if handle.busy:
                handle.refuse_busy()
            value: int = function(handle.pointer)
            return value

    def norm(self) -> float:
        """The norm of all gradients in the last step, before clipping: known if clip_norm, clip_tensor_norm or
        check_finite needed it, OptimStateError if not."""
        value = ctypes.c_double()
        self._alive().call(C.optim_norm, ctypes.byref(value))
        return value.value

    def epoch(self, metric: float = float("nan")) -> None:
        """Say that an epoch has ended, and with which validation metric, for schedules that go by either."""
        self._alive().call(C.optim_epoch, float(metric))

    def swap(self) -> None:
        """Exchange the weights with the outermost wrapper's own (the averages of EMA and SWA, the slow ones of
        Lookahead), and back at the next call. In between, steps are refused."""
        self._alive().call(C.optim_swap)

    @contextmanager
    def swapped(self: Self) -> Iterator[Self]:
        """`with opt.swapped(): ...`: swap, and back at the end."""
        self.swap()
        try:
            yield self
        finally:
            self.swap()

    # ---- State -------------------------------------------------------------------------------------------------------

    def state(self, tensor: Union[str, int], slot: str) -> Array:
        """A slot of a tensor's state, "exp_avg" for example, as an array in the parameter's shape: a view of the
        optimizer's memory, which it keeps alive. All 0 before the first step."""
        handle = self._alive()
        number = self._number(tensor)
        data, dtype = ctypes.c_void_p(), ctypes.c_int()
        handle.call(C.optim_state, number, encoded(slot, "the slot"), ctypes.byref(data), ctypes.byref(dtype), None)
        return arrays.view(data.value, dtype.value, tuple(handle.parameters[number].shape), handle)

    def slots_of(self, tensor: Union[str, int]) -> dict[str, Array]:
        """All slots that are in use for a tensor."""
        found = {}
        for link in self.links:
            for slot in CLASSES[link].slots:
                try:
                    found[slot] = self.state(tensor, slot)
                except OptimStateError:  # not in use with these hyperparameters
                    continue
        return found

    # ---- Saving and loading ------------------------------------------------------------------------------------------

    def save(self, file: "Union[str, os.PathLike[str], stream.Writes]") -> None:
        """Save all that the next steps depend on: state, counts, hyperparameters, rules, schedules; with save_weights
        at 1 the parameters too. Into a file at a path, which is replaced as a whole, or an open binary file."""
        handle = self._alive()
        if isinstance(file, (str, bytes, os.PathLike)):
            handle.call(C.optim_save, os.fsencode(file))
        else:
            handle.call_back(C.optim_write, stream.writer(handle, file), None)

    def load(self, file: "Union[str, os.PathLike[str], stream.Reads]") -> Loaded:
        """Load what was saved by the same chain of algorithms with tensors of the same names (with load_strict at 0,
        of some). All or nothing. Schedules become the saved ones: those that were attached are freed."""
        handle = self._alive()
        with handle.lock:
            if isinstance(file, (str, bytes, os.PathLike)):
                handle.call(C.optim_load, os.fsencode(file))
            else:
                handle.call_back(C.optim_read, stream.reader(handle, file), None)
            handle.forget_schedules()
            counts = [ctypes.c_size_t() for _ in Loaded._fields]
            handle.call(C.optim_loaded, *map(ctypes.byref, counts))
            return Loaded(*(count.value for count in counts))

    def to_bytes(self) -> bytes:
        """What save writes, in memory."""
        return bytes(self._to_bytearray())

    def _to_bytearray(self) -> bytearray:
        data = stream.Bytes()
        self.save(data)
        return data.data

    def from_bytes(self, data: "Union[bytes, bytearray, memoryview]") -> Loaded:
        """Load what to_bytes gave."""
        return self.load(stream.Bytes(data))

    # ---- Threads -----------------------------------------------------------------------------------------------------

    def set_threads(self, threads: int) -> None:
        """How many threads a step may use; 0: as many as the process may (the default). The result is the same."""
        self._alive().call(C.optim_set_threads, operator.index(threads))

    def set_executor(self, pool: Optional[ThreadPoolExecutor]) -> None:
        """Run steps on the threads of this pool, with pieces for as many as set_threads says; None: back to the
        library's own, which need no Python and are faster."""
        handle = self._alive()
        if pool is not None and not isinstance(pool, ThreadPoolExecutor):
            raise TypeError(f"set_executor takes a ThreadPoolExecutor, not a {type(pool).__name__}")
        with handle.lock:
            run = EXECUTOR(0) if pool is None else executor.callback(handle, pool)
            handle.call(C.optim_set_executor, run, None)
            handle.executor = None if pool is None else run
