"""Between torch's ways and the library's: settings in pairs, which of them groups have, where a tensor's memory is."""
from __future__ import annotations

from functools import lru_cache
from typing import Any, Mapping

import torch

from . import arrays
from .errors import OptimArgumentError, OptimDtypeError, refuse
from .make import create
from .optimizer import Optimizer
from .tensors import CLASSES

DTYPES = {torch.float32: arrays.F32, torch.float64: arrays.F64}

# What torch has as one setting, for algorithms that have both parts.
PAIRS = {"betas": ("beta1", "beta2"), "etas": ("eta_minus", "eta_plus"), "step_sizes": ("step_min", "step_max")}

@lru_cache(maxsize=None)
def for_all(link: str) -> frozenset[str]:
    """Hyperparameters that an optimizer has once for all tensors, so that groups cannot differ in them."""
    core = create(f"{link}(sgd)" if CLASSES[link].wraps else link)
    found = set()
    for h in CLASSES[link].hyperparameters:
        try:
            core.set(h.name, h.initial, "a tensor")
        except OptimArgumentError:
            found.add(h.name)
    return frozenset(found)


def in_pairs(values: Mapping[str, Any]) -> dict[str, Any]:
    """As torch has them."""
    paired = {}
    for name, value in values.items():
        pair = next((pair for pair, parts in PAIRS.items() if name in parts and all(p in values for p in parts)), None)
        if pair is None:
            paired[name] = value
        else:
            paired[pair] = tuple(values[part] for part in PAIRS[pair])
    return paired


def apart(values: Mapping[str, Any]) -> dict[str, Any]:
    """As the library has them."""
    single = {}
    for name, value in values.items():
        if name not in PAIRS:
            single[name] = value
            continue
        try:
            one, other = value
        except (TypeError, ValueError):
            raise TypeError(f"{name} must be a pair of numbers, not {value!r}") from None
        single.update(zip(PAIRS[name], (one, other)))
    return single


def differing(core: Optimizer, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those that are not so already for all tensors."""
    return {name: value for name, value in values.items() if value != core.get(name)}


def check_together(algorithm: str, values: Mapping[str, Any]) -> None:
    """Refuse settings that are wrong or contradict each other, before anything has them."""
    trial = create(algorithm)
    trial._set_all(differing(trial, values))
    trial.step()  # without tensors it only looks


def address(what: str, tensor: torch.Tensor) -> int:
    """Where its elements are, if the library can use them as they are."""
    if tensor.layout is not torch.strided:
        raise refuse(OptimArgumentError, f"{what} is sparse ({tensor.layout}), which liboptim does not take; use a "
                                         "dense one (sparse=False for an embedding)")
    if tensor.device.type != "cpu":
        raise refuse(OptimArgumentError, f"{what} is on {tensor.device}; liboptim computes on the CPU: move the model "
                                         "there with model.cpu(), or use torch.optim")
    if tensor.dtype not in DTYPES:
        raise refuse(OptimDtypeError, f"{what} has dtype {tensor.dtype}; torch.float32 and torch.float64 are "
                                      "supported: convert the model with model.float()")
    if not tensor.is_contiguous() or tensor.is_conj() or tensor.is_neg():
        raise refuse(OptimArgumentError, f"{what} is not contiguous (shape {tuple(tensor.shape)}, strides "
                                         f"{tensor.stride()}); make it so with p.data = p.data.contiguous()")
    start: int = tensor.data_ptr()
    return start
