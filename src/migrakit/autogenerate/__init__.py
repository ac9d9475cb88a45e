"""What migrakit adds to Alembic's autogenerate, as plugins of Alembic's own kind."""

from __future__ import annotations

from migrakit.autogenerate.plugins import ENTITIES, OPTION, PATTERN, register

__all__ = ["ENTITIES", "OPTION", "PATTERN", "register"]
