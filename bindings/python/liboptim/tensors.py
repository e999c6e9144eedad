"""What an optimizer holds: its handle and its tensors."""
from __future__ import annotations

import operator
from types import MappingProxyType
from typing import Any, ClassVar, Iterable, Mapping, NoReturn, Optional, TypeVar, Union

import numpy as np

from . import arrays
from .arrays import Array, Gradients
from .errors import OptimArgumentError, OptimDuplicateError, OptimNameError, OptimStateError, refuse
from .handle import Handle, created
from .library import C, Hyperparameter, encoded, text

Self = TypeVar("Self", bound="Tensors")

# Every class of liboptim.algorithms, by the algorithm's name in the C library.
CLASSES: dict[str, Any] = {}


class Tensors:
    """The part of an optimizer that is about its handle and its tensors."""

    algorithm: ClassVar[str]
    summary: ClassVar[str]
    hyperparameters: ClassVar[tuple[Hyperparameter, ...]] = ()
    slots: ClassVar[tuple[str, ...]] = ()
    wraps: ClassVar[bool]

    __slots__ = ("_handle", "_gone", "_numbers", "_names", "_regions", "_known", "__weakref__")

    _handle: Optional[Handle]
    _gone: str                        # why there is no handle any more
    _numbers: dict[str, int]          # of tensors, by name
    _names: list[str]
    _regions: arrays.Regions
    _known: tuple[str, ...]           # hyperparameters of the whole chain

    def _begin(self, chain: str) -> None:
        self._adopt(Handle(created(C.optim_create, encoded(chain, "the algorithm"))))
        self._forget_tensors()

    def _forget_tensors(self) -> None:
        self._numbers, self._names, self._regions = {}, [], arrays.Regions()

    def _wrap(self, inner: "Tensors") -> None:
        if not isinstance(inner, Tensors):
            raise TypeError(f"{type(self).__name__} goes around an optimizer, not a {type(inner).__name__}: "
                            f"{type(self).__name__}(Adam(params))")
        handle = inner._alive()
        with handle.lock:
            if handle.busy:
                handle.refuse_busy()
            # The C handle inside belongs to the one outside from now on; whoever has the Handle has both.
            handle.pointer = created(C.optim_wrap, self.algorithm.encode(), handle.pointer, handle=handle.pointer)
            inner._handle, inner._gone = None, f"it is inside a {type(self).__name__} now: use that"
        self._adopt(handle)
        for name in ("_numbers", "_names", "_regions"):
            setattr(self, name, getattr(inner, name))

    def _adopt(self, handle: Handle) -> None:
        self._handle, self._gone = handle, ""
        self._known = tuple(dict.fromkeys(h.name for link in self.links for h in CLASSES[link].hyperparameters))

    def _alive(self) -> Handle:
        if self._handle is None:
            self._refuse_gone()
        return self._handle

    def _refuse_gone(self) -> NoReturn:
        raise refuse(OptimStateError, f"this {type(self).__name__} cannot be used any more: {self._gone}")

    # ---- Lifetime ----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Let go of all arrays and of the state, as soon as no view of it is left. Done by itself with the last
        reference to the optimizer."""
        handle = self._handle
        if handle is not None:
            with handle.lock:
                if handle.busy:
                    handle.refuse_busy()
                self._handle, self._gone = None, "it was closed"
                self._forget_tensors()

    def __enter__(self: Self) -> Self:
        self._alive()
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def reset(self) -> None:
        """Forget all state and the counts of steps, epochs and skipped steps; keep tensors and settings."""
        self._alive().call(C.optim_reset)

    @property
    def name(self) -> str:
        """What it is, in the C library's words: "adam", "lookahead(adam)"."""
        return text(C.optim_name(self._alive().pointer))

    @property
    def links(self) -> list[str]:
        """The algorithms of the chain, outermost first: ["lookahead", "adam"]."""
        return self.name.rstrip(")").split("(")

    def __reduce_ex__(self, _: Any) -> Any:
        raise TypeError(f"a {type(self).__name__} cannot be copied or pickled, since it works on memory of others; "
                        "save it with to_bytes() or save(path), and load that into another one")

    # ---- Tensors -----------------------------------------------------------------------------------------------------

    def add(self, name: Optional[str], param: Array, grad: Optional[Array] = None) -> None:
        """Add a tensor, between any two steps.

        name   unique; rules match against it ("layer1.bias"); None: the number of the tensor
        param  float32 or float64, C-contiguous and writeable; it is updated in place and kept alive
        grad   bound from now on, as bind does; None: the tensor is left alone until one is given
        """
        name = str(len(self._names)) if name is None else name
        encoded(name, "the name of a tensor")
        arrays.check_parameter(name, param)
        if grad is not None:
            arrays.check_gradient(name, grad, param)
        if self._alive().lent:
            self._refuse_lent()
        self._add(name, arrays.DTYPES[param.dtype], arrays.shape_of(param), arrays.address(param), param.nbytes, param,
                  grad)

    def _add(self, name: str, dtype: int, shape: Any, start: int, size: int, param: Any, grad: Optional[Array]) -> None:
        handle = self._alive()
        with handle.lock:
            other = self._regions.overlap(start, size)
            if other is not None:
                raise refuse(OptimDuplicateError, f'parameter "{name}" shares memory with "{other}", so that it would '
                                                  "be updated twice; give it once, under one name")
            memory = None if grad is None else self._check_apart(name, grad)
            handle.call(C.optim_add, encoded(name, "the name of a tensor"), dtype, len(shape), shape, start, memory)
            handle.parameters.append(param)
            handle.starts.append(start)
            handle.gradients.append(grad)
            self._numbers[name] = len(self._names)
            self._names.append(name)
            self._regions.add(name, start, size)

    def _check_apart(self, name: str, grad: Array) -> int:
        """Where the gradient is: not where a parameter is."""
        start = arrays.address(grad)
        other = self._regions.overlap(start, grad.nbytes)
        if other is not None:
            raise refuse(OptimArgumentError, f'the gradient of "{name}" shares memory with parameter "{other}", '
                                             "which the step changes; give a copy")
        return start

    def _refuse_lent(self) -> NoReturn:
        raise refuse(OptimStateError, "this is inside an optimizer of liboptim.torch: call what that has, step "
                                      "and add_param_group")

    @property
    def tensors(self) -> Mapping[str, Array]:
        """The parameters by name, in the order in which they were added."""
        return MappingProxyType(dict(zip(self._names, self._alive().parameters)))

    def __len__(self) -> int:
        return len(self._names)

    def __bool__(self) -> bool:
        return True

    def _number(self, tensor: Union[str, int]) -> int:
        if isinstance(tensor, str):
            if tensor not in self._numbers:
                raise refuse(OptimNameError, f'there is no tensor "{tensor}"')
            return self._numbers[tensor]
        number = operator.index(tensor)
        if not 0 <= number < len(self._names):
            raise IndexError(f"there is no tensor {number}: there are {len(self._names)}, counted from 0")
        return number

    def bind(self, grads: Gradients) -> None:
        """Use these gradients in all steps from now on: write new values into the same arrays before each.

        grads  a mapping of names to arrays, which changes only those tensors, or a sequence with one for each tensor.
               None: no gradient; the tensor, its state and its step count are left as they are
        All are checked before any is bound.
        """
        handle = self._alive()
        with handle.lock:
            if handle.lent:
                self._refuse_lent()
            self._bind(handle, self._numbered(grads))

    def _numbered(self, grads: Any) -> Iterable[tuple[int, Optional[Array]]]:
        if isinstance(grads, Mapping):
            try:
                return [(self._numbers[name], grad) for name, grad in grads.items()]
            except KeyError as error:
                raise refuse(OptimNameError, f'there is no tensor "{error.args[0]}"') from None
        if isinstance(grads, np.ndarray):
            grads = [grads]
        elif isinstance(grads, (str, bytes)) or not isinstance(grads, Iterable):
            raise TypeError(f"gradients must be a mapping or a sequence, not {type(grads).__name__}")
        listed = list(grads)
        if len(listed) != len(self._names):
            raise refuse(OptimArgumentError, f"{len(listed)} gradients for {len(self._names)} tensors; give one for "
                                             "each, None for those without, or a mapping of names")
        return enumerate(listed)

    def _bind(self, handle: Handle, numbered: Iterable[tuple[int, Optional[Array]]]) -> None:
        bound = handle.gradients
        changed: list[tuple[int, Optional[Array], Optional[int]]] = []
        for i, grad in numbered:
            if grad is bound[i]:
                continue
            if grad is None:
                changed.append((i, None, None))
            else:
                arrays.check_gradient(self._names[i], grad, handle.parameters[i])
                changed.append((i, grad, self._check_apart(self._names[i], grad)))
        for i, grad, memory in changed:
            handle.call(C.optim_bind, i, handle.starts[i], memory)
            bound[i] = grad
