"""Running Alembic's command on a database: every way in, one way through."""

from __future__ import annotations

from migrakit.runtime.locking import migration_lock
from migrakit.runtime.settings import SessionSettings

__all__ = ["SessionSettings", "migration_lock"]
