"""What is kept alive, and what is let go of when."""
import copy
import gc
import pickle
import weakref

import liboptim
import numpy as np
import pytest
from liboptim import schedules
from liboptim.library import C


@pytest.fixture(autouse=True)
def by_reference_counts_alone():
    """Large memory must not wait for the garbage collector."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def destroyed(monkeypatch):
    """The handles that were destroyed."""
    pointers = []

    def destroy(self):
        if self.pointer is not None:
            pointers.append(self.pointer)
            C.optim_destroy(self.pointer)

    monkeypatch.setattr(liboptim.handle.Handle, "__del__", destroy)
    return pointers


def test_arrays_are_kept_alive():
    opt = liboptim.SGD({"w": np.ones(100_000)}, {"w": np.ones(100_000)}, lr=1)
    for _ in range(3):
        np.full(100_000, 7.0)  # would be in freed memory
        opt.step()
    assert np.all(opt.tensors["w"] == -2)


def test_arrays_are_let_go_of():
    w, g = np.ones(3), np.ones(3)
    alive = weakref.ref(w), weakref.ref(g)
    opt = liboptim.Lookahead(liboptim.SGD([w], [g]))
    del w, g
    assert all(reference() is not None for reference in alive)
    opt.bind([None])
    assert alive[1]() is None
    opt.close()
    assert alive[0]() is None
    w = np.ones(3)
    alive = weakref.ref(w)
    opt = liboptim.SGD([w])
    del w, opt
    assert alive() is None


def test_an_array_in_use_cannot_be_resized():
    w = np.ones(3)
    opt = liboptim.SGD({"w": w})
    with pytest.raises(ValueError, match="resize"):
        w.resize(10_000_000)
    opt.close()


def test_destroyed_with_the_last_reference(destroyed):
    opt = liboptim.Adam([np.ones(3)])
    pointer = opt._handle.pointer
    opt.attach("lr", schedules.Cosine(steps=3))
    del opt
    assert destroyed == [pointer]


def test_wrapped_destroyed_once(destroyed):
    inner = liboptim.Adam([np.ones(3)])
    pointer = inner._handle.pointer
    outer = liboptim.EMA(inner)
    del inner
    whole = outer._handle.pointer
    assert not {pointer, whole} & set(destroyed)
    del outer
    assert destroyed.count(whole) == 1 and pointer not in destroyed


def test_views_of_state_keep_the_optimizer(destroyed):
    opt = liboptim.Adam([np.ones(50_000)], [np.ones(50_000)])
    opt.step()
    view = opt.state(0, "exp_avg")
    part = view[10:20].reshape(2, 5)
    wrapped = liboptim.Lookahead(opt)
    pointer = wrapped._handle.pointer
    wrapped.close()
    del opt, wrapped, view
    assert pointer not in destroyed
    filler = [np.full(50_000, 3.0) for _ in range(20)]
    assert np.allclose(part, 0.1, rtol=1e-12) and len(filler) == 20
    del part
    assert destroyed.count(pointer) == 1


def test_state_is_a_view():
    w = np.ones((2, 3), np.float32)
    opt = liboptim.Adam({"w": w}, [np.ones((2, 3), np.float32)])
    view = opt.state("w", "exp_avg")
    assert view.shape == (2, 3) and view.dtype == np.float32 and not view.any()
    opt.step()
    assert np.all(view == np.float32(0.1))
    view[:] = 7  # for restoring
    assert np.all(opt.state(0, "exp_avg") == 7)
    assert set(opt.slots_of("w")) == {"exp_avg", "exp_avg_sq"}
    with pytest.raises(KeyError):
        opt.state("w", "nothing")
    with pytest.raises(liboptim.OptimStateError, match="does not use"):
        opt.state("w", "max_exp_avg_sq")
    with pytest.raises(KeyError, match="no tensor"):
        opt.state("v", "exp_avg")
    for number in (1, -1):
        with pytest.raises(IndexError):
            opt.state(number, "exp_avg")
    with pytest.raises(TypeError):
        opt.state(1.5, "exp_avg")
    assert liboptim.Adam([np.ones((0, 2))]).state(0, "exp_avg").shape == (0, 2)


def test_schedules_keep_what_they_need(destroyed):
    s = schedules.Cosine(steps=10)
    opt = liboptim.Adam([np.ones(3)]).attach("lr", s)
    del opt
    assert destroyed == [] and s.factor(5) == pytest.approx(0.5)  # the optimizer's, which it keeps
    del s
    assert len(destroyed) == 1


def test_an_inner_schedule_keeps_the_outer_one():
    inner = schedules.Cosine(steps=10)
    schedules.Warmup(inner, steps=2)
    for _ in range(100):
        schedules.Constant()
    assert inner.factor(5) == pytest.approx(0.5)
    with pytest.raises(liboptim.OptimStateError):
        inner.set("steps", 5)


def test_schedules_of_a_detached_chain():
    inner = schedules.Cosine(steps=10)
    opt = liboptim.Adam().attach("lr", schedules.Warmup(inner, steps=2))
    opt.detach("lr")
    for use in (lambda: inner.factor(1), lambda: inner.get("steps"), lambda: inner.set("steps", 2)):
        with pytest.raises(liboptim.OptimStateError, match="freed"):
            use()


def test_close_and_with():
    w = np.ones(3)
    with liboptim.Adam([w], [np.ones(3)], lr=0.1) as opt:
        opt.step()
    opt.close()
    for use in (opt.step, opt.reset, opt.swap, opt.values, opt.to_bytes, opt.epoch, opt.__enter__,
                lambda: opt.steps, lambda: opt.lr, lambda: opt.tensors, lambda: opt.name, lambda: opt.set("lr", 1),
                lambda: opt.add("x", w), lambda: opt.bind([]), lambda: opt.state(0, "exp_avg"),
                lambda: opt.attach("lr", schedules.Constant()), lambda: setattr(opt, "lr", 1)):
        with pytest.raises(liboptim.OptimStateError, match="it was closed"):
            use()
    assert repr(opt) == "<Adam: it was closed>" and len(opt) == 0


@pytest.mark.parametrize("copying", [copy.copy, copy.deepcopy, pickle.dumps])
def test_no_copies(copying):
    with pytest.raises(TypeError, match="to_bytes"):
        copying(liboptim.Adam([np.ones(3)]))


def test_a_constructor_that_fails_leaves_nothing(destroyed):
    w = np.ones(3)
    alive = weakref.ref(w)
    for wrong in ({"lr": -1}, {"lrr": 1}):
        with pytest.raises((ValueError, TypeError)):
            liboptim.Adam([w], **wrong)
    with pytest.raises(ValueError):
        liboptim.Adam([w, w])
    del w
    assert len(destroyed) == 3 and alive() is None


def test_many_optimizers_need_no_more_memory():
    def resident():
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * 4096

    def once():
        w = np.ones(200_000)
        opt = liboptim.Lookahead(liboptim.Adam([w], [np.ones(200_000)]))
        opt.attach("lr", schedules.Warmup(schedules.Cosine(steps=10), steps=2))
        opt.step()
        opt.from_bytes(opt.to_bytes())

    for _ in range(3):
        once()
    before = resident()
    for _ in range(60):  # 8 MB each
        once()
    assert resident() - before < 30e6
