"""Where the C library is found, and what is said if it is not."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

import liboptim
import pytest
from liboptim.library import C

PACKAGE = Path(liboptim.__file__).resolve().parent


def run(program, package=PACKAGE, **environment):
    path = os.environ.get("LD_LIBRARY_PATH", "")
    values = {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": path, "PYTHONPATH": str(package.parent), **environment}
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, env=values,
                          cwd=package.parent)


WHERE = "import liboptim.library; print(liboptim.library.C.path)"


@pytest.fixture
def real():
    """The file that is loaded here."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        return next(line.split()[-1] for line in maps if Path(C.path).resolve().name in line or "liboptim.so" in line)


def test_the_environment_says_where(real):
    done = run(WHERE, LIBOPTIM_LIBRARY=real)
    assert done.stdout == real + "\n", done.stderr


def test_the_environment_is_wrong():
    done = run(WHERE, LIBOPTIM_LIBRARY="/no/such/library.so")
    assert done.returncode != 0
    last = done.stderr.strip().split("\n")[-1]
    assert last.startswith("ImportError") and "/no/such/library.so" in last and "LIBOPTIM_LIBRARY" in last


def test_in_the_package_before_the_system(tmp_path, real):
    copy = tmp_path / "liboptim"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(real, copy / "liboptim.so.0")
    done = run(WHERE, copy)
    assert done.stdout == f"{copy / 'liboptim.so.0'}\n", done.stderr


def test_in_the_system(tmp_path, real):
    bare = tmp_path / "liboptim"
    shutil.copytree(PACKAGE, bare, ignore=shutil.ignore_patterns("__pycache__", "liboptim.so*"))
    folder = tmp_path / "lib"
    folder.mkdir()
    shutil.copyfile(real, folder / "liboptim.so.0")
    done = run(WHERE, bare, LD_LIBRARY_PATH=str(folder))
    assert done.stdout == "liboptim.so.0\n", done.stderr


def test_what_an_older_library_lacks(monkeypatch):
    from liboptim import library
    monkeypatch.setitem(library.PROTOTYPES, "optim_of_the_future", (None, []))
    functions = library._Functions(library._open())
    with pytest.raises(liboptim.OptimUnsupportedError, match="optim_of_the_future.*install a newer one"):
        functions.optim_of_the_future(1, 2)
    assert functions.optim_version() == liboptim.version().encode()


def test_version():
    assert liboptim.__version__ == liboptim.version()
    header = (Path(__file__).resolve().parents[3] / "include" / "optim" / "optim.h").read_text()
    assert f'#define OPTIM_VERSION "{liboptim.version()}"' in header


def test_star_import():
    space = {}
    exec("from liboptim import *", space)  # pylint: disable=exec-used
    assert space["AdamW"] is liboptim.AdamW and "library" not in space
    assert not set(space) & {"NameError", "MemoryError", "max", "sum"}
