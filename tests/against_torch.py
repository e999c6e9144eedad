#!/usr/bin/env python3
"""The library against PyTorch: every row of docs/coming-from.md that is marked there, on random settings, with parameter
groups, a changing learning rate, and clipping. Skipped where PyTorch is not installed.

usage: against_torch.py LIBRARY
"""
import ctypes
import os
import random
import sys

try:
    import numpy as np
    import torch
except ImportError as missing:
    print(f"skipped: {missing}\n0 passed, 0 failed, 1 skipped")
    sys.exit(0)

STEPS = 1000
RUNS = 6                                            # of each row, with settings drawn anew
TOLERANCE = {torch.float64: 1e-11, torch.float32: 2e-5}   # of the largest magnitude; torch's own 1 - beta^t costs digits


def log(r, low, high):
    return low * (high / low) ** r.random()


def betas(r):
    return r.uniform(0, 0.99), r.uniform(0.9, 0.9999)


def sgd(r):
    momentum, dampening = r.uniform(0.1, 0.99), r.random()
    return {"momentum": momentum, "dampening": dampening}, {"momentum": momentum, "dampening": dampening}


def nesterov(r):
    momentum = r.uniform(0.1, 0.99)
    return {"momentum": momentum, "nesterov": True}, {"momentum": momentum}


def rprop(r):
    minus, plus, low, high = r.choice([0.5, 0.25]), r.choice([1.25, 1.5]), 2.0 ** -16, r.choice([1.0, 8.0])
    return {"etas": (minus, plus), "step_sizes": (low, high)}, \
        {"eta_minus": minus, "eta_plus": plus, "step_min": low, "step_max": high}


def adagrad(r):
    eps, decay, start = log(r, 1e-10, 1e-3), log(r, 1e-4, 0.1), r.random()
    return {"eps": eps, "lr_decay": decay, "initial_accumulator_value": start}, \
        {"eps": eps, "lr_decay": decay, "initial_accumulator": start}


def rmsprop(r):
    # eps not too small: the centered form subtracts numbers that are nearly equal
    alpha, eps, momentum, centered = r.uniform(0.5, 0.999), log(r, 1e-3, 0.1), r.choice([0, r.random()]), r.randrange(2)
    return {"alpha": alpha, "eps": eps, "momentum": momentum, "centered": bool(centered)}, \
        {"rho": alpha, "eps": eps, "momentum": momentum, "centered": centered}


def adadelta(r):
    rho, eps = r.uniform(0.5, 0.99), log(r, 1e-6, 1e-3)
    return {"rho": rho, "eps": eps}, {"rho": rho, "eps": eps}


def adam(r):
    (beta1, beta2), eps = betas(r), log(r, 1e-8, 1e-3)
    return {"betas": (beta1, beta2), "eps": eps}, {"beta1": beta1, "beta2": beta2, "eps": eps}


def amsgrad(r):
    torch_settings, ours = adam(r)
    return {**torch_settings, "amsgrad": True}, ours


def radam(r):
    torch_settings, ours = adam(r)
    return torch_settings, {**ours, "rho_threshold": 5}


ROWS = [
    ("SGD", "sgd", lambda r: ({}, {})), ("SGD", "momentum", sgd), ("SGD", "nesterov", nesterov), ("Rprop", "rprop", rprop),
    ("Adagrad", "adagrad", adagrad), ("RMSprop", "rmsprop", rmsprop), ("Adadelta", "adadelta", adadelta), ("Adam", "adam", adam),
    ("Adam", "amsgrad", amsgrad), ("AdamW", "adamw", adam), ("RAdam", "radam", radam), ("Adamax", "adamax", adam),
]


def compare(library, row, seed, dtype, clip):
    torch_name, name, settings = row
    r, generator = random.Random(seed), torch.Generator().manual_seed(seed)
    theirs, ours = settings(r)
    lr = log(r, 1e-4, 1e-2)
    decays = [0.0, 0.0] if torch_name == "Rprop" else [log(r, 1e-5, 0.1), 0.0]
    shapes = [(r.randint(1, 40), 7), (r.randint(1, 100),)]
    weights = [torch.randn(shape, generator=generator, dtype=dtype) for shape in shapes]
    copies = [torch.nn.Parameter(weight.clone()) for weight in weights]
    gradients = [torch.zeros_like(weight) for weight in weights]
    groups = [{"params": [copy], **({} if torch_name == "Rprop" else {"weight_decay": decay})}
              for copy, decay in zip(copies, decays)]
    reference = getattr(torch.optim, torch_name)(groups, lr=lr, **theirs)

    handle = ctypes.c_void_p()
    library.optim_errmsg.restype = ctypes.c_char_p

    def call(function, *arguments):
        if getattr(library, "optim_" + function)(handle, *arguments) != 0:
            sys.exit(library.optim_errmsg(handle).decode())

    if library.optim_create(ctypes.byref(handle), name.encode()) != 0:
        sys.exit(library.optim_errmsg(None).decode())
    for key, value in {**ours, "lr": lr, "weight_decay": decays[0], **clip}.items():
        call("set", key.encode(), ctypes.c_double(value))
    call("set_for", b"*.bias", b"weight_decay", ctypes.c_double(decays[1]))
    for tensor, weight, gradient in zip((b"x.weight", b"x.bias"), weights, gradients):
        shape = (ctypes.c_size_t * weight.dim())(*weight.shape)
        call("add", tensor, 2 if dtype == torch.float64 else 1, ctypes.c_size_t(weight.dim()), shape,
             ctypes.c_void_p(weight.data_ptr()), ctypes.c_void_p(gradient.data_ptr()))

    largest = [abs(weight) for weight in weights]
    for t in range(1, STEPS + 1):
        if t in (400, 700) and torch_name != "Rprop":
            lr *= 0.3 if t == 400 else 2
            call("set", b"lr", ctypes.c_double(lr))
            for group in reference.param_groups:
                group["lr"] = lr
        for gradient, copy in zip(gradients, copies):
            gradient.copy_(torch.randn(gradient.shape, generator=generator, dtype=dtype) * 2.0 ** ((t // 100) % 5 - 2))
            copy.grad = gradient.clone()
        if "clip_norm" in clip:     # torch adds 1e-6 to the norm
            norm = float(torch.sqrt(sum((copy.grad.double() ** 2).sum() for copy in copies)))
            for copy in copies:
                copy.grad *= min(1, clip["clip_norm"] / norm)
        if "clip_value" in clip:
            torch.nn.utils.clip_grad_value_(copies, clip["clip_value"])
        reference.step()
        call("step")
        for k, (weight, copy) in enumerate(zip(weights, copies)):
            largest[k] = torch.maximum(largest[k], abs(copy.detach()))
            off = (abs(weight - copy.detach()) / largest[k].clamp(min=1e-2)).max()
            if not off <= TOLERANCE[dtype]:
                return f"seed {seed}, {dtype}, {theirs}, {clip}: off by {float(off):.2g} at step {t}"
    library.optim_destroy(handle)
    return None


def main():
    library = ctypes.CDLL(os.path.abspath(sys.argv[1]))
    torch.set_num_threads(1)
    passed = failed = 0
    for row in ROWS:
        wrong = []
        for seed in range(RUNS):
            # in f32, a sign decides in Rprop, and AdamW of PyTorch multiplies by 1 - lr weight_decay rounded to f32
            dtype = torch.float32 if seed % 3 == 2 and row[0] not in ("Rprop", "AdamW") else torch.float64
            clip = [{}, {"clip_value": 0.5}, {}, {"clip_norm": 2.0}, {}, {}][seed % 6]
            result = compare(library, row, seed, dtype, clip)
            passed, failed = passed + (result is None), failed + (result is not None)
            wrong += [result] if result else []
        print(f"{row[0]:10} {row[1]:10} {'ok' if not wrong else chr(10).join(wrong)}")
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
