"""Alembic's directives, which make their ops as ever, and no more than that."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.operations import BatchOperations, Operations, ops
from sqlalchemy import Column, column, table

from migrakit.guards.reading.values import UNKNOWN, Block

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NoReturn

    from alembic.operations.ops import MigrateOperation
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import TableClause

__all__ = ["Recording", "RecordingBatch", "batch_of"]


class _Records:
    """Takes down what it is asked to do."""

    made: list[MigrateOperation]

    def invoke(self, operation: MigrateOperation) -> Any:
        """In the place of doing it."""
        self.made.append(operation)
        return _described(operation) if isinstance(operation, ops.CreateTableOp) else UNKNOWN

    def get_bind(self) -> NoReturn:
        """A directive that needs one does more than it says."""
        raise NotImplementedError


class Recording(_Records, Operations):
    """``op``."""

    def __init__(self, context: MigrationContext, made: list[MigrateOperation]) -> None:
        super().__init__(_without_connection(context))
        self.made = made

    def sync_enum_values(  # noqa: PLR0917 - the plugin's
        self,
        enum_schema: str,
        enum_name: str,
        new_values: list[str],
        affected_columns: list[Any],
        enum_values_to_rename: Iterable[tuple[str, str]] = (),
        indexes_to_recreate: list[Any] | None = None,
    ) -> None:
        """alembic-postgresql-enum's own makes no op, and acts at once. Which values there were, no file says."""
        from alembic_postgresql_enum.operations.sync_enum_values import SyncEnumValuesOp  # noqa: PLC0415

        op = SyncEnumValuesOp(enum_schema, enum_name, [], new_values, affected_columns, indexes_to_recreate or [])
        op.info["enum_values_to_rename"] = tuple(enum_values_to_rename)
        self.invoke(op)


class RecordingBatch(_Records, BatchOperations):
    """``batch_op``."""

    def __init__(self, context: MigrationContext, batch: _Batch, made: list[MigrateOperation]) -> None:
        impl: Any = batch
        super().__init__(context, impl=impl)
        self.made = made


def _without_connection(context: MigrationContext) -> MigrationContext:
    """In which a directive that does more than to make its op has nothing to do it with."""
    bare, impl = copy(context), copy(context.impl)
    impl.connection = bare.connection = impl.output_buffer = None
    impl.as_sql = bare.as_sql = False
    bare.impl = impl
    return bare


def batch_of(op: Recording, table_name: str, schema: str | None = None) -> Block:
    """What ``op.batch_alter_table()`` enters."""
    return Block(RecordingBatch(op.migration_context, _Batch(table_name, schema), op.made))


@dataclass(frozen=True, slots=True)
class _Batch:
    """What directives ask their batch for."""

    table_name: str
    schema: str | None


def _described(op: ops.CreateTableOp) -> TableClause:
    """The table as far as rows need it: the op's own columns stay free for whoever makes a table of them."""
    columns: list[Any] = [column(each.name, each.type) for each in _columns(op)]
    return table(op.table_name, *columns, schema=op.schema)


def _columns(op: ops.CreateTableOp) -> list[Any]:
    return [each for each in op.columns if isinstance(each, Column)]
