# Written by generate_stubs.py: do not edit.
from .schedule import KINDS as KINDS
from .schedule import Schedule as Schedule
from .schedule import create as create

__all__ = [
    'Constant',
    'Piecewise',
    'Exponential',
    'Reciprocal',
    'Halving',
    'Plateau',
    'Warmup',
    'Cosine',
    'CosineRestarts',
    'Linear',
    'Polynomial',
    'InverseSqrt',
    'WarmupStableDecay',
    'OneCycle',
]

class Constant(Schedule):
    def __init__(
        self,
        *,
        factor: float = 1.0,
        per_epoch: float = 0.0,
    ) -> None: ...

class Piecewise(Schedule):
    def __init__(
        self,
        *,
        per_epoch: float = 0.0,
    ) -> None: ...

class Exponential(Schedule):
    def __init__(
        self,
        *,
        r: float,
        per_epoch: float = 0.0,
    ) -> None: ...

class Reciprocal(Schedule):
    def __init__(
        self,
        *,
        r: float,
        c: float = 1.0,
        per_epoch: float = 0.0,
    ) -> None: ...

class Halving(Schedule):
    def __init__(
        self,
        *,
        factor: float = 0.5,
        threshold: float = 0.0,
        minimize: float = 1.0,
    ) -> None: ...

class Plateau(Schedule):
    def __init__(
        self,
        *,
        factor: float = 0.1,
        patience: float = 10.0,
        threshold: float = 0.0001,
        cooldown: float = 0.0,
        floor: float = 0.0,
        minimize: float = 1.0,
    ) -> None: ...

class Warmup(Schedule):
    def __init__(
        self,
        inner: Schedule,
        *,
        steps: float,
        delay: float = 0.0,
        per_epoch: float = 0.0,
    ) -> None: ...

class Cosine(Schedule):
    def __init__(
        self,
        *,
        steps: float,
        floor: float = 0.0,
        per_epoch: float = 0.0,
    ) -> None: ...

class CosineRestarts(Schedule):
    def __init__(
        self,
        *,
        steps: float,
        mult: float = 1.0,
        floor: float = 0.0,
        per_epoch: float = 0.0,
    ) -> None: ...

class Linear(Schedule):
    def __init__(
        self,
        *,
        steps: float,
        end: float = 0.0,
        per_epoch: float = 0.0,
    ) -> None: ...

class Polynomial(Schedule):
    def __init__(
        self,
        *,
        steps: float,
        power: float = 1.0,
        end: float = 0.0,
        per_epoch: float = 0.0,
    ) -> None: ...

class InverseSqrt(Schedule):
    def __init__(
        self,
        *,
        steps: float,
        per_epoch: float = 0.0,
    ) -> None: ...

class WarmupStableDecay(Schedule):
    def __init__(
        self,
        *,
        steps: float,
        warmup: float = 0.0,
        decay: float,
        end: float = 0.0,
        per_epoch: float = 0.0,
    ) -> None: ...

class OneCycle(Schedule):
    def __init__(
        self,
        *,
        steps: float,
        pct_start: float = 0.3,
        div_factor: float = 25.0,
        final_div_factor: float = 10000.0,
        per_epoch: float = 0.0,
    ) -> None: ...
