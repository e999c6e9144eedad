"""The words cases are written in: `case`, and those that make several at once.

Float32 decides some values. A step that subtracts the same small thing every time (a decay of 1e-5, Rprop's smallest step,
Lion's lr) rounds the same way every time, and a factor such as 0.9999, rounded to float32, is off by the same amount a
thousand times: both drift away from float64 by more than 1e-5 in 1,000 steps, whoever computes them. So, away from the
defaults, decoupled decay is strong (DECOUPLED), and Lion, Rprop and EMA get values that float32 represents exactly.
"""
from dataclasses import dataclass
import random

STEPS = (1, 2, 3, 5, 10, 30, 100, 250, 500, 750, 1000)


@dataclass
class Case:
    name: str
    algorithm: str
    wrap: tuple
    shape: tuple
    sets: dict
    at: list
    steps: tuple
    swapped: tuple


def case(name, algorithm, wrap=(), shape=(17,), at=(), steps=(), swapped=(), **sets):
    """`steps` are recorded besides the usual ones; `sets` keep their order."""
    return Case(name, algorithm, (wrap,) if isinstance(wrap, str) else wrap, shape, sets, list(at), STEPS + tuple(steps),
                tuple(swapped))


SMALL = (11,)        # for cases that need not be larger


def lr_changes(algorithm, lr, name=None, **others):
    """x0.3 before step 400, x5 before step 700."""
    return case(name or f"{algorithm}-lr-changes", algorithm, steps=(400, 700),
                at=[(400, "lr", round(lr * 0.3, 12)), (700, "lr", round(lr * 0.3 * 5, 12))], **others)


def common(family, algorithm, **others):
    """The hyperparameters every optimizer has."""
    def one(name, **sets):
        return case(f"{family}-{name}", algorithm, shape=SMALL, **{**others, **sets})
    return [
        one("l2", weight_decay=0.01, decoupled=0),
        one("decay-decoupled", lr=0.02, weight_decay=0.1, decoupled=1),
        one("maximize", maximize=1),
        one("clip-value", clip_value=0.1),
        one("clip-norm", clip_norm=1.0),
        one("grad-scale", grad_scale=3.0),
        one("everything-common", grad_scale=3.0, clip_norm=2.0, clip_value=0.5, maximize=1, weight_decay=0.01, decoupled=0),
    ]


def log(low, high):
    return lambda r: low * (high / low) ** r.random()


def uniform(low, high):
    return lambda r: low + (high - low) * r.random()


def choose(*values):
    return lambda r: values[int(r.random() * len(values))]


DECOUPLED = {"lr": log(0.003, 0.03), "weight_decay": log(0.03, 1), "decoupled": choose(1)}


def draws(family, algorithm, count, label=None, skip=(), **ranges):
    """`count` cases with hyperparameters drawn from a generator seeded with their name; `skip`: numbers passed over, for drifting in float32."""
    label = f"{family}-random-{label or algorithm}"
    numbers = [n for n in range(count + len(skip)) if n not in skip]
    return [case(f"{label}-{n}", algorithm, shape=SMALL, **drawn(f"{label} {n}", ranges)) for n in numbers]


def drawn(seed, ranges):
    r = random.Random(seed)
    values = {name: pick(r) for name, pick in ranges.items()}
    return {name: float(f"{v:.4g}") if isinstance(v, float) else v for name, v in values.items()}
