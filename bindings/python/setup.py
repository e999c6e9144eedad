"""What pyproject.toml cannot say: the version, which stands in the C header, and a library inside the wheel.

LIBOPTIM_BUNDLE, if it is set, is a liboptim.so to put into the package, and after colons the libraries that it needs and
that may not be there elsewhere (libjansson.so.4, libxxhash.so.0); the wheel is then for this platform only. Without it
the wheel is for any, and uses the library that is installed.
"""
import os
import re
import shutil
from pathlib import Path
from typing import Any, Tuple

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py
from wheel.bdist_wheel import bdist_wheel

HERE = Path(__file__).resolve().parent
BUNDLE = [Path(path) for path in os.environ.get("LIBOPTIM_BUNDLE", "").split(":") if path]


def version() -> str:
    """From the C header, or in a source distribution from what was read there when it was made."""
    header = HERE.parents[1] / "include" / "optim" / "optim.h"
    text, pattern = (header.read_text(), r'^#define OPTIM_VERSION "(.*)"') if header.exists() else \
        ((HERE / "PKG-INFO").read_text(), r"^Version: (.*)")
    found = re.search(pattern, text, re.MULTILINE)
    if not found:
        raise SystemExit(f"setup.py: no version in {header} nor PKG-INFO")
    return found[1]


class BuildWithLibrary(build_py):
    """Copy the libraries beside the modules, under the names that those look for."""

    def run(self) -> None:
        super().run()
        package = Path(self.build_lib) / "liboptim"
        for left in package.glob("lib*.so*"):  # by an earlier build
            left.unlink()
        for i, path in enumerate(BUNDLE):
            shutil.copyfile(path, package / ("liboptim.so.0" if i == 0 else path.name))


class MaybeForPlatform(Distribution):
    """With a library in it, it goes where what is compiled goes."""

    def has_ext_modules(self) -> bool:
        return bool(BUNDLE)


class WheelOfPlatform(bdist_wheel):
    """A wheel with a library in it fits any Python 3, but one platform."""

    def get_tag(self) -> Tuple[Any, Any, Any]:
        _, _, platform = super().get_tag()
        return "py3", "none", platform


setup(version=version(), distclass=MaybeForPlatform,
      cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": WheelOfPlatform})
