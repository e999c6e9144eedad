"""Times steps of PyTorch's optimizers: bench/torch.c says what and how often, one line each.

    create ALGORITHM DTYPE THREADS FOREACH SIZE...  ->  ready, unknown (PyTorch has no such thing) or absent
    time STEPS                                      ->  nanoseconds
"""
import sys
import time

try:
    import torch
except ImportError:
    torch = None


def optimizer(name, parameters, foreach):
    """As PyTorch has it, with its defaults and a learning rate; None if it has not."""
    optim = torch.optim
    known = {
        "sgd": (optim.SGD, {"lr": 0.01}),
        "momentum": (optim.SGD, {"lr": 0.01, "momentum": 0.9}),
        "nesterov": (optim.SGD, {"lr": 0.01, "momentum": 0.9, "nesterov": True}),
        "rprop": (optim.Rprop, {}),
        "adagrad": (optim.Adagrad, {}),
        "rmsprop": (optim.RMSprop, {}),
        "adadelta": (optim.Adadelta, {}),
        "adam": (optim.Adam, {}),
        "amsgrad": (optim.Adam, {"amsgrad": True}),
        "adamw": (optim.AdamW, {}),
        "radam": (optim.RAdam, {}),
        "nadam": (optim.NAdam, {}),
        "adamax": (optim.Adamax, {}),
    }
    if name not in known:
        return None
    kind, settings = known[name]
    return kind(parameters, foreach=foreach, **settings)


def create(name, dtype, threads, foreach, *sizes):
    torch.set_num_threads(int(threads))
    parameters = []
    for size in sizes:
        values = torch.ones(int(size), dtype=getattr(torch, dtype), requires_grad=True)
        values.grad = torch.full_like(values, 0.01)
        parameters.append(values)
    return optimizer(name, parameters, foreach == "1")


def main():
    stepper = None
    for line in sys.stdin:
        command, *words = line.split()
        if torch is None:
            print("absent", flush=True)
            return
        if command == "create":
            stepper = create(*words)
            if stepper:
                stepper.step()
            print("ready" if stepper else "unknown", flush=True)
        else:
            start = time.perf_counter_ns()
            for _ in range(int(words[0])):
                stepper.step()
            print(time.perf_counter_ns() - start, flush=True)


if __name__ == "__main__":
    main()
