"""The oracle against values worked out by hand. Prints one line each; exit 1 if one differs."""
import sys

import numpy as np

import optimizers as o
import wrappers as w


class Subtract(o.Optimizer):
    """Subtracts the gradient: a path anyone can follow."""
    defaults = {"lr": 1.0}

    def update(self, theta, g):
        return theta - g


def path(opt, start, gradients):
    theta, values = np.array([float(start)]), []
    for g in gradients:
        theta = opt.step(theta, np.array([float(g)]))
        values.append(float(theta[0]))
    return values


def main():
    swa = w.SWA(Subtract(), start=2, period=2)
    path(swa, 10, [1] * 6)                              # averages 8, 6, 4
    ema = w.EMA(Subtract(), decay=0.5)
    path(ema, 4, [1, 1])                                # 4; (4 + 3)/2; (3.5 + 2)/2
    pull = w.Lookahead(o.SGD(momentum=1.0, lr=1.0), sync_period=2, slow_step=0.5, inner_state=2)
    reset = w.Lookahead(o.SGD(momentum=1.0, lr=1.0), sync_period=2, slow_step=0.5, inner_state=1)
    keep = w.Lookahead(o.SGD(momentum=1.0, lr=1.0), sync_period=2, slow_step=0.5)
    checks = [
        ("lookahead", path(w.Lookahead(Subtract(), sync_period=3), 3, [1] * 4), [2, 1, 1.5, 0.5]),
        ("lookahead keep", path(keep, 8, [1] * 3), [7, 6.5, 3.5]),          # b = 1, 2, 3
        ("lookahead reset", path(reset, 8, [1] * 3), [7, 6.5, 5.5]),        # b = 1, 2 | 1
        ("lookahead pull back", path(pull, 8, [1] * 3), [7, 6.5, 4.5]),     # b = 1, 2 -> 1 | 2
        ("swa", [swa.averaged()[0]], [6]),
        ("ema", [ema.averaged()[0]], [2.75]),
        ("accumulate", path(w.Accumulate(Subtract(), every=2), 9, [1, 3, 2, 2]), [9, 7, 7, 5]),
        ("accumulate sum", path(w.Accumulate(Subtract(), every=2, mean=0), 9, [1, 3, 2, 2]), [9, 5, 5, 1]),
        ("momentum", path(o.SGD(lr=1.0, momentum=0.5), 8, [2, 2, 2]), [6, 3, -0.5]),
        ("dampening", path(o.SGD(lr=1.0, momentum=0.5, dampening=0.5), 8, [2, 2]), [6, 4]),
        ("nesterov", path(o.SGD(lr=1.0, momentum=0.5, nesterov=1), 8, [2, 2]), [5, 1.5]),
        ("nesterov, lr inside", path(o.SGD(lr=1.0, momentum=0.5, nesterov=1, lr_in_momentum=1), 8, [2, 2]), [5, 1.5]),
        ("rprop", path(o.Rprop(lr=1.0, eta_plus=1.5), 9, [1, 1, -1, -1]), [8, 6.5, 6.5, 7.25]),
        ("rprop-plus", path(o.Rprop(lr=1.0, eta_plus=1.5, variant="plus"), 9, [1, 1, -1, -1]), [8, 6.5, 8, 8.75]),
        ("rprop-minus", path(o.Rprop(lr=1.0, eta_plus=1.5, variant="minus"), 9, [1, 1, -1, -1]), [8, 6.5, 7.25, 8.375]),
        ("adagrad", path(o.Adagrad(lr=1.0, eps=0.0), 9, [3, 4]), [8, 7.2]),
        ("rmsprop", path(o.RMSProp(lr=1.0, rho=0.75, eps=0.0), 9, [2]), [7]),
        ("adadelta", path(o.Adadelta(rho=0.75, eps=1.0), 9, [2 * 3**0.5]), [9 - 3**0.5]),
        ("adam", path(o.Adam(lr=1.0, eps=0.0), 9, [5, 5]), [8, 7]),
        ("adam, uncorrected", path(o.Adam(lr=1.0, beta1=0.5, beta2=0.75, eps=0.0, bias_correction=0), 9, [5]), [8]),
        ("adam, eps_hat", path(o.Adam(lr=1.0, beta1=0.5, beta2=0.75, eps=1.0, eps_hat=1), 9, [2]), [8.5]),
        # v = 4, 3.25; c2 = 1/4, 7/16. Uncorrected the maximum is 4, used as 4 / c2 = 64/7; corrected it is 16.
        ("amsgrad", path(o.Adam(lr=1.0, beta1=0.0, beta2=0.75, eps=0.0, amsgrad=1), 9, [4, 1]), [8, 8 - 7**0.5 / 8]),
        ("amsgrad, max_corrected",
         path(o.Adam(lr=1.0, beta1=0.0, beta2=0.75, eps=0.0, amsgrad=1, max_corrected=1), 9, [4, 1]), [8, 7.75]),
        ("adabound, lower", path(o.AdaBound(lr=1e-9, beta1=0.0, final_lr=1.0, gamma=1.0), 9, [1]), [8.5]),
        ("adabound, upper", path(o.AdaBound(lr=1e9, beta1=0.0, final_lr=1.0, gamma=1.0), 9, [1]), [7]),
        ("radam, unadapted", path(o.RAdam(lr=1.0), 9, [1, 1]), [8, 7]),
        ("nadam", path(o.NAdam(lr=1.0, beta1=0.5, momentum_decay=0.0, eps=0.0), 9, [3]), [9 - (0.25 / (1 - 0.0625) * 0.5 + 1)]),
        ("adamax", path(o.Adamax(lr=1.0, eps=0.0), 9, [5, 5]), [8, 7]),
        ("lion", path(o.Lion(lr=1.0), 9, [5, 0, -100]), [8, 7, 8]),
        ("L2", path(Subtract(weight_decay=0.5), 8, [1]), [3]),
        ("decoupled", path(Subtract(weight_decay=0.5, decoupled=1), 8, [1]), [3]),
        ("clip_tensor_norm", path(Subtract(clip_tensor_norm=1.0, grad_scale=2.0), 8, [5]), [7]),
        ("clip_norm", path(Subtract(clip_norm=1.0, grad_scale=2.0), 8, [5]), [7]),
        ("maximize, L2", path(Subtract(weight_decay=0.5, maximize=1), 8, [1]), [5]),
    ]
    failed = 0
    for name, found, expected in checks:
        good = np.allclose(found, expected, rtol=1e-6, atol=0)
        failed += not good
        print(f"{'ok' if good else 'FAILED':6} {name}" + ("" if good else f": {found}, not {expected}"))
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
