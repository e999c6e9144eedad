"""The stubs are those of the library that is there, and types are right as far as mypy sees."""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from liboptim.library import C

ROOT = Path(__file__).resolve().parents[1]


def test_stubs_are_current():
    pytest.importorskip("torch")
    done = subprocess.run([sys.executable, ROOT / "generate_stubs.py", "--check"], capture_output=True, text=True,
                          env={**os.environ, "LIBOPTIM_LIBRARY": C.path})
    assert done.returncode == 0, done.stderr


def mypy(tmp_path, *arguments):
    pytest.importorskip("mypy")
    return subprocess.run([sys.executable, "-m", "mypy", "--cache-dir", tmp_path / "cache", *arguments], cwd=ROOT,
                          capture_output=True, text=True)


def test_types_of_the_package(tmp_path):
    done = mypy(tmp_path)
    assert done.returncode == 0, done.stdout


def test_types_of_a_program(tmp_path):
    program = tmp_path / "program.py"
    program.write_text("""
import numpy as np
import liboptim
from liboptim.schedules import Cosine
opt = liboptim.Lookahead(liboptim.AdamW({"w": np.ones(3)}, lr=3e-4), sync_period=5)
reveal_type(opt.steps)
reveal_type(opt.state("w", "exp_avg").sum())
opt.attach("lr", Cosine(steps=3)).step([np.ones(3)])
liboptim.AdamW(learning_rate=1)
liboptim.AdamW(lr="a")
opt.stepp()
""")
    done = mypy(tmp_path, "--strict", program)
    assert re.findall(r"program\.py:(\d+): (?:error|note: Revealed)", done.stdout) == ["6", "7", "9", "10", "11"], \
        done.stdout
    assert 'Revealed type is "builtins.int"' in done.stdout
    assert 'Unexpected keyword argument "learning_rate"' in done.stdout
