"""The wrappers, and `create` and `wrap`: optimizers by name. A name a wrapper does not have goes to its inner one."""
from types import SimpleNamespace

import numpy as np

import optimizers as o


class Wrapper:
    defaults = {}

    def __init__(self, inner, **preset):
        self.inner = inner
        self.h = SimpleNamespace(**{**self.defaults, **preset})
        self.t = 0

    def set(self, name, value):
        if hasattr(self.h, name):
            setattr(self.h, name, value)
        else:
            self.inner.set(name, value)

    def reset(self):
        self.t = 0
        self.inner.reset()

    def step(self, theta, g):
        self.t += 1
        if self.t == 1:
            self.start(theta)
        return self.after(self.inner.step(theta, g))

    def start(self, theta):
        """Creates the wrapper's state from the weights as they are before the first step."""


class Lookahead(Wrapper):
    """Zhang et al. 2019, Algorithm 1. inner_state: 0 keeps the inner's state at a sync, 1 resets it, 2 pulls the first
    moment back like the weights (their appendix)."""
    defaults = {"sync_period": 5, "slow_step": 0.5, "inner_state": 0}

    def start(self, theta):
        self.slow = theta
        self.slow_moment = np.zeros_like(theta)

    def blend(self, slow, fast):
        alpha = self.h.slow_step
        return fast if alpha == 1 else slow + alpha * (fast - slow)     # alpha 1 is the inner optimizer alone, exactly

    def after(self, theta):
        if self.t % self.h.sync_period != 0:
            return theta
        self.slow = self.blend(self.slow, theta)
        if self.h.inner_state == 1:
            self.inner.reset()
        if self.h.inner_state == 2 and self.inner.first_moment:
            moment = self.inner.first_moment
            self.slow_moment = self.blend(self.slow_moment, getattr(self.inner, moment))
            setattr(self.inner, moment, self.slow_moment)
        return self.slow

    def averaged(self):
        return self.slow


class EMA(Wrapper):
    """Polyak & Juditsky 1992, exponentially weighted: e := decay e + (1 - decay) theta, e starts as theta."""
    defaults = {"decay": 0.999}

    def start(self, theta):
        self.e = theta

    def after(self, theta):
        self.e = self.h.decay * self.e + (1 - self.h.decay) * theta
        return theta

    def averaged(self):
        return self.e


class SWA(Wrapper):
    """Izmailov et al. 2018: the mean of the weights after the steps start, start + period, start + 2 period, ..."""
    defaults = {"start": 1, "period": 1}

    def start(self, theta):
        self.mean = theta
        self.count = 0

    def after(self, theta):
        if self.t >= self.h.start and (self.t - self.h.start) % self.h.period == 0:
            self.count += 1
            self.mean = self.mean + (theta - self.mean) / self.count
        return theta

    def averaged(self):
        return self.mean


class Accumulate(Wrapper):
    """Sums `every` gradients, then steps the inner optimizer once with their mean (mean 0: with their sum)."""
    defaults = {"every": 1, "mean": 1}

    def step(self, theta, g):
        self.t += 1
        self.sum = g if self.t % self.h.every == 1 or self.h.every == 1 else self.sum + g
        if self.t % self.h.every != 0:
            return theta
        return self.inner.step(theta, self.sum / self.h.every if self.h.mean else self.sum)


ALGORITHMS = {
    "sgd": o.SGD,
    "momentum": lambda: o.SGD(momentum=0.9),
    "nesterov": lambda: o.SGD(momentum=0.9, nesterov=1),
    "rprop": o.Rprop,
    "rprop-plus": lambda: o.Rprop(variant="plus"),
    "rprop-minus": lambda: o.Rprop(variant="minus"),
    "adagrad": o.Adagrad,
    "rmsprop": o.RMSProp,
    "adadelta": o.Adadelta,
    "adam": o.Adam,
    "adamw": lambda: o.Adam(decoupled=1, weight_decay=0.01),
    "amsgrad": lambda: o.Adam(amsgrad=1),
    "adabound": o.AdaBound,
    "amsbound": lambda: o.AdaBound(amsgrad=1),
    "radam": o.RAdam,
    "nadam": o.NAdam,
    "adamax": o.Adamax,
    "lion": o.Lion,
    "ranger": lambda: Lookahead(o.RAdam(beta1=0.95, eps=1e-5, rho_threshold=5.0), sync_period=6),   # Wright 2019
}
WRAPPERS = {"lookahead": Lookahead, "ema": EMA, "swa": SWA, "accumulate": Accumulate}


def create(algorithm):
    return ALGORITHMS[algorithm]()


def wrap(wrapper, inner):
    return WRAPPERS[wrapper](inner)
