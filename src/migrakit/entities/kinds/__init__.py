"""The kinds of entities, one file each."""

from __future__ import annotations

from migrakit.entities.kinds.function import FUNCTION
from migrakit.entities.kinds.head import Head, Identity, Kind, UnreadableError
from migrakit.entities.kinds.refused import refusal
from migrakit.entities.kinds.view import VIEW

KINDS = (FUNCTION, VIEW)
"""All that there are."""

__all__ = ["FUNCTION", "KINDS", "VIEW", "Head", "Identity", "Kind", "UnreadableError", "refusal"]
