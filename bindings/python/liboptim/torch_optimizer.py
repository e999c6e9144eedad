"""What all optimizers of liboptim.torch have in common."""
from __future__ import annotations

import ctypes
from contextlib import contextmanager
from typing import Any, Callable, ClassVar, Iterator, Mapping, Optional, TypeVar

import torch

from . import library
from .errors import OptimMismatchError, OptimStateError, refuse
from .handle import Handle
from .library import C
from .optimizer import Optimizer as _Core
from .torch_support import DTYPES, address, apart, check_together, differing, for_all, in_pairs

Self = TypeVar("Self", bound="Optimizer")


class State(Mapping[torch.Tensor, "dict[str, torch.Tensor]"]):
    """For each parameter its slots by name, as tensors over the optimizer's own memory."""

    def __init__(self, optimizer: "Optimizer") -> None:
        self._core = optimizer.liboptim
        self._numbers = {p: i for i, (_, p, _) in enumerate(optimizer._tensors)}

    def __getitem__(self, p: torch.Tensor) -> "dict[str, torch.Tensor]":
        return {slot: torch.from_numpy(view) for slot, view in self._core.slots_of(self._numbers[p]).items()}

    def __iter__(self) -> Iterator[torch.Tensor]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


class Optimizer(torch.optim.Optimizer):  # type: ignore[misc]
    """What all optimizers of this module have in common.

    liboptim  the liboptim.Optimizer inside, for what torch's interface has not: norm, skipped, attach, epoch,
              set_threads. Its tensors are named by group and place: "0.3" is the fourth of the first group.
    """

    algorithm: ClassVar[str]
    summary: ClassVar[str]
    wraps: ClassVar[bool]

    liboptim: _Core
    _tensors: list[tuple[str, torch.Tensor, torch.Tensor]]  # name, parameter, and an empty part of it
    _memory: list[Optional[int]]                            # where gradients are, as the library knows it
    _pushed: list[Optional[dict[str, Any]]]                 # each group's settings, likewise
    _for_all: frozenset[str]
    _settings: tuple[str, ...]                              # those of a group

    def __init__(self, *_: Any, **__: Any) -> None:
        raise TypeError("create one of the classes of liboptim.torch, such as AdamW, or call liboptim.torch.create")

    def _open(self, core: _Core, params: Any, given: Mapping[str, Any], inner: Optional["Optimizer"] = None) -> None:
        settings = core.values()
        for name, value in apart(given).items():
            if name not in settings:
                raise TypeError(f"{type(self).__name__} has no hyperparameter {name!r}; it has: "
                                f"{', '.join(in_pairs(settings))}")
            settings[name] = value
        check_together(core.name, settings)
        core._set_all(differing(core, settings))
        core._alive().lent = True
        self.liboptim = core
        self._for_all = frozenset().union(*map(for_all, core.links))
        paired = in_pairs({name: value for name, value in settings.items() if name not in self._for_all})
        self._settings = tuple(paired)
        self._tensors, self._memory, self._pushed = [], [], []
        if inner is not None:
            self._tensors, self._memory = inner._tensors, inner._memory
            self._pushed = [None] * len(inner.param_groups)
        super().__init__(params, paired)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters, with hyperparameters of its own or the optimizer's."""
        for key in param_group:
            if key in self._for_all:
                raise TypeError(f"{key} is one for all groups: give it to the optimizer")
        number = len(self.param_groups)
        super().add_param_group(param_group)
        if number < len(self._pushed):
            return  # it is of the optimizer inside, which has added its tensors
        try:
            self._add_tensors(number)
        except BaseException:
            self.param_groups.pop()
            raise

    def _add_tensors(self, number: int) -> None:
        """All of them, and the settings, are looked at before any is added."""
        group = self.param_groups[number]
        check_together(self.liboptim.name, self._values(group))
        found = [(f"{number}.{i}", p) for i, p in enumerate(group["params"])]
        starts = [address(f"parameter {name}", p) for name, p in found]
        for (name, p), start in zip(found, starts):
            shape = (ctypes.c_size_t * p.dim())(*p.shape)
            flat, size = p.detach().view(-1), p.numel() * p.element_size()
            self.liboptim._add(name, DTYPES[p.dtype], shape, start, size, p.detach(), None)
            self._tensors.append((name, p, flat[:0]))
            self._memory.append(None)
        self._pushed.append(None)
        self._push()

    def _values(self, group: Mapping[str, Any]) -> dict[str, Any]:
        return apart({name: group[name] for name in self._settings if name in group})

    def _push(self) -> None:
        """Tell the library what has changed in the groups: by a scheduler of torch, or by hand."""
        for number, group in enumerate(self.param_groups):
            values, known = self._values(group), self._pushed[number]
            if values == known:
                continue
            changed = differing(self.liboptim, values) if known is None else \
                {name: value for name, value in values.items() if name not in known or known[name] != value}
            self.liboptim._set_all(changed, f"{number}.*")
            self._pushed[number] = values

    @torch.no_grad()  # type: ignore[misc]
    def step(self, closure: Optional[Callable[[], Any]] = None) -> Any:
        """Take one step. Parameters whose grad is None are left as they are.

        closure  computes the loss again, with gradients, before the step; what it returns is returned
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        handle = self.liboptim._alive()
        with handle.lock:
            self._push()
            grads = self._gradients(handle)  # kept until the step is over, but no longer: zero_grad frees them
            self._bind(handle, grads)
            self.liboptim._step(handle)
        self._tell_autograd()
        return loss

    def _gradients(self, handle: Handle) -> list[Optional[torch.Tensor]]:
        """What to step with; all are looked at before any is bound."""
        grads: list[Optional[torch.Tensor]] = []
        for (name, p, _), was in zip(self._tensors, handle.parameters):
            grad = p.grad
            if grad is not None:
                if grad.layout is torch.strided and not grad.is_contiguous():
                    grad = grad.contiguous()
                if grad.dtype is not was.dtype or grad.shape != was.shape:
                    raise refuse(OptimStateError, f"the gradient of parameter {name} is {tuple(grad.shape)}, "
                                                  f"{grad.dtype}, but when the optimizer was created the parameter was "
                                                  f"{tuple(was.shape)}, {was.dtype}; change the model before that")
            grads.append(grad)
        return grads

    def _bind(self, handle: Handle, grads: list[Optional[torch.Tensor]]) -> None:
        changed = []
        for i, (name, p, _) in enumerate(self._tensors):
            start, grad = p.data_ptr(), grads[i]
            memory = None if grad is None else address(f"the gradient of parameter {name}", grad)
            if start != handle.starts[i]:
                self._check_moved(handle, i)
            if start != handle.starts[i] or memory != self._memory[i]:
                changed.append((i, start, memory))
        for i, start, memory in changed:
            library.check(C.optim_bind(handle.pointer, i, start, memory), handle.pointer)
            self._memory[i] = memory
            if start != handle.starts[i]:
                name, p, _ = self._tensors[i]
                handle.parameters[i] = p.detach()
                self.liboptim._regions.move(name, handle.starts[i], start, p.numel() * p.element_size())
                handle.starts[i] = start

    def _check_moved(self, handle: Handle, i: int) -> None:
        """p.data is other memory now."""
        (name, p, _), was = self._tensors[i], handle.parameters[i]
        address(f"parameter {name}", p)
        if p.shape != was.shape or p.dtype is not was.dtype:
            raise refuse(OptimStateError, f"parameter {name} is {tuple(p.shape)}, {p.dtype} now, but was "
                                          f"{tuple(was.shape)}, {was.dtype} when the optimizer was created; change the "
                                          "model before that")

    def _tell_autograd(self) -> None:
        """Count up the version of each parameter, as in-place work of torch does: setting none of its elements to 0
        changes nothing, but backward refuses to go on with a graph that has the old values in it."""
        for _, _, empty in self._tensors:
            empty.zero_()

    @torch.no_grad()  # type: ignore[misc]
    def swap(self) -> None:
        """Exchange the weights with the outermost wrapper's own, averages for example, and back at the next call."""
        handle = self.liboptim._alive()
        with handle.lock:
            if any(p.data_ptr() != start for (_, p, _), start in zip(self._tensors, handle.starts)):
                self._bind(handle, self._gradients(handle))
            self.liboptim.swap()
        self._tell_autograd()

    @contextmanager
    def swapped(self: Self) -> Iterator[Self]:
        """`with opt.swapped(): ...`: swap, and back at the end."""
        self.swap()
        try:
            yield self
        finally:
            self.swap()

    @property
    def state(self) -> State:
        """For each parameter its slots, views of the optimizer's memory: opt.state[p]["exp_avg"]."""
        return State(self)

    @state.setter
    def state(self, _: Any) -> None:
        """torch.optim.Optimizer sets it to an empty one; the library has it."""

    def state_dict(self) -> dict[str, Any]:
        """All that the next steps depend on, for torch.save: the groups as torch has them, and under "liboptim" the
        bytes of liboptim.Optimizer.save, which are state, counts and everything else ("state" is empty)."""
        self._push()
        packed: dict[str, Any] = super().state_dict()
        return {**packed, "state": {},
                "liboptim": torch.frombuffer(self.liboptim._to_bytearray(), dtype=torch.uint8)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Load what state_dict gave: the next steps have the very bits they would have had. All or nothing."""
        data = state_dict.get("liboptim")
        if data is None:
            raise refuse(OptimMismatchError, 'state_dict has no "liboptim" in it: it is the state of another '
                                             "optimizer, perhaps torch.optim's")
        groups = state_dict["param_groups"]
        own, saved = ([len(group["params"]) for group in of] for of in (self.param_groups, groups))
        if own != saved:
            raise refuse(OptimMismatchError, f"state_dict has groups of {saved} parameters, this optimizer of {own}")
        self.liboptim.from_bytes(memoryview(data.contiguous().numpy()))
        super().load_state_dict({"state": {}, "param_groups": groups})
        self._pushed = [self._values(group) for group in self.param_groups]

    def __reduce_ex__(self, _: Any) -> Any:
        raise TypeError(f"a liboptim.torch.{type(self).__name__} cannot be copied or pickled, since it works on memory "
                        "of others; save its state_dict(), and load that into another one")
