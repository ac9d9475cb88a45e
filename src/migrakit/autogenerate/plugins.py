"""Registration with Alembic, from ``Environment.options()`` and never on import."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from importlib import import_module

from alembic.runtime.plugins import Plugin

__all__ = ["ENTITIES", "OPTION", "PATTERN", "register"]

PATTERN = "migrakit.*"
"""What ``autogenerate_plugins`` has to name for the comparators to run."""

ENTITIES = "migrakit_entities"
"""The key under which it hands its entities over."""

OPTION = "migrakit"
"""The key under which an environment hands its hooks to the comparators, among Alembic's options."""

# Comparators of one priority run in this order: the report last, and the order of ops when all are there. Renames are
# told to whoever reads, so they are known before anything is read.
_MODULES = (
    "renames.registering",
    "inspector",
    "shared",
    "partitions",
    "enums",
    "schemas",
    "keys",
    "entities.registering",
    "order",
    "report",
)


@cache
def register() -> None:
    """Make the comparators known to Alembic. They run only where a context names ``PATTERN``."""
    for name in _MODULES:
        # Here, as whoever imports migrakit may never compare: a third of what importing it would cost.
        module = import_module(f"migrakit.autogenerate.{name}")
        # Where the package is imported anew in one process, what its earlier import registered does the same.
        with suppress(ValueError):
            Plugin.setup_plugin_from_module(module, f"migrakit.{name}")
