"""The step of gradient descent: liboptim's optimizers over NumPy arrays, in place.

    w, b = numpy.zeros((64, 10), "f4"), numpy.zeros(10, "f4")
    opt = AdamW({"w": w, "b": b}, lr=3e-4)
    opt.set("weight_decay", 0, "b")
    opt.step({"w": gradient_of_w, "b": gradient_of_b})

There is a class for every algorithm of the C library, made from what the library says of itself; liboptim.schedules has
its schedules, liboptim.torch the same optimizers for PyTorch.
"""
from . import schedules
from .algorithms import *  # noqa: F403
from .algorithms import __all__ as _algorithms
from .errors import (OptimAlignmentError, OptimArgumentError, OptimConflictError, OptimDtypeError, OptimDuplicateError,
                     OptimError, OptimFormatError, OptimIOError, OptimMemoryError, OptimMismatchError, OptimNameError,
                     OptimNonfiniteError, OptimRangeError, OptimSizeError, OptimStateError, OptimUnsupportedError)
from .library import Hyperparameter, version
from .make import create
from .optimizer import Loaded, Optimizer
from .tensors import CLASSES

__version__ = version()

__all__ = [
    "CLASSES", "Hyperparameter", "Loaded", "Optimizer", "OptimAlignmentError", "OptimArgumentError",
    "OptimConflictError", "OptimDtypeError", "OptimDuplicateError", "OptimError", "OptimFormatError", "OptimIOError",
    "OptimMemoryError", "OptimMismatchError", "OptimNameError", "OptimNonfiniteError", "OptimRangeError",
    "OptimSizeError", "OptimStateError", "OptimUnsupportedError", "create", "schedules", "version",
]
__all__ += _algorithms
