"""Keeps from tables that are another's what Alembic asks nobody about: the table's own comment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops
from alembic.util import DispatchPriority, PriorityDispatchResult

from migrakit.autogenerate.report import hooks_of

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps
    from alembic.runtime.plugins import Plugin

__all__ = ["setup"]


def _leave_comments(
    context: AutogenContext,
    upgrade_ops: UpgradeOps,
    schemas: set[str | None],  # noqa: ARG001 - a comparator's signature
) -> PriorityDispatchResult:
    hooks = hooks_of(context)
    for each in upgrade_ops.ops:
        if hooks and isinstance(each, ops.ModifyTableOps) and hooks.shares(each.schema, each.table_name):
            each.ops = [op for op in each.ops if not isinstance(op, (ops.CreateTableCommentOp, ops.DropTableCommentOp))]
    return PriorityDispatchResult.CONTINUE


def setup(plugin: Plugin) -> None:
    plugin.add_autogenerate_comparator(_leave_comments, "schema", "shared", priority=DispatchPriority.LAST)
