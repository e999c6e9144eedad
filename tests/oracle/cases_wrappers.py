"""The golden cases of the wrappers, of ranger and of gradient centralization."""
from draw import SMALL, case, choose, drawn, log, uniform

SWAPPED = (1, 3, 10, 250, 1000)


def lookahead(name, algorithm, **others):
    return case(f"lookahead-{name}", algorithm,
                **{"wrap": "lookahead", "shape": SMALL, "steps": (4, 6, 7, 999), "swapped": SWAPPED, **others})


def keep_reset_pull(algorithm, **sets):
    """The three treatments of the inner state at a sync."""
    return [lookahead(f"{algorithm}-inner-{n}", algorithm, **sets, inner_state=n) for n in (0, 1, 2)]


LOOKAHEAD = [
    lookahead("sgd", "sgd"),
    lookahead("adamw", "adamw", lr=0.02, weight_decay=0.1),
    lookahead("k-1", "momentum", sync_period=1),
    lookahead("k-3", "sgd", sync_period=3, lr=0.1),
    lookahead("k-7-alpha-0.8", "adam", sync_period=7, slow_step=0.8),
    lookahead("k-250", "adam", sync_period=250, steps=(249, 251, 499, 501)),
    lookahead("k-2000", "adam", sync_period=2000, slow_step=0.1),
    lookahead("alpha-0", "adam", slow_step=0.0),
    lookahead("alpha-1", "adam", slow_step=1.0),
    lookahead("alpha-changes", "adagrad", at=[(401, "slow_step", 0.2), (701, "slow_step", 0.9)]),
    lookahead("lr-changes", "adam", at=[(400, "lr", 0.0003), (700, "lr", 0.0015)], steps=(400, 700)),
    lookahead("everything-common", "nesterov", grad_scale=3.0, clip_norm=2.0, clip_value=0.5, maximize=1, weight_decay=0.01),
    lookahead("decoupled", "adamw", weight_decay=0.2, lr=0.01),
    *keep_reset_pull("momentum"),
    *keep_reset_pull("nesterov", lr_in_momentum=1),
    *keep_reset_pull("rmsprop", momentum=0.9),
    *keep_reset_pull("adam", sync_period=4),
    *keep_reset_pull("nadam", sync_period=10),
    lookahead("rprop-reset", "rprop", inner_state=1, lr=0.02),
    lookahead("adagrad-reset", "adagrad", inner_state=1, lr_decay=0.1),
    lookahead("adadelta-reset", "adadelta", inner_state=1, eps=1e-4),
    lookahead("amsgrad-reset", "amsgrad", inner_state=1),
    lookahead("adabound-pull", "adabound", inner_state=2),
    lookahead("radam-reset", "radam", inner_state=1, sync_period=12),
    lookahead("radam-pull", "radam", inner_state=2, slow_step=0.7),
    lookahead("adamax-pull", "adamax", inner_state=2, slow_step=0.3),
    lookahead("lion-pull", "lion", inner_state=2, weight_decay=0.5, lr=2**-8),
    lookahead("of-ema", "adam", wrap=("ema", "lookahead"), decay=0.9),
]
LOOKAHEAD += [
    lookahead(f"random-{n}", algorithm, **drawn(f"lookahead {n}", {
        "lr": log(0.003, 0.03), "sync_period": choose(2, 3, 4, 6, 9, 20), "slow_step": uniform(0.1, 1), "inner_state": choose(0, 1, 2),
        "weight_decay": log(1e-5, 0.01), "grad_scale": log(0.3, 5)}))
    for n, algorithm in enumerate(("momentum", "nesterov", "adam", "amsgrad", "radam", "nadam"))
]


def averaging(family, name, algorithm, **others):
    return case(f"{family}-{name}", algorithm, **{"wrap": family, "shape": SMALL, "swapped": SWAPPED, **others})


EMA = [
    averaging("ema", "sgd", "sgd"),
    averaging("ema", "adam", "adam", decay=1 - 2**-8, lr=0.01),
    averaging("ema", "decay-0", "adam", decay=0.0),
    averaging("ema", "decay-0.5", "adam", decay=0.5, lr=0.01),
    averaging("ema", "decay-0.99", "momentum", decay=1 - 2**-7),
    averaging("ema", "decay-0.9995", "adam", decay=1 - 2**-11, lr=0.01),
    averaging("ema", "decay-changes", "adam", lr=0.01, decay=1 - 2**-6, at=[(400, "decay", 0.875), (700, "lr", 0.001)]),
    averaging("ema", "of-lookahead", "adam", wrap=("lookahead", "ema"), decay=0.95, sync_period=3, swapped=(1, 2, 3, 4, 250, 1000)),
    averaging("ema", "of-ranger", "ranger", decay=0.98, weight_decay=0.01, decoupled=0),
    averaging("ema", "of-swa", "sgd", wrap=("swa", "ema"), start=10, period=10, decay=0.9),
    averaging("ema", "everything-common", "adam", decay=0.9, grad_scale=3.0, clip_norm=2.0, clip_value=0.5, maximize=1,
              weight_decay=0.01),
]
EMA += [
    averaging("ema", f"random-{n}", algorithm, **drawn(f"ema {n}", {
        "lr": log(0.01, 0.1), "decay": choose(0.375, 0.75, 0.875), "weight_decay": log(1e-4, 0.1), "clip_norm": log(0.1, 10)}))
    for n, algorithm in enumerate(("sgd", "nesterov", "rmsprop", "adam", "radam", "adagrad"))
]

SWA = [
    averaging("swa", "every-step", "sgd", start=1, period=1, swapped=(1, 2, 3, 10, 250, 1000)),
    averaging("swa", "from-100", "adam", start=100, period=1, swapped=(100, 101, 102, 250, 1000)),
    averaging("swa", "period-5", "momentum", start=100, period=5, swapped=(100, 104, 105, 106, 110, 1000)),
    averaging("swa", "period-7", "adamw", start=3, period=7, lr=0.01, swapped=(3, 9, 10, 11, 250, 1000)),
    averaging("swa", "from-1000", "adam", start=1000, period=10, swapped=(1000,)),
    averaging("swa", "lr-changes", "nesterov", start=400, period=20, at=[(400, "lr", 0.003), (700, "lr", 0.015)],
              swapped=(400, 419, 420, 700, 1000)),
    averaging("swa", "of-lookahead", "adam", wrap=("lookahead", "swa"), start=50, period=5, swapped=(50, 55, 250, 1000)),
    averaging("swa", "everything-common", "adam", start=10, period=10, grad_scale=3.0, clip_norm=2.0, clip_value=0.5, maximize=1,
              weight_decay=0.01, swapped=(10, 250, 1000)),
]
SWA += [
    averaging("swa", f"random-{n}", algorithm, swapped=(500, 750, 1000), **drawn(f"swa {n}", {
        "lr": log(0.002, 0.05), "start": choose(1, 20, 50, 77, 200), "period": choose(1, 2, 3, 10, 33),
        "weight_decay": log(1e-4, 0.1)}))
    # the numbers left out drift in float32: tiny steps that round alike
    for n, algorithm in ((1, "sgd"), (2, "momentum"), (7, "rmsprop"), (4, "adam"), (5, "adabound"), (6, "adamax"))
]


def accumulate(name, algorithm, **others):
    return case(f"accumulate-{name}", algorithm,
                **{"wrap": "accumulate", "shape": SMALL, "steps": (4, 6, 7, 8, 9, 12, 499, 501, 999), **others})


ACCUMULATE = [
    accumulate("1", "adam", every=1),
    accumulate("2", "sgd", every=2),
    accumulate("3-adam", "adam", every=3),
    accumulate("4-sum", "momentum", every=4, mean=0, lr=0.003),
    accumulate("7-adamw", "adamw", every=7, lr=0.01),
    accumulate("500", "adam", every=500, lr=0.1),
    accumulate("2000", "sgd", every=2000),                  # never steps
    accumulate("rprop", "rprop", every=3),
    accumulate("l2", "nesterov", every=3, weight_decay=0.1),
    accumulate("decoupled", "sgd", every=3, weight_decay=0.1, decoupled=1),
    accumulate("clip-norm", "sgd", every=3, clip_norm=0.5, lr=0.1),
    accumulate("clip-value-sum", "sgd", every=3, mean=0, clip_value=0.2, lr=0.1),
    accumulate("lr-changes", "adam", every=3, at=[(400, "lr", 0.0003), (700, "lr", 0.0015)]),
    accumulate("everything-common", "amsgrad", every=2, grad_scale=3.0, clip_norm=2.0, clip_value=0.5, maximize=1,
               weight_decay=0.01),
    accumulate("of-lookahead", "adam", wrap=("lookahead", "accumulate"), every=2, sync_period=3, lr=0.01),
    accumulate("of-ranger", "ranger", every=3),
]
ACCUMULATE += [
    accumulate(f"random-{n}", algorithm, **drawn(f"accumulate {n}", {
        "lr": log(1e-4, 0.02), "every": choose(2, 3, 5, 8), "mean": choose(0, 1), "weight_decay": log(1e-5, 0.01)}))
    for n, algorithm in enumerate(("sgd", "nesterov", "rmsprop", "adam", "radam", "nadam"))
]


def ranger(name, **others):
    return case("-".join(filter(None, ("ranger", name))), "ranger",
                **{"shape": SMALL, "steps": (6, 7, 12, 996, 997), "swapped": (1, 6, 13, 1000), **others})


RANGER = [
    ranger(""),
    ranger("lr-changes", at=[(400, "lr", 0.0003), (700, "lr", 0.0015)]),
    ranger("sync", sync_period=5, slow_step=0.8),
    ranger("paper", rho_threshold=4.0, unadapted=0),
    ranger("betas", beta1=0.5, beta2=0.99, eps=1e-3, lr=0.01),
    ranger("reset", inner_state=1, sync_period=9),
    ranger("pull", inner_state=2),
    ranger("l2", weight_decay=0.01, decoupled=0),
    ranger("decoupled", weight_decay=0.1, decoupled=1, lr=0.01),
    ranger("everything-common", grad_scale=3.0, clip_norm=2.0, clip_value=0.5, maximize=1, weight_decay=0.01, decoupled=0),
    ranger("centralize", shape=(4, 5), centralize=1),
    ranger("centralize-3d", shape=(3, 2, 3), centralize=1, weight_decay=0.01, decoupled=0),
    ranger("centralize-1d", centralize=1),                  # nothing to centralize
]
RANGER += [
    ranger(f"random-{n}", **drawn(f"ranger {n}", {
        "lr": log(1e-3, 0.03), "beta1": uniform(0, 0.97), "beta2": uniform(0.95, 0.9995), "eps": log(1e-9, 1e-2),
        "rho_threshold": choose(4.0, 5.0), "sync_period": choose(2, 3, 6, 10), "slow_step": uniform(0.1, 1),
        "weight_decay": log(0.1, 1) if n % 2 else log(1e-5, 0.01), "decoupled": choose(n % 2)}))
    for n in range(6)
]

CENTRALIZE = [
    case("centralize-sgd", "sgd", shape=(4, 5), centralize=1),
    case("centralize-sgd-1d", "sgd", shape=(11,), centralize=1),
    case("centralize-momentum-3d", "momentum", shape=(3, 2, 3), centralize=1),
    case("centralize-nesterov-4d", "nesterov", shape=(2, 3, 1, 3), centralize=1),
    case("centralize-adam", "adam", shape=(4, 5), centralize=1),
    case("centralize-adam-l2", "adam", shape=(4, 5), centralize=1, weight_decay=0.1, decoupled=0),
    case("centralize-adamw", "adamw", shape=(5, 4), centralize=1, weight_decay=0.1, lr=0.01),
    case("centralize-maximize", "rmsprop", shape=(4, 5), centralize=1, maximize=1, grad_scale=3.0),
    case("centralize-column", "sgd", shape=(9, 1), centralize=1),           # every gradient becomes 0
    case("centralize-row", "adagrad", shape=(1, 9), centralize=1),
    case("centralize-changes", "sgd", shape=(4, 5), at=[(250, "centralize", 1), (600, "centralize", 0)]),
    case("centralize-accumulate", "adam", wrap="accumulate", shape=(4, 5), every=3, centralize=1),
]

WRAPPER_FAMILIES = {
    "lookahead": LOOKAHEAD, "ema": EMA, "swa": SWA, "accumulate": ACCUMULATE, "ranger": RANGER, "centralize": CENTRALIZE,
}
