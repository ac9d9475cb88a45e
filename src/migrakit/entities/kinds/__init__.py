"""The kinds of entities, one file each."""

from __future__ import annotations

from migrakit.entities.kinds.head import Head, Identity, UnreadableError
from migrakit.entities.kinds.kind import Kind
from migrakit.entities.kinds.known import KINDS, head_of
from migrakit.entities.kinds.materialized_view import is_populated, with_data, without_data
from migrakit.entities.kinds.refused import refusal

__all__ = [
    "KINDS",
    "Head",
    "Identity",
    "Kind",
    "UnreadableError",
    "head_of",
    "is_populated",
    "refusal",
    "with_data",
    "without_data",
]
