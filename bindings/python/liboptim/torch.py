"""liboptim's optimizers for PyTorch: each a torch.optim.Optimizer over float32 or float64 tensors on the CPU.

    opt = liboptim.torch.AdamW(model.parameters(), lr=3e-4)

In place of torch.optim's: param_groups, schedulers of torch, closures, state_dict and load_state_dict are as there.
Each group has the hyperparameters of docs/algorithms.md under the names there, but pairs as in torch: betas, etas,
step_sizes.
"""
from __future__ import annotations

from . import library
from .names import class_name
from .torch_make import CLASSES, create, make_class
from .torch_optimizer import Optimizer

for _entry in library.algorithms():
    _name = class_name(_entry.name, globals())
    CLASSES[_entry.name] = globals()[_name] = make_class(_entry, _name, __name__)

__all__ = ["CLASSES", "Optimizer", "create"] + [_class.__name__ for _class in CLASSES.values()]
