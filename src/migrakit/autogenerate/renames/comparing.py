"""The two comparators: one before all others, so that they read new names, and one before those that come last."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alembic.util import DispatchPriority, PriorityDispatchResult

from migrakit import catalog
from migrakit.autogenerate.renames.finding import due
from migrakit.autogenerate.renames.heirs import with_heirs
from migrakit.autogenerate.renames.ops import ops_of, register_renderers
from migrakit.autogenerate.renames.parts import renamed_parts
from migrakit.autogenerate.renames.pending import pending
from migrakit.autogenerate.renames.translated import translated

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
    renames = due(context, schemas)
    if renames:
        inspector = context.inspector
        renames = replace(renames, parts=tuple(renamed_parts(context, renames, translated(inspector, renames))))
        if context.connection is not None:
            renames = with_heirs(renames, context.connection)
        context.inspector = translated(inspector, renames)
        if database := catalog.current():
            database.rename(
                {(each.schema or database.home_of(each.old), each.old): each.new for each in renames.tables}
            )
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
