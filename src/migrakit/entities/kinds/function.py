"""``CREATE [OR REPLACE] FUNCTION``: one for each name and types of its input arguments."""

from __future__ import annotations

from migrakit.entities.kinds.kind import Kind, created, dropped, or_replaced
from migrakit.entities.kinds.routine import routine

__all__ = ["FUNCTION"]

FUNCTION = Kind("function", routine("FUNCTION"), created, or_replaced, dropped)
