"""What all optimizers share: the common hyperparameters, their order, and exact powers.

An optimizer here is a value with `set(name, value)`, `step(theta, g)` (returns the new weights) and `reset()`. It holds
one tensor. Everything is an array of theta's dtype, so that the same text also runs in float32 (conditioning.py).
"""
import decimal
import math
from types import SimpleNamespace

import numpy as np

decimal.getcontext().prec = 50


def power(beta, t):
    """beta^t to 50 digits."""
    return decimal.Decimal(beta) ** t if beta > 0 else decimal.Decimal(0)


def correction(beta, t):
    """1 - beta^t, correctly rounded: in doubles the subtraction alone loses up to 1/(1 - beta^t) of the accuracy."""
    return float(1 - power(beta, t))


class Optimizer:
    common = {
        "weight_decay": 0.0, "decoupled": 0, "maximize": 0, "clip_value": 0.0, "clip_norm": 0.0,
        "clip_tensor_norm": 0.0, "grad_scale": 1.0, "centralize": 0,
    }
    defaults = {}
    first_moment = None     # name of the state a Lookahead with inner_state = 2 pulls back

    def __init__(self, **preset):
        self.h = SimpleNamespace(**{**Optimizer.common, **self.defaults, **preset})
        self.reset()

    def set(self, name, value):
        if not hasattr(self.h, name):
            raise KeyError(f"{type(self).__name__} has no hyperparameter {name}")
        setattr(self.h, name, value)

    def reset(self):
        self.t = 0

    def step(self, theta, g):
        self.t += 1
        if self.t == 1:
            self.start(theta)
        g = self.prepared(theta, g)
        if self.h.decoupled:                    # Loshchilov & Hutter 2019: theta := theta - lr lambda theta
            theta = theta - self.h.lr * self.h.weight_decay * theta
        return self.update(theta, g)

    def prepared(self, theta, g):
        """Order: grad_scale, (check), clip_norm, clip_tensor_norm, clip_value, maximize, centralize, L2 decay."""
        h = self.h
        g = g / h.grad_scale
        for most in h.clip_norm, h.clip_tensor_norm: # here there is one tensor
            norm = math.sqrt(math.fsum(float(x) ** 2 for x in g.ravel())) if most > 0 else 0.0
            if norm > most:
                g = g * (most / norm)
        if h.clip_value > 0:
            g = np.clip(g, -h.clip_value, h.clip_value)
        if h.maximize:
            g = -g
        if h.centralize and g.ndim >= 2:        # Yong et al. 2020
            g = g - g.mean(axis=tuple(range(1, g.ndim)), keepdims=True)
        if not h.decoupled:
            g = g + h.weight_decay * theta
        return g

    def start(self, theta):
        """Creates the state, before the first step."""

    def update(self, theta, g):
        raise NotImplementedError
