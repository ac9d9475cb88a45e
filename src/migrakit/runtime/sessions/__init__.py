"""What a session is set to before Alembic runs, by its dialect."""

from __future__ import annotations

from migrakit.runtime.sessions.choosing import require_available, session_of
from migrakit.runtime.sessions.session import Session

__all__ = ["Session", "require_available", "session_of"]
