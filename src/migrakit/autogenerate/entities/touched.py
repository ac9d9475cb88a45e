"""What the tables' own ops do to that which entities may stand on, or what may stand on entities."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from alembic.operations import ops

from migrakit.entities.lexing import UnterminatedError, tokenize

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "Going",
    "Touched",
    "added_columns",
    "called_in_expressions",
    "dropped_columns",
    "goes",
    "retyped",
    "touched_after",
    "touched_before",
]

Ops: TypeAlias = "Iterable[ops.MigrateOperation]"


@dataclass(frozen=True, slots=True)
class Touched:
    """A column, or with no column a whole table."""

    schema: str
    table: str
    column: str = ""


def touched_before(found: Ops, default_schema: str) -> Iterator[Touched]:
    """What is there, and dropped or retyped: nothing may stand on it meanwhile."""
    for op in found:
        if isinstance(op, ops.DropTableOp):
            yield Touched(op.schema or default_schema, op.table_name)
    yield from dropped_columns(found, default_schema)
    yield from retyped(found, default_schema)


def touched_after(found: Ops, default_schema: str) -> Iterator[Touched]:
    """The same, on the way back."""
    for op in found:
        if isinstance(op, ops.CreateTableOp):
            yield Touched(op.schema or default_schema, op.table_name)
    yield from added_columns(found, default_schema)
    yield from retyped(found, default_schema, by_new_name=True)


def dropped_columns(found: Ops, default_schema: str) -> list[Touched]:
    """Of tables that stay."""
    changes = _changes(found, default_schema)
    return [Touched(*table, each.column_name) for table, each in changes if isinstance(each, ops.DropColumnOp)]


def added_columns(found: Ops, default_schema: str) -> list[Touched]:
    """Of tables that are there, and so those that they lose on the way back."""
    changes = _changes(found, default_schema)
    return [Touched(*table, str(each.column.name)) for table, each in changes if isinstance(each, ops.AddColumnOp)]


def retyped(found: Ops, default_schema: str, *, by_new_name: bool = False) -> list[Touched]:
    """Columns that get another type, and are there before and after."""
    return [
        Touched(*table, each.modify_name if by_new_name and each.modify_name else each.column_name)
        for table, each in _changes(found, default_schema)
        if isinstance(each, ops.AlterColumnOp) and each.modify_type is not None
    ]


@dataclass(frozen=True, slots=True)
class Going:
    """Of tables' defaults, constraints and indexes those that go."""

    tables: frozenset[tuple[str, str]]
    parts: frozenset[tuple[str, str, str]]

    def __contains__(self, part: tuple[str, str, str] | None) -> bool:
        """By schema, table and name."""
        return part is not None and (part in self.parts or part[:2] in self.tables)


def goes(found: Ops, default_schema: str) -> Going:
    """With their tables, or alone."""
    tables = [(op.schema or default_schema, op.table_name) for op in found if isinstance(op, ops.DropTableOp)]
    named = ((*table, _name_of_part(change)) for table, change in _changes(found, default_schema))
    parts = {(schema, table, name) for schema, table, name in named if name is not None}
    return Going(frozenset(tables), frozenset(parts))


def _name_of_part(change: ops.MigrateOperation) -> str | None:
    if isinstance(change, ops.DropColumnOp):
        return change.column_name
    if isinstance(change, ops.AlterColumnOp):
        return change.column_name if change.modify_server_default is not False else None
    if isinstance(change, ops.DropConstraintOp):
        return None if change.constraint_name is None else str(change.constraint_name)
    return str(change.index_name) if isinstance(change, ops.DropIndexOp) else None


def _changes(found: Ops, default_schema: str) -> Iterator[tuple[tuple[str, str], ops.MigrateOperation]]:
    for op in found:
        if isinstance(op, ops.ModifyTableOps):
            yield from (((op.schema or default_schema, op.table_name), change) for change in op.ops)


def called_in_expressions(found: Ops) -> set[str]:
    """What new defaults, checks, computed columns and indexes call."""
    names: set[str] = set()
    for expression in _expressions(found):
        try:
            tokens = [token for token in tokenize(str(expression)) if not token.is_blank]
        except UnterminatedError:  # it is no SQL
            continue
        called = (each for each, following in pairwise(tokens) if following.text == "(")
        names |= {name for each in called if (name := each.identifier)}
    return names


def _expressions(found: Ops) -> Iterator[Any]:
    for op in found:
        if isinstance(op, ops.CreateTableOp):
            yield from _of_table(op.to_table())
        elif isinstance(op, ops.OpContainer):
            yield from _expressions(op.ops)
        else:
            yield from _of_change(op)


def _of_table(table: Any) -> Iterator[Any]:
    for column in table.columns:
        yield from _of_column(column)
    yield from (sql for each in table.constraints if (sql := getattr(each, "sqltext", None)) is not None)


def _of_change(op: ops.MigrateOperation) -> Iterator[Any]:
    if isinstance(op, ops.CreateIndexOp):
        yield from op.to_index().expressions
    elif isinstance(op, ops.CreateCheckConstraintOp):
        yield op.condition
    elif isinstance(op, ops.AddColumnOp):
        yield from _of_column(op.column)
    elif isinstance(op, ops.AlterColumnOp) and op.modify_server_default not in (False, None):
        yield getattr(op.modify_server_default, "arg", op.modify_server_default)


def _of_column(column: Any) -> Iterator[Any]:
    if column.server_default is not None and hasattr(column.server_default, "arg"):
        yield column.server_default.arg
    if column.computed is not None:
        yield column.computed.sqltext
