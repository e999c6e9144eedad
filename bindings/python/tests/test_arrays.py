"""Arrays that are refused, each with a message that says what to do, and nothing has changed then."""
import liboptim
import numpy as np
import pytest


class Fake:
    """Something of torch's."""


Fake.__module__ = "torch.somewhere"


def read_only():
    array = np.ones(3)
    array.flags.writeable = False
    return array


REFUSED = [
    ([1.0, 2.0], TypeError, "must be a numpy.ndarray"),
    (1.0, TypeError, "must be a numpy.ndarray"),
    (np.float32(1), TypeError, "must be a numpy.ndarray"),
    (None, TypeError, "must be a numpy.ndarray"),
    (Fake(), TypeError, "liboptim.torch"),
    (np.ma.masked_array([1.0], [True]), TypeError, "give array.data"),
    (np.ones(3, int), liboptim.OptimDtypeError, r"dtype int64; .*astype\(numpy.float32\)"),
    (np.ones(3, np.float16), liboptim.OptimDtypeError, "dtype float16"),
    (np.ones(3, complex), liboptim.OptimDtypeError, "dtype complex128"),
    (np.ones(3, object), liboptim.OptimDtypeError, "dtype object"),
    (np.ones(3, ">f4"), liboptim.OptimDtypeError, "byte order"),
    (np.ones((4, 4))[:, ::2], liboptim.OptimArgumentError, "numpy.ascontiguousarray"),
    (np.ones((4, 3)).T, liboptim.OptimArgumentError, r"strides \(8, 24\)"),
    (np.broadcast_to(np.ones(1), (3,)), liboptim.OptimArgumentError, "not C-contiguous"),
    (np.ones(25, np.uint8)[1:].view(np.float64), liboptim.OptimArgumentError, "not aligned"),
    (read_only(), liboptim.OptimArgumentError, r"read-only.*array.copy\(\)"),
]


@pytest.mark.parametrize("array, exception, message", REFUSED)
def test_parameters_that_are_refused(array, exception, message):
    opt = liboptim.Adam({"good": np.ones(2)})
    with pytest.raises(exception, match=message) as caught:
        opt.add("layer.weight", array)
    assert "layer.weight" in str(caught.value)
    assert list(opt.tensors) == ["good"]


@pytest.mark.parametrize("array, exception, message", [
    row for row in REFUSED if row[0] is not None and "read-only" not in row[2] and "byte order" not in row[2] and
    not row[2].startswith("dtype")])
def test_gradients_that_are_refused(array, exception, message):
    shape = array.shape if isinstance(array, np.ndarray) else (3,)
    w, b = np.ones(2), np.ones(shape)
    opt = liboptim.SGD({"w": w, "b": b}, lr=1)
    with pytest.raises(exception, match=message if "numpy.float32" not in message else "the parameter has float64"):
        opt.step({"w": np.ones(2), "b": array})
    assert np.all(w == 1) and np.all(b == 1) and opt.steps == 0
    opt.step()  # not even the good one was bound
    assert np.all(w == 1)


def test_gradients_of_other_shape_type_or_number_are_refused():
    opt = liboptim.SGD({"w": np.ones((2, 3)), "b": np.ones(3, np.float32)})
    with pytest.raises(ValueError, match=r"shape \(3, 2\), but the parameter has \(2, 3\)"):
        opt.bind({"w": np.ones((3, 2))})
    with pytest.raises(TypeError, match=r"astype\(numpy.float32\)"):
        opt.bind({"b": np.ones(3)})
    with pytest.raises(KeyError, match='no tensor "c"'):
        opt.bind({"c": np.ones(3)})
    with pytest.raises(ValueError, match="1 gradients for 2 tensors"):
        opt.step([np.ones((2, 3))])
    for wrong in (3, "w", object()):
        with pytest.raises(TypeError, match="mapping or a sequence"):
            opt.step(wrong)
    with pytest.raises(TypeError, match="params must be"):
        liboptim.SGD(3)


def test_read_only_gradients_are_fine():
    w, grad = np.ones(3), read_only()
    liboptim.SGD([w], [grad], lr=1).step()
    assert np.all(w == 0)


def test_memory_that_overlaps_is_refused():
    buffer = np.zeros(10)
    opt = liboptim.SGD({"a": buffer[2:5]})
    for overlapping in (buffer[4:6], buffer[:3], buffer[:8], buffer[3:4], buffer[2:5]):
        with pytest.raises(ValueError, match='"b" shares memory with "a"'):
            opt.add("b", overlapping)
    opt.add("before", buffer[:2])
    opt.add("after", buffer[5:7])
    opt.add("nothing", buffer[3:3])
    with pytest.raises(ValueError, match='gradient of "before" shares memory with parameter "after"'):
        opt.bind({"before": buffer[6:8]})
    opt.step([np.ones(3), buffer[8:], np.ones(2), np.ones(0)])
    assert list(opt.tensors) == ["a", "before", "after", "nothing"]


def test_duplicate_and_strange_names():
    opt = liboptim.SGD({"a": np.ones(1)})
    with pytest.raises(liboptim.OptimDuplicateError):
        opt.add("a", np.ones(1))
    with pytest.raises(ValueError, match="NUL"):
        opt.add("a\0b", np.ones(1))
    with pytest.raises(TypeError, match="must be a str"):
        opt.add(3, np.ones(1))
    opt.add("Gewicht ü", np.ones(1))
    assert opt.get("lr", "Gewicht ü") == opt.lr


def test_in_place_and_memory_maps(tmp_path):
    disk = np.memmap(tmp_path / "weights", np.float32, "w+", shape=(2, 3))
    whole = np.zeros((4, 3), np.float32)
    opt = liboptim.SGD({"disk": disk, "part": whole[1:3]}, lr=1)
    opt.step([np.ones((2, 3), np.float32), np.ones((2, 3), np.float32)])
    disk.flush()
    assert np.all(np.fromfile(tmp_path / "weights", np.float32) == -1)
    assert whole.sum(axis=1).tolist() == [0, -3, -3, 0]
