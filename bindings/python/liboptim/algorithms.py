"""A class for every algorithm the C library has: AdamW, Lookahead, ..."""
from __future__ import annotations

from . import library
from .make import make_class
from .names import class_name
from .tensors import CLASSES

for _entry in library.algorithms():
    _name = class_name(_entry.name, globals())
    CLASSES[_entry.name] = globals()[_name] = make_class(_entry, _name, __name__)

__all__ = [_class.__name__ for _class in CLASSES.values()]
