"""alembic-utils without the comparator that it registers as it is imported, and that takes part in all that follows."""

from __future__ import annotations

from importlib import import_module

from alembic.autogenerate import comparators

__all__ = ["import_alembic_utils"]


def import_alembic_utils() -> None:
    """For whoever imports it afterwards."""
    before = {key: list(registered) for key, registered in comparators._registry.items()}
    import_module("alembic_utils.replaceable_entity")
    comparators._registry.clear()
    comparators._registry.update(before)
