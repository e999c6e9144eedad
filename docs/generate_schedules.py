#!/usr/bin/env python3
"""Write docs/schedules.md from what the library says of its schedules and the equations at the head of their files.

usage: generate_schedules.py [--check] LIBRARY

  --check  write nothing; exit with 1 if the page is not what would be written
"""
import ctypes
import math
import os
import re
import sys
import textwrap

import generate

INTRODUCTION = """\
# Schedules

<!-- Written by docs/generate_schedules.py from the library, the head comments in src/schedules/ and its own text: do
not edit. -->

A schedule is a factor that changes with time. Attached to a hyperparameter, each step uses the value that was set times
the factor of that step. Most schedules are for the learning rate; they can be attached to any hyperparameter that is a
number.

![the factors of all schedules over 1,000 steps](pictures/schedules.svg)

`halving` and `plateau` are drawn for a made-up loss, with an epoch every 50 steps, that does not fall in the 9th epoch,
falls again from the 12th to the 14th, and once more in the 18th and 19th (`examples/schedules.c`).

## Use

A warm-up and half a cosine for the learning rate, and a weight decay that falls to 0, for some tensors only:

```c
#include <optim/optim.h>
#include <stdio.h>

int main(void) {
    double line[2] = {0, 0}, gradient[2]; /* slope, intercept */
    const size_t count = 2;
    optim *opt;
    optim_schedule *cosine, *warmup, *falling;
    if (optim_create(&opt, "adamw") || optim_add(opt, "line.weight", OPTIM_F64, 1, &count, line, gradient) ||
        optim_set(opt, "lr", 0.05) || optim_set(opt, "weight_decay", 0.1))
        return 1;
    /* up in 100 steps, then down in 900; the optimizer owns both from optim_attach on */
    if (optim_schedule_create(&cosine, "cosine") || optim_schedule_set(cosine, "steps", 900) ||
        optim_schedule_wrap(&warmup, "warmup", cosine) || optim_schedule_set(warmup, "steps", 100) ||
        optim_schedule_set(warmup, "delay", 1) || optim_attach(opt, "lr", warmup))
        return 1;
    if (optim_schedule_create(&falling, "linear") || optim_schedule_set(falling, "steps", 500) ||
        optim_attach_for(opt, "*.weight", "weight_decay", falling))
        return 1;
    for (int step = 0; step < 1000; step++) {
        double lr, decay;
        optim_get_for(opt, "line.weight", "lr", &lr);
        optim_get_for(opt, "line.weight", "weight_decay", &decay);
        if (step % 250 == 0)
            printf("step %3d: lr %.4f, weight_decay %.3f\\n", step, lr, decay);
        gradient[0] = gradient[1] = 0;
        for (double x = -1; x <= 1; x += 0.25) {
            const double error = line[0] * x + line[1] - (2 * x + 1);
            gradient[0] += error * x;
            gradient[1] += error;
        }
        if (optim_step(opt))
            return 1;
    }
    printf("y = %.3f x + %.3f\\n", line[0], line[1]);
    optim_destroy(opt);
}
```

It prints

```
step   0: lr 0.0005, weight_decay 0.100
step 250: lr 0.0467, weight_decay 0.050
step 500: lr 0.0293, weight_decay 0.000
step 750: lr 0.0089, weight_decay 0.000
y = 2.000 x + 1.000
```

A schedule that follows the validation loss hears of it from `optim_epoch`:

```c
optim_schedule *plateau;
if (optim_schedule_create(&plateau, "plateau") || optim_schedule_set(plateau, "factor", 0.5) ||
    optim_schedule_set(plateau, "patience", 3) || optim_attach(opt, "lr", plateau))
    return 1;
for (int epoch = 0; epoch < 100; epoch++) {
    train(opt); /* many optim_step */
    optim_epoch(opt, validation_loss());
}
```

`optim_schedule_factor` evaluates a schedule without an optimizer. `optim_schedule_count`, `optim_schedule_name`,
`optim_schedule_summary`, `optim_schedule_param_count` and `optim_schedule_param_info` say what schedules there are.

## Time

- t is the number of steps taken before: 0 at the first step (`optim_steps`). After `optim_reset` it is 0 again, and
  what a schedule has remembered is forgotten.
- With `per_epoch` 1 it is the number of epochs ended (`optim_epochs`): 0 until the first `optim_epoch`. Every schedule
  that does not follow a metric has this parameter; its default is 0. Where no metric is at hand, any number will do.
- It is the time of the handle, for all its tensors. A tensor that is added later, or rests, has the factor of the
  others; its own count, for bias corrections, is another one.
- A schedule that is attached later does not start at 0 either: t is what it is by then.
- A step that is skipped or refused does not count.
- Under `accumulate` every call of `optim_step` counts, also those that only collect a gradient: give `steps` in calls.
- A metric-driven schedule has no clock. Its factor changes in `optim_epoch`, for the steps after it. A NaN is no
  improvement.
- The parameters of `warmup` and of what is inside are set each by themselves, `per_epoch` too: a name that both have is
  the outer one's, so set that of the inner one before wrapping it. With `delay` 1 what is inside starts after the
  warm-up: its t is counted from there (and is 0 before), if it goes by the same clock; and metrics of epochs that end
  within the warm-up do not reach it.

## Rules

- The value of a step is base times factor. `optim_set` changes the base, at any time. `optim_get` tells the base;
  `optim_get_for` tells a tensor's value as the next step will use it.
- A later `optim_attach_for` wins over an earlier one, for the tensors that both match, and `optim_attach` is for all:
  it replaces those before it. The same pattern, or `optim_attach`, twice is refused: `optim_detach` first. It takes all
  schedules off the hyperparameter, whatever their patterns.
- A hyperparameter that is a count (`sync_period`, `every`) is rounded to the nearest whole number, one half upwards,
  and is at least its smallest value.
- One that is a choice (`nesterov`, `decoupled`) is refused by `optim_attach`.
- A value out of the hyperparameter's range is refused by `optim_step` with OPTIM_ERROR_RANGE, and nothing changes: a
  `beta1` of 0.9 times 1.2. A factor of 0 on `clip_norm`, `clip_tensor_norm` or `clip_value` makes them
  as small as can be; it does not turn clipping off, as setting them to 0 does.
- The optimizer owns a schedule once it is attached, and `warmup` what is inside it: it cannot be changed, attached or
  destroyed then, only evaluated. If the call fails, it is still yours.
- `final_lr` of AdaBound and AMSBound follows the schedule of `lr`, and has its own besides: its factor is the product.
- Rprop's `lr` is the size of the first step of each weight: a schedule of it matters only there.
- Decoupled weight decay is lr times `weight_decay`, and so follows the schedule of `lr` as it is. A schedule of
  `weight_decay` comes on top.

## Going on after a break

Where no metric is involved a factor is a function of t and of nothing else: there is no state besides `optim_steps` and
`optim_epochs`. The others remember: `halving` the best metric and how often it has halved; `plateau` the best metric,
how many epochs in a row were bad, how many of the cooldown are left, and how often it has cut. That is a function of
the metrics so far: the same ones, told to `optim_epoch` of a new handle in the same order, bring it back, and
`optim_epochs` with it. (Inside a `warmup` with `delay` that goes by steps, what reaches it depends on `optim_steps`
too.) No call sets `optim_steps`: for a schedule that goes by steps, set the hyperparameter from `optim_schedule_factor`
at your own t.

## What they equal elsewhere

Rows with ✓ are run against PyTorch 1.13 by `tests/schedules.py`, which also compares every schedule with its equation,
written once more in Python: to 1e-12 of the factor, or 1e-14. The rows without are from the documentation and sources
of Keras 3 and optax, and are not run. There n, m and so on are what you give there; lr is the base, at which our factor
is 1. The warm-ups of Keras and optax rise from 0, or what you say, at t = 0 to 1 at t = n; ours and PyTorch's from 1 /
n at t = 0 to 1 at t = n - 1.

"""

# kind: what its equation leaves open
BOUNDARIES = {
    "constant": "",
    "piecewise":
        "A point at 100 holds from t = 100 on: 100 steps have gone before. It need not be whole: one at 99.5 is the "
        "same. Points are added in order with `optim_schedule_point`; without any the factor is 1.",
    "exponential": "It never ends: after 2.3 r steps it is 1/10, and it halves every 0.69 r.",
    "reciprocal":
        "It never ends. What Robbins and Monro ask for, a sum over all t that is infinite and a sum of squares that "
        "is not, holds for c above 1/2 and up to 1.",
    "halving":
        "The first metric is an improvement unless it is a NaN or the worst infinity. The epoch that does not "
        "improve is the first after which the factor falls.",
    "plateau":
        "With `patience` n the factor falls after n + 1 epochs in a row without improvement. The bar is best times 1 "
        "- `threshold`, or 1 + `threshold` with `minimize` 0, also where best is negative; a best that is infinite "
        "is its own bar. The epochs of a cooldown can improve the best, but are not counted as bad.",
    "warmup":
        "1 / steps at t = 0, 1 at t = steps - 1 and from then on. With `delay` 1 what is inside is at its t = 0 up "
        "to t = steps. Around `constant` it is a warm-up alone. Warm-ups can be nested.",
    "cosine":
        "1 at t = 0, `floor` at t = steps and from then on. The last of `steps` steps is at t = steps - 1, just "
        "above it.",
    "cosine_restarts":
        "The first step of each cycle, at t = steps, steps (1 + mult) and so on, is at 1; none is at the floor, but "
        "the last of a cycle is near it.",
    "linear": "1 at t = 0, `end` at t = steps and from then on. `end` may be more than 1.",
    "polynomial":
        "1 at t = 0, `end` at t = steps and from then on, for any `power` but 0, with which it is 1 always.",
    "inverse_sqrt":
        "1 up to and including t = steps. A warm-up around it without `delay` and with the same `steps` is the "
        "Transformer's, which falls one step earlier.",
    "warmup_stable_decay":
        "1 / warmup at t = 0, 1 at t = warmup - 1 and until t = steps - decay, `end` at t = steps and from then on. "
        "`warmup` and `decay` together must not be more than `steps`.",
    "one_cycle":
        "1 / div_factor at t = 0; the end at t = steps - 1, the last of `steps` steps, and from then on. The top "
        "need not be at a whole t. If pct_start steps is not above 1, nothing rises.",
}

TORCH, KERAS, OPTAX = "PyTorch ✓", "Keras", "optax"
# kind: (library, what it is called there, our settings)
EQUIVALENTS = {
    "constant": [
        (TORCH, "LambdaLR(lambda t: f)", "`factor` f"),
        (OPTAX, "constant_schedule", ""),
    ],
    "piecewise": [
        (TORCH, "MultiStepLR(milestones=[a, b], gamma=g)", "points at a with g, at b with g^2"),
        (TORCH, "StepLR(step_size=n, gamma=g)", "points at n with g, at 2 n with g^2, ..."),
        (TORCH, "ConstantLR(factor=f, total_iters=n)", "points at 0 with f, at n with 1"),
        (KERAS, "PiecewiseConstantDecay([a, b], [u, v, w])", "`lr` u, points at a + 1 with v / u, at b + 1 with w / u"),
        (OPTAX, "piecewise_constant_schedule(lr, {a: f, b: g})", "points at a with f, at b with f g"),
    ],
    "exponential": [
        (TORCH, "ExponentialLR(gamma=g)", "`r` -1 / ln g"),
        (KERAS, "ExponentialDecay(lr, decay_steps=n, decay_rate=g)", "`r` -n / ln g; `staircase` is `piecewise`"),
        (OPTAX, "exponential_decay(lr, transition_steps=n, decay_rate=g)", "`r` -n / ln g"),
    ],
    "reciprocal": [
        (TORCH, "LambdaLR(lambda t: (1 + t / r) ** -c)", ""),
        (KERAS, "InverseTimeDecay(lr, decay_steps=n, decay_rate=g)", "`r` n / g"),
    ],
    "halving": [],
    "plateau": [
        (TORCH, "ReduceLROnPlateau(eps=0)",
         "`floor` min_lr / lr; `minimize` 0 for `mode=\"max\"`; the threshold is below 1"),
        (KERAS, "ReduceLROnPlateau(patience=n, cooldown=m, min_delta=0)",
         "`patience` n - 1, `cooldown` m - 1 but at least 0, `threshold` 0, `floor` min_lr / lr"),
        (OPTAX, "contrib.reduce_on_plateau(patience=n, rtol=e, min_scale=f)",
         "`patience` n - 1, `threshold` e, `floor` f"),
    ],
    "warmup": [
        (TORCH, "LinearLR(start_factor=1 / n, total_iters=n - 1)", "`steps` n, around `constant`"),
        (TORCH, "SequentialLR([that, scheduler], milestones=[n])",
         "`steps` n, `delay` 1, around the scheduler's schedule"),
    ],
    "cosine": [
        (TORCH, "CosineAnnealingLR(T_max=n, eta_min=m)",
         "`steps` n, `floor` m / lr: up to t = n, where PyTorch's rises again"),
        (KERAS, "CosineDecay(lr, decay_steps=n, alpha=f)", "`steps` n, `floor` f"),
        (OPTAX, "cosine_decay_schedule(lr, decay_steps=n, alpha=f)", "`steps` n, `floor` f"),
    ],
    "cosine_restarts": [
        (TORCH, "CosineAnnealingWarmRestarts(T_0=n, T_mult=k, eta_min=m)", "`steps` n, `mult` k, `floor` m / lr"),
        (KERAS, "CosineDecayRestarts(lr, first_decay_steps=n, t_mul=k, alpha=f)",
         "`steps` n, `mult` k (a whole number; 2 is Keras's default), `floor` f"),
    ],
    "linear": [
        (TORCH, "LinearLR(start_factor=1, end_factor=e, total_iters=n)", "`steps` n, `end` e"),
        (OPTAX, "linear_schedule(lr, e, transition_steps=n)", "`steps` n, `end` e / lr"),
    ],
    "polynomial": [
        (TORCH, "PolynomialLR(total_iters=n, power=p)", "`steps` n, `power` p"),
        (KERAS, "PolynomialDecay(lr, decay_steps=n, end_learning_rate=e, power=p)",
         "`steps` n, `power` p, `end` e / lr; Keras's e is 1e-4 unless you say so"),
        (OPTAX, "polynomial_schedule(lr, e, power=p, transition_steps=n)", "`steps` n, `power` p, `end` e / lr"),
    ],
    "inverse_sqrt": [
        (TORCH, "LambdaLR(lambda t: max(t / n, 1) ** -0.5)", "`steps` n"),
    ],
    "warmup_stable_decay": [
        (TORCH, "SequentialLR([LinearLR(1 / w, 1, w - 1), ConstantLR(1), LinearLR(1, e, d)], [w, n - d])",
         "`steps` n, `warmup` w, `decay` d, `end` e"),
    ],
    "one_cycle": [
        (TORCH, "OneCycleLR(max_lr=lr, total_steps=n, cycle_momentum=False)",
         "`steps` n; the others have the same names"),
        (OPTAX, "cosine_onecycle_schedule(n, lr)", "`steps` n: almost, since optax reaches each point one step later"),
    ],
}


class Library(generate.Library):
    def __init__(self, path):
        super().__init__(path)
        for name in "optim_schedule_name", "optim_schedule_summary":
            getattr(self.c, name).restype = ctypes.c_char_p
        for name in "optim_schedule_count", "optim_schedule_param_count":
            getattr(self.c, name).restype = ctypes.c_size_t

    def schedules(self):
        return [self.c.optim_schedule_name(ctypes.c_size_t(i)).decode() for i in range(self.c.optim_schedule_count())]

    def schedule_summary(self, kind):
        return self.c.optim_schedule_summary(kind.encode()).decode()

    def schedule_params(self, kind):
        """As params; initial NaN: it must be set."""
        return self.described(self.c.optim_schedule_param_count, self.c.optim_schedule_param_info, kind)


def equations(kind):
    """The head comment of a schedule's file, of one line or more, without its decoration."""
    path = os.path.join(generate.SOURCE, "schedules", kind + ".c")
    line = re.match(r"/\* (.*) \*/\n", open(path).read())
    return line.group(1) if line else generate.equations(path)


def fill(text):
    """A minus stays with what it is between: at the start of a line it would begin a list."""
    lines = textwrap.fill(text.replace(" - ", "\0-\0"), 120, break_on_hyphens=False, break_long_words=False)
    return lines.replace("\0", " ") + "\n\n"


def table(params):
    """As generate.table; what has no default stands as 0 there."""
    rows = generate.table([(name, 0 if math.isnan(initial) else initial, *rest) for name, initial, *rest in params])
    for name, initial, *_ in params:
        if math.isnan(initial):
            rows = rows.replace(f"| `{name}` | 0 |", f"| `{name}` | must be set |")
    return rows + "\n\n"


def section(library, kind):
    params = [param for param in library.schedule_params(kind) if param[0] != "per_epoch"]
    text = f"## {kind}\n\n```\n{equations(kind)}\n```\n\n"
    summary = library.schedule_summary(kind)
    text += fill(f"{summary[0].upper()}{summary[1:]}. {BOUNDARIES[kind]}")
    text += table(params) if params else ""
    rows = [f"| {of} | `{name}` | {settings} |" for of, name, settings in EQUIVALENTS[kind]]
    return text + ("\n".join(["| in | it is | settings here |", "|---|---|---|"] + rows) + "\n\n" if rows else "")


def page(library):
    kinds = library.schedules()
    assert set(kinds) == set(BOUNDARIES) == set(EQUIVALENTS), set(kinds) ^ set(BOUNDARIES) ^ set(EQUIVALENTS)
    return INTRODUCTION + "".join(section(library, kind) for kind in kinds).rstrip("\n") + "\n"


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__)
        return 0 if arguments == ["--help"] else 2
    path = os.path.join(generate.DOCS, "schedules.md")
    text = page(Library(arguments[0]))
    if "--check" in sys.argv:
        current = os.path.exists(path) and open(path).read() == text
        stale = f"{path} is stale: run docs/generate_schedules.py\n0 passed, 1 failed"
        print("1 passed, 0 failed" if current else stale)
        return 0 if current else 1
    with open(path, "w") as file:
        file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
