"""Functions of the file that is read, gone into with what they are given."""

from __future__ import annotations

import ast
from functools import partial
from inspect import Parameter, Signature
from types import FunctionType
from typing import TYPE_CHECKING, Any

from migrakit.guards.reading.expressions import evaluate
from migrakit.guards.reading.outside import attempt
from migrakit.guards.reading.run import Flow
from migrakit.guards.reading.scopes import Scope
from migrakit.guards.reading.statements import execute_all
from migrakit.guards.reading.values import UNKNOWN, Followed, is_a, is_same

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from migrakit.guards.reading.run import Run
    from migrakit.guards.reading.source import Def
    from migrakit.guards.reading.values import Arguments

__all__ = ["follow", "followed", "parameters", "read_once"]


def followed(value: Any, run: Run) -> Followed | None:
    """A function of the file, as it is written there."""
    if is_a(value, Followed):
        return value
    if type(value) is not FunctionType or (node := run.file.node_of(value)) is None:
        return None
    return Followed(node, Scope(_cells(value, run), run.globals), _defaults(value, node, run))


def _cells(function: FunctionType, run: Run) -> dict[str, Any]:
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    return {name: run.outside.taken(attempt(partial(getattr, cell, "cell_contents"))) for name, cell in cells}


def _defaults(function: FunctionType, node: Def, run: Run) -> Mapping[str, Any]:
    values = function.__defaults__ or ()
    names = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
    by_name = {**dict(zip(names[len(names) - len(values) :], values, strict=True)), **(function.__kwdefaults__ or {})}
    return {name: run.outside.taken(value) for name, value in by_name.items()}


def follow(function: Followed, arguments: Arguments, node: ast.Call, run: Run) -> Any:
    """What a call of it gives."""
    if run.is_deep or isinstance(function.node, ast.AsyncFunctionDef):
        run.leave_unchecked(node)
        return UNKNOWN
    given = _given(function, arguments)
    if given is None:
        run.leave_unchecked(node)
        return UNKNOWN
    return _body(function, given, run)


def read_once(function: Followed, run: Run) -> None:
    """Whatever it is given."""
    if not run.is_deep:
        _body(function, dict.fromkeys((each.name for each in parameters(function)), UNKNOWN), run)


def _given(function: Followed, arguments: Arguments) -> dict[str, Any] | None:
    signature = Signature(list(parameters(function)))
    if not arguments.are_all:
        return dict.fromkeys(signature.parameters, UNKNOWN)
    try:
        bound = signature.bind(*arguments.positional, **arguments.by_name)
    except TypeError:
        return None
    bound.apply_defaults()
    return bound.arguments


def parameters(function: Followed) -> Iterator[Parameter]:
    """Those of a function, with their defaults."""
    args = function.node.args
    kinds = (
        (Parameter.POSITIONAL_ONLY, args.posonlyargs),
        (Parameter.POSITIONAL_OR_KEYWORD, args.args),
        (Parameter.VAR_POSITIONAL, [args.vararg]),
        (Parameter.KEYWORD_ONLY, args.kwonlyargs),
        (Parameter.VAR_KEYWORD, [args.kwarg]),
    )
    for kind, each in ((kind, each) for kind, group in kinds for each in group if each is not None):
        yield Parameter(each.arg, kind, default=function.defaults.get(each.arg, Parameter.empty))


def _body(function: Followed, given: dict[str, Any], run: Run) -> Any:
    before, run.returned = run.returned, []
    with run.inside(Scope(dict(given), function.scope)):
        if isinstance(function.node, ast.Lambda):
            run.returned.append(evaluate(function.node.body, run))
        elif execute_all(function.node.body, run) is Flow.NEXT:
            run.returned.append(None)
    (first, *others), run.returned = run.returned or [UNKNOWN], before
    return first if all(is_same(first, other) for other in others) else UNKNOWN
