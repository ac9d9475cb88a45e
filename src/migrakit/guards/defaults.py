"""The guards of a service that says nothing of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.guards.rules.dropped_columns import dropped_columns
from migrakit.guards.rules.dropped_constraints import dropped_constraints
from migrakit.guards.rules.dropped_objects import dropped_objects
from migrakit.guards.rules.dropped_schemas import dropped_schemas
from migrakit.guards.rules.dropped_tables import dropped_tables
from migrakit.guards.rules.incomplete_metadata import incomplete_metadata
from migrakit.guards.rules.likely_renames import likely_renames
from migrakit.guards.rules.narrowed_types import narrowed_types
from migrakit.guards.rules.removed_enum_values import removed_enum_values
from migrakit.guards.rules.required_columns import required_columns

if TYPE_CHECKING:
    from migrakit.guards.guard import Guard

__all__ = ["defaults"]

_DEFAULTS = (
    dropped_columns,
    dropped_tables,
    dropped_schemas,
    removed_enum_values,
    narrowed_types,
    required_columns,
    dropped_constraints,
    dropped_objects,
    likely_renames,
    incomplete_metadata,
)


def defaults() -> list[Guard]:
    """Those against data loss, and against metadata that lacks most of what there is."""
    return list(_DEFAULTS)
