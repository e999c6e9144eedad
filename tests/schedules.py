#!/usr/bin/env python3
"""The schedules against their equations, written anew here, and against PyTorch's schedulers, on random settings: every
kind over its whole range, warm-ups around it, metrics with NaNs, and what steps of an optimizer make of them. Written
for PyTorch 1.13; where it is not installed that half is skipped, and everything is where NumPy is not.

usage: schedules.py [--seed N] [--runs N] LIBRARY
"""
import argparse
import ctypes
from fractions import Fraction
import math
import os
import random
import sys
import warnings

try:
    import numpy as np
    from random_settings import Failure, Handle
except ImportError as missing:
    print(f"skipped: {missing}\n0 passed, 0 failed, 1 skipped")
    sys.exit(0)
try:
    import torch
    from torch.optim import lr_scheduler
except ImportError as missing:
    torch = None
    print(f"skipped: PyTorch's schedulers: {missing}")

RELATIVE, ABSOLUTE = 1e-12, 1e-14   # one of them must do
OF_TORCH = 1e-12                    # absolute, of factors up to 1: most of its schedulers multiply step by step
LAST = 2**53                        # whole numbers are exact up to here
SHOWN = 5                           # failures of each row


class Schedule:
    """A schedule of the library, by the calls that a binding makes."""

    def __init__(self, library, kind, settings, inner=None):
        self.c, self.pointer = library, ctypes.c_void_p()
        self.c.optim_errmsg.restype = ctypes.c_char_p
        if inner:
            self.check(self.c.optim_schedule_wrap(ctypes.byref(self.pointer), kind.encode(), inner.pointer))
        else:
            self.check(self.c.optim_schedule_create(ctypes.byref(self.pointer), kind.encode()))
        for name, value in settings.items():
            if name == "points":
                for at, factor in value:
                    self.check(self.c.optim_schedule_point(self.pointer, ctypes.c_double(at), ctypes.c_double(factor)))
            else:
                self.check(self.c.optim_schedule_set(self.pointer, name.encode(), ctypes.c_double(value)))

    def check(self, status):
        if status != 0:
            raise Failure(self.c.optim_errmsg(None).decode())

    def factor(self, t=0):
        value = ctypes.c_double()
        self.check(self.c.optim_schedule_factor(self.pointer, ctypes.c_uint64(t), ctypes.byref(value)))
        return value.value

    def destroy(self):
        self.c.optim_schedule_destroy(self.pointer)


def build(library, chain):
    """(kind, settings) from outside in."""
    schedule = None
    for kind, settings in reversed(chain):
        schedule = Schedule(library, kind, settings, schedule)
    return schedule


def near(found, expected):
    return abs(found - expected) <= max(ABSOLUTE, RELATIVE * abs(expected))


# ---- The equations --------------------------------------------------------------------------------------------------
# Each is a function of the time t, a whole number, and of the settings. Times and lengths are divided as fractions: a
# quotient is rounded once, whatever the lengths are.


def ratio(a, b):
    return float(Fraction(a) / Fraction(b))


def constant(_, factor=1):
    return factor


def piecewise(t, points):
    return ([1] + [factor for at, factor in points if at <= t])[-1]


def exponential(t, r):
    return math.exp(-min(ratio(t, r), 1e4) if t / r < 1e4 else -1e4)


def reciprocal(t, r, c=1):
    power = c * (math.log1p(t / r) if t / r < math.inf else math.log(t) - math.log(r))
    return math.exp(-min(power, 1e4))


def cosine(t, steps, floor=0):
    return floor + (1 - floor) * (1 + math.cos(math.pi * ratio(min(t, steps), steps))) / 2


def cosine_restarts(t, steps, mult=1, floor=0):
    begin, length = 0, steps
    if mult == 1:
        begin = t // steps * steps
    while t >= begin + length:
        begin, length = begin + length, length * mult
    return cosine(t - begin, length, floor)


def linear(t, steps, end=0):
    return float(1 + (Fraction(end) - 1) * Fraction(min(t, steps), steps))


def polynomial(t, steps, power=1, end=0):
    left = ratio(steps - t, steps) if t < steps else 0
    return end + (1 - end) * left ** power     # 0 ** 0 is 1


def inverse_sqrt(t, steps):
    return 1 / math.sqrt(ratio(max(t, steps), steps))


def one_cycle(t, steps, pct_start=0.3, div_factor=25, final_div_factor=1e4):
    first = 1 / div_factor
    end = first / final_div_factor
    top, last = pct_start * steps - 1, steps - 1
    if t <= top:
        return first + (1 - first) * (1 - math.cos(math.pi * t / top)) / 2 if top > 0 else 1
    if top >= last:
        return 1
    return end + (1 - end) * (1 + math.cos(math.pi * (min(t, last) - top) / (last - top))) / 2


def warmup_stable_decay(t, steps, decay, warmup=0, end=0):
    if t < warmup:
        return ratio(t + 1, warmup)
    if t < steps - decay:
        return 1
    if t >= steps:
        return end
    return float(1 - (1 - Fraction(end)) * Fraction(t - (steps - decay), decay))


def warmup_of(t, steps):
    return ratio(min(t + 1, steps), steps)


class Halving:
    def __init__(self, factor=0.5, threshold=0, minimize=1):
        self.by, self.threshold, self.sign = factor, threshold, 1 if minimize else -1
        self.best, self.begun, self.factor = math.inf, False, 1

    def end_epoch(self, metric):
        metric *= self.sign
        self.begun = self.begun or not metric < self.best - self.threshold
        if self.begun:
            self.factor *= self.by
        else:
            self.best = metric


class Plateau:
    def __init__(self, factor=0.1, patience=10, threshold=1e-4, cooldown=0, floor=0, minimize=1):
        self.by, self.patience, self.threshold, self.cooldown, self.floor = factor, patience, threshold, cooldown, floor
        self.minimize, self.best, self.bad, self.resting, self.reduced = minimize, None, 0, 0, 1
        self.factor = 1

    def better(self, metric):
        if self.best is None:
            return metric < math.inf if self.minimize else metric > -math.inf
        share_of = 0 if math.isinf(self.best) else self.threshold
        bar = self.best * (1 - share_of if self.minimize else 1 + share_of)
        return metric < bar if self.minimize else metric > bar

    def end_epoch(self, metric):
        better = self.better(metric)
        if better:
            self.best = metric
        self.bad = 0 if better or self.resting else self.bad + 1
        self.resting = max(self.resting - 1, 0)
        if self.bad > self.patience:
            self.reduced *= self.by
            self.bad, self.resting = 0, self.cooldown
            self.factor = max(self.reduced, self.floor)


CLOCKS = {
    "constant": constant, "piecewise": piecewise, "exponential": exponential, "reciprocal": reciprocal,
    "cosine": cosine, "cosine_restarts": cosine_restarts, "linear": linear, "polynomial": polynomial,
    "inverse_sqrt": inverse_sqrt, "one_cycle": one_cycle, "warmup_stable_decay": warmup_stable_decay,
}
METRICS = {"halving": Halving, "plateau": Plateau}


def chain_factor(chain, steps, epochs):
    """Of warm-ups around a schedule with a clock: a delay is for those inside that go by the same clock."""
    factor, times_now = 1, [steps, epochs]
    for kind, settings in chain:
        settings = dict(settings)
        clock = settings.pop("per_epoch", 0)
        t = times_now[clock]
        if kind == "warmup":
            delay = settings.pop("delay", 0)
            factor *= warmup_of(t, **settings)
            times_now[clock] = max(t - settings["steps"], 0) if delay else t
        else:
            factor *= CLOCKS[kind](t, **settings)
    return factor


# ---- Random settings ------------------------------------------------------------------------------------------------


def log(r, low, high):
    return math.exp(r.uniform(math.log(low), math.log(high)))


def whole(r, low, high):
    """Evenly in the logarithm."""
    return min(max(round(log(r, max(low, 0.5), high)), low), high)


def share(r):
    return r.choice([0, 1, r.random(), r.random(), log(r, 1e-12, 1)])


def draw_steps(r):
    return r.choice([1, 2, 3, 1000, LAST, whole(r, 1, LAST), whole(r, 1, 10**4), whole(r, 1, 10**4)])


def draw_points(r):
    at, points = r.choice([0, 0.5, r.random() * 100]), []
    for _ in range(r.choice([0, 1, 2, 5, 40])):
        points.append((at, r.choice([0, r.random(), log(r, 1e-300, 1e300)])))
        at += r.choice([0.25, 1, whole(r, 1, 1000), log(r, 1, 1e12)])
    return points


def draw_one_cycle(r):
    while True:
        drawn = {"steps": draw_steps(r), "pct_start": share(r), "div_factor": r.choice([1, 25, log(r, 1, 1e6)]),
                 "final_div_factor": r.choice([1, 1e4, log(r, 1, 1e6)])}
        if not abs(drawn["pct_start"] * drawn["steps"] - 1) < 1e-9:     # it jumps there
            return drawn


def draw_stable(r):
    steps = draw_steps(r)
    decay = r.choice([0, steps, r.randint(0, steps)])
    return {"steps": steps, "decay": decay, "warmup": r.choice([0, steps - decay, r.randint(0, steps - decay)]),
            "end": share(r)}


DRAWS = {
    "constant": lambda r: {"factor": r.choice([0, 1, log(r, 1e-300, 1e300)])},
    "piecewise": lambda r: {"points": draw_points(r)},
    "exponential": lambda r: {"r": log(r, 1e-300, 1e300) if r.random() < 0.3 else log(r, 1e-3, 1e9)},
    # (1 + t / r)^-c with a huge c hangs on the last bit of 1 + t / r
    "reciprocal": lambda r: {"r": log(r, 1e-290, 1e300) if r.random() < 0.3 else log(r, 1e-3, 1e9),
                             "c": r.choice([0, 0.5, 1, 1, 2, log(r, 1e-3, 50)])},
    "cosine": lambda r: {"steps": draw_steps(r), "floor": share(r)},
    "cosine_restarts": lambda r: {"steps": draw_steps(r), "mult": r.choice([1, 2, 3, draw_steps(r)]),
                                  "floor": share(r)},
    "linear": lambda r: {"steps": draw_steps(r), "end": r.choice([0, 1, share(r), log(r, 1e-300, 1e300)])},
    "polynomial": lambda r: {"steps": draw_steps(r), "power": r.choice([0, 0.5, 1, 2, 3, log(r, 1e-3, 50)]),
                             "end": share(r)},
    "inverse_sqrt": lambda r: {"steps": draw_steps(r)},
    "one_cycle": draw_one_cycle,
    "warmup_stable_decay": draw_stable,
    "warmup": lambda r: {"steps": draw_steps(r), "delay": r.randrange(2)},
    "halving": lambda r: {"factor": share(r), "threshold": r.choice([0, log(r, 1e-6, 1)]), "minimize": r.randrange(2)},
    "plateau": lambda r: {"factor": share(r), "patience": r.choice([0, 1, 2, 10, LAST]),
                          "threshold": r.choice([0, 1e-4, log(r, 1e-6, 1), 3]), "cooldown": r.choice([0, 1, 3, LAST]),
                          "floor": r.choice([0, 0, share(r)]), "minimize": r.randrange(2)},
}


def draw_metrics(r, count):
    """Falling or rising or neither, with equal ones, infinities and NaNs."""
    level, trend, metrics = r.uniform(-2, 2), r.choice([-0.1, 0, 0.1]), []
    for _ in range(count):
        level += trend + r.choice([0, 0, r.gauss(0, 0.3)])
        metrics.append(r.choice([level] * 20 + [math.nan, math.nan, math.inf, -math.inf, 0.0]))
    return metrics


def times(r, chain):
    """The first ones, those at every boundary and around it, and others."""
    found = {0, 1, LAST} | {whole(r, 1, LAST) for _ in range(10)} | {r.randint(0, 100) for _ in range(5)}
    edges, late = [0], 0
    for kind, settings in chain:
        steps = settings.get("steps", 1)
        own = [steps, steps - 1, 2 * steps, settings.get("warmup", 0), steps - settings.get("decay", 0)]
        own += [math.floor(at) for at, _ in settings.get("points", [])]
        own += [steps * (1 + settings.get("mult", 1)), math.floor(settings.get("pct_start", 0) * steps)]
        own += [math.floor(min(settings.get("r", 0), LAST))] + [r.randint(0, steps) for _ in range(5)]
        edges += [late + edge for edge in own]
        late += steps if kind == "warmup" and settings["delay"] else 0
    return sorted(t for edge in edges for t in (edge - 2, edge - 1, edge, edge + 1, edge + 2) if 0 <= t <= LAST) \
        + sorted(found)


def with_clocks(r, chain):
    """All by steps, all by epochs, or some by each."""
    draw = r.choice([lambda: 0, lambda: 1, lambda: r.randrange(2)])
    return [(kind, {**settings, "per_epoch": draw()}) for kind, settings in chain]


# ---- (a) The equations ----------------------------------------------------------------------------------------------


def against_equation(library, kind, r):
    chain = [(kind, DRAWS[kind](r))]
    if kind == "warmup":
        while r.random() < 0.3:
            chain.append((kind, DRAWS[kind](r)))
        inside = r.choice(sorted(CLOCKS))
        chain.append((inside, DRAWS[inside](r)))
    chain = with_clocks(r, chain)
    schedule = build(library, chain)
    for t in times(r, chain):
        found, expected = schedule.factor(t), chain_factor(chain, t, t)
        if not near(found, expected):
            raise Failure(f"t = {t}: {found!r}, not {expected!r}: {chain}")
    schedule.destroy()


class Walker:
    """An optimizer with one weight, whose steps show their learning rate: p := 0 - lr g, g = 1."""

    def __init__(self, library, chain, lr, name="sgd", hyperparameter="lr"):
        self.weight, self.gradient = np.zeros(1), np.ones(1)
        self.handle, self.hyperparameter, self.base = Handle(library, name), hyperparameter, lr
        self.handle.set(hyperparameter, lr)
        self.handle.add("w", self.weight, self.gradient)
        self.schedule = build(library, chain)
        self.handle.call("attach", hyperparameter.encode(), self.schedule.pointer)

    def value(self):
        return self.handle.get(self.hyperparameter, "w")

    def factor(self):
        return self.value() / self.base

    def step(self):
        """The learning rate that it took."""
        self.weight[...] = 0
        self.handle.step()
        return -self.weight[0]

    def epoch(self, metric=math.nan):
        self.handle.call("epoch", ctypes.c_double(metric))

    def destroy(self):
        self.handle.destroy()


def against_metrics(library, kind, r):
    """Also inside a warm-up, by epochs or by steps, whose delay hides the metrics of the epochs that end within it."""
    settings, around = DRAWS[kind](r), None
    chain, model = [(kind, settings)], METRICS[kind](**settings)
    if r.random() < 0.5:
        around = {"steps": r.randint(1, 20), "delay": r.randrange(2), "per_epoch": r.randrange(2)}
        chain.insert(0, ("warmup", around))
    walker = Walker(library, chain, log(r, 1e-3, 10))
    metrics, steps = draw_metrics(r, 150), 0
    for epoch in range(len(metrics) + 1):
        now = epoch if around and around["per_epoch"] else steps
        expected = model.factor * (warmup_of(now, around["steps"]) if around else 1)
        found = walker.factor(), walker.schedule.factor(now)
        if not near(found[0], expected) or not near(found[1], expected):
            raise Failure(f"after epoch {epoch}: {found}, not {expected!r}: {chain} {metrics[:epoch]}")
        if r.random() < 0.5:
            steps += 1
            if not near(walker.step(), expected * walker.base):
                raise Failure(f"the step after epoch {epoch} is not by {expected!r}: {chain}")
        if epoch < len(metrics):
            walker.epoch(metrics[epoch])
            now = epoch + 1 if around and around["per_epoch"] else steps
            if not around or not around["delay"] or now > around["steps"]:
                model.end_epoch(metrics[epoch])
    walker.destroy()


def draw_short(r):
    """A chain that does something within some hundred steps."""
    chain = []
    while r.random() < 0.4:
        chain.append(("warmup", {"steps": r.randint(1, 40), "delay": r.randrange(2)}))
    kind = r.choice(sorted(CLOCKS))
    settings = DRAWS[kind](r)
    if "steps" in settings:
        settings["steps"] = r.randint(1, 100)
        settings.update({"decay": 0, "warmup": settings["steps"] // 3} if "decay" in settings else {})
    return chain + [(kind, settings)]


def against_steps(library, _, r):
    """What steps do, by steps and by epochs; every call counts, also those whose gradient is only collected."""
    chain, every = with_clocks(r, draw_short(r)), r.choice([1, 1, 2, 3])
    walker = Walker(library, chain, log(r, 1e-3, 10), "sgd" if every == 1 else "accumulate(sgd)")
    if every > 1:
        walker.handle.set("every", every)
    epochs = 0
    for t in range(200):
        expected = walker.base * chain_factor(chain, t, epochs)
        found = walker.value()
        taken = walker.step()
        if not near(found, expected) or (t % every == every - 1 and not near(taken, expected)):
            raise Failure(f"step {t}: {taken!r}, and optim_get_for said {found!r}, not {expected!r}: {chain}")
        if r.random() < 0.3:
            walker.epoch(r.random())
            epochs += 1
    walker.destroy()


def against_rounding(library, _, r):
    """A hyperparameter that is a whole number: the nearest one, upwards from the middle, and at least the smallest."""
    chain, base = draw_short(r), whole(r, 1, 1000)
    walker = Walker(library, chain, base, "lookahead(sgd)", "sync_period")
    for t in range(100):
        value = base * chain_factor(chain, t, 0)
        allowed = {max(1, math.floor(value + 0.5 + off)) for off in (-1e-9, 0, 1e-9)} if value < 1e6 else None
        if allowed is None:
            break
        if walker.value() not in allowed:
            raise Failure(f"t = {t}: {walker.value()!r}, not {allowed}: {base} {chain}")
        walker.step()
    walker.destroy()


# ---- (b) PyTorch ----------------------------------------------------------------------------------------------------
# Each draws PyTorch's scheduler, as a function of the optimizer, and ours; and for how many steps they are the same.


def of_lambda(r):
    """What PyTorch has no scheduler for, as a formula of its own step number."""
    f, n, c = r.random(), r.randint(1, 100), r.choice([1, r.uniform(0.3, 3)])
    formula, chain = r.choice([
        (lambda t: f, [("constant", {"factor": f})]),
        (lambda t: (1 + t / n) ** -c, [("reciprocal", {"r": n, "c": c})]),
        (lambda t: max(t / n, 1) ** -0.5, [("inverse_sqrt", {"steps": n})]),
    ])
    return lambda o: lr_scheduler.LambdaLR(o, formula), chain, 300


def of_constant(r):
    f, n = r.uniform(0.01, 1), r.randint(1, 100)
    return lambda o: lr_scheduler.ConstantLR(o, f, n), [("piecewise", {"points": [(0, f), (n, 1)]})], 200


def of_step(r):
    n, gamma = r.randint(1, 50), r.uniform(0.05, 1)
    points = [(k * n, gamma ** k) for k in range(1, 300 // n + 1)]
    return lambda o: lr_scheduler.StepLR(o, n, gamma), [("piecewise", {"points": points})], 300


def of_multi_step(r):
    milestones, gamma = sorted(r.sample(range(1, 300), r.randint(1, 10))), r.uniform(0.05, 1)
    points = [(at, gamma ** (k + 1)) for k, at in enumerate(milestones)]
    return lambda o: lr_scheduler.MultiStepLR(o, milestones, gamma), [("piecewise", {"points": points})], 300


def of_exponential(r):
    gamma = r.uniform(0.5, 0.9999)
    return lambda o: lr_scheduler.ExponentialLR(o, gamma), [("exponential", {"r": -1 / math.log(gamma)})], 500


def of_cosine(r):
    n, floor = r.randint(1, 500), r.choice([0, r.random()])
    return lambda o: lr_scheduler.CosineAnnealingLR(o, n, floor * o.defaults["lr"]), \
        [("cosine", {"steps": n, "floor": floor})], n


def of_restarts(r):
    n, mult, floor = r.randint(1, 100), r.choice([1, 1, 2, 3]), r.choice([0, r.random()])
    return lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, n, mult, floor * o.defaults["lr"]), \
        [("cosine_restarts", {"steps": n, "mult": mult, "floor": floor})], 1000


def of_linear(r):
    n, end = r.randint(1, 300), r.choice([0, 1, r.random()])
    return lambda o: lr_scheduler.LinearLR(o, 1, end, n), [("linear", {"steps": n, "end": end})], 400


def of_polynomial(r):
    n, power = r.randint(1, 300), r.choice([0.5, 1, 2, r.uniform(0.1, 4)])
    return lambda o: lr_scheduler.PolynomialLR(o, n, power), [("polynomial", {"steps": n, "power": power})], 400


def of_one_cycle(r):
    settings = {"steps": r.randint(10, 500), "pct_start": r.uniform(0.11, 0.95), "div_factor": r.uniform(1, 50),
                "final_div_factor": log(r, 1, 1e5)}
    if r.random() < 0.5:
        settings = {"steps": settings["steps"]}

    def theirs(o):
        names = {name: value for name, value in settings.items() if name != "steps"}
        return lr_scheduler.OneCycleLR(o, o.defaults["lr"], settings["steps"], cycle_momentum=False, **names)
    return theirs, [("one_cycle", settings)], settings["steps"] - 1


def of_warmup(r):
    n = r.randint(2, 200)
    return lambda o: lr_scheduler.LinearLR(o, 1 / n, 1, n - 1), [("warmup", {"steps": n}), ("constant", {})], 300


def of_warmup_then(r):
    n = r.randint(2, 50)
    inside, chain, steps = r.choice([of_cosine, of_linear, of_polynomial, of_restarts])(r)

    def theirs(o):
        return lr_scheduler.SequentialLR(o, [lr_scheduler.LinearLR(o, 1 / n, 1, n - 1), inside(o)], [n])
    return theirs, [("warmup", {"steps": n, "delay": 1})] + chain, n + min(steps, 400)


def of_three(r):
    up, stay, decay, end = r.randint(2, 50), r.randint(1, 100), r.randint(1, 100), r.choice([0, r.random()])
    settings = {"steps": up + stay + decay, "warmup": up, "decay": decay, "end": end}

    def theirs(o):
        parts = [lr_scheduler.LinearLR(o, 1 / up, 1, up - 1), lr_scheduler.ConstantLR(o, 1),
                 lr_scheduler.LinearLR(o, 1, end, decay)]
        return lr_scheduler.SequentialLR(o, parts, [up, up + stay])
    return theirs, [("warmup_stable_decay", settings)], up + stay + decay + 20


CLOCKS_OF_TORCH = {
    "LambdaLR": of_lambda, "ConstantLR": of_constant, "StepLR": of_step, "MultiStepLR": of_multi_step,
    "ExponentialLR": of_exponential, "CosineAnnealingLR": of_cosine, "CosineAnnealingWarmRestarts": of_restarts,
    "LinearLR": of_linear, "PolynomialLR": of_polynomial, "OneCycleLR": of_one_cycle, "LinearLR, from 1/n": of_warmup,
    "SequentialLR": of_warmup_then, "SequentialLR of three": of_three,
}


def reference(lr):
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))], lr=lr)


def against_torch(library, name, r):
    make, chain, steps = CLOCKS_OF_TORCH[name](r)
    lr = log(r, 1e-3, 10)
    optimizer, schedule = reference(lr), build(library, chain)
    scheduler = make(optimizer)
    for t in range(steps + 1):
        found, expected = schedule.factor(t), optimizer.param_groups[0]["lr"] / lr
        if not abs(found - expected) <= OF_TORCH:
            raise Failure(f"t = {t}: {found!r}, PyTorch's {expected!r}: {chain}")
        if t < steps:
            optimizer.step()
            scheduler.step()
    schedule.destroy()


def against_reduce(library, _, r):
    settings = DRAWS["plateau"](r)
    # PyTorch wants less than 1 as the factor; a threshold of 1 makes a NaN of its first best, and more never lets go
    settings.update({"factor": r.uniform(0.05, 0.95), "threshold": r.choice([0, 1e-4, r.uniform(0, 0.9)])})
    lr, ours = log(r, 1e-3, 10), Walker(library, [("plateau", settings)], 1)
    optimizer = reference(lr)
    scheduler = lr_scheduler.ReduceLROnPlateau(
        optimizer, mode="min" if settings["minimize"] else "max", factor=settings["factor"], eps=0,
        patience=settings["patience"], threshold=settings["threshold"], cooldown=settings["cooldown"],
        min_lr=settings["floor"] * lr)
    for epoch, metric in enumerate(draw_metrics(r, 150)):
        optimizer.step()
        scheduler.step(metric)
        ours.epoch(metric)
        found, expected = ours.factor(), optimizer.param_groups[0]["lr"] / lr
        if not abs(found - expected) <= OF_TORCH:
            raise Failure(f"epoch {epoch}: {found!r}, PyTorch's {expected!r}: {settings}")
    ours.destroy()


# ---- All of them ----------------------------------------------------------------------------------------------------


def rows(library):
    """(title, function, its argument)"""
    library.optim_schedule_name.restype = ctypes.c_char_p
    library.optim_schedule_name.argtypes = [ctypes.c_size_t]
    i = 0
    while name := library.optim_schedule_name(i):
        kind = name.decode()
        yield kind, against_metrics if kind in METRICS else against_equation, kind
        i += 1
    yield "steps and epochs", against_steps, None
    yield "whole numbers", against_rounding, None
    if torch:
        for name in CLOCKS_OF_TORCH:
            yield "torch " + name, against_torch, name
        yield "torch ReduceLROnPlateau", against_reduce, None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="of the first run of each row (0)")
    parser.add_argument("--runs", type=int, default=40, help="of each row, with everything drawn anew (40)")
    parser.add_argument("library")
    options = parser.parse_args()
    library = ctypes.CDLL(os.path.abspath(options.library))
    warnings.simplefilter("ignore")     # SequentialLR's own use of what PyTorch warns of
    passed = failed = 0
    for title, compare, argument in rows(library):
        wrong = []
        for seed in range(options.seed, options.seed + options.runs):
            try:
                compare(library, argument, random.Random(f"{title} {seed}"))
                passed += 1
            except Failure as failure:
                failed += 1
                wrong.append(f"\n    --seed {seed} --runs 1: {failure}")
        more = f"\n    and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        print(f"{title:33} {'FAILED' if wrong else 'ok'}{''.join(wrong[:SHOWN])}{more}")
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
