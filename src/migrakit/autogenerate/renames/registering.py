"""Two comparators: one before all others, so that they read new names, and one before those that come last.

What looks for renames is loaded by whoever compares: an upgrade has no use for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.util import DispatchPriority, PriorityDispatchResult

from migrakit.autogenerate.renames.ops import ops_of, register_renderers
from migrakit.autogenerate.renames.pending import pending

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps
    from alembic.runtime.plugins import Plugin

__all__ = ["setup"]


def _read_new_names(
    context: AutogenContext,
    upgrade_ops: UpgradeOps,  # noqa: ARG001 - a comparator's signature
    schemas: set[str | None],
) -> PriorityDispatchResult:
    from migrakit.autogenerate.renames.reading import read_new_names  # noqa: PLC0415

    read_new_names(context, schemas)
    return PriorityDispatchResult.CONTINUE


def _rename(
    context: AutogenContext,
    upgrade_ops: UpgradeOps,
    schemas: set[str | None],  # noqa: ARG001 - a comparator's signature
) -> PriorityDispatchResult:
    # First of all, so that whatever else the revision does is said in new names, there and back.
    upgrade_ops.ops[:0] = ops_of(pending(context), context.migration_context.dialect)
    return PriorityDispatchResult.CONTINUE


def setup(plugin: Plugin) -> None:
    plugin.add_autogenerate_comparator(_read_new_names, "schema", "names", priority=DispatchPriority.FIRST)
    plugin.add_autogenerate_comparator(_rename, "schema", "renames", priority=DispatchPriority.LAST)
    register_renderers()
