"""The classes of liboptim.torch, with constructors whose signatures are what the library says of the algorithms."""
from __future__ import annotations

import inspect
from typing import Any, Iterable, Mapping

from . import library
from .library import Entry
from .make import create as _create
from .names import argument_name, paper_names
from .tensors import CLASSES as _CORES
from .torch_optimizer import Optimizer
from .torch_support import PAIRS, apart, check_together, in_pairs

# Every class of liboptim.torch, by the algorithm's name in the C library.
CLASSES: dict[str, type["Optimizer"]] = {}


def _init(entry: Entry) -> Any:
    kinds = inspect.Parameter
    initial = in_pairs({h.name: h.initial for h in entry.hyperparameters})
    arguments = {argument_name(name, ("self", "params", "inner")): name for name in initial}
    others = paper_names(initial)
    first = kinds("inner", kinds.POSITIONAL_OR_KEYWORD, annotation="Optimizer") if entry.wraps else \
        kinds("params", kinds.POSITIONAL_OR_KEYWORD, annotation="Iterable[Any]")
    settable = [kinds(argument, kinds.POSITIONAL_OR_KEYWORD if name == "lr" else kinds.KEYWORD_ONLY,
                      default=initial[name], annotation="tuple[float, float]" if name in PAIRS else "float")
                for argument, name in sorted(arguments.items(), key=lambda item: item[1] != "lr")]  # that first, as there
    this = kinds("self", kinds.POSITIONAL_OR_KEYWORD)
    own = [this, first, *(p for p in settable if p.kind is kinds.POSITIONAL_OR_KEYWORD)]

    def __init__(self: Optimizer, *args: Any, **given: Any) -> None:
        names = {p.name for p in own}
        bound = dict(binds.bind(self, *args, **{key: given.pop(key) for key in [*given] if key in names}).arguments)
        bound.pop("self")
        subject = bound.pop(first.name)
        settings = {arguments.get(key, others.get(key, key)): value for key, value in {**bound, **given}.items()}
        if entry.wraps:
            _wrap(self, subject, settings)
        else:
            self._open(_create(entry.name), subject, settings)

    binds = inspect.Signature(own)
    __init__.__signature__ = inspect.Signature([this, first, *settable])  # type: ignore[attr-defined]
    return __init__


def _wrap(opt: Optimizer, inner: Any, given: Mapping[str, Any]) -> None:
    if not isinstance(inner, Optimizer):
        raise TypeError(f"{type(opt).__name__} goes around an optimizer of liboptim.torch, not a "
                        f"{type(inner).__module__}.{type(inner).__qualname__}")
    core: Any = object.__new__(_CORES[opt.algorithm])
    settings = {**apart({name: inner.defaults[name] for name in inner._settings}), **apart(given)}
    trial = _create(f"{opt.algorithm}({inner.liboptim.name})")  # refuses before inner is given away
    for name in settings:
        if name not in trial._known:
            raise TypeError(f"{type(opt).__name__} has no hyperparameter {name!r}; it has: "
                            f"{', '.join(h.name for h in core.hyperparameters)}")
    check_together(trial.name, settings)
    inner._push()
    core._wrap(inner.liboptim)
    opt._open(core, inner.param_groups, settings, inner)


def make_class(entry: Entry, name: str, module: str) -> type[Optimizer]:
    """The class of an algorithm."""
    initial = in_pairs({h.name: h.initial for h in entry.hyperparameters})
    about = {h.name: h for h in entry.hyperparameters}
    doc = [library.sentence(entry.summary), ""]
    doc += ["inner   the optimizer of this module that goes inside; it belongs to this one from then on" if entry.wraps
            else "params  parameters, or groups of them, as for torch.optim", ""]
    for setting, value in initial.items():
        for part, start in zip(PAIRS.get(setting, (setting,)), value if setting in PAIRS else (value,)):
            label = f"{setting}: {part}" if setting in PAIRS else setting
            doc.append(f"{label:<21} {start:<8g} {about[part].range:<12} {about[part].help}")
    return type(name, (Optimizer,), {
        "__doc__": "\n".join(doc), "__module__": module, "__init__": _init(entry), "algorithm": entry.name,
        "summary": entry.summary, "wraps": entry.wraps,
    })


def create(algorithm: str, params: Iterable[Any], **hyperparameters: Any) -> Optimizer:
    """An optimizer by its name in the C library, or a whole chain: "ema(lookahead(radam))"."""
    core = _create(algorithm)
    opt: Any = object.__new__(CLASSES[type(core).algorithm])
    others = paper_names(core.values())
    opt._open(core, params, {others.get(key, key): value for key, value in hyperparameters.items()})
    made: Optimizer = opt
    return made
