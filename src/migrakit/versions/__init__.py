"""Version tables and the journal beside them: how they are named, and how they are known."""

from __future__ import annotations

from migrakit.versions.journal import is_journal, journal_table
from migrakit.versions.naming import VersionTable
from migrakit.versions.recognition import is_version_table

__all__ = ["VersionTable", "is_journal", "is_version_table", "journal_table"]
