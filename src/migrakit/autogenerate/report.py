"""Says what a comparison left out, once it is done."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from alembic.util import DispatchPriority, PriorityDispatchResult

from migrakit.autogenerate.plugins import OPTION

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps
    from alembic.runtime.plugins import Plugin

    from migrakit.filters.hooks import Hooks

__all__ = ["hooks_of", "setup"]

log = logging.getLogger("migrakit")


def hooks_of(context: AutogenContext) -> Hooks | None:
    """The hooks of this comparison, if they are ours.

    Alembic keeps what one ``configure()`` was given for the next: they may be of another database of this env.py.
    """
    hooks: Hooks | None = context.opts.get(OPTION)
    return hooks if hooks is not None and context.opts.get("include_object") == hooks.include_object else None


def _report(
    context: AutogenContext,
    upgrade_ops: UpgradeOps,  # noqa: ARG001 - a comparator's signature
    schemas: set[str | None],  # noqa: ARG001
) -> PriorityDispatchResult:
    hooks = hooks_of(context)
    if hooks is not None:
        for line in hooks.report():
            log.warning(line)
    return PriorityDispatchResult.CONTINUE


def setup(plugin: Plugin) -> None:
    plugin.add_autogenerate_comparator(_report, "schema", "report", priority=DispatchPriority.LAST)
