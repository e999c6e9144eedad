"""Saving and loading: the steps go on with the very bits they would have had."""
import io
import os

import liboptim
import numpy as np
import pytest
from direct import same
from liboptim import schedules

CHAINS = [name for name, kind in liboptim.CLASSES.items() if not kind.wraps] + [
    f"{name}(adam)" for name, kind in liboptim.CLASSES.items() if kind.wraps]


def make(chain, start):
    opt = liboptim.create(chain, {name: np.array(a) for name, a in start.items()}, lr=0.01)
    opt.set("weight_decay", 0.01)
    opt.set("lr", 0.02, "b*")
    opt.attach("lr", schedules.Warmup(schedules.Cosine(steps=40), steps=3))
    return opt


def run(opt, gradients):
    for grads in gradients:
        opt.step(grads)


@pytest.mark.parametrize("way", ["bytes", "file", "path", "unbuffered"])
@pytest.mark.parametrize("chain", CHAINS)
def test_resumes_exactly(chain, way, tmp_path):
    numbers = np.random.default_rng(3)
    start = {"w": numbers.standard_normal((5, 3)), "b": numbers.standard_normal(4).astype(np.float32)}
    gradients = [{name: numbers.standard_normal(a.shape).astype(a.dtype) for name, a in start.items()}
                 for _ in range(20)]
    opt = make(chain, start)
    run(opt, gradients[:9])
    weights = {name: a.copy() for name, a in opt.tensors.items()}
    path = tmp_path / "state"
    again = liboptim.create(chain, {name: weights[name] for name in ("b", "w")})
    if way == "bytes":
        loaded = again.from_bytes(opt.to_bytes())
    elif way == "path":
        opt.save(path)
        loaded = again.load(str(path))
    else:
        with open(path, "wb", buffering=-1 if way == "file" else 0) as file:
            opt.save(file)
        with open(path, "rb", buffering=-1 if way == "file" else 0) as file:
            loaded = again.load(file)
            assert file.read() == b""
        assert path.read_bytes() == opt.to_bytes()
    assert loaded == (2, 0, 0) and loaded.restored == 2
    assert again.steps == opt.steps and again.lr == 0.01 and again.get("lr", "b") == opt.get("lr", "b")
    run(opt, gradients[9:])
    run(again, gradients[9:])
    for name in start:
        assert same(opt.tensors[name], again.tensors[name])


def test_weights_too():
    opt = liboptim.Adam([np.arange(3.0)], [np.ones(3)], save_weights=1)
    opt.step()
    other = liboptim.Adam([np.zeros(3)])
    other.from_bytes(opt.to_bytes())
    assert same(other.tensors["0"], opt.tensors["0"])


def test_what_differs_is_refused_and_nothing_changes():
    data = liboptim.Adam({"a": np.ones(3)}, [np.ones(3)], lr=0.5).to_bytes()
    for other in (liboptim.RAdam({"a": np.ones(3)}), liboptim.Adam({"b": np.ones(3)}),
                  liboptim.Adam({"a": np.ones(4)}), liboptim.Adam({"a": np.ones(3, np.float32)})):
        with pytest.raises(liboptim.OptimMismatchError):
            other.from_bytes(data)
        assert other.lr == 0.001
    other = liboptim.Adam({"a": np.ones(3), "c": np.ones(3)}, load_strict=0)
    assert other.from_bytes(data) == liboptim.Loaded(restored=1, fresh=1, ignored=0)
    assert other.lr == 0.5


def test_damage_is_refused():
    opt = liboptim.Adam([np.ones(3)], [np.ones(3)])
    opt.step()
    data = opt.to_bytes()
    assert isinstance(data, bytes)
    for wrong in (b"", data[:5], data[:-1], data[:-1] + bytes([data[-1] ^ 1]), b"nonsense" * 10):
        with pytest.raises((liboptim.OptimFormatError, liboptim.OptimIOError)):
            opt.from_bytes(wrong)
    assert opt.from_bytes(memoryview(data)).restored == 1
    assert opt.from_bytes(bytearray(data)).restored == 1


def test_loading_frees_schedules():
    opt = liboptim.Adam([np.ones(3)])
    data = opt.to_bytes()
    s = schedules.Cosine(steps=3)
    opt.attach("lr", s)
    opt.from_bytes(data)
    with pytest.raises(liboptim.OptimStateError, match="by detach or load"):
        s.factor(0)
    opt.attach("lr", schedules.Cosine(steps=5))
    with pytest.raises(liboptim.OptimFormatError):
        opt.from_bytes(b"nonsense" * 10)
    assert opt.get("lr", "0") == opt.lr  # it is still there and usable


class Broken(io.BytesIO):
    def write(self, data):
        raise ZeroDivisionError("write")

    def read(self, size=-1):
        raise ZeroDivisionError("read")


def test_exceptions_of_files():
    opt = liboptim.Adam([np.ones(3)])
    with pytest.raises(ZeroDivisionError, match="write"):
        opt.save(Broken())
    with pytest.raises(ZeroDivisionError, match="read"):
        opt.load(Broken())
    with pytest.raises(liboptim.OptimIOError, match="/no/such/folder") as caught:
        opt.save("/no/such/folder/state")
    assert isinstance(caught.value, OSError) and caught.value.errno is None
    with pytest.raises(OSError):
        opt.load("/no/such/folder/state")
    with pytest.raises(OSError):
        opt.load(os.fsencode("/no/such/folder/state"))
    for wrong in (3, None, object()):
        with pytest.raises(TypeError, match="a path or a binary file"):
            opt.save(wrong)
        with pytest.raises(TypeError, match="a path or a binary file"):
            opt.load(wrong)
    with pytest.raises(TypeError):  # a text file
        opt.save(io.StringIO())
    opt.step()


class Dribbling(io.BytesIO):
    """As an unbuffered pipe: takes and gives a few bytes at a time."""

    def write(self, data):
        return super().write(data[:7])

    def read(self, size=-1):
        return super().read(min(size, 5))


def test_files_that_take_and_give_little_at_a_time():
    opt = liboptim.Adam([np.ones(3)], [np.ones(3)])
    opt.step()
    file = Dribbling()
    opt.save(file)
    assert file.getvalue() == opt.to_bytes()
    file.seek(0)
    assert liboptim.Adam([np.ones(3)]).load(file).restored == 1


def test_the_optimizer_cannot_be_used_by_its_file():
    opt = liboptim.Adam([np.ones(3)])

    class Meddling(io.BytesIO):
        def write(self, data):
            opt.lr = 0.5
            return super().write(data)

    with pytest.raises(liboptim.OptimStateError, match="in the middle of a call"):
        opt.save(Meddling())
    assert opt.lr == 0.001
