"""Version tables: how they are named, and how they are known."""

from __future__ import annotations

from migrakit.versions.naming import VersionTable
from migrakit.versions.recognition import is_version_table

__all__ = ["VersionTable", "is_version_table"]
