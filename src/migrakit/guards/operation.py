"""One step of a revision, as Alembic has it: from autogenerate, or read in a revision's file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alembic.operations import ops

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from migrakit.catalog.live import TableName

__all__ = ["Operation", "Unchecked", "flattened", "operation_of"]


@dataclass(frozen=True, slots=True)
class Past:
    """What steps before one do to its table: the database does not tell.

    renamed: what they call columns of it, by the names that these have in the database.
    retyped: columns, by their present names, that they give another type.
    indexes: those that they make.
    is_filled: whether a revision before this one puts rows into it that it may have read elsewhere.
    """

    renamed: Mapping[str, str] = field(default_factory=dict[str, str])
    retyped: frozenset[str] = frozenset()
    indexes: frozenset[str] = frozenset()
    is_filled: bool = False

    def stored_name(self, column: str) -> str:
        """What the database calls it."""
        return next((stored for stored, name in self.renamed.items() if name == column), column)


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """What a revision does in one place: ``op`` is one of ``alembic.operations.ops``, such as ``DropColumnOp``.

    schema, table: what it is done to, as the revision says it; ``None`` where it speaks of no table.
    line: where it stands in the file; ``None`` for what autogenerate has just found.
    source: the table of the database that this is, which earlier steps may have renamed; ``None`` where there is none.
    is_new: whether there is none because earlier steps make it.
    past: what earlier steps do to that table.
    """

    op: ops.MigrateOperation
    schema: str | None = None
    table: str | None = None
    line: int | None = None
    source: TableName | None = None
    is_new: bool = False
    past: Past = field(default_factory=Past)


@dataclass(frozen=True, slots=True)
class Unchecked:
    """What only running it would tell."""

    line: int
    code: str


def operation_of(op: Any, line: int | None = None) -> Operation:
    """The step that this op is."""
    if isinstance(op, ops.CreateForeignKeyOp):
        return Operation(op, op.kw.get("source_schema"), op.source_table, line)
    if isinstance(op, ops.BulkInsertOp):
        return Operation(op, getattr(op.table, "schema", None), op.table.name, line)
    return Operation(op, _text(op, "schema"), _text(op, "table_name"), line)


def _text(op: ops.MigrateOperation, name: str) -> str | None:
    value = getattr(op, name, None)
    return value if isinstance(value, str) else None  # a plugin's may be anything


def flattened(found: Iterable[ops.MigrateOperation]) -> Iterator[Operation]:
    """Each step of what autogenerate has put into containers."""
    for op in found:
        if isinstance(op, ops.OpContainer):
            yield from flattened(op.ops)
        else:
            yield operation_of(op)
