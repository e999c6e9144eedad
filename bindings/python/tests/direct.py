"""The C library called directly, for tests to compare the package with: nothing of the package's own code but where the
library is."""
import ctypes

import numpy as np

from liboptim.library import C

LIBRARY = ctypes.CDLL(C.path)
LIBRARY.optim_errmsg.restype = ctypes.c_char_p


class Direct:
    """A handle of the C library."""

    def __init__(self, chain):
        self.handle = ctypes.c_void_p()
        self.call("optim_create", ctypes.byref(self.handle), chain.encode())

    def __del__(self):
        LIBRARY.optim_destroy(self.handle)

    def call(self, name, *arguments):
        status = getattr(LIBRARY, name)(*arguments)
        assert status == 0, (name, status, LIBRARY.optim_errmsg(self.handle))

    def add(self, name, param, grad):
        shape = (ctypes.c_size_t * param.ndim)(*param.shape)
        self.call("optim_add", self.handle, name.encode(), {4: 1, 8: 2}[param.itemsize], ctypes.c_size_t(param.ndim),
                  shape, ctypes.c_void_p(param.ctypes.data), ctypes.c_void_p(grad.ctypes.data))

    def set(self, name, value, pattern="*"):
        return LIBRARY.optim_set_for(self.handle, pattern.encode(), name.encode(), ctypes.c_double(value))

    def step(self):
        return LIBRARY.optim_step(self.handle)

    def state(self, tensor, slot, like):
        data = ctypes.c_void_p()
        self.call("optim_state", self.handle, ctypes.c_size_t(tensor), slot.encode(), ctypes.byref(data), None, None)
        return np.frombuffer((ctypes.c_char * like.nbytes).from_address(data.value), like.dtype).reshape(like.shape)


def same(a, b):
    """The same bits."""
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
