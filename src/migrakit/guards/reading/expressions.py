"""What an expression gives, as far as that is known."""

from __future__ import annotations

import ast
from functools import singledispatch
from typing import TYPE_CHECKING, Any, Final

from migrakit.guards.reading.operators import applied, is_too_long, is_wide
from migrakit.guards.reading.outside import attempt
from migrakit.guards.reading.scopes import Scope
from migrakit.guards.reading.values import (
    ASKED,
    CONTAINERS,
    UNKNOWN,
    Connected,
    Dialectal,
    Followed,
    Globals,
    Method,
    Migrating,
    Several,
    StandIn,
    is_a,
    is_fit,
    is_plain,
    items_of,
    kind_of,
    truth,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from migrakit.guards.reading.run import Run

__all__ = ["assign", "attribute_of", "combined", "defaults_of", "evaluate", "through"]

_CONVERSIONS: Final[dict[int, Callable[[object], str]]] = {ord("r"): repr, ord("s"): str, ord("a"): ascii}


@singledispatch
def evaluate(node: ast.expr, run: Run) -> Any:
    """The value of an expression: what isn't understood is read for the calls in it."""
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.expr):
            evaluate(part, run)
    return UNKNOWN


@evaluate.register(ast.Constant)
def _constant(node: ast.Constant, run: Run) -> Any:  # noqa: ARG001
    return node.value


@evaluate.register(ast.Name)
def _name(node: ast.Name, run: Run) -> Any:
    run.step()
    return run.value_of(node.id)


@evaluate.register(ast.NamedExpr)
def _named(node: ast.NamedExpr, run: Run) -> Any:
    value = evaluate(node.value, run)
    assign(node.target, value, run)
    return value


@evaluate.register(ast.Lambda)
def _lambda(node: ast.Lambda, run: Run) -> Any:
    return Followed(node, run.scope, defaults_of(node.args, run))


def defaults_of(args: ast.arguments, run: Run) -> dict[str, Any]:
    """Those that parameters have."""
    positional = [each.arg for each in (*args.posonlyargs, *args.args)]
    pairs = (
        *zip(positional[len(positional) - len(args.defaults) :], args.defaults, strict=True),
        *((each.arg, default) for each, default in zip(args.kwonlyargs, args.kw_defaults, strict=True)),
    )
    return {name: evaluate(default, run) for name, default in pairs if default is not None}


# Text


@evaluate.register(ast.JoinedStr)
def _joined(node: ast.JoinedStr, run: Run) -> Any:
    parts = [evaluate(part, run) for part in node.values]
    return UNKNOWN if any(kind_of(part) is not str for part in parts) else "".join(parts)


@evaluate.register(ast.FormattedValue)
def _formatted(node: ast.FormattedValue, run: Run) -> Any:
    value = evaluate(node.value, run)
    how = "" if node.format_spec is None else evaluate(node.format_spec, run)
    if not (_is_usable(value, run) and kind_of(how) is str) or is_wide(how):
        return UNKNOWN
    converted = _CONVERSIONS.get(node.conversion)
    return attempt(lambda: format(converted(value) if converted else value, how))


# Containers


@evaluate.register(ast.List)
def _list(node: ast.List, run: Run) -> Any:
    return _gathered(node.elts, run)


@evaluate.register(ast.Tuple)
def _tuple(node: ast.Tuple, run: Run) -> Any:
    items = _gathered(node.elts, run)
    return items if items is UNKNOWN else tuple(items)


@evaluate.register(ast.Set)
def _set(node: ast.Set, run: Run) -> Any:
    return _hashed(_gathered(node.elts, run), run, set)


def _gathered(nodes: Iterable[ast.expr], run: Run) -> Any:
    items = list[Any]()
    is_whole = True
    for node in nodes:
        given = through(node.value, run) if isinstance(node, ast.Starred) else [evaluate(node, run)]
        is_whole = is_whole and given is not None
        items.extend(given or ())
    return items if is_whole else UNKNOWN


def _hashed(items: Any, run: Run, kind: Callable[[Any], Any]) -> Any:
    return attempt(lambda: kind(items)) if is_plain(items) and run.is_clean(items) else UNKNOWN


def through(node: ast.expr, run: Run) -> list[Any] | None:
    """What a loop over it goes through."""
    return items_of(evaluate(node, run))


@evaluate.register(ast.Dict)
def _dict(node: ast.Dict, run: Run) -> Any:
    made = dict[Any, Any]()
    is_whole = True
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        key = evaluate(key_node, run) if key_node is not None else None
        value = evaluate(value_node, run)
        if key_node is None and kind_of(value) is dict:
            made.update(value)
        elif key_node is not None and is_plain(key):
            made[key] = value
        else:
            is_whole = False
    return made if is_whole else UNKNOWN


@evaluate.register(ast.ListComp)
@evaluate.register(ast.GeneratorExp)
def _comprehended(node: ast.ListComp | ast.GeneratorExp, run: Run) -> Any:
    return _collected(node.generators, run, lambda: evaluate(node.elt, run))


@evaluate.register(ast.SetComp)
def _comprehended_set(node: ast.SetComp, run: Run) -> Any:
    return _hashed(_collected(node.generators, run, lambda: evaluate(node.elt, run)), run, set)


@evaluate.register(ast.DictComp)
def _comprehended_dict(node: ast.DictComp, run: Run) -> Any:
    pairs = _collected(node.generators, run, lambda: (evaluate(node.key, run), evaluate(node.value, run)))
    is_known = kind_of(pairs) is list and all(is_plain(key) for key, _ in pairs)
    return attempt(lambda: dict(pairs)) if is_known else UNKNOWN


def _collected(generators: list[ast.comprehension], run: Run, item: Callable[[], Any]) -> Any:
    """The items, and UNKNOWN where it isn't known how many there are."""
    collected = list[Any]()
    with run.inside(Scope(outer=run.scope, elsewhere=_bound_outside(generators, run))):
        is_whole = _loop(generators, run, lambda: collected.append(item()))
    return collected if is_whole else UNKNOWN


def _bound_outside(generators: list[ast.comprehension], run: Run) -> dict[str, Scope]:
    """What ``:=`` binds in a comprehension's conditions."""
    nodes = (node for generator in generators for node in ast.walk(generator))
    names = (node.target.id for node in nodes if isinstance(node, ast.NamedExpr))
    return {name: run.scope.elsewhere.get(name, run.scope) for name in names}


def _loop(generators: list[ast.comprehension], run: Run, body: Callable[[], None]) -> bool:
    if not generators:
        body()
        return True
    first, *others = generators
    items = through(first.iter, run)
    is_whole = items is not None
    for item in items if items is not None else [UNKNOWN]:
        assign(first.target, item, run)
        if items is None:
            run.maybe(lambda: _kept(first, others, run, body))
        else:
            is_whole = _kept(first, others, run, body) and is_whole
    return is_whole


def _kept(generator: ast.comprehension, others: list[ast.comprehension], run: Run, body: Callable[[], None]) -> bool:
    run.step()
    tests = [truth(run.clean(evaluate(test, run))) for test in generator.ifs]
    if False in tests:
        return True
    if None in tests:
        run.maybe(lambda: _loop(others, run, body))
        return False
    return _loop(others, run, body)


# Parts


@evaluate.register(ast.Attribute)
def _attribute(node: ast.Attribute, run: Run) -> Any:
    return attribute_of(evaluate(node.value, run), node.attr, run)


def attribute_of(owner: Any, name: str, run: Run) -> Any:
    """``owner.name``."""
    if is_a(owner, StandIn):
        return _of_stand_in(owner, name)
    return run.clean(run.outside.attribute(owner, name))


def _of_stand_in(owner: StandIn, name: str) -> Any:
    if is_a(owner, Migrating):
        return _of_context(owner, name)
    if is_a(owner, Connected):
        known = {"dialect": Dialectal(owner.dialect), "engine": owner, "name": owner.dialect.name}
        return known[name] if name in known else Method(owner, name)
    if is_a(owner, Dialectal):
        return _of_dialect(owner, name)
    if owner is ASKED:
        return UNKNOWN if name in ("bind", "connection", "engine") else ASKED
    return Method(UNKNOWN if is_a(owner, Method) else owner, name)


def _of_context(owner: Migrating, name: str) -> Any:
    context = owner.context
    known = {
        "dialect": Dialectal(context.dialect),
        "as_sql": context.as_sql,
        "bind": Connected(context.dialect),
        "connection": Connected(context.dialect),
        "config": ASKED,
    }
    return known[name] if name in known else Method(owner, name)


def _of_dialect(owner: Dialectal, name: str) -> Any:
    value = attempt(lambda: getattr(owner.dialect, name))
    return value if is_plain(value) or name == "identifier_preparer" else Method(owner, name)


@evaluate.register(ast.Subscript)
def _subscript(node: ast.Subscript, run: Run) -> Any:
    owner, key = evaluate(node.value, run), evaluate(node.slice, run)
    if is_a(owner, Globals):
        return run.of_file(key) if kind_of(key) is str else _called_like(node.slice, run)
    if owner is ASKED or not (kind_of(owner) in CONTAINERS or is_fit(owner)) or not _is_usable(key, run):
        return UNKNOWN
    return run.clean(attempt(lambda: owner[key]))


def _called_like(node: ast.expr, run: Run) -> Any:
    """The functions that ``globals()[f"upgrade_{name}"]`` may mean: those of several databases."""
    prefix = _beginning(node)
    if not prefix:
        return UNKNOWN
    names = (name for name in run.file.globals if name.startswith(prefix))
    found = (run.file.node_of(run.file.globals[name]) for name in names)
    functions = tuple(Followed(each, run.globals, {}) for each in found if each is not None)
    return Several(functions) if functions else UNKNOWN


def _beginning(node: ast.expr) -> str:
    """What a text begins with, whatever is then put into it."""
    if isinstance(node, ast.JoinedStr) and node.values:
        return _beginning(node.values[0])
    if isinstance(node, ast.BinOp):
        return _beginning(node.left).partition("%")[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


@evaluate.register(ast.Slice)
def _slice(node: ast.Slice, run: Run) -> Any:
    ends = [None if part is None else evaluate(part, run) for part in (node.lower, node.upper, node.step)]
    return slice(*ends) if is_plain(ends) else UNKNOWN


# Operators


@evaluate.register(ast.BinOp)
def _binary(node: ast.BinOp, run: Run) -> Any:
    return combined(node.op, evaluate(node.left, run), evaluate(node.right, run), run)


def combined(op: ast.operator, left: Any, right: Any, run: Run) -> Any:
    """``left + right``, and the like."""
    joins = isinstance(op, ast.Add) and kind_of(left) is kind_of(right) and kind_of(left) in (list, tuple)
    if not joins and not (_is_usable(left, run) and _is_usable(right, run)):
        return UNKNOWN
    return UNKNOWN if is_too_long(op, left, right) else applied(op, left, right)


@evaluate.register(ast.UnaryOp)
def _unary(node: ast.UnaryOp, run: Run) -> Any:
    value = evaluate(node.operand, run)
    if isinstance(node.op, ast.Not):
        is_true = truth(value)
        return UNKNOWN if is_true is None else not is_true
    return applied(node.op, value) if _is_usable(value, run) else UNKNOWN


@evaluate.register(ast.BoolOp)
def _all_or_any(node: ast.BoolOp, run: Run) -> Any:
    first, *others = node.values
    value = evaluate(first, run)
    if not others:
        return value
    rest = ast.BoolOp(node.op, others)
    is_true = truth(value)
    if is_true is None:
        run.maybe(lambda: evaluate(rest, run))
        return UNKNOWN
    return evaluate(rest, run) if is_true == isinstance(node.op, ast.And) else value


@evaluate.register(ast.Compare)
def _compare(node: ast.Compare, run: Run) -> Any:
    left, *others = [evaluate(each, run) for each in (node.left, *node.comparators)]
    result: Any = True
    for op, right in zip(node.ops, others, strict=True):
        result = _compared(op, left, right, run)
        if len(node.ops) > 1 and result is not True:
            return result if result is False else UNKNOWN
        left = right
    return result


def _compared(op: ast.cmpop, left: Any, right: Any, run: Run) -> Any:
    if isinstance(op, ast.Is | ast.IsNot):
        return (
            UNKNOWN if _may_be_anything(left) or _may_be_anything(right) else (left is right) == isinstance(op, ast.Is)
        )
    return applied(op, left, right) if _is_usable(left, run) and _is_usable(right, run) else UNKNOWN


def _may_be_anything(value: Any) -> bool:
    return is_a(value, Method) or value is UNKNOWN


@evaluate.register(ast.IfExp)
def _if(node: ast.IfExp, run: Run) -> Any:
    is_true = truth(evaluate(node.test, run))
    if is_true is not None:
        return evaluate(node.body if is_true else node.orelse, run)
    run.maybe(lambda: evaluate(node.body, run))
    run.maybe(lambda: evaluate(node.orelse, run))
    return UNKNOWN


def _is_usable(value: Any, run: Run) -> bool:
    return run.is_clean(value) and is_fit(value)


# Binding


def assign(target: ast.expr, value: Any, run: Run) -> None:
    """``target = value``."""
    if isinstance(target, ast.Name):
        run.scope.bind(target.id, value)
    elif isinstance(target, ast.Tuple | ast.List):
        _unpack(target.elts, value, run)
    elif isinstance(target, ast.Starred):
        assign(target.value, value, run)
    elif isinstance(target, ast.Subscript):
        _put(evaluate(target.value, run), evaluate(target.slice, run), value, run)
    elif isinstance(target, ast.Attribute):
        run.taint(evaluate(target.value, run))


def _unpack(targets: list[ast.expr], value: Any, run: Run) -> None:
    items = items_of(value)
    if items is None or len(items) != len(targets) or any(isinstance(each, ast.Starred) for each in targets):
        items = [UNKNOWN] * len(targets)
    for target, item in zip(targets, items, strict=True):
        assign(target, item, run)


def _put(owner: Any, key: Any, value: Any, run: Run) -> None:
    if kind_of(owner) in (list, dict) and is_plain(key):
        owner[key] = value
        run.change(owner)
    else:
        run.taint(owner)
