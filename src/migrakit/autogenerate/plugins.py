"""Registration with Alembic, from ``Environment.options()`` and never on import."""

from __future__ import annotations

from contextlib import suppress
from functools import cache

from alembic.runtime.plugins import Plugin

from migrakit.autogenerate import enums, inspector, order, report, schemas, shared

__all__ = ["PATTERN", "register"]

PATTERN = "migrakit.*"
"""What ``autogenerate_plugins`` has to name for the comparators to run."""


@cache
def register() -> None:
    """Make the comparators known to Alembic. They run only where a context names ``PATTERN``."""
    modules = {
        "migrakit.inspector": inspector,
        "migrakit.shared": shared,
        "migrakit.enums": enums,
        "migrakit.schemas": schemas,
        "migrakit.order": order,
        "migrakit.report": report,
    }
    for name, module in modules.items():
        # Where the package is imported anew in one process, what its earlier import registered does the same.
        with suppress(ValueError):
            Plugin.setup_plugin_from_module(module, name)
