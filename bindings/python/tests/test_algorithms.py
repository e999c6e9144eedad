"""Every class is what the library says of itself, and does what direct calls of the library do."""
import inspect
import random

import liboptim
import numpy as np
import pytest
from direct import Direct, same
from liboptim import library, names

ENTRIES = library.algorithms()
PLAIN = [entry for entry in ENTRIES if not entry.wraps]
WRAPPERS = [entry for entry in ENTRIES if entry.wraps]
SHAPES = {"layer.weight": (13, 7), "layer.bias": (7,), "scale": (), "none": (0, 3)}


def test_the_library_has_algorithms():
    assert len(PLAIN) >= 19 and len(WRAPPERS) >= 4
    assert list(liboptim.CLASSES) == [entry.name for entry in ENTRIES]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_class_is_what_the_library_says(entry):
    kind = liboptim.CLASSES[entry.name]
    assert getattr(liboptim, kind.__name__) is kind and kind.__name__ in liboptim.__all__
    parameters = list(inspect.signature(kind).parameters.values())
    own = ["inner"] if entry.wraps else ["params", "grads"]
    assert [p.name for p in parameters] == own + [h.name for h in entry.hyperparameters]
    for parameter, h in zip(parameters[len(own):], entry.hyperparameters):
        assert parameter.default == h.initial and parameter.kind is parameter.KEYWORD_ONLY
        line = [line for line in kind.__doc__.split("\n") if line.split()[:1] == [h.name]]
        assert len(line) == 1 and h.help in line[0] and h.range in line[0]
    assert entry.summary[1:] in kind.__doc__


@pytest.mark.parametrize("name, expected", [
    ("adamw", "AdamW"), ("sgd", "SGD"), ("radam", "RAdam"), ("ema", "EMA"), ("lookahead", "Lookahead"),
    ("rprop-plus", "RpropPlus"), ("cosine_restarts", "CosineRestarts"), ("schedule-free", "ScheduleFree"),
    ("soap", "Soap"), ("none", "None_"), ("2nd-order", "Algorithm2ndOrder"), ("taken", "Taken_")])
def test_class_names(name, expected):
    assert names.class_name(name, {"Taken"}) == expected


def test_argument_names():
    assert names.argument_name("lambda") == "lambda_"
    assert names.argument_name("params", ("params",)) == "params_"
    assert names.argument_name("lr") == "lr"


def draw(rng, h):
    """A value in the range, of a magnitude that makes sense."""
    if h.name in ("blas", "check_finite", "loss_scale", "load_strict", "save_weights") or rng.random() < 0.4:
        return h.initial
    if h.max <= 2 and h.min == 0 and h.initial in (0, 1, 2) and h.max in (1, 2):
        return float(rng.randint(0, int(h.max)))
    if h.max == 2 ** 53:
        return float(rng.randint(int(h.min), 5))
    high = min(h.max, 2.0) if h.max < 2 else max(1.0, 2 * h.min)
    return rng.uniform(max(h.min, 1e-3), max(high, h.min))


def settle(direct, known, rng):
    """Random settings that do not contradict each other, as direct calls found."""
    values = {}
    for h in known:
        value = draw(rng, h)
        if value != h.initial and direct.set(h.name, value) == 0:
            values[h.name] = value
    return values


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("chain", [entry.name for entry in PLAIN] + [
    f"{wrapper.name}({inner})" for wrapper in WRAPPERS for inner in ("adam", "radam")] + ["ema(lookahead(nadam))"])
def test_random_settings_give_the_bits_of_direct_calls(chain, dtype):
    rng, numbers = random.Random(f"{chain}{dtype}"), np.random.default_rng(1)
    links = chain.rstrip(")").split("(")
    known = [h for link in links for h in liboptim.CLASSES[link].hyperparameters]
    runs = 0
    while runs < 5:
        direct = Direct(chain)
        values = settle(direct, known, rng)
        if direct.step() != 0:  # a contradiction with a default
            with pytest.raises(liboptim.OptimConflictError):
                liboptim.create(chain, **values).step()
            continue
        runs += 1
        start = {name: numbers.standard_normal(shape).astype(dtype) for name, shape in SHAPES.items()}
        ours, theirs = ({name: np.array(a) for name, a in start.items()} for _ in range(2))
        grads = {name: np.zeros_like(a) for name, a in start.items()}
        for name, param in theirs.items():
            direct.add(name, param, grads[name])
        assert direct.set("lr", 0.003, "*.bias") == 0
        opt = liboptim.create(chain, ours, grads, **values)
        opt.set("lr", 0.003, "*.bias")
        assert opt.name == chain and isinstance(opt, liboptim.CLASSES[links[0]])
        for _ in range(12):
            for grad in grads.values():
                grad[...] = numbers.standard_normal(grad.shape)
            assert direct.step() == 0
            opt.step()
        for i, name in enumerate(SHAPES):
            assert same(ours[name], theirs[name]), (values, name)
            for slot, view in opt.slots_of(name).items():
                if view.size:
                    assert same(view, direct.state(i, slot, theirs[name])), (values, name, slot)
        assert all(opt.get(name) == value for name, value in values.items())


def test_gradients_each_step_are_as_if_bound():
    numbers = np.random.default_rng(2)
    runs = []
    for way in ("bound", "mapping", "sequence", "fresh"):
        numbers = np.random.default_rng(2)
        w, b, gw, gb = np.ones((3, 4)), np.ones(4), np.zeros((3, 4)), np.zeros(4)
        opt = liboptim.Adam({"w": w, "b": b}, lr=0.1)
        if way == "bound":
            opt.bind({"w": gw, "b": gb})
        for _ in range(9):
            gw[:], gb[:] = numbers.standard_normal((3, 4)), numbers.standard_normal(4)
            if way == "bound":
                opt.step()
            elif way == "mapping":
                opt.step({"b": gb, "w": gw})
            elif way == "sequence":
                opt.step([gw, gb])
            else:
                opt.step((gw.copy(), gb.copy()))
        runs.append(np.concatenate([w.ravel(), b]))
    assert all(same(run, runs[0]) for run in runs)


def test_a_tensor_without_gradient_is_left_as_it_is():
    w, b = np.ones(3), np.ones(3)
    opt = liboptim.Adam({"w": w, "b": b}, lr=0.1)
    opt.step({"w": np.ones(3)})
    assert np.all(b == 1) and np.all(w < 1) and not opt.state("b", "exp_avg").any()
    before = w.copy()
    opt.step([None, np.ones(3)])
    assert same(w, before) and np.all(b < 1)
    opt.bind({"b": None})
    before = b.copy()
    opt.step()
    assert same(b, before)


def test_parameters_may_be_given_in_four_ways():
    one, two = np.ones(2), np.ones(2)
    assert list(liboptim.SGD({"a": one, "b": two}).tensors) == ["a", "b"]
    assert list(liboptim.SGD([("a", one), ("b", two)]).tensors) == ["a", "b"]
    assert list(liboptim.SGD([one, two]).tensors) == ["0", "1"]
    assert list(liboptim.SGD(one, np.ones(2)).tensors) == ["0"]
    assert liboptim.SGD(one).tensors["0"] is one
    assert len(liboptim.SGD()) == 0
    opt = liboptim.SGD(lr=1)
    opt.add("late", one, two)
    opt.step()
    assert np.all(one == 0) and len(opt) == 1


def test_names_of_the_paper():
    opt = liboptim.Lookahead(liboptim.RAdam([np.ones(2)], lr=0.5), k=7, alpha=0.25)
    assert opt.sync_period == 7 and opt.slow_step == 0.25 and opt.lr == 0.5
    assert liboptim.create("lookahead(adam)", k=3).sync_period == 3


def test_wrappers_own_what_is_inside():
    w = np.ones(3)
    inner = liboptim.RAdam({"w": w}, {"w": np.ones(3)}, lr=0.1)
    inner.step()
    opt = liboptim.EMA(liboptim.Lookahead(inner, k=2), decay=0.5)
    assert opt.name == "ema(lookahead(radam))" and opt.steps == 1 and opt.tensors["w"] is w
    opt.step()
    for use in (inner.step, lambda: inner.lr, lambda: liboptim.EMA(inner), inner.__enter__):
        with pytest.raises(liboptim.OptimStateError, match="inside a Lookahead"):
            use()
    inner.close()
    opt.step()
    with pytest.raises(TypeError, match="goes around an optimizer, not a dict"):
        liboptim.EMA({})
    adam = liboptim.Adam([w])
    for wrong, exception in (({"dekay": 1}, TypeError), ({"decay": 2}, ValueError), ({"decay": "x"}, TypeError)):
        with pytest.raises(exception):
            liboptim.EMA(adam, **wrong)
    adam.step()  # it is still the caller's


def test_swap():
    w = np.zeros(3)
    opt = liboptim.EMA(liboptim.SGD([w], [np.ones(3)], lr=1), decay=0.5)
    opt.step()
    opt.step()
    last = w.copy()
    with opt.swapped():
        assert np.all(w != last)
        with pytest.raises(liboptim.OptimStateError):
            opt.step()
    assert same(w, last)
    with pytest.raises(liboptim.OptimStateError):
        liboptim.SGD([np.zeros(1)]).swap()
