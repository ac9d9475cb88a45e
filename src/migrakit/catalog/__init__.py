"""Facts read from a live database, lazily, and once a run."""

from __future__ import annotations

from migrakit.catalog.database import Database, current
from migrakit.catalog.serials import serial_columns

__all__ = ["Database", "current", "serial_columns"]
