#!/usr/bin/env python3
"""Write docs/algorithms.md from what the library says of itself and the equations at the head of each source file.

usage: generate.py [--check] LIBRARY

  --check  write nothing; exit with 1 if the page is not what would be written
"""
import ctypes
import os
import re
import sys
import textwrap

from equivalents import EQUALS

DOCS = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(DOCS, os.pardir, "src")
F32, F64 = 1, 2

INTRODUCTION = """\
# The algorithms

<!-- Written by docs/generate.py from the descriptors and head comments in src/: do not edit. -->

p is a weight, g its gradient, t the number of the step, from 1. State starts at 0 unless it says otherwise. Each tensor
counts its own steps: one that is added later, or rests without a gradient, is at its own t. After `optim_reset`
everything is at its first step again. `coming-from.md` lists the same optimizers by their names elsewhere.

A hyperparameter that changes holds from the next step on, for all of a formula: with another beta1, c1 = 1 - beta1^t is
as if it had been so from the start (but NAdam's product keeps its old factors). State that a change adds begins then.

Sizes of state are for one weight, in bytes for f32 and f64, as the library allocates it with the defaults of the first
name.

"""

COMMON = """\
## What all optimizers have in common

```
{equations}
```

In this order, then the optimizer's own update; what a wrapper does to gradients (`accumulate`) comes before. Clipping
and scaling do not write the gradients. The norm is that of the gradients of all tensors that step, `clip_norm` or not,
each divided by its own `grad_scale`, and is taken in double; `optim_norm` tells it. Under `check_finite` or a loss scale
a step with an infinite or NaN gradient in a tensor that has it set is not taken; the check comes after the division and
before clipping. `loss_scale` adapts itself as PyTorch's GradScaler does: times `loss_scale_backoff` after each step
that was skipped, times `loss_scale_growth` after `loss_scale_interval` steps in a row that were not.

Under `clip_norm`, `clip_tensor_norm`, `check_finite` or a loss scale, and with `centralize` on tensors whose rows are longer than 2,048 elements, the gradients are read
once more before the step. Either keeps one double for each 2,048 elements; nothing else here has state.

{params}

## What is not a number

Unless it is checked for, a NaN gradient makes its weight NaN, which it stays: no clipping or maximum hides it. Two exceptions: Rprop sees no sign
in it, so the weight rests; and under `clip_norm` one NaN makes the norm, and so every gradient, NaN. An infinite
gradient under `clip_norm` becomes NaN and all others 0, as in PyTorch.

## In which details it differs

From the papers as printed, or from PyTorch 1.13:

- A moving average `b m + (1 - b) g` keeps b in two parts, because f32 near 1 is too coarse: 0.9999 rounded to f32 is
  off by 1e-4 of 1 - 0.9999, and the average would be off by as much. Rprop's factors have two parts as well, since step
  sizes are multiplied by them over and over.
- 1 - beta^t is computed without subtracting numbers that are nearly equal, and so is RAdam's rho, which costs PyTorch
  up to 1e-11 of a step.
- Decoupled decay is p - (lr weight_decay) p. PyTorch's p (1 - lr weight_decay) rounds that factor: in f32, 1 - 1e-5 is
  off by 0.3 % of the decay. The decay uses `lr` as it is, whatever the algorithm makes of it.
- AdamW's decay in the paper has a schedule's factor but no lr; ours is PyTorch's, with lr.
- Rprop compares signs. PyTorch tests the sign of the product with the last gradient, which is 0 for tiny ones: below
  1e-23 in f32.
- AMSGrad's maximum is over the uncorrected v, as in the paper and PyTorch, and the bias is corrected afterwards, which
  the paper does not do; `max_corrected` is the maximum over corrected ones, optax's.
- AdaBound's bounds do not move with a change of `lr` alone: those of the authors' program do, by what `lr` was when it
  started, which cannot be resumed.
- Centered RMSProp keeps s - a^2 from falling below 0 by rounding, where PyTorch has a NaN.
- PyTorch 1.13's NAdam multiplies mu_t once too often into the product that looks ahead, and keeps it in f32; ours is
  the formula, as in PyTorch 2.
- `clip_norm` divides by the norm; PyTorch by the norm + 1e-6.

"""


class Library:
    def __init__(self, path):
        self.c = ctypes.CDLL(os.path.abspath(path))
        for name in "optim_algorithm_name", "optim_algorithm_summary", "optim_slot_name":
            getattr(self.c, name).restype = ctypes.c_char_p
        for name in "optim_algorithm_count", "optim_param_count", "optim_slot_count":
            getattr(self.c, name).restype = ctypes.c_size_t

    def algorithms(self):
        return [self.c.optim_algorithm_name(ctypes.c_size_t(i)).decode() for i in range(self.c.optim_algorithm_count())]

    def summary(self, algorithm):
        return self.c.optim_algorithm_summary(algorithm.encode()).decode()

    def wraps(self, algorithm):
        return self.c.optim_algorithm_wraps(algorithm.encode()) == 1

    def described(self, count, info, of):
        """(name, initial, min, max, help) of each parameter that the functions `count` and `info` tell of."""
        for i in range(count(of.encode())):
            name, text = ctypes.c_char_p(), ctypes.c_char_p()
            initial, low, high = ctypes.c_double(), ctypes.c_double(), ctypes.c_double()
            assert info(of.encode(), ctypes.c_size_t(i), ctypes.byref(name), ctypes.byref(initial), ctypes.byref(low),
                        ctypes.byref(high), ctypes.byref(text)) == 0
            yield name.value.decode(), initial.value, low.value, high.value, text.value.decode()

    def params(self, algorithm):
        return self.described(self.c.optim_param_count, self.c.optim_param_info, algorithm)

    def slots(self, algorithm):
        return [self.c.optim_slot_name(algorithm.encode(), ctypes.c_size_t(i)).decode()
                for i in range(self.c.optim_slot_count(algorithm.encode()))]

    def slots_in_use(self, algorithm, **settings):
        """The slots that a handle really has memory for."""
        handle = ctypes.c_void_p()
        chain = f"{algorithm}(sgd)" if self.wraps(algorithm) else algorithm
        assert self.c.optim_create(ctypes.byref(handle), chain.encode()) == 0
        for name, value in settings.items():
            assert self.c.optim_set(handle, name.encode(), ctypes.c_double(value)) == 0, (algorithm, name)
        weight = ctypes.c_double()
        assert self.c.optim_add(handle, b"w", F64, ctypes.c_size_t(0), None, ctypes.byref(weight), None) == 0
        used = [slot for slot in self.slots(algorithm)
                if self.c.optim_state(handle, ctypes.c_size_t(0), slot.encode(), None, None, None) == 0]
        self.c.optim_destroy(handle)
        return used


def equations(path):
    """The head comment of a source file, without its decoration."""
    comment = re.match(r"/\*\n(.*?)\n \*/", open(path).read(), re.S).group(1)
    return "\n".join(line[3:] if line.startswith(" * ") else line[2:] for line in comment.splitlines())


def families():
    """(file, names of its presets) in the order in which they are registered."""
    for folder in "optimizers", "wrappers":
        for file in os.listdir(os.path.join(SOURCE, folder)):
            path = os.path.join(SOURCE, folder, file)
            text = open(path).read()
            presets = text[text.index("struct optim_preset presets[]"):]
            yield path, re.findall(r'\.name = "([^"]+)"', presets)


def number(value):
    if value == float("inf"):
        return "inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e6 else f"{value:g}"


def interval(low, high):
    if high == float("inf"):
        return f"[{number(low)}, inf)"
    if 0.999 < high < 1:
        return f"[{number(low)}, 1)"
    return f"[{number(low)}, 2^53]" if high == 2.0 ** 53 else f"[{number(low)}, {number(high)}]"


def table(params):
    rows = ["| name | default | range | |", "|---|---|---|---|"]
    rows += [f"| `{name}` | {number(initial)} | {interval(low, high)} | {text} |"
             for name, initial, low, high, text in params]
    return "\n".join(rows)


def memory(library, algorithm, own):
    """State for each weight, by default and with each hyperparameter that adds some."""
    plain = library.slots_in_use(algorithm)
    text = f"State for each weight: {4 * len(plain)} bytes in f32, {8 * len(plain)} in f64"
    text += f" ({', '.join(f'`{slot}`' for slot in plain)})" if plain else ""
    more = []
    for name, initial, low, high, _ in own:
        value = high if high in (1, 2) or 0.999 < high < 1 else 2
        if name in ("lr", "weight_decay", "grad_scale", "blas", "eps") or value == initial or value < low:
            continue
        try:
            added = [slot for slot in library.slots_in_use(algorithm, **{name: min(value, 0.5) if high < 1 else value})
                     if slot not in plain]
        except AssertionError: # contradicts something else
            continue
        if added:
            more.append(f"`{name}` adds {', '.join(f'`{slot}`' for slot in added)}")
    return text + ("; " + "; ".join(more) if more else "") + "."


def section(library, path, presets, common):
    title = ", ".join(presets)
    first = next((preset for preset in presets if library.wraps(preset)), presets[0])
    own = [param for param in library.params(first) if param[0] not in common]
    text = f"## {title}\n\n```\n{equations(path)}\n```\n\n"
    text += "".join(f"- `{preset}`: {library.summary(preset)}.{differences(library, preset, first, common)}\n"
                    for preset in presets)
    equals = EQUALS[os.path.basename(path)[:-2]]
    equals = textwrap.fill("Equals " + equals, 120, break_on_hyphens=False)
    return text + f"\n{equals}\n\n{memory(library, first, own)}\n\n{table(own)}\n\n"


def differences(library, preset, first, common):
    """Which defaults of a preset differ from its family's, or from what all have in common."""
    usual = {name: values[1] for name, values in common.items()}
    for algorithm in (["radam"] if library.wraps(first) and not library.wraps(preset) else []) + [first]:
        usual |= {name: initial for name, initial, *_ in library.params(algorithm) if name not in common}
    changed = [f"`{name}` {number(initial)}" for name, initial, *_ in library.params(preset) if initial != usual[name]]
    return f" Its defaults: {', '.join(changed)}." if changed else ""


def page(library):
    algorithms = library.algorithms()
    sgd = list(library.params("sgd"))
    names = [param[0] for param in sgd]
    shared = sgd[names.index("maximize"):]
    common = {param[0]: param for param in shared}
    text = INTRODUCTION
    for path, presets in sorted(families(), key=lambda family: algorithms.index(family[1][0])):
        assert [name for name in algorithms if name in presets] == presets, path
        text += section(library, path, presets, common)
    return text + COMMON.format(equations=equations(os.path.join(SOURCE, "engine", "common.c")), params=table(shared))


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__)
        return 0 if arguments == ["--help"] else 2
    path = os.path.join(DOCS, "algorithms.md")
    text = page(Library(arguments[0]))
    if "--check" in sys.argv:
        current = os.path.exists(path) and open(path).read() == text
        print("1 passed, 0 failed" if current else f"{path} is stale: run docs/generate.py\n0 passed, 1 failed")
        return 0 if current else 1
    with open(path, "w") as file:
        file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
