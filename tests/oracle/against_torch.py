"""The oracle against torch.optim in float64, 1,000 steps with lr changing. Written for PyTorch 1.13; skipped where it is missing."""
import inspect
import sys

import numpy as np

import inputs
import optimizers
import wrappers

try:
    import torch
except ImportError as error:
    torch = None
    MISSING = str(error)

TOLERANCE = 1e-12       # of the largest magnitude the element has had so far
SHAPE = (17,)
L2 = {"weight_decay": 0.01}
UP = {"maximize": 1}
# torch's class, our preset, our hyperparameters; torch's names are found in RENAMED.
TABLE = [
    ("SGD", "sgd", {}),
    ("SGD", "sgd", {**L2, **UP}),
    ("SGD", "momentum", {}),
    ("SGD", "momentum", {"dampening": 0.5, **L2}),
    ("SGD", "nesterov", {}),
    ("SGD", "nesterov", {"momentum": 0.99, **L2, **UP}),
    ("Rprop", "rprop", {}),
    ("Rprop", "rprop", {"eta_minus": 0.75, "eta_plus": 1.375, "step_min": 1e-4, "step_max": 0.1, **UP}),
    ("Adagrad", "adagrad", {}),
    ("Adagrad", "adagrad", {"lr_decay": 0.1, "initial_accumulator": 0.5, "eps": 1e-3, **L2, **UP}),
    ("RMSprop", "rmsprop", {}),
    ("RMSprop", "rmsprop", {"rho": 0.99, "momentum": 0.9, **L2}),
    ("RMSprop", "rmsprop", {"centered": 1, "eps": 1e-4, **UP}),
    ("RMSprop", "rmsprop", {"centered": 1, "momentum": 0.5, **L2}),
    ("Adadelta", "adadelta", {}),
    ("Adadelta", "adadelta", {"rho": 0.9, "eps": 1e-4, **L2, **UP}),
    ("Adam", "adam", {}),
    ("Adam", "adam", {"beta1": 0.5, "beta2": 0.9, "eps": 1e-3, **L2, **UP}),
    ("Adam", "amsgrad", {}),
    ("Adam", "amsgrad", {"beta1": 0.5, "beta2": 0.9, **L2}),
    ("AdamW", "adamw", {}),
    ("AdamW", "adamw", {"weight_decay": 0.5, "amsgrad": 1, **UP}),
    ("RAdam", "radam", {"rho_threshold": 5.0}),
    ("RAdam", "radam", {"rho_threshold": 5.0, "beta1": 0.5, "beta2": 0.9, **L2}),
    ("NAdam", "nadam", {}),
    ("NAdam", "nadam", {"beta1": 0.5, "beta2": 0.9, "momentum_decay": 0.1, **L2}),
    ("Adamax", "adamax", {}),
    ("Adamax", "adamax", {"beta1": 0.5, "beta2": 0.9, "eps": 1e-3, **L2, **UP}),
]
RENAMED = {"initial_accumulator": "initial_accumulator_value"}
NOT_TORCH = {"decoupled", "clip_value", "clip_norm", "clip_tensor_norm", "grad_scale", "centralize", "lr_in_momentum", "eps_inside", "max_corrected",
             "bias_correction", "eps_hat", "rho_threshold", "unadapted", "variant"}


class NAdamOfTorch113(optimizers.NAdam):
    """torch 1.13 multiplies the product by mu_t once more before mu_{t+1} (a bug, gone in 2.0) and keeps it in float32."""

    def products(self):
        mu, mu_next = np.float32(self.mu(self.t)), np.float32(self.mu(self.t + 1))
        self.product = np.float32(self.product) * mu
        return float(self.product), float(self.product * mu * mu_next)


class RAdamInDoubles(optimizers.RAdam):
    """torch subtracts in doubles what the oracle subtracts in 50 digits: 1e-12 after 1,000 steps, all of it torch's rounding."""

    def rho(self, t):
        beta2 = self.h.beta2
        rho_inf = 2 / (1 - beta2) - 1
        return rho_inf - 2 * t * beta2**t / (1 - beta2**t), rho_inf


def has_mu_twice():
    return "mu_product * mu * mu_next" in inspect.getsource(sys.modules[torch.optim.NAdam.__module__])


def torch_arguments(name, h):
    values = dict(vars(h))
    if name == "RMSprop":
        values["alpha"] = values.pop("rho")
        assert values.pop("initial_accumulator") == 0
    if name == "Rprop":
        values["etas"] = values.pop("eta_minus"), values.pop("eta_plus")
        values["step_sizes"] = values.pop("step_min"), values.pop("step_max")
    if "beta1" in values:
        values["betas"] = values.pop("beta1"), values.pop("beta2")
    accepted = inspect.signature(getattr(torch.optim, name)).parameters
    values = {RENAMED.get(k, k): v for k, v in values.items() if k not in NOT_TORCH}
    refused = {k for k, v in values.items() if k not in accepted and v != 0}
    assert not refused, f"torch.optim.{name} has no {refused}"
    flags = ("amsgrad", "nesterov", "centered", "maximize")
    return {k: bool(v) if k in flags else v for k, v in values.items() if k in accepted}


def largest_difference(name, ours):
    theirs = torch.tensor(inputs.start_weights(SHAPE), dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, name)([theirs], **torch_arguments(name, ours.h))
    theta = inputs.start_weights(SHAPE)
    scale, worst, lr = np.maximum(abs(theta), 1e-300), 0.0, ours.h.lr
    for t in range(1, inputs.STEPS + 1):
        if t in (400, 700):
            lr *= 0.3 if t == 400 else 5
            ours.set("lr", lr)
            optimizer.param_groups[0]["lr"] = lr
        g = inputs.gradient(t, SHAPE)
        theta = ours.step(theta, g)
        theirs.grad = torch.tensor(g)
        optimizer.step()
        scale = np.maximum(scale, abs(theta))
        worst = max(worst, (abs(theta - theirs.detach().numpy()) / scale).max())
    return worst


def main():
    if torch is None:
        print(f"skipped: {MISSING}\n0 passed, 0 failed, 1 skipped")
        return 0
    failed = 0
    for name, preset, sets in TABLE:
        ours = wrappers.create(preset)
        note = ""
        if name == "NAdam" and has_mu_twice():
            ours, note = NAdamOfTorch113(), "  (mu twice, product in float32, as this torch has it)"
        if name == "RAdam":
            ours, note = RAdamInDoubles(), "  (rho in doubles, as torch has it)"
        for hyperparameter, value in sets.items():
            ours.set(hyperparameter, value)
        worst = largest_difference(name, ours)
        failed += worst > TOLERANCE
        words = " ".join(f"{k}={v}" for k, v in sets.items())
        print(f"{'FAILED' if worst > TOLERANCE else 'ok':6} {worst:.1e}  {preset} {words}{note}")
    print(f"{len(TABLE) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
