"""What migrakit adds to Alembic's autogenerate, as plugins of Alembic's own kind."""

from __future__ import annotations

from migrakit.autogenerate.plugins import OPTION, PATTERN, register

__all__ = ["OPTION", "PATTERN", "register"]
