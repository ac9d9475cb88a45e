"""What a call does: it makes an op, it is gone into, it is computed, it does nothing, or nobody knows."""

from __future__ import annotations

import ast
import builtins
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

from sqlalchemy import DDL, Enum, MetaData
from sqlalchemy.engine import Inspector
from sqlalchemy.inspection import inspect as inspect_sql

from migrakit.guards.reading.expressions import attribute_of, evaluate, through
from migrakit.guards.reading.following import follow, followed, read_once
from migrakit.guards.reading.harmless import (
    MUTATORS,
    changes_models,
    is_harmless,
    is_harmless_name,
    listed,
    may_be_called,
    only_looks,
)
from migrakit.guards.reading.outside import attempt
from migrakit.guards.reading.recording import Recording, RecordingBatch, batch_of
from migrakit.guards.reading.values import (
    ASKED,
    CONTAINERS,
    ENVIRONMENT,
    UNKNOWN,
    Arguments,
    Block,
    Connected,
    Dialectal,
    Globals,
    Method,
    Migrating,
    Several,
    is_a,
    is_fit,
    kind_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Dialect

    from migrakit.guards.reading.run import Run

__all__ = ["call"]

_FUNCTIONS = (FunctionType, BuiltinFunctionType)

_COPIES = frozenset({"copy_from", "table_args", "table_kwargs", "reflect_args", "reflect_kwargs"})

_MOST_OF_A_RANGE = 100_000


def call(node: ast.Call, run: Run) -> Any:
    """What it gives."""
    run.step()
    callee = evaluate(node.func, run)
    arguments = _arguments(node, run)
    if _is_directive(callee):
        return _direct(node, callee, arguments, run)
    if callee is builtins.getattr:
        return _got(arguments, run)
    return _gone_into(node, callee, arguments, run)


def _gone_into(node: ast.Call, callee: Any, arguments: Arguments, run: Run) -> Any:
    if (function := followed(callee, run)) is not None:
        return follow(function, arguments, node, run)
    if is_a(callee, Several):
        return _one_of(callee, run)
    if _hands_over(arguments, run) and not only_looks(callee):
        return _unknown(node, run)
    if is_a(callee, Method):
        return _of_stand_in(node, callee, arguments, run)
    return Globals() if callee is builtins.globals else _of_others(node, callee, arguments, run)


def _arguments(node: ast.Call, run: Run) -> Arguments:
    positional, named, are_all = list[Any](), dict[str, Any](), True
    for each in node.args:
        given = through(each.value, run) if isinstance(each, ast.Starred) else [evaluate(each, run)]
        positional += given or ()
        are_all = are_all and given is not None
    for keyword in node.keywords:
        value = evaluate(keyword.value, run)
        more: dict[Any, Any] = value if keyword.arg is None and kind_of(value) is dict else {keyword.arg: value}
        are_all = are_all and all(kind_of(name) is str for name in more)
        named.update(more)
    return Arguments(tuple(positional), named, are_all)


def _unknown(node: ast.Call, run: Run) -> Any:
    run.leave_unchecked(node)
    return UNKNOWN


def _are_known(arguments: Arguments, run: Run) -> bool:
    return arguments.are_all and all(
        run.is_clean(value) and (is_fit(value) or (name in ("default", "onupdate") and kind_of(value) in _FUNCTIONS))
        for name, value in (*((None, value) for value in arguments.positional), *arguments.by_name.items())
    )


# Alembic's directives


def _is_directive(callee: Any) -> bool:
    return kind_of(callee) is MethodType and (is_a(callee.__self__, Recording) or is_a(callee.__self__, RecordingBatch))


def _direct(node: ast.Call, callee: MethodType, arguments: Arguments, run: Run) -> Any:
    name, context = callee.__name__, run.context
    if name == "get_context":
        return Migrating(context)
    if name == "get_bind":
        return Connected(context.dialect)
    if name == "batch_alter_table":
        return _batch(node, callee.__self__, arguments, run)
    if name in ("run_async", "implementation_for", "register_operation") or not _are_known(arguments, run):
        return _unknown(node, run)
    given = [_settled(value) for value in arguments.positional]
    named = {key: _settled(value) for key, value in arguments.by_name.items()}
    if name in ("f", "inline_literal"):
        return attempt(lambda: callee(*given, **named))
    return run.record(lambda: callee(*given, **named), node)


def _settled(value: Any) -> Any:
    """As it is now: an op keeps what it is given, and a list may go on changing."""
    return kind_of(value)(value) if kind_of(value) in (list, dict) else value


def _batch(node: ast.Call, op: Any, arguments: Arguments, run: Run) -> Any:
    given = Arguments(arguments.positional[:2], _only(arguments, "table_name", "schema"), arguments.are_all)
    if not (is_a(op, Recording) and _are_known(given, run)):
        return _unknown(node, run)
    if len(arguments.positional) > len(given.positional) or _COPIES.intersection(arguments.by_name):
        run.leave_unchecked(node)  # a copy has what these say, and loses the rest
    block = attempt(lambda: batch_of(op, *given.positional, **given.by_name))
    return block if block is not UNKNOWN else _unknown(node, run)


def _only(arguments: Arguments, *names: str) -> dict[str, Any]:
    return {name: value for name, value in arguments.by_name.items() if name in names}


# Functions that are given away


def _one_of(callee: Several, run: Run) -> Any:
    for function in callee.functions:
        run.maybe(partial(read_once, function, run))
    return UNKNOWN


def _hands_over(arguments: Arguments, run: Run) -> bool:
    """Whether whoever is called could do something with ``op``. Functions that it is given may be called."""
    is_handed_over = False
    for value in arguments.values():
        if (function := followed(value, run)) is not None:
            run.maybe(partial(read_once, function, run))
        is_handed_over = is_handed_over or _is_directive(value) or is_a(value, Recording) or is_a(value, RecordingBatch)
    return is_handed_over


# What stands in


def _of_stand_in(node: ast.Call, method: Method, arguments: Arguments, run: Run) -> Any:
    owner, name = method.owner, method.name
    if owner is ENVIRONMENT and name in ("is_offline_mode", "get_context", "get_bind"):
        known = {"is_offline_mode": run.context.as_sql, "get_context": Migrating(run.context)}
        return known.get(name, Connected(run.context.dialect))
    if name in ("autocommit_block", "begin", "begin_nested", "begin_transaction"):
        return Block()
    if is_a(owner, Connected) and name in ("connect", "execution_options"):
        return owner
    if _is_a_question(owner, name, arguments):
        return UNKNOWN
    _spoil(method, arguments, run)
    return _unknown(node, run)


def _is_a_question(owner: Any, name: str, arguments: Arguments) -> bool:
    if owner is UNKNOWN:
        return is_harmless_name(name, arguments)
    return name.startswith(("get_", "in_", "is_", "has_")) or (is_a(owner, Dialectal) and not name.startswith("do_"))


def _got(arguments: Arguments, run: Run) -> Any:
    if len(arguments.positional) not in (2, 3) or kind_of(arguments.positional[1]) is not str:
        return UNKNOWN
    owner, name, *_ = arguments.positional
    return attribute_of(owner, name, run)


# Everything else


def _of_others(node: ast.Call, callee: Any, arguments: Arguments, run: Run) -> Any:
    if _is_of_container(callee):
        return _on_container(callee, arguments, run)
    if callee is inspect_sql or (kind_of(callee) is MethodType and callee.__self__ is Inspector):
        return ASKED
    if (made := _made_of_enum(callee, arguments, run)) is not None:
        return run.record(made, node)
    if not may_be_called(callee):
        return UNKNOWN if callee is ASKED or is_harmless(callee) else _of_strangers(node, callee, arguments, run)
    return _computed(callee, arguments, run)


def _computed(callee: Any, arguments: Arguments, run: Run) -> Any:
    is_known = _are_known(arguments, run) and not _is_endless(arguments) and not changes_models(callee, arguments)
    for value in arguments.values():
        if is_a(value, MetaData):  # a table is put into it
            (run.change if is_known else run.taint)(value)
    return attempt(lambda: listed(callee)(*arguments.positional, **arguments.by_name)) if is_known else UNKNOWN


def _of_strangers(node: ast.Call, callee: Any, arguments: Arguments, run: Run) -> Any:
    _spoil(callee, arguments, run)
    return UNKNOWN if _is_reflecting(callee) else _unknown(node, run)


def _is_reflecting(callee: Any) -> bool:
    return kind_of(callee) is MethodType and callee.__func__ is MetaData.reflect


def _spoil(callee: Any, arguments: Arguments, run: Run) -> None:
    """What is given to somebody, or somebody's own, may not be what it was."""
    for value in (*arguments.values(), callee.__self__ if kind_of(callee) is MethodType else None):
        run.taint(value)


def _made_of_enum(callee: Any, arguments: Arguments, run: Run) -> Callable[[], Any] | None:
    """``sa.Enum(...).drop(op.get_bind())``, which is how scripts write it."""
    if kind_of(callee) is not MethodType or not is_a(callee.__self__, Enum) or run.context.dialect.name != "postgresql":
        return None
    from sqlalchemy.dialects.postgresql import CreateEnumType, DropEnumType  # noqa: PLC0415 - others have no use for it

    element: Any = {"create": CreateEnumType, "drop": DropEnumType}.get(callee.__name__)
    if element is None or not any(is_a(value, Connected) for value in arguments.values()):
        return None
    dialect = run.context.dialect
    return lambda: run.op.execute(_as_text(element(callee.__self__.dialect_impl(dialect)), dialect))


def _as_text(element: Any, dialect: Dialect) -> Any:
    """As ``op.execute("DROP TYPE ...")`` would have it."""
    as_ddl: Any = DDL
    return as_ddl(str(element.compile(dialect=dialect)).strip().replace("%", "%%"))


def _is_of_container(callee: Any) -> bool:
    return kind_of(callee) is BuiltinFunctionType and kind_of(callee.__self__) in CONTAINERS


def _on_container(method: BuiltinFunctionType, arguments: Arguments, run: Run) -> Any:
    """A list's ``append()``: what it puts in needn't be known."""
    container = method.__self__
    puts = method.__name__ in ("append", "get", "items", "keys", "setdefault", "values")
    is_known = arguments.are_all and (
        puts or (_are_known(arguments, run) and run.is_clean(container) and is_fit(container))
    )
    if method.__name__ in MUTATORS:
        (run.change if is_known else run.taint)(container)
    if not is_known:
        return UNKNOWN
    given = attempt(lambda: method(*arguments.positional, **arguments.by_name))
    return list(given) if kind_of(given).__name__.startswith("dict_") else run.clean(given)


def _is_endless(arguments: Arguments) -> bool:
    return any(kind_of(value) is range and value.stop - value.start > _MOST_OF_A_RANGE for value in arguments.values())
