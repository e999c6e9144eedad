"""Hyperparameters, rules and schedules."""
import copy
import inspect
import math

import liboptim
import numpy as np
import pytest
from liboptim import library, schedules

KINDS = library.schedules()


def adam(**settings):
    return liboptim.AdamW({"layer.weight": np.ones(2), "layer.bias": np.ones(2)}, **settings)


def test_rules_by_pattern():
    opt = adam(weight_decay=0.1)
    opt.set("weight_decay", 0, "*.bias")
    assert opt.get("weight_decay") == 0.1 and opt.get("weight_decay", "layer.weight") == 0.1
    assert opt.get("weight_decay", "layer.bias") == 0
    opt.add("new.bias", np.ones(1))
    assert opt.get("weight_decay", "new.bias") == 0
    opt.weight_decay = 0.2
    assert opt.get("weight_decay", "layer.bias") == 0.2
    assert opt.values()["weight_decay"] == 0.2 and opt.values("layer.bias")["lr"] == opt.lr
    with pytest.raises(KeyError):
        opt.get("lr", "layer")


def test_attributes():
    opt = liboptim.Lookahead(adam(lr=0.5), k=3)
    assert opt.lr == 0.5 and opt.sync_period == 3 and "lr" in dir(opt) and "sync_period" in dir(opt)
    opt.lr = np.float32(0.25)
    assert opt.get("lr") == 0.25
    assert not hasattr(opt, "learning_rate")
    with pytest.raises(AttributeError, match="learning_rate"):
        opt.learning_rate = 1
    with pytest.raises(AttributeError):
        opt.steps = 3
    with pytest.raises(ValueError, match="lr = -1"):
        opt.lr = -1
    assert opt.lr == 0.25
    opt.amsgrad = True
    assert opt.amsgrad == 1


@pytest.mark.parametrize("settings, exception, message", [
    ({"lrr": 1}, TypeError, "near: lr"),
    ({"lr": -1}, ValueError, "lr = -1"),
    ({"lr": math.nan}, ValueError, "nan"),
    ({"amsgrad": 0.5}, ValueError, "whole"),
    ({"lr": "0.1"}, TypeError, "lr must be a number, not '0.1'"),
    ({"lr": None}, TypeError, "lr must be a number, not a NoneType"),
    ({"lr": 10 ** 400}, OverflowError, ""),
])
def test_settings_that_are_refused(settings, exception, message):
    with pytest.raises(exception, match=message):
        adam(**settings)


def test_contradictions_in_any_order():
    for settings in ({"momentum": 0.9, "nesterov": 1}, {"nesterov": 1, "momentum": 0.9}):
        assert liboptim.SGD(**settings).nesterov == 1
    with pytest.raises(liboptim.OptimConflictError, match="contradicts"):
        liboptim.SGD(momentum=0.9, nesterov=1, dampening=0.5)


@pytest.mark.parametrize("entry", KINDS, ids=lambda entry: entry.name)
def test_schedule_class_is_what_the_library_says(entry):
    kind = schedules.KINDS[entry.name]
    assert getattr(schedules, kind.__name__) is kind
    parameters = list(inspect.signature(kind).parameters.values())[1 if entry.wraps else 0:]
    assert [p.name for p in parameters] == [h.name for h in entry.hyperparameters]
    for parameter, h in zip(parameters, entry.hyperparameters):
        assert parameter.default == (inspect.Parameter.empty if math.isnan(h.initial) else h.initial)
        assert h.help in kind.__doc__


@pytest.mark.parametrize("entry", KINDS, ids=lambda entry: entry.name)
def test_schedule_works(entry):
    needed = {h.name: 10 for h in entry.hyperparameters if math.isnan(h.initial)}
    inner = [schedules.Cosine(steps=10)] if entry.wraps else []
    if needed:
        with pytest.raises(TypeError, match="missing a required"):
            schedules.create(entry.name, *inner)
    s = schedules.create(entry.name, *inner, **needed)
    assert all(s.get(name) == value for name, value in needed.items())
    assert math.isfinite(s.factor(3)) and type(s).__name__ in repr(s)
    opt = adam(lr=0.5).attach("lr", s)
    assert opt.get("lr", "layer.bias") == 0.5 * s.factor(0)


def test_attached_schedules():
    opt = adam(lr=0.1, weight_decay=0.5)
    warm = schedules.Warmup(schedules.Cosine(steps=90), steps=10, delay=1)
    opt.attach("lr", warm).attach("weight_decay", schedules.Linear(steps=10), "*.weight")
    opt.bind([np.ones(2), np.ones(2)])
    for t in range(20):
        assert opt.get("lr", "layer.bias") == pytest.approx(0.1 * warm.factor(t), rel=1e-15)
        assert opt.get("weight_decay", "layer.weight") == pytest.approx(0.5 * max(0, 1 - t / 10))
        assert opt.get("weight_decay", "layer.bias") == 0.5
        opt.step()
    assert opt.lr == 0.1
    with pytest.raises(liboptim.OptimStateError, match="already"):
        opt.attach("lr", schedules.Constant())
    with pytest.raises(liboptim.OptimStateError, match="belongs to"):
        warm.set("steps", 3)
    opt.detach("lr")
    assert opt.get("lr", "layer.bias") == 0.1
    with pytest.raises(liboptim.OptimStateError, match="freed"):
        warm.factor(0)
    assert "freed" in repr(warm)


def test_schedules_that_are_refused():
    opt, inner = adam(), schedules.Cosine(steps=5)
    schedules.Warmup(inner, steps=2)
    for use in (lambda: opt.attach("lr", inner), lambda: schedules.Warmup(inner, steps=3)):
        with pytest.raises(liboptim.OptimStateError, match="belongs to"):
            use()
    taken = schedules.Constant()
    opt.attach("lr", taken)
    with pytest.raises(liboptim.OptimStateError, match="belongs to"):
        adam().attach("lr", taken)
    with pytest.raises(TypeError, match="not a float"):
        opt.attach("lr", 0.5)
    with pytest.raises(TypeError, match="goes around a schedule"):
        schedules.Warmup(adam(), steps=2)
    with pytest.raises(KeyError, match="there are: "):
        schedules.create("cosin", steps=3)
    with pytest.raises(ValueError):
        schedules.Cosine(steps=0)
    with pytest.raises(TypeError, match="unexpected"):
        schedules.Cosine(steps=3, stepz=3)
    with pytest.raises(ValueError, match="negative"):
        schedules.Cosine(steps=3).factor(-1)
    with pytest.raises(TypeError, match="cannot be copied"):
        copy.deepcopy(taken)
    with pytest.raises(liboptim.OptimArgumentError, match="choice"):
        opt.attach("amsgrad", schedules.Constant())


def test_points():
    s = schedules.Piecewise().point(10, 0.1).point(20, 0.01)
    assert [s.factor(t) for t in (0, 9, 10, 19, 20)] == [1, 1, 0.1, 0.1, 0.01]
    with pytest.raises(ValueError):
        s.point(20, 1)
    with pytest.raises(liboptim.OptimError):
        schedules.Constant().point(1, 1)


def test_epochs_and_metrics():
    opt = adam(lr=1).attach("lr", schedules.Plateau(factor=0.5, patience=1, threshold=0))
    for metric in (1.0, 2.0, 2.0, 2.0, 2.0):
        opt.epoch(metric)
    assert opt.epochs == 5 and opt.get("lr", "layer.bias") == 0.25
    opt.epoch()
    assert opt.epochs == 6


def test_norm_and_skipped_steps():
    w = np.ones(2)
    opt = liboptim.SGD({"w": w}, lr=1)
    opt.step([np.array([3.0, 4.0])])
    with pytest.raises(liboptim.OptimStateError):
        opt.norm()
    opt.clip_norm = 1
    opt.step([np.array([3.0, 4.0])])
    assert opt.norm() == 5
    opt.check_finite = 1
    before = w.copy()
    with pytest.raises(FloatingPointError, match='"w"') as caught:
        opt.step([np.array([3.0, np.inf])])
    assert caught.value.status == -12 and np.all(w == before) and opt.steps == 2 and opt.skipped == 0
    opt.check_finite = 2
    opt.step()
    assert np.all(w == before) and opt.steps == 2 and opt.skipped == 1


def test_reset():
    runs = []
    w = np.ones(3)
    opt = liboptim.Adam([w], [np.arange(3.0)], lr=0.1)
    for _ in range(2):
        w[:] = 1
        for _ in range(5):
            opt.step()
        runs.append(w.copy())
        opt.reset()
        assert opt.steps == 0
    assert runs[0].tobytes() == runs[1].tobytes()


def test_create():
    assert type(liboptim.create("rprop_plus")) is liboptim.RpropPlus
    assert type(liboptim.create("swa(ema(adam))")) is liboptim.SWA
    for wrong in ("adm", "lookahead", "lookahead(adm)", "adam(adam)", "", "lookahead(adam"):
        with pytest.raises(liboptim.OptimNameError):
            liboptim.create(wrong)
    with pytest.raises(TypeError, match="must be a str"):
        liboptim.create(3)
    with pytest.raises(TypeError, match="such as AdamW"):
        liboptim.Optimizer([np.ones(1)])
