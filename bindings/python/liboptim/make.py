"""The classes of the algorithms, with constructors whose signatures are what the library says of them."""
from __future__ import annotations

import inspect
from typing import Any, Mapping, Optional

from . import arrays
from .arrays import Gradients, Parameters
from .errors import OptimNameError
from .library import Entry, encoded, sentence, text
from .names import argument_name, paper_names
from .optimizer import Optimizer
from .tensors import CLASSES


def _init(entry: Entry, arguments: dict[str, str]) -> Any:
    """The constructor, whose signature is what the library says of the algorithm."""
    kinds = inspect.Parameter
    own = [kinds("inner", kinds.POSITIONAL_OR_KEYWORD, annotation="Optimizer")] if entry.wraps else [
        kinds("params", kinds.POSITIONAL_OR_KEYWORD, default=None, annotation="Optional[Parameters]"),
        kinds("grads", kinds.POSITIONAL_OR_KEYWORD, default=None, annotation="Optional[Gradients]")]
    settable = [kinds(argument, kinds.KEYWORD_ONLY, default=h.initial, annotation="float")
                for argument, h in zip(arguments, entry.hyperparameters)]
    others = paper_names(arguments.values())

    def __init__(self: Optimizer, *args: Any, **given: Any) -> None:
        bound = binds.bind(self, *args, **{key: given[key] for key in given if key in names})
        hyperparameters = {arguments.get(key, others.get(key, key)): value for key, value in given.items()
                           if key not in names}
        if entry.wraps:
            _open_wrapper(self, bound.arguments["inner"], hyperparameters)
        else:
            _open(self, entry.name, bound.arguments.get("params"), bound.arguments.get("grads"), hyperparameters)

    names = {parameter.name for parameter in own}
    this = kinds("self", kinds.POSITIONAL_OR_KEYWORD)
    binds = inspect.Signature([this, *own])
    __init__.__signature__ = inspect.Signature([this, *own, *settable])  # type: ignore[attr-defined]
    return __init__


def _set_given(opt: Optimizer, given: Mapping[str, Any]) -> None:
    try:
        opt._set_all(given)
    except OptimNameError as error:
        raise TypeError(str(error)) from error


def _open(opt: Optimizer, chain: str, params: Optional[Parameters], grads: Optional[Gradients],
          given: Mapping[str, Any]) -> None:
    opt._begin(chain)
    _set_given(opt, given)
    for name, array in [] if params is None else arrays.named(params):
        opt.add(name, array)
    if grads is not None:
        opt.bind(grads)


def _open_wrapper(opt: Optimizer, inner: Optimizer, given: Mapping[str, Any]) -> None:
    """Try the settings on a wrapper around nothing first: if one is wrong, `inner` stays as it is."""
    if isinstance(inner, Optimizer):
        trial: Any = object.__new__(type(opt))
        trial._begin(f"{opt.algorithm}({inner.name})")
        _set_given(trial, given)
    opt._wrap(inner)
    _set_given(opt, given)


def make_class(entry: Entry, name: str, module: str) -> type[Optimizer]:
    """The class of an algorithm."""
    arguments = {argument_name(h.name, ("self", "params", "grads", "inner")): h.name for h in entry.hyperparameters}
    doc = [sentence(entry.summary), ""]
    if entry.wraps:
        doc += ["inner   the optimizer that goes inside; it belongs to this one from then on", ""]
    else:
        doc += ["params  a mapping of names to arrays, pairs of name and array, arrays, or one array: float32 or",
                "        float64, C-contiguous and writeable; updated in place",
                "grads   gradients that stay bound, as bind takes them", ""]
    doc += [f"{argument:<19} {h.initial:<8g} {h.range:<12} {h.help}"
            for argument, h in zip(arguments, entry.hyperparameters)]
    others = paper_names(arguments.values())
    if others:
        doc += ["", "Also as in the paper: " + ", ".join(f"{paper} for {own}" for paper, own in others.items())]
    return type(name, (Optimizer,), {
        "__slots__": (), "__doc__": "\n".join(doc), "__module__": module, "__init__": _init(entry, arguments),
        "algorithm": entry.name, "summary": entry.summary, "hyperparameters": entry.hyperparameters,
        "slots": entry.slots, "wraps": entry.wraps,
    })


def create(algorithm: str, params: Optional[Parameters] = None, grads: Optional[Gradients] = None,
           **hyperparameters: float) -> Optimizer:
    """An optimizer by its name in the C library: "adamw", or a whole chain, "ema(lookahead(radam))".

    Its class is that of the outermost algorithm. Hyperparameters go to the outermost one that has them.
    """
    outermost = text(encoded(algorithm, "the algorithm")).split("(")[0].replace("_", "-")
    classes = {name.replace("_", "-"): kind for name, kind in CLASSES.items()}  # the library takes either, too
    opt: Any = object.__new__(classes.get(outermost, Optimizer))
    others = paper_names(h.name for h in opt.hyperparameters)
    _open(opt, algorithm, params, grads, {others.get(key, key): value for key, value in hyperparameters.items()})
    made: Optimizer = opt
    return made
