"""The kinds of entities as the database has them, one file each."""

from __future__ import annotations

from migrakit.autogenerate.entities.kinds.kind import LiveKind
from migrakit.autogenerate.entities.kinds.known import LIVE_KINDS

__all__ = ["LIVE_KINDS", "LiveKind"]
