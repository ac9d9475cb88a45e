"""What migrakit adds to Alembic's autogenerate, as plugins of Alembic's own kind."""

from __future__ import annotations

from migrakit.autogenerate.plugins import PATTERN, register

__all__ = ["PATTERN", "register"]
