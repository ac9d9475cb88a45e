"""Takes foreign keys away while a key that they refer to is replaced: the database keeps it for them otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from alembic.util import DispatchPriority, PriorityDispatchResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.plugins import Plugin
    from sqlalchemy import ForeignKeyConstraint

__all__ = ["setup"]

_Key = tuple[str | None, str, frozenset[str]]
"""Schema, table and columns."""


def _take_away(
    context: AutogenContext,
    upgrade_ops: ops.UpgradeOps,
    schemas: set[str | None],  # noqa: ARG001 - a comparator's signature
) -> PriorityDispatchResult:
    if context.migration_context.dialect.supports_alter:  # SQLite copies the table, and asks nothing
        replaced = {
            key for op in upgrade_ops.ops if isinstance(op, ops.ModifyTableOps) for key in _dropped(op, context)
        }
        if replaced:
            upgrade_ops.ops.extend(_again(context, replaced, _changing(upgrade_ops, context)))
    return PriorityDispatchResult.CONTINUE


def _dropped(changes: ops.ModifyTableOps, context: AutogenContext) -> Iterator[_Key]:
    for op in changes.ops:
        made = op.reverse() if isinstance(op, (ops.DropIndexOp, ops.DropConstraintOp)) else None
        if isinstance(made, ops.CreateIndexOp) and made.unique:
            columns = made.to_index().columns
        elif isinstance(made, ops.CreateUniqueConstraintOp):
            columns = made.to_constraint().columns
        else:
            continue
        yield _real(changes.schema, context), changes.table_name, frozenset(column.name for column in columns)


def _changing(upgrade_ops: ops.UpgradeOps, context: AutogenContext) -> set[tuple[str | None, str, object]]:
    """Schema, table and name of each constraint that is dropped anyway."""
    return {
        (_real(op.schema, context), op.table_name, part.constraint_name)
        for op in upgrade_ops.ops
        if isinstance(op, ops.ModifyTableOps)
        for part in op.ops
        if isinstance(part, ops.DropConstraintOp)
    }


def _again(
    context: AutogenContext, replaced: set[_Key], changing: set[tuple[str | None, str, object]]
) -> Iterator[ops.ModifyTableOps]:
    for table in context.table_key_to_table.values():
        for constraint in sorted(table.foreign_key_constraints, key=lambda each: [*each.column_keys]):
            target, columns = constraint.referred_table, frozenset(each.column.name for each in constraint.elements)
            if (_real(target.schema, context), target.name, columns) in replaced and _is_own(constraint, context):
                name = _name_in_database(constraint, context)
                if name is not None and (_real(table.schema, context), table.name, name) not in changing:
                    made = ops.CreateForeignKeyOp.from_constraint(constraint)
                    made.constraint_name = name
                    yield ops.ModifyTableOps(table.name, [made.reverse(), made], schema=table.schema)


def _is_own(constraint: ForeignKeyConstraint, context: AutogenContext) -> bool:
    """By what it stands on: asked about itself, the hooks leave out what the database has already."""
    asked: list[tuple[Any, Any]] = [(constraint.table, "table"), *((column, "column") for column in constraint.columns)]
    return all(context.run_object_filters(each, each.name, kind, False, None) for each, kind in asked)  # noqa: FBT003


def _name_in_database(constraint: ForeignKeyConstraint, context: AutogenContext) -> str | None:
    """``None`` where it is new, and made after the key anyway."""
    table, target = constraint.table, constraint.referred_table
    wanted = {(each.parent.name, each.column.name) for each in constraint.elements}
    if not context.inspector.has_table(table.name, schema=table.schema):
        return None
    for found in context.inspector.get_foreign_keys(table.name, schema=table.schema):
        place = _real(found["referred_schema"], context), found["referred_table"]
        columns = set(zip(found["constrained_columns"], found["referred_columns"], strict=True))
        if place == (_real(target.schema, context), target.name) and columns == wanted:
            return found["name"]
    return None


def _real(schema: str | None, context: AutogenContext) -> str | None:
    return schema or context.migration_context.dialect.default_schema_name


def setup(plugin: Plugin) -> None:
    plugin.add_autogenerate_comparator(_take_away, "schema", "keys", priority=DispatchPriority.LAST)
