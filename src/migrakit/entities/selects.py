"""``select()`` as the text of a view: as PostgreSQL takes it, with what the select is given as literals.

A view is created once and read by all, so nothing can be bound later. Where the server would take a literal for text it
is cast to the type that SQLAlchemy has for it: ``CAST('2026-11-21' AS DATE)``.
"""

from __future__ import annotations

import json
import math
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

from sqlalchemy import (
    JSON,
    Boolean,
    Enum,
    Integer,
    Numeric,
    SelectBase,
    String,
    TypeDecorator,
    literal_column,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS, PGCompiler, PGDialect, PGIdentifierPreparer
from sqlalchemy.types import NullType

from migrakit.entities.lexing import tokenize
from migrakit.errors import EntityError, Problem
from migrakit.filters.arguments import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy.engine.interfaces import Dialect
    from sqlalchemy.types import TypeEngine

    from migrakit.entities.value import Position

__all__ = ["ViewOptions", "create_view", "quoted"]


class ViewOptions(TypedDict, total=False):
    """What stands in a view's ``WITH (...)``."""

    security_invoker: bool
    security_barrier: bool
    check_option: Literal["local", "cascaded"]


_VALUES: Mapping[str, Mapping[Any, str]] = {
    "security_invoker": {True: "true", False: "false"},
    "security_barrier": {True: "true", False: "false"},
    "check_option": {"local": "local", "cascaded": "cascaded"},
}


def create_view(
    name: str,
    select: SelectBase,
    schema: str | None,
    options: Mapping[str, Any],
    place: Position,
    *,
    kind: str = "VIEW",
) -> str:
    """The statement that creates a view."""
    problems = [
        *_problems_of_names(name, schema),
        *_problems_of_select(select),
        *(problem for option, value in options.items() for problem in _problems_of_option(option, value)),
    ]
    if problems:
        raise EntityError(*(Problem(f"{place}: {each.what}", each.why, each.do) for each in problems))
    settings = ", ".join(f"{option} = {_VALUES[option][value]}" for option, value in sorted(options.items()))
    with_options = f" WITH ({settings})" if settings else ""
    return f"CREATE {kind} {quoted(name, schema)}{with_options} AS\n{_rendered(name, select, place)}"


def quoted(name: str, schema: str | None = None) -> str:
    """A name as SQL takes it, in quotes where it needs them."""
    parts = (name,) if schema is None else (schema, name)
    return ".".join(map(_Preparer(_dialect()).quote, parts))


def _problems_of_names(name: object, schema: object) -> Iterator[Problem]:
    if not (isinstance(name, str) and name):
        yield Problem(
            f"view() got {name!r} for its name.", "A view has a name.", "Write view('open_invoices', select)."
        )
    if not (schema is None or (isinstance(schema, str) and schema)):
        yield Problem(f"view(schema={schema!r}) is no name.", "A schema has a name.", "Write schema='billing'.")


def _problems_of_select(select: object) -> Iterator[Problem]:
    if not isinstance(select, SelectBase):
        do = "Pass a select(); the text of a statement goes into entity('CREATE VIEW ...')."
        yield Problem(f"view() got {select!r} for its select.", "A view is what a select gives.", do)


def _problems_of_option(option: str, value: object) -> Iterator[Problem]:
    if option not in _VALUES:
        do = "Write the statement itself where PostgreSQL has more: entity('CREATE VIEW ...')."
        yield Problem(f"view() takes no {option!r}{closest(option, _VALUES)}", f"It takes {', '.join(_VALUES)}.", do)
    elif not (isinstance(value, (bool, str)) and value in _VALUES[option]):
        do = f"Write {' or '.join(map(repr, _VALUES[option]))}."
        yield Problem(f"view({option}={value!r}) means nothing.", "PostgreSQL has no such value.", do)


def _rendered(name: str, select: SelectBase, place: Position) -> str:
    try:
        # With literals, SQLAlchemy writes NULL for a parameter without a value: this refuses it.
        select.compile(dialect=_dialect()).construct_params()
        text = str(select.compile(dialect=_dialect(), compile_kwargs={"literal_binds": True}))
    except Exception as error:  # a type of the author's own may raise anything
        raise EntityError(
            Problem(
                f"{place}: The select of the view {name!r} can't be written as text: {_said(error)}",
                "Nothing can be bound to a view.",
                "Give it a value that has a literal, or write the statement itself: entity('CREATE VIEW ...').",
            )
        ) from error
    return "".join(token.text.replace(" \n", "\n") if token.kind == "space" else token.text for token in tokenize(text))


def _said(error: Exception) -> str:
    said = str(error.args[0]) if error.args else str(error)
    return f"{said.partition('; see parent stack trace')[0].rstrip('.')}."


class _Preparer(PGIdentifierPreparer):
    # What SQLAlchemy's list lacks of the words that PostgreSQL takes for no name.
    reserved_words = RESERVED_WORDS | {"collation", "concurrently", "lateral", "system_user", "tablesample"}


class _Compiler(PGCompiler):
    # SQLAlchemy's own has no types in 2.1, and other ones in 2.0.
    _super: Any = PGCompiler.render_literal_value

    def render_literal_value(self, value: Any, type_: TypeEngine[Any]) -> str:
        if value is None and not type_.should_evaluate_none:
            return "NULL"
        given, impl = _unwrapped(value, type_, self.dialect)
        literal = self._literal(given, impl)
        is_whole = _is_known_by_its_looks(impl) and not _is_beyond_numbers(given)
        return literal if is_whole else str(self.process(sql_cast(literal_column(literal), type_)))

    def _literal(self, value: Any, type_: Any) -> str:
        if _is_array(type_) and isinstance(value, (list, tuple)):
            return self._array(cast("Iterable[Any]", value), type_.item_type)
        if value is None and not type_.should_evaluate_none:
            return "NULL"
        said = _in_words(value, type_)
        return str(self._super(value, type_)) if said is None else "'" + said.replace("'", "''") + "'"

    def _array(self, items: Iterable[Any], type_: TypeEngine[Any]) -> str:
        literals = (
            self._array(cast("Iterable[Any]", item), type_)
            if isinstance(item, (list, tuple))
            else self._literal(*_unwrapped(item, type_, self.dialect))
            for item in items
        )
        return f"ARRAY[{', '.join(literals)}]"


def _unwrapped(value: Any, type_: TypeEngine[Any], dialect: Dialect) -> tuple[Any, TypeEngine[Any]]:
    """What a type of the author's own makes of the value, and the type of SQLAlchemy's that takes it."""
    impl = type_.dialect_impl(dialect)
    if not isinstance(impl, TypeDecorator):
        return value, impl
    decorator: Any = cast("Any", impl)
    for process in ("process_literal_param", "process_bind_param"):
        if getattr(decorator.__class__, process) is not getattr(TypeDecorator, process):
            return _unwrapped(getattr(decorator, process)(value, dialect), decorator.impl, dialect)
    return _unwrapped(value, decorator.impl, dialect)


def _in_words(value: Any, type_: TypeEngine[Any]) -> str | None:
    """What the server's type reads, where SQLAlchemy has no literal, or one that doesn't keep every value."""
    if isinstance(type_, JSON):
        return json.dumps(None if value is JSON.NULL else value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"\\x{bytes(cast('bytes', value)).hex()}"
    if isinstance(value, timedelta):
        return f"{value.days} days {value.seconds}.{value.microseconds:06} seconds"
    return str(value) if _is_beyond_numbers(value) or _is_text_of(value, type_) else None


def _is_known_by_its_looks(type_: TypeEngine[Any]) -> bool:
    """Whether the server needs no cast to know the type of a literal, or would make one that changes nothing."""
    if isinstance(type_, Enum):
        return not type_.native_enum
    return isinstance(type_, (String, Integer, Numeric, Boolean, JSON.JSONElementType, NullType))


def _is_array(type_: object) -> bool:
    return isinstance(type_, postgresql.ARRAY)


def _is_beyond_numbers(value: Any) -> bool:
    return isinstance(value, (float, Decimal)) and not math.isfinite(value)


def _is_text_of(value: Any, type_: TypeEngine[Any]) -> bool:
    """Whether this is what the server's type reads, and SQLAlchemy leaves as it is: ``cast("10.0.0.0/8", INET)``."""
    has_a_literal = (String, Integer, Numeric, Boolean, JSON.JSONElementType, NullType)
    return isinstance(value, str) and not isinstance(type_, has_a_literal)


class _Dialect(PGDialect):
    """PostgreSQL without a driver: percent signs and colons stand for themselves, and so do backslashes."""

    supports_statement_cache = True
    statement_compiler = _Compiler
    _backslash_escapes = False


def _dialect() -> _Dialect:
    make: Any = _Dialect
    dialect: _Dialect = make(paramstyle="named")
    return dialect
