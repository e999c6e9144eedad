#!/usr/bin/env python3
"""Write the type stubs of the classes that liboptim makes when it is imported, from the same introspection: for type
checkers and editors, which do not run it. Needs the library and PyTorch, as the tests do.

usage: generate_stubs.py [--check]

  --check  write nothing; exit with 1 if a stub is not what would be written
"""
import inspect
import sys
from pathlib import Path

import liboptim
import liboptim.torch

PACKAGE = Path(__file__).resolve().parent / "liboptim"

HEAD = "# Written by generate_stubs.py: do not edit.\n"
MODULES = {
    "algorithms": (liboptim.CLASSES, "from typing import Optional\n\nfrom .arrays import Gradients, Parameters\n"
                                     "from .optimizer import Optimizer\n"),
    "schedules": (liboptim.schedules.KINDS, "from .schedule import KINDS as KINDS\n"
                                            "from .schedule import Schedule as Schedule\n"
                                            "from .schedule import create as create\n"),
    "torch": (liboptim.torch.CLASSES, "from typing import Any, Iterable\n\n"
                                      "from .torch_make import CLASSES as CLASSES\n"
                                      "from .torch_optimizer import Optimizer as Optimizer\n"
                                      "from .torch_make import create as create\n"),
}


def constructor(kind):
    lines, star = [], False
    for parameter in inspect.signature(kind.__init__).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not star:
            lines.append("        *,")
            star = True
        annotation = "" if parameter.annotation is parameter.empty else f": {parameter.annotation}"
        default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
        lines.append(f"        {parameter.name}{annotation}{default},")
    return "    def __init__(\n" + "\n".join(lines) + "\n    ) -> None: ...\n"


def stub(classes, imports):
    base = next(iter(classes.values())).__mro__[1].__name__
    names = "".join(f"    {kind.__name__!r},\n" for kind in classes.values())
    bodies = "".join(f"\nclass {kind.__name__}({base}):\n{constructor(kind)}" for kind in classes.values())
    return f"{HEAD}{imports}\n__all__ = [\n{names}]\n{bodies}"


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    stale = []
    for module, (classes, imports) in MODULES.items():
        path, text = PACKAGE / f"{module}.pyi", stub(classes, imports)
        if sys.argv[1:]:
            if not path.exists() or path.read_text() != text:
                stale.append(path.name)
        else:
            path.write_text(text)
    if stale:
        sys.exit(f"not what generate_stubs.py writes: {', '.join(stale)}; run it")


if __name__ == "__main__":
    main()
