"""The start weights and gradients of every golden trajectory, and how a case is run. README.md specifies them."""
from functools import lru_cache
import math

import numpy as np

import wrappers

STEPS = 1000
MASK = 2**64 - 1


def start_weights(shape):
    i = np.arange(math.prod(shape))
    return (((i * 7 + 3) % 11 - 5) / 4).reshape(shape)


def splitmix64(x):
    z = (x + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def gradient_of(t, i):
    h = splitmix64(t * 4096 + i)
    if h & 15 == 0 or (i % 5 == 4 and 300 <= t <= 500):
        return 0.0
    return ((h >> 40) / 2**23 - 1) * 2.0 ** ((t // 64) % 13 - 6)


@lru_cache(maxsize=None)
def gradient(t, shape):
    return np.array([gradient_of(t, i) for i in range(math.prod(shape))]).reshape(shape)


def run(case, dtype=np.float64, disturb=lambda g: g):
    """Yields (t, weights, swapped weights or None) after every step."""
    opt = wrappers.create(case.algorithm)
    for name in case.wrap:
        opt = wrappers.wrap(name, opt)
    for name, value in case.sets.items():
        opt.set(name, value)
    theta = start_weights(case.shape).astype(dtype)
    for t in range(1, STEPS + 1):
        for at, name, value in case.at:
            if at == t:
                opt.set(name, value)
        theta = opt.step(theta, disturb(gradient(t, case.shape).astype(dtype)))
        yield t, theta, opt.averaged() if hasattr(opt, "averaged") else None
