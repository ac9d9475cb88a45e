"""One import in ``env.py``, and Alembic touches what your service owns, and nothing else."""

from __future__ import annotations

from migrakit import errors, filters
from migrakit.environment import Environment
from migrakit.runtime import SessionSettings, migration_lock
from migrakit.target import Target, external, renamed_from
from migrakit.versions import VersionTable

__all__ = [
    "Environment",
    "SessionSettings",
    "Target",
    "VersionTable",
    "errors",
    "external",
    "filters",
    "migration_lock",
    "renamed_from",
]
