"""What a statement does to what is known."""

from __future__ import annotations

import ast
import sys
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from migrakit.guards.reading.expressions import (
    assign,
    attribute_of,
    combined,
    defaults_of,
    evaluate,
    through,
)
from migrakit.guards.reading.harmless import MUTATORS, is_harmless, may_be_called
from migrakit.guards.reading.run import Flow, Run
from migrakit.guards.reading.scopes import Scope
from migrakit.guards.reading.values import CONTAINERS, UNKNOWN, Block, Connected, Followed, is_a, kind_of, truth

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["execute", "execute_all"]

_Loop = ast.For | ast.While


def execute_all(nodes: Iterable[ast.stmt], run: Run) -> Flow:
    """One after the other, as far as it goes."""
    for node in nodes:
        run.step()
        flow = execute(node, run)
        if flow is not Flow.NEXT:
            return flow
    return Flow.NEXT


@singledispatch
def execute(node: ast.stmt, run: Run) -> Flow:
    """How it goes on after a statement: one that isn't understood could do anything."""
    run.leave_unchecked(node)
    return Flow.NEXT


@execute.register(ast.Pass)
@execute.register(ast.Assert)
@execute.register(ast.Expr)
def _expression(node: ast.stmt, run: Run) -> Flow:
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.expr):
            evaluate(part, run)
    return Flow.NEXT


# Names


@execute.register(ast.Assign)
def _assign(node: ast.Assign, run: Run) -> Flow:
    value = evaluate(node.value, run)
    for target in node.targets:
        assign(target, value, run)
    return Flow.NEXT


@execute.register(ast.AnnAssign)
def _annotated(node: ast.AnnAssign, run: Run) -> Flow:
    if node.value is not None:
        assign(node.target, evaluate(node.value, run), run)
    return Flow.NEXT


@execute.register(ast.AugAssign)
def _augmented(node: ast.AugAssign, run: Run) -> Flow:
    held, value = evaluate(node.target, run), evaluate(node.value, run)
    if kind_of(held) is list and isinstance(node.op, ast.Add) and kind_of(value) in (list, tuple):
        held.extend(value)
        run.change(held)
        return Flow.NEXT
    if kind_of(held) in CONTAINERS and kind_of(held) is not tuple:
        run.taint(held)
    assign(node.target, combined(node.op, held, value, run), run)
    return Flow.NEXT


@execute.register(ast.Delete)
def _delete(node: ast.Delete, run: Run) -> Flow:
    for target in node.targets:
        if isinstance(target, ast.Subscript | ast.Attribute):
            run.taint(evaluate(target.value, run))
        else:
            assign(target, UNKNOWN, run)
    return Flow.NEXT


@execute.register(ast.Global)
def _global(node: ast.Global, run: Run) -> Flow:
    for name in node.names:
        run.scope.declare_global(name)
    return Flow.NEXT


@execute.register(ast.Nonlocal)
def _nonlocal(node: ast.Nonlocal, run: Run) -> Flow:
    for name in node.names:
        run.scope.declare_nonlocal(name)
    return Flow.NEXT


@execute.register(ast.Import)
def _import(node: ast.Import, run: Run) -> Flow:
    for alias in node.names:
        module = run.outside.module(alias.name)
        top = alias.name.partition(".")[0]
        run.scope.bind(alias.asname or top, module if alias.asname else run.outside.module(top))
    return Flow.NEXT


@execute.register(ast.ImportFrom)
def _import_from(node: ast.ImportFrom, run: Run) -> Flow:
    module = UNKNOWN if node.level or node.module is None else run.outside.module(node.module)
    for alias in node.names:
        found = attribute_of(module, alias.name, run)
        if found is UNKNOWN and module is not UNKNOWN:
            found = run.outside.module(f"{node.module}.{alias.name}")
        run.scope.bind(alias.asname or alias.name, found)
    return Flow.NEXT


# Definitions


@execute.register(ast.FunctionDef)
def _function(node: ast.FunctionDef, run: Run) -> Flow:
    is_at_once = not any(isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(node))
    function = Followed(node, run.scope, defaults_of(node.args, run))
    run.scope.bind(node.name, function if is_at_once and not node.decorator_list else UNKNOWN)
    _decorate(node, run)
    return Flow.NEXT


@execute.register(ast.AsyncFunctionDef)
def _async_function(node: ast.AsyncFunctionDef, run: Run) -> Flow:
    run.scope.bind(node.name, UNKNOWN)
    _decorate(node, run)
    return Flow.NEXT


@execute.register(ast.ClassDef)
def _class(node: ast.ClassDef, run: Run) -> Flow:
    for part in (*node.bases, *(keyword.value for keyword in node.keywords)):
        evaluate(part, run)
    with run.inside(Scope(outer=run.scope)):
        execute_all(node.body, run)
    run.scope.bind(node.name, UNKNOWN)
    _decorate(node, run)
    return Flow.NEXT


def _decorate(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, run: Run) -> None:
    for decorator in node.decorator_list:
        called = evaluate(decorator, run)
        if not isinstance(decorator, ast.Call) and not is_harmless(called) and not may_be_called(called):
            run.leave_unchecked(decorator)


# Ways


@execute.register(ast.If)
def _if(node: ast.If, run: Run) -> Flow:
    is_true = truth(evaluate(node.test, run))
    if is_true is None:
        return run.either(lambda: execute_all(node.body, run), lambda: execute_all(node.orelse, run))
    return execute_all(node.body if is_true else node.orelse, run)


@execute.register(ast.Return)
def _return(node: ast.Return, run: Run) -> Flow:
    run.returned.append(None if node.value is None else evaluate(node.value, run))
    return Flow.ENDS


@execute.register(ast.Raise)
def _raise(node: ast.Raise, run: Run) -> Flow:
    _expression(node, run)
    return Flow.ENDS


@execute.register(ast.Break)
def _break(node: ast.Break, run: Run) -> Flow:  # noqa: ARG001
    return Flow.BREAK


@execute.register(ast.Continue)
def _continue(node: ast.Continue, run: Run) -> Flow:  # noqa: ARG001
    return Flow.CONTINUE


@execute.register(ast.For)
def _for(node: ast.For, run: Run) -> Flow:
    items = through(node.iter, run)
    if items is None:
        return _read_loop(node, run)
    for item in items:
        assign(node.target, item, run)
        flow = execute_all(node.body, run)
        if flow is Flow.BREAK:
            return Flow.NEXT
        if flow is Flow.ENDS:
            return flow
    return execute_all(node.orelse, run)


@execute.register(ast.While)
def _while(node: ast.While, run: Run) -> Flow:
    if truth(evaluate(node.test, run)) is False:
        return execute_all(node.orelse, run)
    return _read_loop(node, run)


def _read_loop(node: _Loop, run: Run) -> Flow:
    """Once, whichever round it is."""
    _forget([node], run)
    run.maybe(lambda: execute_all(node.body, run))
    run.maybe(lambda: execute_all(node.orelse, run))
    return Flow.NEXT


def _forget(nodes: Iterable[ast.stmt], run: Run) -> None:
    """What these may have changed: the rounds of a loop before this one, what failed somewhere."""
    for part in (part for node in nodes for part in ast.walk(node)):
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            run.scope.bind(part.id, UNKNOWN)
        elif (name := _changed_by(part)) and kind_of(held := run.value_of(name)) in CONTAINERS:
            run.taint(held)


def _changed_by(part: ast.AST) -> str | None:
    """The name of what is put into, or taken from."""
    is_put = isinstance(part, ast.Subscript) and not isinstance(part.ctx, ast.Load)
    is_called = isinstance(part, ast.Attribute) and part.attr in MUTATORS
    held = part.value if isinstance(part, ast.Subscript | ast.Attribute) and (is_put or is_called) else None
    return held.id if isinstance(held, ast.Name) else None


@execute.register(ast.Match)
def _match(node: ast.Match, run: Run) -> Flow:
    evaluate(node.subject, run)
    return run.either(*(lambda case=case: _case(case, run) for case in node.cases), lambda: Flow.NEXT)


def _case(case: ast.match_case, run: Run) -> Flow:
    for part in ast.walk(case.pattern):
        for name in (getattr(part, "name", None), getattr(part, "rest", None)):
            if isinstance(name, str):
                run.scope.bind(name, UNKNOWN)
    if case.guard is not None:
        evaluate(case.guard, run)
    return execute_all(case.body, run)


@execute.register(ast.Try)
def _try(node: Any, run: Run) -> Flow:
    def tried() -> Flow:
        flow = execute_all(node.body, run)
        return execute_all(node.orelse, run) if flow is Flow.NEXT else flow

    def failed(handler: ast.ExceptHandler) -> Flow:
        _forget(node.body, run)
        if handler.name is not None:
            run.scope.bind(handler.name, UNKNOWN)
        return execute_all(handler.body, run)

    flow = run.either(tried, *(lambda handler=handler: failed(handler) for handler in node.handlers))
    last = execute_all(node.finalbody, run)
    return flow if last is Flow.NEXT else last


if sys.version_info >= (3, 11):
    execute.register(ast.TryStar)(_try)


@execute.register(ast.With)
def _with(node: ast.With, run: Run) -> Flow:
    lets_through = True
    for item in node.items:
        value = evaluate(item.context_expr, run)
        lets_through = lets_through and (is_a(value, Block) or is_a(value, Connected))
        if item.optional_vars is not None:
            assign(item.optional_vars, _entered(value), run)
    flow = execute_all(node.body, run)
    return flow if lets_through or flow is not Flow.ENDS else Flow.NEXT  # suppress() goes on after it


def _entered(value: Any) -> Any:
    if is_a(value, Block):
        return value.entered
    return value if is_a(value, Connected) else UNKNOWN
