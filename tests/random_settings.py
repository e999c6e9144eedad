#!/usr/bin/env python3
"""The library against tests/oracle on random settings: any optimizer in any wrappers, any hyperparameters, several
tensors with rules, that rest, come late, change and swap between steps.

About 2 draws in 1,000 are too ill-conditioned for the tolerance, whoever computes them: with beta2 or rho 0 a step is
g / (|g| + eps), which is a sign where g + weight_decay p nearly cancels. The default seeds have none of these.

usage: random_settings.py [--seed N] [--count N] [--verbose] LIBRARY
"""
import argparse
import ctypes
import os
import random
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "oracle"))
import wrappers as oracle  # noqa: E402

TOLERANCE = {np.float64: 1e-12, np.float32: 1e-5}   # of the largest magnitude an element has had
SIGNED = {"rprop", "rprop-plus", "rprop-minus", "lion"}   # a sign that rounding decides moves a weight by a whole step
STEPS = 40


class Failure(Exception):
    pass


class Handle:
    """A handle of the library, by the calls that a binding makes."""

    def __init__(self, library, chain):
        self.c, self.pointer = library, ctypes.c_void_p()
        self.c.optim_errmsg.restype = ctypes.c_char_p
        self.call("create", ctypes.byref(self.pointer), chain.encode(), handle=None)

    def call(self, name, *arguments, handle=True):
        first = (self.pointer,) if handle else ()
        if getattr(self.c, "optim_" + name)(*first, *arguments) != 0:
            raise Failure(self.c.optim_errmsg(self.pointer if handle else None).decode())

    def add(self, name, weights, gradient):
        shape = (ctypes.c_size_t * weights.ndim)(*weights.shape)
        dtype = 2 if weights.dtype == np.float64 else 1
        self.call("add", name.encode(), dtype, ctypes.c_size_t(weights.ndim), shape,
                  weights.ctypes.data_as(ctypes.c_void_p), gradient.ctypes.data_as(ctypes.c_void_p))

    def bind(self, number, weights, gradient):
        self.call("bind", ctypes.c_size_t(number), weights.ctypes.data_as(ctypes.c_void_p),
                  None if gradient is None else gradient.ctypes.data_as(ctypes.c_void_p))

    def set(self, name, value, pattern="*"):
        self.call("set_for", pattern.encode(), name.encode(), ctypes.c_double(value))

    def destroy(self):
        self.c.optim_destroy(self.pointer)


def log(r, low, high):
    return low * (high / low) ** r.random()


def beta(r):
    return r.choice([0.0, r.random(), r.random(), 1 - log(r, 1e-5, 0.5), 0.9, 0.999])


DRAWS = {
    "lr": lambda r: log(r, 1e-4, 0.1), "momentum": beta, "dampening": lambda r: r.random(),
    "beta1": beta, "beta2": beta, "rho": beta, "eps": lambda r: log(r, 1e-9, 1),
    "amsgrad": lambda r: r.randrange(2), "bias_correction": lambda r: r.randrange(2), "eps_hat": lambda r: r.randrange(2),
    "centered": lambda r: r.randrange(2), "eps_inside": lambda r: r.randrange(2), "lr_in_momentum": lambda r: r.randrange(2),
    "initial_accumulator": lambda r: log(r, 1e-3, 1), "lr_decay": lambda r: log(r, 1e-4, 1),
    "final_lr": lambda r: log(r, 1e-3, 1), "gamma": lambda r: log(r, 1e-4, 10), "unadapted": lambda r: r.randrange(2),
    "rho_threshold": lambda r: r.uniform(4, 8), "momentum_decay": lambda r: log(r, 1e-4, 1),
    "eta_minus": lambda r: r.uniform(0.1, 1), "eta_plus": lambda r: r.uniform(1, 2),
    "sync_period": lambda r: r.randint(1, 9), "slow_step": lambda r: r.choice([0, 1, r.random()]),
    "inner_state": lambda r: r.randrange(3), "decay": beta, "start": lambda r: r.randint(1, 20),
    "period": lambda r: r.randint(1, 5), "every": lambda r: r.randint(1, 5), "mean": lambda r: r.randrange(2),
    "weight_decay": lambda r: log(r, 1e-5, 0.5), "decoupled": lambda r: r.randrange(2), "maximize": lambda r: r.randrange(2),
    "clip_value": lambda r: log(r, 0.01, 3), "clip_norm": lambda r: log(r, 0.01, 10), "grad_scale": lambda r: log(r, 0.1, 100),
    "centralize": lambda r: r.randrange(2),
}
CHANGED = ["lr", "beta1", "momentum", "weight_decay", "clip_value", "grad_scale", "eps", "decay", "slow_step"]


def contradicts(settings, preset):
    """What the library refuses, and what tests/oracle/README.md leaves open."""
    def of(name):
        return settings.get(name, preset.get(name, 0))
    return (of("nesterov") and (of("dampening") or not of("momentum"))) or (of("lr_in_momentum") and of("dampening")) \
        or (of("max_corrected") and of("eps_hat")) or (of("centralize") and (of("clip_value") or of("clip_norm")))


def names_of(model):
    """The hyperparameters of a chain of the oracle."""
    names = list(vars(model.h))
    return names + names_of(model.inner) if hasattr(model, "inner") else names


def innermost(model):
    return innermost(model.inner) if hasattr(model, "inner") else model


def draw_chain(r):
    optimizer = r.choice(sorted(oracle.ALGORITHMS))
    return [optimizer] + r.choices(["lookahead", "ema", "swa"], k=r.choice([0, 0, 1, 1, 2])) + r.choice([[], [], ["accumulate"]])


def build(chain):
    model = oracle.create(chain[0])
    for wrapper in chain[1:]:
        model = oracle.wrap(wrapper, model)
    return model


class Tensor:
    def __init__(self, r, generator, name, chain, dtype):
        self.name, self.model = name, build(chain)
        shape = r.choice([(1,), (r.randint(2, 50),), (3, r.randint(1, 9)), (2, 3, 4), (2, 2500), (4100,), ()])
        self.weights = generator.standard_normal(shape).astype(dtype)
        self.gradient = np.zeros(shape, dtype)
        self.expected = self.weights.astype(np.float64)
        self.largest = abs(self.expected)
        self.steps = 0

    def compare(self, expected, tolerance, when):
        self.largest = np.maximum(self.largest, abs(self.expected))
        off = abs(self.weights - expected) - tolerance * np.maximum(self.largest, 1e-3)
        if not (off <= 0).all():
            i = np.unravel_index(np.argmax(off), off.shape) if off.ndim else ()
            raise Failure(f"{self.name}{list(i)} {when}: {self.weights[i]!r}, expected {expected[i]!r}")


def run(library, seed, verbose):
    r, generator = random.Random(seed), np.random.default_rng(seed)
    dtype = r.choice([np.float64, np.float64, np.float32])
    chain = draw_chain(r)
    if dtype == np.float32 and chain[0] in SIGNED:
        dtype = np.float64
    text = chain[0]
    for wrapper in chain[1:]:
        text = f"{wrapper}({text})"
    handle = Handle(library, text)
    tensors = [Tensor(r, generator, name, chain, dtype) for name in r.sample(["a.weight", "a.bias", "b.weight", "b.bias"], r.randint(1, 4))]
    names = [name for name in dict.fromkeys(names_of(tensors[0].model)) if name in DRAWS]
    settings = {name: DRAWS[name](r) for name in names if r.random() < 0.4}
    preset = vars(innermost(tensors[0].model).h)
    while contradicts(settings, preset):
        settings.pop(r.choice(sorted(settings)))
    if "lookahead" in chain[2:] or chain[0] == "ranger" and "lookahead" in chain:
        settings.pop("inner_state", None)       # the oracle pulls back only what is right inside
    if len(tensors) > 1:
        settings.pop("clip_norm", None)         # the oracle has one tensor, and so its own norm
    order = sorted(settings)
    r.shuffle(order)
    if verbose:
        print(seed, text, dtype.__name__, {name: settings[name] for name in order})

    def set_all(name, value, pattern="*"):
        handle.set(name, value, pattern)
        for tensor in tensors:
            if pattern == "*" or tensor.name.endswith(pattern[1:]):
                tensor.model.set(name, value)

    for name in order:
        set_all(name, settings[name])
    set_all("lr", log(r, 1e-4, 0.1), "*.bias")
    set_all("weight_decay", log(r, 1e-4, 0.1), "*.weight")
    late = tensors[1:] if r.random() < 0.3 else []
    added = [tensor for tensor in tensors if tensor not in late]
    for tensor in added:
        handle.add(tensor.name, tensor.weights, tensor.gradient)
    pulled = settings.get("inner_state") == 2
    swappable = any(wrapper in chain for wrapper in ("lookahead", "ema", "swa")) and chain[-1] != "accumulate"
    for t in range(1, STEPS + 1):
        if late and t == 7:
            for tensor in late:
                handle.add(tensor.name, tensor.weights, tensor.gradient)
            added += late
        change = r.choice(CHANGED)
        if r.random() < 0.1 and change in names and not pulled and change not in ("momentum",):
            set_all(change, DRAWS[change](r))
        if r.random() < 0.03:
            handle.call("reset")
            for tensor in added:
                tensor.model.reset()
        scale = 4.0 ** r.randint(-3, 2)
        for number, tensor in enumerate(added):
            tensor.gradient[...] = (generator.standard_normal(tensor.weights.shape) * scale).astype(dtype)
            rests = r.random() < 0.1
            handle.bind(number, tensor.weights, None if rests else tensor.gradient)
            if not rests:
                tensor.steps += 1
                tensor.expected = np.asarray(tensor.model.step(tensor.expected, tensor.gradient.astype(np.float64)))
        handle.call("step")
        for tensor in added:
            tensor.compare(tensor.expected, TOLERANCE[dtype], f"after step {t}")
        if swappable and t % 10 == 0 and all(tensor.model.t > 0 for tensor in added):
            handle.call("swap")
            for tensor in added:
                if hasattr(tensor.model, "averaged"):
                    tensor.compare(np.asarray(tensor.model.averaged()), TOLERANCE[dtype], f"swapped after step {t}")
            handle.call("swap")
    handle.destroy()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="of the first run (1)")
    parser.add_argument("--count", type=int, default=400, help="runs (400)")
    parser.add_argument("--verbose", action="store_true", help="say what each run is")
    parser.add_argument("library")
    options = parser.parse_args()
    library = ctypes.CDLL(os.path.abspath(options.library))
    failed = 0
    for seed in range(options.seed, options.seed + options.count):
        try:
            with np.errstate(all="ignore"):
                run(library, seed, options.verbose)
        except Failure as failure:
            failed += 1
            print(f"--seed {seed} --count 1: {failure}")
    print(f"{options.count - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
