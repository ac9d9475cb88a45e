"""``CREATE [OR REPLACE] [CONSTRAINT] TRIGGER``: one for each name and table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.entities.kinds.head import Head, Identity, refused
from migrakit.entities.kinds.kind import Kind, anew, created, on_table, or_replaced
from migrakit.entities.lexing import tokenize

if TYPE_CHECKING:
    from migrakit.entities.value import Entity

__all__ = ["TRIGGER"]


def _read(head: Head) -> Identity | None:
    create_ends = head.takes_create()
    head.takes("CONSTRAINT")
    if not head.takes("TRIGGER"):
        return None
    name = head.name()
    head.require("BEFORE", "AFTER", "INSTEAD")
    # No event and no column of UPDATE OF can be called so: the word is reserved.
    if not head.goes_to("ON"):
        raise refused(f"The trigger {name!r} has no ON.", "It stands on no table.", "Write ON and the table's name.")
    head.takes("ON")
    schema, table, at = head.qualified_name()
    return Identity(schema, name, table=table, table_at=at, create_ends=create_ends)


def _replaced(entity: Entity) -> tuple[str, ...]:
    return (anew(on_table) if _is_constraint(entity.sql) else or_replaced)(entity)


def _is_constraint(sql: str) -> bool:
    """The server replaces none of these."""
    head = Head(tokenize(sql))
    head.takes_create()
    return head.takes("CONSTRAINT")


TRIGGER = Kind("trigger", _read, created, _replaced, on_table)
