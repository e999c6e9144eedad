"""One exception for each status of the library."""
import pickle
import re
from pathlib import Path

import liboptim
import pytest
from liboptim import errors
from liboptim.library import C

HEADER = Path(__file__).resolve().parents[3] / "include" / "optim" / "optim.h"


def statuses():
    return {name: int(number) for name, number in
            re.findall(r"^#define OPTIM_ERROR_(\w+) +\((-\d+)\)", HEADER.read_text(), re.MULTILINE)}


def test_every_status_of_the_header_has_a_class():
    found = statuses()
    assert found["RANGE"] == -4
    assert set(found.values()) == set(errors.BY_STATUS)
    for name, status in found.items():
        kind = errors.BY_STATUS[status]
        assert kind.__name__.lower() == f"optim{name.lower()}error"
        assert getattr(liboptim, kind.__name__) is kind
        assert C.optim_strerror(status) != b"unknown status"


@pytest.mark.parametrize("status", errors.BY_STATUS)
def test_exceptions(status):
    error = errors.from_status(status, "what is wrong")
    assert error.status == status and error.message == str(error) == "what is wrong"
    builtin = type(error).__mro__[2]
    assert issubclass(builtin, Exception) and builtin.__module__ == "builtins"
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and again.status == status and str(again) == "what is wrong"


def test_a_status_of_a_newer_library():
    error = errors.from_status(-99, "new")
    assert type(error) is liboptim.OptimError and error.status == -99


@pytest.mark.parametrize("name", [
    name for name in re.findall(r"^OPTIM_API .*?(optim_\w+)\(", HEADER.read_text(), re.MULTILINE)])
def test_every_function_of_the_header_can_be_called(name):
    from liboptim.library import PROTOTYPES
    unused = {"optim_set", "optim_attach",                                # are those for the pattern "*"
              "optim_count",                                              # is len
              "optim_algorithm_count", "optim_schedule_count", "optim_slot_count"}  # names end with NULL
    assert (name in PROTOTYPES) != (name in unused)
