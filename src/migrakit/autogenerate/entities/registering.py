"""Registration of the comparator of entities, which is loaded by whoever compares: an upgrade has no use for it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from alembic.util import DispatchPriority, PriorityDispatchResult

from migrakit.autogenerate.plugins import ENTITIES

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps
    from alembic.runtime.plugins import Plugin

__all__ = ["setup"]


def _take_over(context: AutogenContext, upgrade_ops: UpgradeOps, schemas: set[str | None]) -> PriorityDispatchResult:
    if context.opts.get(ENTITIES) is None:
        return PriorityDispatchResult.CONTINUE
    from migrakit.autogenerate.entities.registry import take_over  # noqa: PLC0415

    return take_over(context, upgrade_ops, schemas)


def _compare(context: AutogenContext, upgrade_ops: UpgradeOps, schemas: set[str | None]) -> PriorityDispatchResult:
    # Without declared entities there is something to do only for what tables' ops meet.
    if context.opts.get(ENTITIES) is None and not upgrade_ops.ops:
        return PriorityDispatchResult.CONTINUE
    from migrakit.autogenerate.entities.comparing import compare  # noqa: PLC0415

    return compare(context, upgrade_ops, schemas)


def setup(plugin: Plugin) -> None:
    # Migrations say op.create_entity() and the like.
    import_module("alembic_utils.reversible_op")
    plugin.add_autogenerate_comparator(_take_over, "schema", "registry", priority=DispatchPriority.FIRST)
    plugin.add_autogenerate_comparator(_compare, "schema", "entities", priority=DispatchPriority.LAST)
