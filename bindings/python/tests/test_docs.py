"""What the documentation shows is what there is, and runs."""
import os
import re
import subprocess
import sys
from pathlib import Path

import liboptim
import pytest
from liboptim.library import C

ROOT = Path(__file__).resolve().parents[3]
START = ROOT / "docs" / "start" / "python.md"
EXAMPLES = sorted((ROOT / "examples" / "python").glob("*.py"))


def blocks(path):
    return re.findall(r"^```python\n(.*?)^```$", path.read_text(), re.MULTILINE | re.DOTALL)


def run(code, *arguments):
    if "torch" in code:
        pytest.importorskip("torch")
    environment = {**os.environ, "LIBOPTIM_LIBRARY": C.path, "PYTHONPATH": str(Path(liboptim.__file__).parents[1])}
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=environment)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_the_page_shows_the_examples_and_what_they_print(example):
    code, page = example.read_text(), START.read_text()
    assert code in blocks(START)
    done = run(code, *([str(ROOT / "examples" / "data" / "digits.csv")] if "sys.argv" in code else []))
    assert done.returncode == 0, done.stderr
    printed = "".join(f"    {line}\n" for line in done.stdout.splitlines())
    assert re.search(rf"    \$ python3 examples/python/{example.name}.*\n{re.escape(printed)}", page)


@pytest.mark.parametrize("path", [START, ROOT / "bindings" / "python" / "README.md"], ids=lambda path: path.name)
def test_other_code_runs(path):
    shown = [example.read_text() for example in EXAMPLES]
    others = [block for block in blocks(path) if block not in shown]
    assert others
    for block in others:
        done = run(block)
        assert done.returncode == 0, done.stderr


def test_what_the_page_names_is_there():
    opt = liboptim.EMA(liboptim.Adam())
    text = START.read_text()
    for name in set(re.findall(r"`opt\.(\w+)", text)) - {"liboptim", "state"}:
        assert hasattr(opt, name), name
