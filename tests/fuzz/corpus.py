#!/usr/bin/env python3
"""The seed corpus of the fuzzer: good files, and hostile ones whose checksums are right, so that nothing but what is
wrong with them can be the reason to refuse them.

usage: corpus.py [--check] LIBRARY

Writes tests/fuzz/corpus/STATUS-NAME.state, STATUS being what optim_read must say of it: good, format, mismatch or io
(it ends too early). With --check it writes nothing and exits with 1 if the files are not what it would write. The states of
the good files come from the library; the files are put together by tests/oracle/state_format.py, which needs the Python
package xxhash (Debian: python3-xxhash).
"""
import ctypes
import os
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "oracle"), os.path.join(HERE, "..")]
import state_format  # noqa: E402
from hostile import Parts, hostile_parts, hostile_rules, hostile_texts, more_good  # noqa: E402
from random_settings import Handle  # noqa: E402

# As in handles.c.
CHAINS = ("adam", "lookahead(momentum)", "accumulate(nadam)", "swa(rprop)")
TENSORS = {"a": (np.float32, (2, 3)), "b/weight": (np.float64, (2,)), "s": (np.float32, ()), "empty": (np.float32, (0,))}


# ---- Good ones ------------------------------------------------------------------------------------------------------

def attach(handle, pattern, name, *links):
    """links: (kind, {parameter: value}, [points]) from inside out."""
    c, s = handle.c, None
    for kind, values, *points in links:
        outer = ctypes.c_void_p()
        if s is None:
            status = c.optim_schedule_create(ctypes.byref(outer), kind.encode())
        else:
            status = c.optim_schedule_wrap(ctypes.byref(outer), kind.encode(), s)
        for parameter, value in values.items():
            status = status or c.optim_schedule_set(outer, parameter.encode(), ctypes.c_double(value))
        for at, factor in points[0] if points else ():
            status = status or c.optim_schedule_point(outer, ctypes.c_double(at), ctypes.c_double(factor))
        if status:
            raise SystemExit(c.optim_errmsg(None).decode())
        s = outer
    handle.call("attach_for", pattern.encode(), name.encode(), s)


def state_of(library, chain, settings=(), schedules=(), steps=5, epochs=(), names=tuple(TENSORS)):
    handle = Handle(library, chain)
    weights = {name: np.zeros(shape, dtype) for name, (dtype, shape) in TENSORS.items()}
    gradients = {name: np.ones(shape, dtype) for name, (dtype, shape) in TENSORS.items()}
    for name in names:
        handle.add(name, weights[name], gradients[name])
    for pattern, name, value in settings:
        handle.set(name, value, pattern)
    for schedule in schedules:
        attach(handle, *schedule)
    for t in range(steps):
        for name in names:
            gradients[name][...] = np.arange(gradients[name].size).reshape(gradients[name].shape) - t / 4
        handle.step()
    for metric in epochs:
        handle.call("epoch", ctypes.c_double(metric))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "state")
        handle.call("save", path.encode())
        state = state_format.read(path)
    handle.destroy()
    state.whole["version"] = "corpus"
    return state


def good_states(library):
    yield "fresh", state_of(library, "adam", steps=0)
    yield "adam", state_of(library, "adam", [("*", "amsgrad", 1), ("b/*", "lr", 0.5), ("*", "clip_norm", 1)])
    yield "weights", state_of(library, "adam", [("*", "save_weights", 1)])
    yield "loss-scale", state_of(library, "adam", [("*", "loss_scale", 1024), ("*", "loss_scale_interval", 2)])
    yield "lookahead", state_of(library, "lookahead(momentum)", [("*", "inner_state", 2), ("s", "weight_decay", 0.1)])
    yield "accumulate", state_of(library, "accumulate(nadam)", [("*", "every", 3)])
    yield "swa", state_of(library, "swa(rprop)", [("*", "save_weights", 1)])
    yield "metrics", state_of(library, "adam", schedules=[
        ("*", "lr", ("plateau", {"patience": 1})), ("a", "weight_decay", ("halving", {}))], epochs=(3, 2, 4, 5, 6, 1))
    yield "schedules", state_of(library, "lookahead(momentum)", schedules=[
        ("*", "lr", ("cosine", {"steps": 20}), ("warmup", {"steps": 3})),
        ("b*", "lr", ("piecewise", {}, [(1, 0.5), (4, 0.25)])), ("s", "momentum", ("one_cycle", {"steps": 9}))])
    yield "some-missing", state_of(library, "adam", names=("a", "s"))


def carried_odd(library):
    for chain, name in (("accumulate(nadam)", "accumulate"), ("swa(rprop)", "swa")):
        state = state_of(library, chain)
        for i, odd in enumerate(("nan", "inf", -1, 1e300)):
            parts = Parts(state)
            for tensor in TENSORS:
                parts.metadata["tensor " + tensor]["carried"] = [odd] * len(state.stages)
            yield "good", f"carried-odd-{name}-{i}", parts.bytes()


def files(library):
    states = dict(good_states(library))
    for name, state in states.items():
        yield "good", name, Parts(state).bytes()
    adam = state_of(library, "adam", [("b/*", "lr", 0.5)])
    for kind in (hostile_parts, hostile_texts, hostile_rules, more_good):
        yield from kind(adam)
    yield from carried_odd(library)


def main():
    arguments = sys.argv[1:]
    check = "--check" in arguments
    if check:
        arguments.remove("--check")
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__.strip())
        sys.exit(0 if arguments == ["--help"] else 2)
    if state_format.xxhash is None:
        print("skipped: the package xxhash is missing (Debian: python3-xxhash)")
        return
    folder = os.path.join(HERE, "corpus")
    os.makedirs(folder, exist_ok=True)
    expected = {}
    for status, name, content in files(ctypes.CDLL(os.path.abspath(arguments[0]))):
        assert f"{status}-{name}.state" not in expected, name
        expected[f"{status}-{name}.state"] = content
    differing = sorted(set(os.listdir(folder)) - set(expected)) if check else []
    for name, content in expected.items():
        path = os.path.join(folder, name)
        if not check:
            with open(path, "wb") as file:
                file.write(content)
        elif not os.path.exists(path) or open(path, "rb").read() != content:
            differing.append(name)
    for name in differing:
        print(f"{name} is not what corpus.py writes")
    print(f"{len(expected) - len(differing)} passed, {len(differing)} failed")
    sys.exit(bool(differing))


if __name__ == "__main__":
    main()
