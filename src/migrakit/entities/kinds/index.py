"""``CREATE [UNIQUE] INDEX`` on a materialized view. That of a table belongs into the metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.entities.kinds.head import Head, Identity, refused
from migrakit.entities.kinds.kind import Key, Kind, anew, created, dropped

if TYPE_CHECKING:
    from migrakit.entities.value import Entity

__all__ = ["INDEX"]

_OF_TABLES = "an index of a table belongs into the metadata"


def _read(head: Head) -> Identity | None:
    create_ends = head.takes_create()
    head.takes("UNIQUE")
    if not head.takes("INDEX"):
        return None
    if head.takes("CONCURRENTLY"):
        why = "A migration runs in a transaction, where the server makes no index that way."
        raise refused("The index is made CONCURRENTLY.", why, f"Leave it out; {_OF_TABLES}.")
    if head.comes("ON"):
        do = f"Write a name after INDEX; {_OF_TABLES}."
        raise refused("The index has no name.", "The server would make one up, and nobody could tell which.", do)
    name = head.name()
    head.require("ON")
    head.takes("ON")
    if head.comes("ONLY"):
        why = "A materialized view has no partitions."
        raise refused("The index is made on ONLY a table.", why, f"Leave it out; {_OF_TABLES}.")
    schema, table, at = head.qualified_name()
    head.require("USING", "(")
    return Identity(schema, name, table=table, table_at=at, create_ends=create_ends)


def _keys(entity: Entity) -> tuple[Key, ...]:
    return ((entity.schema or "", entity.name),)


INDEX = Kind("index", _read, created, anew(dropped), dropped, keys=_keys)
