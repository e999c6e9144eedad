"""How things of the C library are called in Python."""
from __future__ import annotations

import keyword
import re
from typing import Iterable

# Where the field writes a name otherwise than the rule of class_name would.
USUAL = {
    "sgd": "SGD",
    "rmsprop": "RMSprop",
    "adamw": "AdamW",
    "amsgrad": "AMSGrad",
    "adabound": "AdaBound",
    "amsbound": "AMSBound",
    "radam": "RAdam",
    "nadam": "NAdam",
    "ema": "EMA",
    "swa": "SWA",
}

# What a paper calls a hyperparameter, and what the library does: a constructor that has the latter takes both.
PAPER = {"k": "sync_period", "alpha": "slow_step"}


def class_name(name: str, taken: Iterable[str] = ()) -> str:
    """adamw: AdamW, rprop-plus: RpropPlus; with "_" at the end of one that is taken."""
    words = re.findall("[A-Za-z0-9]+", name)
    usual = USUAL.get(name) or "".join(word[0].upper() + word[1:] for word in words)
    if not usual[:1].isalpha():
        usual = "Algorithm" + usual
    while usual in taken or keyword.iskeyword(usual):
        usual += "_"
    return usual


def argument_name(name: str, taken: Iterable[str] = ()) -> str:
    """A hyperparameter as a keyword argument: with "_" at its end if Python or another argument has that name."""
    usual = re.sub(r"\W", "_", name)
    return usual + "_" if keyword.iskeyword(usual) or usual in taken else usual


def paper_names(names: Iterable[str]) -> dict[str, str]:
    """The other names that some of these hyperparameters have."""
    own = set(names)
    return {paper: name for paper, name in PAPER.items() if name in own and paper not in own}
