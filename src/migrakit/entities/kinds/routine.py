"""What functions and procedures have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.entities.kinds.arguments import input_types
from migrakit.entities.kinds.head import Head, Identity, refused

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["routine"]


def routine(keyword: str) -> Callable[[Head], Identity | None]:
    """The reader of the head of such a statement."""

    def read(head: Head) -> Identity | None:
        create_ends = head.takes_create()
        if not head.takes(keyword):
            return None
        schema, name, at = head.qualified_name()
        head.require("(")
        types = input_types(head.parentheses())
        if head.finds("FROM", "CURRENT"):
            why = "It keeps the setting of whoever creates it, and no two of them need have the same."
            raise refused(f"{name!r} is set FROM CURRENT.", why, "Write the value: SET search_path = billing, pg_temp.")
        return Identity(schema, name, arguments=types, name_at=at, create_ends=create_ends)

    return read
