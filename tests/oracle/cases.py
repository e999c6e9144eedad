"""The golden cases of the optimizers; those of the wrappers are in cases_wrappers.py.

A family has: its presets as they are, one case for each hyperparameter and variant, the common hyperparameters, and
hyperparameters drawn at random. conditioning.py tells which are unfit for comparing in float32.
"""
from draw import DECOUPLED, case, choose, common, draws, log, lr_changes, uniform

SGD = [
    case("sgd", "sgd"),
    case("momentum", "momentum"),
    case("nesterov", "nesterov"),
    lr_changes("sgd", 0.01),
    lr_changes("momentum", 0.01),
    lr_changes("nesterov", 0.01),
    # The two forms agree while lr is constant, and differ from the first change on.
    lr_changes("momentum", 0.01, "momentum-lr-inside-changes", lr_in_momentum=1),
    lr_changes("nesterov", 0.01, "nesterov-lr-inside-changes", lr_in_momentum=1),
    case("momentum-lr-inside", "momentum", lr_in_momentum=1),
    case("momentum-dampening", "momentum", dampening=0.5),
    case("momentum-dampening-1", "momentum", dampening=1.0),
    case("sgd-momentum-0.5", "sgd", momentum=0.5, lr=0.1),
    case("sgd-momentum-0.9999", "sgd", momentum=1 - 2**-13, lr=1e-4),
    case("sgd-nesterov-by-name", "sgd", momentum=0.75, nesterov=1),
    case("nesterov-momentum-0.99", "nesterov", momentum=0.99, lr=0.003),
    case("momentum-changes", "momentum", at=[(300, "momentum", 0.5), (600, "weight_decay", 0.01)]),
    *common("sgd", "nesterov"),
    *draws("sgd", "momentum", 3, skip=(0,), lr=log(1e-4, 0.1), momentum=uniform(0.1, 0.99), dampening=uniform(0, 1),
           weight_decay=log(1e-5, 0.1)),
    *draws("sgd", "nesterov", 2, skip=(0, 1), lr=log(1e-4, 0.1), momentum=uniform(0.1, 0.99), lr_in_momentum=choose(0, 1),
           weight_decay=log(1e-5, 0.1)),
    *draws("sgd", "momentum", 2, "decoupled", momentum=uniform(0.1, 0.99), nesterov=choose(0, 1),
           lr_in_momentum=choose(0, 1), **DECOUPLED),
]

RPROP_RANGES = {
    "lr": log(1e-3, 0.1), "eta_minus": choose(0.3125, 0.5, 0.625, 0.75, 0.875), "eta_plus": choose(1.0625, 1.125, 1.25, 1.5),
    "step_min": choose(2**-20, 2**-16, 2**-10), "step_max": log(0.01, 1),
}
RPROP = [
    case("rprop", "rprop"),
    case("rprop-plus", "rprop-plus"),
    case("rprop-minus", "rprop-minus"),
    lr_changes("rprop", 0.01),                              # changes nothing: lr is the first step size only
    lr_changes("rprop-plus", 0.01),
    case("rprop-lr-0.3", "rprop", lr=0.3),
    case("rprop-eta", "rprop", eta_minus=0.75, eta_plus=1.3125),
    case("rprop-plus-eta", "rprop-plus", eta_minus=0.6875, eta_plus=1.4375),
    case("rprop-minus-eta", "rprop-minus", eta_minus=0.625, eta_plus=1.5625),
    case("rprop-step-min", "rprop", step_min=0.001),
    case("rprop-step-max", "rprop", eta_minus=0.9, eta_plus=1.5, step_max=0.05),
    case("rprop-step-max-below-lr", "rprop-minus", step_max=0.005, step_min=1e-4),
    case("rprop-step-min-above-lr", "rprop-plus", step_min=0.02),
    *common("rprop", "rprop", eta_plus=1.25, step_min=2**-12),
    *draws("rprop", "rprop", 2, **RPROP_RANGES),
    *draws("rprop", "rprop-plus", 2, **RPROP_RANGES),
    *draws("rprop", "rprop-minus", 2, **RPROP_RANGES),
]

ADAGRAD = [
    case("adagrad", "adagrad"),
    lr_changes("adagrad", 0.01),
    case("adagrad-lr-decay", "adagrad", lr_decay=0.01, lr=0.1),
    case("adagrad-initial", "adagrad", initial_accumulator=0.1, lr=0.1),
    case("adagrad-eps-inside", "adagrad", eps_inside=1, eps=1e-4),
    case("adagrad-eps-large", "adagrad", eps=1.0, lr=0.1),
    case("adagrad-eps-tiny", "adagrad", eps=1e-16),
    case("adagrad-all", "adagrad", lr=0.3, lr_decay=0.1, initial_accumulator=2.0, eps=0.01, eps_inside=1),
    *common("adagrad", "adagrad"),
    *draws("adagrad", "adagrad", 6, lr=log(1e-3, 0.5), eps=log(1e-12, 1e-2), lr_decay=log(1e-4, 0.1),
           initial_accumulator=log(1e-4, 10), eps_inside=choose(0, 1), weight_decay=log(1e-5, 0.01)),
]

RMSPROP = [
    case("rmsprop", "rmsprop"),
    lr_changes("rmsprop", 0.001),
    lr_changes("rmsprop", 0.001, "rmsprop-momentum-changes", momentum=0.9),
    lr_changes("rmsprop", 0.001, "rmsprop-momentum-lr-inside-changes", momentum=0.9, lr_in_momentum=1),
    case("rmsprop-lr-inside-without-momentum", "rmsprop", lr_in_momentum=1),
    case("rmsprop-torch", "rmsprop", lr=0.01, rho=0.99),
    case("rmsprop-centered", "rmsprop", centered=1),
    case("rmsprop-centered-momentum", "rmsprop", centered=1, momentum=0.5, rho=0.99),
    case("rmsprop-centered-eps-inside", "rmsprop", centered=1, eps_inside=1, eps=1e-3),
    case("rmsprop-eps-inside", "rmsprop", eps_inside=1, eps=1e-6),
    case("rmsprop-eps-large", "rmsprop", eps=0.1, lr=0.01),
    case("rmsprop-eps-tiny", "rmsprop", eps=1e-16),
    case("rmsprop-rho-0", "rmsprop", rho=0.0, eps=1e-3),
    case("rmsprop-rho-0.5", "rmsprop", rho=0.5),
    case("rmsprop-rho-0.9999", "rmsprop", rho=0.9999),
    case("rmsprop-initial", "rmsprop", initial_accumulator=1.0, momentum=0.9),
    *common("rmsprop", "rmsprop"),
    *draws("rmsprop", "rmsprop", 6, lr=log(1e-4, 0.03), rho=uniform(0.7, 0.999), eps=log(1e-10, 1e-2),
           momentum=choose(0.0, 0.5, 0.9), centered=choose(0, 1), eps_inside=choose(0, 1), lr_in_momentum=choose(0, 1),
           initial_accumulator=choose(0.0, 0.01, 1.0), weight_decay=log(1e-5, 0.01)),
]

ADADELTA = [
    case("adadelta", "adadelta"),
    lr_changes("adadelta", 1.0),
    case("adadelta-torch", "adadelta", rho=0.9),
    case("adadelta-rho-0", "adadelta", rho=0.0),
    case("adadelta-rho-0.5", "adadelta", rho=0.5),
    case("adadelta-rho-0.9999", "adadelta", rho=0.9999),
    case("adadelta-eps-large", "adadelta", eps=0.01, lr=0.1),
    case("adadelta-eps-tiny", "adadelta", eps=1e-12),
    *common("adadelta", "adadelta"),
    *draws("adadelta", "adadelta", 6, skip=(3,), lr=log(0.01, 2), rho=uniform(0.7, 0.999), eps=log(1e-9, 1e-3),
           weight_decay=log(1e-5, 0.01)),
]

ADAM = [
    case("adam", "adam"),
    case("adamw", "adamw"),
    case("amsgrad", "amsgrad"),
    lr_changes("adam", 0.001),
    lr_changes("adamw", 0.02, weight_decay=0.1),
    lr_changes("amsgrad", 0.001),
    case("amsgrad-max-corrected", "amsgrad", max_corrected=1),
    case("adam-amsgrad-by-name", "adam", amsgrad=1, beta2=0.9),
    case("amsgrad-betas", "amsgrad", beta1=0.5, beta2=0.9, lr=0.01),
    case("amsgrad-max-corrected-betas", "amsgrad", max_corrected=1, beta1=0.5, beta2=0.9, lr=0.01),
    case("amsgrad-eps-hat", "amsgrad", eps_hat=1, eps=1e-3),
    case("amsgrad-uncorrected", "amsgrad", bias_correction=0),
    case("adamw-amsgrad", "adamw", amsgrad=1, weight_decay=0.1, lr=0.01),
    case("adam-uncorrected", "adam", bias_correction=0),
    case("adam-eps-hat", "adam", eps_hat=1, eps=1e-3),
    case("adam-eps-hat-uncorrected", "adam", eps_hat=1, bias_correction=0),
    case("adam-betas-0", "adam", beta1=0.0, beta2=0.0, eps=1e-3),
    case("adam-beta1-0", "adam", beta1=0.0),
    case("adam-betas-0.5", "adam", beta1=0.5, beta2=0.5),
    case("adam-betas-0.9999", "adam", beta1=0.9999, beta2=0.9999),
    case("adam-eps-large", "adam", eps=1.0, lr=0.01),
    case("adam-eps-tiny", "adam", eps=1e-16),
    case("adam-changes", "adam", at=[(250, "beta1", 0.8), (500, "weight_decay", 0.01), (750, "beta2", 0.99)]),
    case("adamw-decay-0.5", "adamw", weight_decay=0.5, lr=0.01),
    *common("adam", "adam"),
    *draws("adam", "adam", 3, skip=(0,), lr=log(1e-4, 0.03), beta1=uniform(0, 0.95), beta2=uniform(0.95, 0.9999), eps=log(1e-12, 1e-2),
           eps_hat=choose(0, 1), bias_correction=choose(0, 1), weight_decay=log(1e-5, 0.01)),
    *draws("adam", "adamw", 2, beta1=uniform(0, 0.95), beta2=uniform(0.95, 0.9999), eps=log(1e-12, 1e-2), **DECOUPLED),
    *draws("adam", "amsgrad", 2, lr=log(1e-4, 0.03), beta1=uniform(0, 0.95), beta2=uniform(0.95, 0.9999), eps=log(1e-12, 1e-2),
           max_corrected=choose(0, 1)),
]

ADABOUND = [
    case("adabound", "adabound"),
    case("amsbound", "amsbound"),
    lr_changes("adabound", 0.001),                          # final_lr stays: only a schedule scales it
    lr_changes("amsbound", 0.001),
    case("adabound-final-lr", "adabound", final_lr=0.01, lr=0.01),
    case("adabound-gamma", "adabound", gamma=0.1),
    case("amsbound-gamma-final-lr", "amsbound", gamma=1.0, final_lr=0.003),
    case("adabound-amsgrad-by-name", "adabound", amsgrad=1, beta2=0.9),
    case("adabound-betas-0", "adabound", beta1=0.0, beta2=0.0, eps=1e-3),
    case("adabound-betas-0.5", "adabound", beta1=0.5, beta2=0.5),
    case("adabound-betas-0.9999", "adabound", beta1=1 - 2**-13, beta2=1 - 2**-13, final_lr=0.01),
    case("amsbound-beta2-0.9", "amsbound", beta2=0.9),
    case("adabound-eps-large", "adabound", eps=1.0, lr=0.1),
    case("adabound-eps-tiny", "adabound", eps=1e-16),
    *common("adabound", "adabound"),
    *draws("adabound", "adabound", 3, lr=log(1e-4, 0.03), beta1=uniform(0, 0.95), beta2=uniform(0.95, 0.9999),
           eps=log(1e-12, 1e-2), final_lr=log(1e-3, 0.2), gamma=log(1e-4, 0.1), weight_decay=log(1e-5, 0.01)),
    *draws("adabound", "amsbound", 3, beta1=uniform(0, 0.95), beta2=uniform(0.95, 0.9999), eps=log(1e-12, 1e-2),
           final_lr=log(1e-3, 0.2), gamma=log(1e-4, 0.1), **DECOUPLED),
]

RADAM = [
    case("radam", "radam"),
    lr_changes("radam", 0.001),
    case("radam-torch", "radam", rho_threshold=5.0),
    case("radam-unadapted-0", "radam", unadapted=0),
    case("radam-threshold-20", "radam", rho_threshold=20.0, unadapted=0, lr=0.01),
    case("radam-lr-1", "radam", lr=1.0, beta1=0.5),
    case("radam-betas-0", "radam", beta1=0.0, beta2=0.0, lr=0.01),          # rho never above 4
    case("radam-betas-0.5", "radam", beta1=0.5, beta2=0.5, lr=0.01),        # nor here
    case("radam-beta2-0.9", "radam", beta1=0.5, beta2=0.9),
    case("radam-betas-0.9999", "radam", beta1=1 - 2**-13, beta2=1 - 2**-13, lr=0.03),
    case("radam-eps-large", "radam", eps=0.1, lr=0.01),
    case("radam-eps-tiny", "radam", eps=1e-16),
    *common("radam", "radam"),
    *draws("radam", "radam", 4, lr=log(1e-4, 0.03), beta1=uniform(0, 0.95), beta2=uniform(0.95, 0.9995), eps=log(1e-12, 1e-2),
           rho_threshold=choose(4.0, 4.5, 5.0, 10.0), unadapted=choose(0, 1), weight_decay=log(1e-5, 0.01)),
    *draws("radam", "radam", 2, "decoupled", beta1=uniform(0, 0.95), beta2=uniform(0.95, 0.9995), **DECOUPLED),
]

NADAM = [
    case("nadam", "nadam"),
    lr_changes("nadam", 0.002),
    case("nadam-momentum-decay", "nadam", momentum_decay=0.1),
    case("nadam-momentum-decay-0", "nadam", momentum_decay=0.0),
    case("nadam-betas-0", "nadam", beta1=0.0, beta2=0.0, eps=1e-3),
    case("nadam-betas-0.5", "nadam", beta1=0.5, beta2=0.5),
    case("nadam-betas-0.9999", "nadam", beta1=0.9999, beta2=0.9999),
    case("nadam-beta1-changes", "nadam", at=[(250, "beta1", 0.5), (600, "beta1", 0.95)]),
    case("nadam-eps-large", "nadam", eps=0.1, lr=0.01),
    case("nadam-eps-tiny", "nadam", eps=1e-16),
    *common("nadam", "nadam"),
    *draws("nadam", "nadam", 4, lr=log(1e-4, 0.03), beta1=uniform(0, 0.95), beta2=uniform(0.95, 0.9999), eps=log(1e-12, 1e-2),
           momentum_decay=log(1e-4, 0.1), weight_decay=log(1e-5, 0.01)),
    *draws("nadam", "nadam", 2, "decoupled", beta1=uniform(0, 0.95), momentum_decay=log(1e-4, 0.1), **DECOUPLED),
]

ADAMAX = [
    case("adamax", "adamax"),
    lr_changes("adamax", 0.002),
    case("adamax-betas-0", "adamax", beta1=0.0, beta2=0.0, eps=1e-3),
    case("adamax-betas-0.5", "adamax", beta1=0.5, beta2=0.5, eps=1e-3),
    case("adamax-betas-0.9999", "adamax", beta1=0.9999, beta2=0.9999),
    case("adamax-beta2-0.95", "adamax", beta2=0.95),
    case("adamax-eps-large", "adamax", eps=1.0, lr=0.01),
    case("adamax-eps-tiny", "adamax", eps=1e-16),
    *common("adamax", "adamax"),
    *draws("adamax", "adamax", 4, lr=log(1e-4, 0.03), beta1=uniform(0, 0.95), beta2=uniform(0.96, 0.9999), eps=log(1e-12, 1e-2),
           weight_decay=log(1e-5, 0.01)),
    *draws("adamax", "adamax", 2, "decoupled", beta1=uniform(0, 0.95), beta2=uniform(0.96, 0.9999), **DECOUPLED),
]

LION = [
    case("lion", "lion"),
    case("lion-lr-changes", "lion", lr=2**-12, at=[(400, "lr", 2**-14), (700, "lr", 2**-11)], steps=(400, 700)),
    case("lion-betas-0", "lion", beta1=0.0, beta2=0.0, lr=2**-13),
    case("lion-beta1-0.5", "lion", beta1=0.5, beta2=0.9, lr=2**-13),
    case("lion-betas-0.9999", "lion", beta1=0.9999, beta2=0.9999, lr=2**-13),
    case("lion-beta2-0", "lion", beta2=0.0, lr=2**-10),
    case("lion-decay", "lion", weight_decay=0.5, lr=2**-8),
    *common("lion", "lion", lr=2**-13),
    *draws("lion", "lion", 6, lr=choose(2**-9, 3 * 2**-9, 2**-7), beta1=uniform(0.5, 0.99),
           beta2=uniform(0.9, 0.999), weight_decay=choose(0.0, 0.5, 1.0)),
]

FAMILIES = {
    "sgd": SGD, "rprop": RPROP, "adagrad": ADAGRAD, "rmsprop": RMSPROP, "adadelta": ADADELTA, "adam": ADAM,
    "adabound": ADABOUND, "radam": RADAM, "nadam": NADAM, "adamax": ADAMAX, "lion": LION,
}

from cases_wrappers import WRAPPER_FAMILIES    # noqa: E402 (the same tables, continued)

FAMILIES.update(WRAPPER_FAMILIES)
