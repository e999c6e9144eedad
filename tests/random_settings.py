#!/usr/bin/env python3
"""The library against tests/oracle on random settings: any optimizer in up to two wrappers, any hyperparameters in
their whole ranges, set in any order, several tensors with rules, that rest, come late, change, start over and swap
between steps, and wrappers that come late.

usage: random_settings.py [--seed N] [--count N] [--verbose] LIBRARY

Some draws are ill-conditioned, whoever computes them: with beta2 0 and a small eps a step is a sign, and it hangs on
the last bit where g + weight_decay p nearly cancels. So the oracle runs twice more, its gradients and weights disturbed
by as much as rounding does, and an element may be off by what that moves it. Once it moves by far more, there is
nothing left to compare, and the run is given up there. What one disturbance decides and another does not can still look
like a failure: run such a seed with --verbose.
"""
import argparse
import ctypes
from fnmatch import fnmatchcase
import math
import os
import random
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "oracle"))
import optimizers  # noqa: E402
import wrappers  # noqa: E402

STEPS = 60
# Of the largest magnitude an element has had. A step rounds about 10 times, by 1e-16 or 6e-8 of the weight at most, and
# mostly in different directions: 60 steps stay within 1e-14 and 5e-6 where nothing amplifies it.
TOLERANCE = {np.float64: 1e-12, np.float32: 5e-6}
ROUNDING = {np.float64: 1e-15, np.float32: 2e-7}   # a few roundings together
AMPLIFIED = 30          # times the distance of the disturbed runs is fine
HOPELESS = 1e4          # times the tolerance is not
SMALL = 1e-3            # magnitudes below this count as this
LARGE = 1e15            # float32 cannot hold what follows from weights above this
SIGNED = {"rprop", "rprop-plus", "rprop-minus", "lion"} # in float64 only: a sign that rounding decides moves a weight


class Failure(Exception):
    pass


class Handle:
    """A handle of the library, by the calls that a binding makes."""

    def __init__(self, library, chain):
        self.c, self.pointer = library, ctypes.c_void_p()
        self.c.optim_errmsg.restype = ctypes.c_char_p
        self.call("create", ctypes.byref(self.pointer), chain.encode(), handle=False)

    def call(self, name, *arguments, handle=True):
        first = (self.pointer,) if handle else ()
        if getattr(self.c, "optim_" + name)(*first, *arguments) != 0:
            raise Failure(self.c.optim_errmsg(self.pointer if handle else None).decode())

    def add(self, name, weights, gradient):
        """weights and gradient: contiguous arrays that stay where they are; a gradient None is NULL."""
        shape = (ctypes.c_size_t * weights.ndim)(*weights.shape)
        self.call("add", name.encode(), 2 if weights.dtype == np.float64 else 1, ctypes.c_size_t(weights.ndim), shape,
                  weights.ctypes.data_as(ctypes.c_void_p),
                  None if gradient is None else gradient.ctypes.data_as(ctypes.c_void_p))

    def bind(self, number, weights, gradient):
        self.call("bind", ctypes.c_size_t(number), weights.ctypes.data_as(ctypes.c_void_p),
                  None if gradient is None else gradient.ctypes.data_as(ctypes.c_void_p))

    def set(self, name, value, pattern="*"):
        self.call("set_for", pattern.encode(), name.encode(), ctypes.c_double(value))

    def get(self, name, tensor):
        value = ctypes.c_double()
        self.call("get_for", tensor.encode(), name.encode(), ctypes.byref(value))
        return value.value

    def wrap(self, wrapper):
        outer = ctypes.c_void_p()
        if self.c.optim_wrap(ctypes.byref(outer), wrapper.encode(), self.pointer) != 0:
            raise Failure(self.c.optim_errmsg(self.pointer).decode())
        self.pointer = outer

    def step(self):
        self.call("step")

    def destroy(self):
        self.c.optim_destroy(self.pointer)


# ---- What the oracle leaves open, as the library has it -------------------------------------------------------------


class SGD(optimizers.SGD):
    """The buffer begins with the first gradient it gets, be it at a later step."""

    def start(self, theta):
        super().start(theta)
        self.begun = False

    def update(self, theta, g):
        if self.h.momentum == 0:
            return theta - self.h.lr * g
        if not self.begun:
            self.t, self.begun = 1, True
        return super().update(theta, g)


class Lookahead(wrappers.Lookahead):
    """What is pulled back is the momentum of the innermost optimizer, while it has some."""

    def after(self, theta):
        inner = self.inner
        if self.h.inner_state == 2:
            self.inner = innermost(inner)
            if hasattr(self.inner.h, "momentum"):
                self.inner.first_moment = "b" if self.inner.h.momentum else None
        theta = super().after(theta)
        self.inner = inner
        return theta


class Accumulate(wrappers.Accumulate):
    """Steps as soon as there are `every` gradients, however that changes."""

    def __init__(self, inner):
        super().__init__(inner)
        self.count = 0

    def reset(self):
        super().reset()
        self.count = 0

    def arriving(self, g):
        """The gradient that what is inside gets next, if it gets one."""
        if self.count + 1 < self.h.every:
            return None
        total = self.sum + g if self.count else g
        return total / (self.count + 1) if self.h.mean else total

    def step(self, theta, g):
        self.t += 1
        inside = self.arriving(g)
        self.sum = self.sum + g if self.count else g
        self.count = 0 if inside is not None else self.count + 1
        return theta if inside is None else self.inner.step(theta, inside)


def innermost(model):
    return innermost(model.inner) if hasattr(model, "inner") else model


def build(chain):
    model = wrappers.create(chain[0])
    if isinstance(model, optimizers.SGD):
        values = vars(model.h)
        model = SGD()
        vars(model.h).update(values)
    for name in chain[1:]:
        model = wrap(name, model)
    return model


def wrap(name, model):
    return {"lookahead": Lookahead, "accumulate": Accumulate}.get(name, wrappers.WRAPPERS[name])(model)


class Oracle:
    """A tensor's model, and its weights. Its gradients are scaled by the norm of all tensors' gradients, and may be
    disturbed, the weights too."""

    def __init__(self, chain, theta, disturbed, generator):
        self.model, self.theta = build(chain), theta
        self.optimizer = innermost(self.model)
        self.original, self.optimizer.prepared = self.optimizer.prepared, self.prepared
        self.noise = (lambda shape: disturbed * generator.uniform(-1, 1, shape)) if disturbed else (lambda shape: 0.0)
        self.clip_norm, self.factor = 0.0, 1.0

    def prepared(self, theta, g):
        if g.size == 0:
            return g
        h, conditioned = self.optimizer.h, g * self.factor * (1 + self.noise(g.shape))
        g = self.original(theta, conditioned)
        if h.centralize and g.ndim >= 2:
            rows = abs(conditioned / h.grad_scale).reshape(len(g), -1).max(axis=1)
            g = g + self.noise(g.shape) * rows.reshape((-1,) + (1,) * (g.ndim - 1))
        else:
            g = g * (1 + self.noise(g.shape))
        if getattr(h, "centered", 0) and h.rho: # the average of squares as it will be, of which a^2 may leave little
            squares = self.optimizer.S
            self.optimizer.S = squares + self.noise(g.shape) * (squares + (1 - h.rho) / h.rho * g * g)
        return g

    def set(self, name, value):
        if name == "clip_norm":
            self.clip_norm = value
        elif name == "variant":
            self.model.set(name, ("improved", "minus", "plus")[value])
        elif name != "blas":
            self.model.set(name, value)

    def arriving(self, g):
        """What the optimizer gets of this gradient, before clipping; None if it gets nothing."""
        return self.model.arriving(g) if hasattr(self.model, "arriving") else g

    def step(self, g):
        self.theta = np.asarray(self.model.step(self.theta, g * (1 + self.noise(g.shape))))
        self.theta = self.theta * (1 + self.noise(self.theta.shape))

    def averaged(self):
        """What a swap shows; None where there is nothing to swap yet."""
        model = self.model
        while not hasattr(model, "averaged") and hasattr(model, "inner"):
            model = model.inner
        return np.asarray(model.averaged()) if hasattr(model, "averaged") and model.t > 0 else None


def step_all(oracles, gradients):
    """One step of all tensors that have a gradient: oracles and gradients go in pairs."""
    squares = 0.0
    for oracle, g in zip(oracles, gradients):
        inside = oracle.arriving(g)
        if inside is not None:
            squares += np.square(inside / oracle.optimizer.h.grad_scale).sum()
    norm = math.sqrt(squares)
    for oracle, g in zip(oracles, gradients):
        oracle.factor = oracle.clip_norm / norm if 0 < oracle.clip_norm < norm else 1.0
        oracle.step(g)


# ---- Drawing ----------------------------------------------------------------------------------------------------


def log(low, high, *special):
    """From low to high, evenly in the logarithm; now and then one of the special values."""
    return lambda r: r.choice(special) if special and r.random() < 0.15 else low * (high / low) ** r.random()


def flag(r):
    return r.randrange(2)


def whole(low, high, *special):
    return lambda r: r.choice(special) if special and r.random() < 0.1 else r.randint(low, high)


def beta(r):
    return r.choice([0.0, 0.5, 0.9, 0.999, r.random(), r.random(), 1 - log(1e-6, 0.5)(r), 1 - 2**-53])


DRAWS = {
    "lr": log(1e-5, 0.1, 0.0, 1.0), "momentum": beta, "dampening": lambda r: r.choice([0.0, 1.0, r.random()]),
    "nesterov": flag, "lr_in_momentum": flag, "beta1": beta, "beta2": beta, "rho": beta,
    "eps": log(1e-10, 1, 1e-30, 1e3), "amsgrad": flag, "max_corrected": flag, "bias_correction": flag, "eps_hat": flag,
    "centered": flag, "eps_inside": flag,
    "initial_accumulator": log(1e-6, 10, 0.0), "lr_decay": log(1e-4, 10, 0.0), "final_lr": log(1e-4, 1, 0.0),
    "gamma": log(1e-6, 100, 1e-30, 1e300), "unadapted": flag,
    "rho_threshold": lambda r: r.choice([4, 5, r.uniform(4, 50), 1e300]), "momentum_decay": log(1e-4, 10, 0.0, 1e300),
    "eta_minus": log(0.01, 1, 0.0, 1.0), "eta_plus": lambda r: r.choice([1, r.uniform(1, 2), 5]),
    "step_min": log(1e-9, 1e-3, 0.0), "step_max": log(1e-3, 50, 1e300), "variant": whole(0, 2),
    "sync_period": whole(1, 9, 2**53), "slow_step": lambda r: r.choice([0, 1, r.random(), r.random()]),
    "inner_state": whole(0, 2), "decay": lambda r: r.choice([0.0, 1.0, 0.999, r.random(), 1 - log(1e-6, 0.5)(r)]),
    "start": whole(1, 30, 2**53), "period": whole(1, 7, 2**53), "every": whole(1, 6), "mean": flag,
    "weight_decay": log(1e-5, 1, 0.0), "decoupled": flag, "maximize": flag, "clip_value": log(1e-3, 3, 0.0),
    "clip_norm": log(1e-2, 30, 0.0), "clip_tensor_norm": log(1e-2, 30, 0.0),
    "grad_scale": log(1e-3, 1e3, 1.0, 2.0**16), "centralize": flag, "blas": flag,
}
AT_START = {"variant"}      # what Rprop+ takes back once it becomes that is not defined
SHAPES = [(), (1,), (0,), (2047,), (2049,), (4100,), (1, 5000), (2, 2500), (3, 2049), (700, 3), (5, 1), (2, 3, 4),
          (2, 3, 1500), (1, 1, 2, 2), (3, 0)]
NAMES = ["a.weight", "a.bias", "b.weight", "b.bias", "c"]
PATTERNS = ["*.weight", "*.bias", "a.*", "[ab].weight", "?", "?.b*", "b.bias", "nothing"]


def contradicts(h):
    """What the library refuses."""
    nesterov, inside = h.get("nesterov", 0), h.get("lr_in_momentum", 0)
    return (nesterov and (h.get("dampening", 0) or not h["momentum"])) or (inside and h.get("dampening", 0)) \
        or h.get("step_min", 0) > h.get("step_max", math.inf)


def draw_chain(r):
    count = r.choice([0, 0, 1, 1, 2])
    outside = ["accumulate"] if count and r.random() < 0.3 else []
    inside = r.choices(["lookahead", "ema", "swa"], k=count - len(outside))
    return [r.choice(sorted(wrappers.ALGORITHMS))] + inside + outside


def parts(model):
    """The hyperparameters of each model of a chain, from outside in; a name belongs to the first that has it."""
    yield vars(model.h)
    if hasattr(model, "inner"):
        yield from parts(model.inner)


class Tensor:
    def __init__(self, r, generator, name, chain, dtype):
        shape = r.choice(SHAPES) if r.random() < 0.6 else (r.randint(1, 70),)
        self.name, self.dtype = name, dtype
        self.weights = generator.standard_normal(shape).astype(dtype)
        self.gradient = np.zeros(shape, dtype)
        start = self.weights.astype(np.float64)
        self.oracles = [Oracle(chain, start, disturbed, generator)
                        for disturbed in (0.0, ROUNDING[dtype], ROUNDING[dtype])]
        self.magnitude = np.maximum(abs(start), SMALL)
        self.spread = np.zeros(shape)

    def contradicts(self, changes):
        values = {}
        for part in reversed(list(parts(self.oracles[0].model))):
            values.update(part)
        return contradicts({**values, **changes})

    def set(self, name, value):
        for oracle in self.oracles:
            oracle.set(name, value)

    def compare(self, found, views, when):
        """False if the views of the disturbed models, or the numbers, are too large for it to mean anything."""
        if found.size == 0:
            return True
        exact = views[0]
        self.magnitude = np.maximum(self.magnitude, abs(exact))
        for view in views[1:]:
            self.spread = np.maximum(self.spread, abs(view - exact))
        tolerance = TOLERANCE[self.dtype] * self.magnitude
        if not (self.spread <= HOPELESS * tolerance).all() or self.magnitude.max() > LARGE:
            return False
        off = abs(found - exact) / (tolerance + AMPLIFIED * self.spread)
        worst = np.unravel_index(np.argmax(np.nan_to_num(off, nan=np.inf)), off.shape)
        if not off[worst] <= 1:
            raise Failure(f"{self.name}{list(map(int, worst))} {when}: {found[worst]!r}, not {exact[worst]!r}, "
                          f"disturbed {[view[worst] for view in views[1:]]}")
        return True


class Run:
    def __init__(self, library, seed, verbose):
        self.r, self.generator = random.Random(seed), np.random.default_rng(seed)
        r = self.r
        self.say = print if verbose else lambda *arguments: None
        self.chain = draw_chain(r)
        self.late = [self.chain.pop()] if len(self.chain) > 1 and r.random() < 0.2 else []  # comes between two steps
        self.dtype = np.float64 if self.chain[0] in SIGNED else r.choice([np.float64, np.float64, np.float32])
        name = self.chain[0] + ")" * (len(self.chain) - 1)
        for wrapper in self.chain[1:]:
            name = f"{wrapper}({name}"
        self.say(f"seed {seed}: {name}, {self.dtype.__name__}")
        self.handle = Handle(library, name)
        self.waiting = [Tensor(r, self.generator, name, self.chain, self.dtype)
                        for name in r.sample(NAMES, r.randint(1, len(NAMES)))]
        self.tensors = []
        self.others = Tensor(r, self.generator, "others", self.chain, self.dtype)   # one that no pattern but * means
        self.look_at_chain()

    def look_at_chain(self):
        self.names = list(dict.fromkeys(name for part in parts(self.others.oracles[0].model) for name in part))
        self.can_swap = any(part for part in self.chain if part in ("lookahead", "ema", "swa", "ranger"))

    def everyone(self):
        return self.tensors + self.waiting + [self.others]

    def wrap(self):
        wrapper = self.late.pop()
        self.say(f"  wrapped in {wrapper}")
        self.handle.wrap(wrapper)
        self.chain.append(wrapper)
        for tensor in self.everyone():
            for oracle in tensor.oracles:
                oracle.model = wrap(wrapper, oracle.model)
        self.look_at_chain()

    def set(self, pattern, name, value, free=False):
        """Set it on both sides, unless they refuse it; free: this is one of several, which together are fine."""
        affected = [tensor for tensor in self.everyone() if fnmatchcase(tensor.name, pattern)]
        if not free and any(tensor.contradicts({name: value}) for tensor in affected):
            return
        self.say(f"  {pattern} {name} {value!r}")
        try:
            self.handle.set(name, value, pattern)
        except Failure as failure:
            if name == "blas" and "from 0 to 0" in str(failure):    # built without
                return
            raise
        for tensor in affected:
            tensor.set(name, value)
            if tensor in self.tensors and self.handle.get(name, tensor.name) != value:
                raise Failure(f"{name} of {tensor.name} is {self.handle.get(name, tensor.name)!r}, not {value!r}")

    def draw_together(self):
        """Values for all tensors that do not contradict each other, to be set in any order."""
        r = self.r
        while True:
            drawn = {name: DRAWS[name](r) for name in r.sample(self.names, len(self.names)) if r.random() < 0.4}
            if not self.others.contradicts(drawn):
                return drawn

    def draw_settings(self):
        r = self.r
        values = self.draw_together()
        # what the preset itself has chosen must give way before what contradicts it
        for name in sorted(values, key=lambda name: self.chain[0] == "nesterov" and name != "nesterov"):
            self.set("*", name, values[name], free=True)
        for _ in range(r.choice([0, 0, 1, 2, 4])):
            self.change(r.choice(PATTERNS))
        if self.dtype == np.float64 and r.random() < 0.2:
            self.set("*", "blas", 1)

    def change(self, pattern):
        name = self.r.choice(self.names)
        if name not in AT_START:
            self.set(pattern, name, DRAWS[name](self.r))

    def add_tensors(self):
        while self.waiting and self.r.random() < 0.7:
            tensor = self.waiting.pop()
            self.say(f"  tensor {tensor.name} {tensor.weights.shape}")
            self.tensors.append(tensor)
            self.handle.add(tensor.name, tensor.weights, tensor.gradient)

    def draw_gradients(self):
        """The tensors that have one."""
        scale, stepping = 4.0 ** self.r.randint(-4, 2), []
        for number, tensor in enumerate(self.tensors):
            g = self.generator.standard_normal(tensor.weights.shape) * scale
            g *= self.generator.random(g.shape) > 0.1
            tensor.gradient[...] = g.astype(self.dtype)
            rests = self.r.random() < 0.1
            self.handle.bind(number, tensor.weights, None if rests else tensor.gradient)
            stepping += [] if rests else [tensor]
        return stepping

    def swap(self, when):
        before = [tensor.weights.copy() for tensor in self.tensors]
        self.handle.call("swap")
        fine = True
        for tensor, weights in zip(self.tensors, before):
            views = [oracle.averaged() for oracle in tensor.oracles]
            views = [oracle.theta for oracle in tensor.oracles] if views[0] is None else views
            fine &= tensor.compare(tensor.weights, views, "swapped " + when)
        self.handle.call("swap")
        if any(tensor.weights.tobytes() != weights.tobytes() for tensor, weights in zip(self.tensors, before)):
            raise Failure(f"swapping {when} and back changed weights")
        return fine

    def step(self, t):
        stepping = self.draw_gradients()
        for k in range(len(stepping[0].oracles) if stepping else 0):
            step_all([tensor.oracles[k] for tensor in stepping],
                     [tensor.gradient.astype(np.float64) for tensor in stepping])
        self.handle.step()
        return all([tensor.compare(tensor.weights, [oracle.theta for oracle in tensor.oracles], f"after step {t}")
                    for tensor in self.tensors])

    def run(self):
        """The number of steps that could be compared."""
        r = self.r
        self.draw_settings()
        self.add_tensors()
        for t in range(1, STEPS + 1):
            if r.random() < 0.1:
                self.add_tensors()
            if self.late and r.random() < 0.05:
                self.wrap()
            if r.random() < 0.2:
                self.change(r.choice(PATTERNS + ["*"] * 6))
            if r.random() < 0.02:
                self.say(f"  reset before step {t}")
                self.handle.call("reset")
                for tensor in self.tensors:
                    for oracle in tensor.oracles:
                        oracle.model.reset()
            if not self.step(t) or (self.can_swap and r.random() < 0.1 and not self.swap(f"after step {t}")):
                self.say(f"  ill-conditioned from step {t} on")
                return t
        self.handle.destroy()
        return STEPS


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="of the first run (1)")
    parser.add_argument("--count", type=int, default=300, help="runs (300)")
    parser.add_argument("--verbose", action="store_true", help="say what each run does")
    parser.add_argument("library")
    options = parser.parse_args()
    library = ctypes.CDLL(os.path.abspath(options.library))
    failed = steps = 0
    for seed in range(options.seed, options.seed + options.count):
        try:
            with np.errstate(all="ignore"):
                steps += Run(library, seed, options.verbose).run()
        except Failure as failure:
            failed += 1
            print(f"--seed {seed} --count 1: {failure}")
    print(f"{steps} of {options.count * STEPS} steps compared")
    print(f"{options.count - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
