"""Running Alembic's command on a database."""

from __future__ import annotations

from migrakit.runtime.plain import run

__all__ = ["run"]
