"""What may be called while a function is read, and what does nothing that a guard should know of."""

from __future__ import annotations

import inspect
import textwrap
from logging import Logger, LoggerAdapter
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Column, Table, func
from sqlalchemy.schema import ColumnCollectionConstraint, Index, SchemaItem
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import IdentifierPreparer
from sqlalchemy.sql.elements import ClauseElement, ColumnClause
from sqlalchemy.sql.selectable import TableClause
from sqlalchemy.types import TypeEngine

from migrakit.guards.reading.values import CONTAINERS, PLAIN, home_of, is_a, is_class, is_describing, is_in, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from migrakit.guards.reading.values import Arguments

__all__ = ["MUTATORS", "changes_models", "is_harmless", "is_harmless_name", "listed", "may_be_called", "only_looks"]

_FUNC: Final = type(func)

_ONCE: Final = (enumerate, reversed, zip)
"""What gives its items only once."""

_CALLED = (
    *(abs, all, any, bool, bytes, chr, dict, enumerate, float, frozenset, int, isinstance, len, list, max, min),
    *(ord, range, repr, reversed, round, set, slice, sorted, str, sum, tuple, zip, textwrap.dedent, textwrap.indent),
    *(inspect.cleandoc,),
)

_IGNORED = (print, hasattr, id, type, iter, next, issubclass, callable, hash, format, object)

# Whose functions only compute, or tell what the moment and the machine are.
_COMPUTING = (
    *("base64", "calendar", "collections", "copy", "datetime", "decimal", "fractions", "functools", "genericpath"),
    *("hashlib", "inspect", "itertools", "json", "logging", "math", "posixpath", "random"),
    *("re", "secrets", "statistics", "string", "textwrap", "time", "typing", "uuid", "warnings", "zoneinfo"),
)

# Constructors that do nothing yet: what is then done with their objects is a call of its own.
_CLASSES = ("contextlib", "pathlib", "sqlalchemy.orm", "sqlalchemy.ext.automap")
_FUNCTIONS = ("contextlib", "sqlalchemy.orm.decl_api", "sqlalchemy.orm._orm_constructors", "sqlalchemy.ext.declarative")

_PURE_FUNCTIONS = (
    *("sqlalchemy.sql", "sqlalchemy.dialects.postgresql.dml", "sqlalchemy.dialects.postgresql.ext"),
    *("sqlalchemy.dialects.mysql.dml", "sqlalchemy.dialects.mysql.expression", "sqlalchemy.dialects.sqlite.dml"),
    "migrakit.entities.declaring",
)

_ACTING = ("append_column", "create", "create_all", "drop", "drop_all", "execute", "reflect", "scalar", "to_metadata")

MUTATORS: Final = (
    *("add", "append", "clear", "difference_update", "discard", "extend", "insert", "intersection_update", "pop"),
    *("popitem", "remove", "reverse", "setdefault", "sort", "symmetric_difference_update", "update"),
)

# Whatever it is that has these: strings and rows, results, and collections.
_READING = frozenset(
    {
        *(name for kind in (str, tuple, list, dict) for name in vars(kind) if not name.startswith("_")),
        *("isoformat", "total_seconds", "date", "hex", "group", "groups", "match", "search", "difference", "union"),
        *("with_suffix", "with_name", "joinpath", "resolve", "absolute", "read_text", "read_bytes", "exists"),
        *("getenv", "getLogger", "info", "debug", "warning", "error", "get_x_argument", "get_main_option"),
    }
) - {"clear", "copy", "insert", "pop", "popitem", "remove", "update"}

# Of a result, and then without arguments: a connection's are given a statement.
_FETCHING = (
    *("all", "fetchall", "fetchone", "first", "mappings", "one", "one_or_none", "scalar", "scalars", "scalar_one"),
    *("scalar_one_or_none", "unique", "partitions", "close", "tuples"),
)


def listed(callee: Any) -> Callable[..., Any]:
    """The callee, or what gives the same as a list."""
    given: Callable[..., Any] = callee
    if not is_class(callee) or callee not in _ONCE:
        return given
    return lambda *args, **named: list[Any](given(*args, **named))


def may_be_called(callee: Any) -> bool:
    """Whether calling it does nothing but compute or describe."""
    kind = kind_of(callee)
    if is_class(callee):
        return home_of(callee) != "" and (callee in (*_CALLED, *PLAIN) or is_describing(callee))
    if kind is FunctionType:
        return callee in _CALLED or is_in(callee.__module__, _PURE_FUNCTIONS)
    if kind is BuiltinFunctionType:
        return callee in _CALLED or kind_of(callee.__self__) in (*PLAIN, *CONTAINERS) or callee == dict.fromkeys
    return kind is _FUNC or (kind is MethodType and _is_pure_method(callee))


def _is_pure_method(method: MethodType) -> bool:
    owner, function = method.__self__, method.__func__
    name = getattr(function, "__name__", "_")
    if name.startswith("_") or name in _ACTING:
        return False
    if is_class(owner):
        return is_describing(owner) and is_in(function.__module__, ["alembic_utils", "migrakit", "sqlalchemy.sql"])
    if is_a(owner, IdentifierPreparer):
        return name.startswith(("quote", "format_"))
    return is_in(function.__module__, ["sqlalchemy", "alembic.operations", "migrakit.entities"]) and _only_makes(
        owner, name
    )


def _only_makes(owner: object, name: str) -> bool:
    """A statement's or a type's methods make new ones; a table's and a column's own do more than that."""
    if is_a(owner, SchemaItem):
        return hasattr(TableClause, name) or hasattr(ColumnClause, name)
    kind = kind_of(owner)
    return issubclass(kind, (ClauseElement, TypeEngine)) or is_in(home_of(kind), ["sqlalchemy.sql"])


def changes_models(callee: Any, arguments: Arguments) -> bool:
    """Whether what is made would become a part of a table that there is."""
    if not is_class(callee) or not issubclass(callee, (Index, ColumnCollectionConstraint)):
        return False
    clauses = (each for each in arguments.values() if is_a(each, ClauseElement))
    parts: Iterator[Any] = (part for each in clauses for part in visitors.iterate(each))
    return any(issubclass(kind_of(part), Column) and is_a(getattr(part, "table", None), Table) for part in parts)


def is_harmless(callee: Any) -> bool:
    """Whether calling it changes nothing in the database or outside, whatever it gives."""
    if is_class(callee) and home_of(callee):
        return callee in _IGNORED or issubclass(callee, BaseException) or _is_quiet(callee, _CLASSES)
    if kind_of(callee) is MethodType:
        return issubclass(kind_of(callee.__self__), (Logger, LoggerAdapter))
    if kind_of(callee) is FunctionType:
        return _is_quiet(callee, _FUNCTIONS)
    if kind_of(callee) is not BuiltinFunctionType:
        return False
    return callee in _IGNORED or callee.__self__ in PLAIN or _is_quiet(callee)


def _is_quiet(callee: Any, homes: Iterable[str] = ()) -> bool:
    return is_in(callee.__module__, (*_COMPUTING, *homes))


def only_looks(callee: Any) -> bool:
    """Whether it does nothing with what it is given, even with ``op``."""
    return kind_of(callee) in (type, BuiltinFunctionType) and (callee in _IGNORED or callee is isinstance)


def is_harmless_name(name: str, arguments: Arguments) -> bool:
    """Whether a method of this name does nothing, whose object isn't known."""
    given = (*arguments.positional, *arguments.by_name)
    return name in _READING or (name in _FETCHING and not given and arguments.are_all)
