"""Facts read from a live database, lazily, and once a run."""

from __future__ import annotations

from migrakit.catalog.database import Database, current
from migrakit.catalog.enums import EnumColumn, enum_columns
from migrakit.catalog.heirs import inherited_names
from migrakit.catalog.partitions import inherited_by_partitions
from migrakit.catalog.serials import serial_columns

__all__ = [
    "Database",
    "EnumColumn",
    "current",
    "enum_columns",
    "inherited_by_partitions",
    "inherited_names",
    "serial_columns",
]
