"""A class for every kind of schedule the C library has: Cosine, Linear, Warmup, ...

    opt.attach("lr", Warmup(Cosine(steps=900), steps=100, delay=1))
"""
from __future__ import annotations

from . import library
from .names import class_name
from .schedule import KINDS, Schedule, create, make_class

for _entry in library.schedules():
    _name = class_name(_entry.name, globals())
    KINDS[_entry.name] = globals()[_name] = make_class(_entry, _name, __name__)

__all__ = ["KINDS", "Schedule", "create"] + [_kind.__name__ for _kind in KINDS.values()]
