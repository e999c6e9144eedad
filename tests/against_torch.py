#!/usr/bin/env python3
"""The library against PyTorch: every row of docs/coming-from.md that is marked there, on random settings, with
parameter groups, parameters that rest, a changing learning rate, and clipping. Written for PyTorch 1.13; skipped where
PyTorch or NumPy is not installed.

usage: against_torch.py [--seed N] [--runs N] [--verbose] LIBRARY
"""
import argparse
import ctypes
import decimal
from functools import lru_cache
import inspect
import os
import random
import sys

try:
    import numpy as np
    import torch
except ImportError as missing:
    print(f"skipped: {missing}\n0 passed, 0 failed, 1 skipped")
    sys.exit(0)

from random_settings import Failure, Handle

decimal.getcontext().prec = 50
STEPS = 1000
TOLERANCE = {np.float64: 1e-12, np.float32: 1e-5}   # of the largest magnitude an element has had, 1e-2 at least
SHAPES = {"layer1.weight": (13, 7), "layer1.bias": (13,), "layer2.weight": (3, 5, 3), "norm.scale": (1,)}


class Draw(random.Random):
    """Random settings, rounded to float32 where that is the type, so that both compute with the same numbers."""

    def __init__(self, seed, dtype):
        super().__init__(seed)
        self.dtype = dtype

    def number(self, value):
        return float(self.dtype(value))

    def log(self, low, high):
        return self.number(low * (high / low) ** self.random())

    def beta(self):
        return self.number(self.choice([0.0, self.random(), self.random(), 1 - 1e-4 * 5000 ** self.random()]))

    def eps(self, beta):
        """With a small decay of the squares a step is almost a sign, and hangs on the last bits where
        g + weight_decay p nearly cancels, unless eps is large."""
        return self.log(1e-8 if beta >= 0.5 else 0.1, 1)


# ---- PyTorch, where 1.13 rounds or errs ---------------------------------------------------------------------------


# PyTorch 1.13's NAdam multiplies mu_t twice into the product that looks ahead, and keeps it in float32; PyTorch 2 does
# neither. Its RAdam has rho as a difference of nearly equal numbers, which costs up to 1e-11.
MENDED = {
    "NAdam": [("mu_product * mu * mu_next", "mu_product * mu_next"),
              ("torch.tensor(1.)", "torch.tensor(1., dtype=torch.float64)")],
    "RAdam": [("rho_inf - 2 * step * (beta2 ** step) / bias_correction2", "exact_rho(beta2, int(step))")],
}


def optimizer_of(name):
    """torch.optim's own; or its own text with the places above changed, as far as they are there."""
    if name not in MENDED:
        return getattr(torch.optim, name)
    module = sys.modules[getattr(torch.optim, name).__module__]
    text = inspect.getsource(module)
    for old, new in MENDED[name]:
        text = text.replace(old, new)
    space = {**vars(module), "exact_rho": exact_rho}
    exec(compile(text, module.__file__, "exec"), space)  # pylint: disable=exec-used
    return space[name]


@lru_cache(maxsize=None)
def exact_rho(beta2, t):
    """2 / (1 - beta2) - 1 - 2 t beta2^t / (1 - beta2^t): to 50 digits, as in tests/oracle."""
    power = decimal.Decimal(beta2) ** t if beta2 else decimal.Decimal(0)
    return float(2 / (1 - decimal.Decimal(beta2)) - 1 - 2 * t * power / (1 - power))


# ---- The rows: PyTorch's arguments and ours -------------------------------------------------------------------------


def sgd(_):
    return {}, {}


def momentum(d):
    m, dampening = d.beta(), d.number(d.choice([0.0, 1.0, d.random()]))
    return {"momentum": m, "dampening": dampening}, {"momentum": m, "dampening": dampening}


def nesterov(d):
    m = d.number(d.uniform(0.01, 0.999))
    return {"momentum": m, "nesterov": True}, {"momentum": m}


def rprop(d):
    minus, plus = d.number(d.uniform(0.05, 0.95)), d.number(d.uniform(1.05, 2))
    low, high = d.log(1e-7, 1e-3), d.log(0.01, 50)
    return {"etas": (minus, plus), "step_sizes": (low, high)}, \
        {"eta_minus": minus, "eta_plus": plus, "step_min": low, "step_max": high}


def adagrad(d):
    eps, decay, start = d.log(1e-10, 1), d.choice([0.0, d.log(1e-4, 1)]), d.choice([0.0, d.log(1e-3, 10)])
    return {"eps": eps, "lr_decay": decay, "initial_accumulator_value": start}, \
        {"eps": eps, "lr_decay": decay, "initial_accumulator": start}


def rmsprop(d):
    alpha, m = d.beta(), d.choice([0.0, d.beta()])
    eps = d.eps(alpha)
    return {"alpha": alpha, "eps": eps, "momentum": m}, {"rho": alpha, "eps": eps, "momentum": m}


def rmsprop_centered(d):
    """s - a^2 cancels, most with a small alpha, and where rounding makes it negative PyTorch has a NaN."""
    alpha, eps, m = d.number(d.uniform(0.5, 0.999)), d.log(1e-2, 1), d.choice([0.0, d.beta()])
    return {"alpha": alpha, "eps": eps, "momentum": m, "centered": True}, \
        {"rho": alpha, "eps": eps, "momentum": m, "centered": 1}


def adadelta(d):
    rho = d.beta()
    eps = d.eps(rho)
    return {"rho": rho, "eps": eps}, {"rho": rho, "eps": eps}


def adam(d):
    b1, b2 = d.beta(), d.beta()
    eps = d.eps(b2)
    return {"betas": (b1, b2), "eps": eps}, {"beta1": b1, "beta2": b2, "eps": eps}


def amsgrad(d):
    theirs, ours = adam(d)
    return {**theirs, "amsgrad": True}, {**ours, "amsgrad": 1}


def radam(d):
    theirs, ours = adam(d)
    return theirs, {**ours, "rho_threshold": 5}


def nadam(d):
    theirs, ours = adam(d)
    decay = d.choice([0.0, d.number(0.004), d.log(1e-4, 1)])
    return {**theirs, "momentum_decay": decay}, {**ours, "momentum_decay": decay}


ROWS = [
    ("SGD", "sgd", sgd), ("SGD", "momentum", momentum), ("SGD", "nesterov", nesterov), ("Rprop", "rprop", rprop),
    ("Adagrad", "adagrad", adagrad), ("RMSprop", "rmsprop", rmsprop), ("RMSprop", "rmsprop", rmsprop_centered),
    ("Adadelta", "adadelta", adadelta), ("Adam", "adam", adam), ("Adam", "amsgrad", amsgrad), ("AdamW", "adamw", adam),
    ("AdamW", "adamw", amsgrad), ("RAdam", "radam", radam), ("NAdam", "nadam", nadam), ("Adamax", "adamax", adam),
]


class Comparison:
    """One row with one draw of everything: groups by pattern, maximize, clipping, what rests when."""

    def __init__(self, library, row, seed):
        torch_name, name, settings = row
        self.dtype = np.float32 if seed % 3 == 2 else np.float64
        d = Draw(f"{torch_name} {settings.__name__} {seed}", self.dtype)
        self.generator = np.random.default_rng(d.getrandbits(32))
        theirs, ours = settings(d)
        # AdamW of PyTorch multiplies by 1 - lr weight_decay, which only powers of 2 make exact in float32
        exact = torch_name == "AdamW" and self.dtype == np.float32
        lr = 2.0 ** -d.randint(6, 12) if exact else d.log(1e-4, 3e-2)
        self.lr = {"*": lr, "layer2.*": lr * d.choice([0.25, 2])}
        decays = [2.0 ** -d.randint(1, 8) if exact else d.log(1e-5, 0.3), 0.0]
        self.decay = {"*": d.choice(decays), "*.bias": d.choice(decays)} if torch_name != "Rprop" else {}
        optimizer = optimizer_of(torch_name)
        if "maximize" in inspect.signature(optimizer).parameters and d.random() < 0.4:
            theirs, ours = {**theirs, "maximize": True}, {**ours, "maximize": 1}
        self.clip = d.choice([{}, {}, {"clip_value": d.log(0.1, 3)}, {"clip_norm": d.log(0.5, 20)}])
        self.text = f"{self.dtype.__name__} {theirs} lr {self.lr} weight_decay {self.decay} {self.clip}"

        self.weights = {key: self.generator.standard_normal(shape).astype(self.dtype) for key, shape in SHAPES.items()}
        self.gradients = {key: np.zeros_like(weights) for key, weights in self.weights.items()}
        self.copies = {key: torch.nn.Parameter(torch.tensor(weights)) for key, weights in self.weights.items()}
        groups = [{"params": [copy], **({"weight_decay": self.of(key, self.decay)} if self.decay else {})}
                  for key, copy in self.copies.items()]
        self.reference = optimizer(groups, lr=lr, **theirs)
        self.handle = Handle(library, name)
        for key, value in {**ours, **self.clip}.items():
            self.handle.set(key, value)
        for pattern, value in self.decay.items():
            self.handle.set("weight_decay", value, pattern)
        self.set_lr(1)
        for key, weights in self.weights.items():
            self.handle.add(key, weights, self.gradients[key])
        self.largest = {key: np.maximum(abs(weights), 1e-2) for key, weights in self.weights.items()}

    @staticmethod
    def of(key, rules):
        """The value of the last rule that matches, as torch's groups have it."""
        return [value for pattern, value in rules.items() if pattern.strip("*") in key][-1]

    def set_lr(self, factor):
        for pattern in self.lr:
            self.lr[pattern] *= factor
            self.handle.set("lr", self.lr[pattern], pattern)
        for key, group in zip(self.copies, self.reference.param_groups):
            group["lr"] = self.of(key, self.lr)

    def draw_gradients(self, t):
        for number, (key, copy) in enumerate(self.copies.items()):
            g = self.generator.standard_normal(copy.shape) * 2.0 ** (t // 100 % 5 - 2)
            self.gradients[key][...] = g * (self.generator.random(g.shape) > 0.05)
            rests = key == "norm.scale" and t % 7 == 3
            self.handle.bind(number, self.weights[key], None if rests else self.gradients[key])
            copy.grad = None if rests else torch.tensor(self.gradients[key])

    def clip_gradients(self):
        copies = list(self.copies.values())
        if "clip_norm" in self.clip:
            # PyTorch divides by the norm + 1e-6, which is undone here, and takes the norm in the gradients' own type
            norm = float(sum((copy.grad.double() ** 2).sum() for copy in copies if copy.grad is not None)) ** 0.5
            torch.nn.utils.clip_grad_norm_(copies, self.clip["clip_norm"] * (1 + 1e-6 / norm))
        if "clip_value" in self.clip:
            torch.nn.utils.clip_grad_value_(copies, self.clip["clip_value"])

    def run(self):
        for t in range(1, STEPS + 1):
            if t in (400, 700):
                self.set_lr(0.25 if t == 400 else 2)
            self.draw_gradients(t)
            self.clip_gradients()
            self.reference.step()
            self.handle.step()
            for key, copy in self.copies.items():
                expected = copy.detach().numpy()
                self.largest[key] = np.maximum(self.largest[key], abs(expected))
                off = (abs(self.weights[key] - expected) / self.largest[key]).max()
                if not off <= TOLERANCE[self.dtype]:
                    raise Failure(f"{key} is off by {off:.2g} at step {t}")
        self.handle.destroy()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="of the first run of each row (0)")
    parser.add_argument("--runs", type=int, default=7, help="of each row, with everything drawn anew (7)")
    parser.add_argument("--verbose", action="store_true", help="say what each run is")
    parser.add_argument("library")
    options = parser.parse_args()
    library = ctypes.CDLL(os.path.abspath(options.library))
    torch.set_num_threads(1)
    passed = failed = 0
    for row in ROWS:
        wrong = []
        for seed in range(options.seed, options.seed + options.runs):
            comparison = Comparison(library, row, seed)
            if options.verbose:
                print(f"  {row[1]} {seed} {comparison.text}")
            try:
                comparison.run()
                passed += 1
            except Failure as failure:
                failed += 1
                wrong.append(f"\n    --seed {seed}: {failure}: {comparison.text}")
        print(f"{row[0]:9} {row[1]:9} {row[2].__name__:14} {'FAILED' if wrong else 'ok'}{''.join(wrong)}")
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
