#!/usr/bin/env python3
"""Files of optim_save as another reader and writer of docs/state-format.md sees them: tests/oracle/state_format.py.

usage: state_files.py LIBRARY

For each optimizer, alone and in each wrapper, with odd names, rules, a schedule, and a tensor that has not stepped: what
the reader finds is what the library says of itself, bit for bit; a file that the writer makes of it is loaded; and what
the library then saves is the first file again. The Python packages safetensors and xxhash are used where they are.
"""
import ctypes
import os
import sys
import tempfile

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "oracle"))
import state_format  # noqa: E402
from random_settings import Failure, Handle  # noqa: E402

try:
    import safetensors.numpy
except ImportError:
    safetensors = None

TENSORS = {"layer/1.weight": (3, 4), "weight": (2,), 'a "quote", \\ and\nnewline': (), "größe/重み": (5, 1), "empty": (0, 7),
           "late": (3,)}
RESTING = "late" # no gradient: no step uses it
SWAPPABLE = ("lookahead", "ema", "swa")


class File(Exception):
    pass


def algorithms(library):
    library.optim_algorithm_name.restype = ctypes.c_char_p
    library.optim_algorithm_count.restype = ctypes.c_size_t
    names = [library.optim_algorithm_name(ctypes.c_size_t(i)).decode() for i in range(library.optim_algorithm_count())]
    wraps = {name: library.optim_algorithm_wraps(name.encode()) for name in names}
    plain = [name for name in names if wraps[name] == 0]
    outer = [name for name in names if wraps[name] == 1]
    return plain + [f"{wrapper}({name})" for wrapper in outer for name in plain] + \
        ["ema(lookahead(adam))", "lookahead(lookahead(momentum))", "ema(ema(ema(sgd)))", "swa(ema(ranger))"]


class Model:
    def __init__(self, library, chain, dtype):
        self.handle = Handle(library, chain)
        random = np.random.default_rng(7)
        self.weights = {name: random.standard_normal(shape).astype(dtype) for name, shape in TENSORS.items()}
        self.gradients = {name: random.standard_normal(shape).astype(dtype) for name, shape in TENSORS.items()}

    def prepare(self, order):
        for name in order:
            self.handle.add(name, self.weights[name], None if name == RESTING else self.gradients[name])

    def state(self, number, slot, elements, dtype):
        data = ctypes.c_void_p()
        if self.handle.c.optim_state(self.handle.pointer, ctypes.c_size_t(number), slot.encode(), ctypes.byref(data), None,
                                     None) != 0:
            return None
        size = elements * np.dtype(dtype).itemsize
        return ctypes.string_at(data, size) if size else b""


def schedule(handle, pattern):
    s, outer = ctypes.c_void_p(), ctypes.c_void_p()
    c = handle.c
    c.optim_schedule_create(ctypes.byref(s), b"cosine")
    c.optim_schedule_set(s, b"steps", ctypes.c_double(50))
    c.optim_schedule_wrap(ctypes.byref(outer), b"warmup", s)
    c.optim_schedule_set(outer, b"steps", ctypes.c_double(3))
    handle.call("attach_for", pattern.encode(), b"lr", outer)


def demand(condition, text):
    if not condition:
        raise File(text)


def compare(model, state, chain, dtype):
    """What the reader found with what the library says."""
    handle = model.handle
    demand(state.whole["algorithm"] == handle.c.optim_name(handle.pointer).decode(), "algorithm")
    demand(state.whole["steps"] == 4 and state.whole["epochs"] == 1 and state.whole["skipped"] == 1, "counts")
    for stage in state.stages:
        for name, value in stage["values"].items():
            of_all = ctypes.c_double()
            handle.call("get", name.encode(), ctypes.byref(of_all))
            named_once = sum(name in other["values"] for other in state.stages) == 1
            demand(not named_once or of_all.value == value, f"{name} is {of_all.value}, the file has {value}")
    demand([rule["pattern"] for rule in state.rules if "schedule" in rule and rule["schedule"]] == ["*weight"],
           "the schedule's rule")
    demand(any(rule.get("value") == 0.25 and rule["pattern"] == "[a-m]*" for rule in state.rules), "the value's rule")
    demand(set(state.tensors) == set(TENSORS), f"tensors {sorted(state.tensors)}")
    for number, name in enumerate(TENSORS):
        tensor = state.tensors[name]
        demand(tensor.shape == list(TENSORS[name]), f"shape of {name!r}")
        demand(name != RESTING or (set(tensor.slots) == {"weight"} and not any(tensor.steps)), f"{name} has a state")
        for slot, array in tensor.slots.items():
            found = model.weights[name].tobytes() if slot == "weight" else \
                model.state(number, slot, array.size, dtype)
            demand(found == array.tobytes() or (found is None and slot[-2:] in (".1", ".2")), f"{slot} of {name!r} in {chain}")


def same_file(one, other):
    with open(one, "rb") as first, open(other, "rb") as second:
        return first.read() == second.read()


def check(library, chain, dtype, folder):
    first, made, again = (os.path.join(folder, name) for name in ("first", "made", "again"))
    model, other = Model(library, chain, dtype), Model(library, chain, dtype)
    handle = model.handle
    model.prepare(TENSORS)
    handle.set("save_weights", 1)
    handle.set("check_finite", 2)
    handle.set("clip_norm", 0.5)
    handle.set("weight_decay", 0.25, "[a-m]*")
    schedule(handle, "*weight")
    for t in range(5):
        model.gradients["weight"][0] = np.inf if t == 3 else t
        handle.step()
    handle.call("epoch", ctypes.c_double(0.5))
    handle.call("save", first.encode())
    state = state_format.read(first)
    compare(model, state, chain, dtype)
    if safetensors:
        opened = safetensors.numpy.load_file(first)
        demand(set(opened) == {f"{name}/{slot}" for name, tensor in state.tensors.items() for slot in tensor.slots},
               "the parts that safetensors finds")
        for name, tensor in state.tensors.items():
            for slot, array in tensor.slots.items():
                demand(opened[f"{name}/{slot}"].tobytes() == array.tobytes(), f"{slot} of {name!r} by safetensors")
    if state_format.xxhash:
        with open(made, "wb") as file:
            file.write(state_format.write_bytes(state))
        other.prepare(reversed(TENSORS))
        other.handle.call("load", made.encode())
        for name in TENSORS:
            demand(other.weights[name].tobytes() == model.weights[name].tobytes(), f"loaded weights of {name!r}")
        other.handle.set("save_weights", 1)
        other.handle.call("save", again.encode())
        demand(same_file(first, again), "what was loaded from the writer's file is saved as another file")
    handle.destroy()
    other.handle.destroy()


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__.strip())
        sys.exit(0 if sys.argv[1:] == ["--help"] else 2)
    library = ctypes.CDLL(os.path.abspath(sys.argv[1]))
    library.optim_name.restype = ctypes.c_char_p
    if state_format.xxhash is None:
        print("skipped: checksums and the writer; the package xxhash is missing (Debian: python3-xxhash)")
    if safetensors is None:
        print("skipped: the safetensors package, which is not here")
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for chain in algorithms(library):
            for dtype in (np.float32, np.float64):
                try:
                    check(library, chain, dtype, folder)
                    passed += 1
                except (File, Failure, state_format.BadState) as error:
                    print(f"{chain} {dtype.__name__}: {error}")
                    failed += 1
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0 or passed == 0)


if __name__ == "__main__":
    main()
