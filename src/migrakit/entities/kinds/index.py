"""``CREATE [UNIQUE] INDEX`` on a materialized view. That of a table belongs into the metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.entities.kinds.head import Head, Identity, refused
from migrakit.entities.kinds.kind import Key, Kind, anew, created, dropped

if TYPE_CHECKING:
    from migrakit.entities.value import Entity

__all__ = ["INDEX"]


def _read(head: Head) -> Identity | None:
    create_ends = head.takes_create()
    head.takes("UNIQUE")
    if not head.takes("INDEX"):
        return None
    if head.takes("CONCURRENTLY"):
        why = "A migration runs in a transaction, where the server makes no index that way."
        raise refused("The index is made CONCURRENTLY.", why, "Leave it out.")
    if head.comes("ON"):
        do = "Write a name after INDEX; an index of a table belongs into the metadata."
        raise refused("The index has no name.", "The server would make one up, and nobody could tell which.", do)
    name = head.name()
    head.require("ON")
    head.takes("ON")
    if head.comes("ONLY"):
        do = "Leave it out; an index of a table belongs into the metadata."
        raise refused("The index is made on ONLY a table.", "A materialized view has no partitions.", do)
    schema, table, at = head.qualified_name()
    head.require("USING", "(")
    return Identity(schema, name, table=table, table_at=at, create_ends=create_ends)


def _keys(entity: Entity) -> tuple[Key, ...]:
    return ((entity.schema or "", entity.name),)


INDEX = Kind("index", _read, created, anew(dropped), dropped, keys=_keys)
