"""Leaves to declared partitions what they have from their partitioned table: there alone it can be dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops
from alembic.util import DispatchPriority, PriorityDispatchResult

from migrakit import catalog
from migrakit.autogenerate.renames import pending
from migrakit.autogenerate.report import hooks_of

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.plugins import Plugin

    from migrakit.autogenerate.renames import Renames

__all__ = ["setup"]


def _leave_inherited(
    context: AutogenContext,
    upgrade_ops: ops.UpgradeOps,
    schemas: set[str | None],  # noqa: ARG001 - a comparator's signature
) -> PriorityDispatchResult:
    database = catalog.current()
    if hooks_of(context) is None or database is None or context.connection is None:
        return PriorityDispatchResult.CONTINUE
    changes = [
        (op, (op.schema or database.home_of(op.table_name), op.table_name))
        for op in upgrade_ops.ops
        if isinstance(op, ops.ModifyTableOps) and any(map(_is_drop, op.ops))
    ]
    changes = [(op, table) for op, table in changes if table in database.relations.partitions]
    found = catalog.inherited_by_partitions(context.connection) if changes else frozenset[tuple[str, str, str]]()
    inherited = {_told(each, pending(context)) for each in found}
    for op, table in changes:
        op.ops = [each for each in op.ops if not (_is_drop(each) and (*table, _name(each)) in inherited)]
    return PriorityDispatchResult.CONTINUE


def _told(part: tuple[str, str, str], renames: Renames) -> tuple[str, str, str]:
    """By the new names, as the ops have it."""
    schema, old, name = part
    table = renames.new_table(schema, old)
    return schema, table, renames.of_parts(schema, table).get(name, name)


def _is_drop(op: ops.MigrateOperation) -> bool:
    return isinstance(op, (ops.DropConstraintOp, ops.DropIndexOp))


def _name(op: ops.MigrateOperation) -> object:
    return op.index_name if isinstance(op, ops.DropIndexOp) else getattr(op, "constraint_name", None)


def setup(plugin: Plugin) -> None:
    plugin.add_autogenerate_comparator(_leave_inherited, "schema", "partitions", priority=DispatchPriority.LAST)
