"""``CREATE POLICY``: one for each name and table."""

from __future__ import annotations

from migrakit.entities.kinds.head import Head, Identity
from migrakit.entities.kinds.kind import Kind, anew, created, on_table

__all__ = ["POLICY"]


def _read(head: Head) -> Identity | None:
    create_ends = head.takes_create()
    if not head.takes("POLICY"):
        return None
    name = head.name()
    head.require("ON")
    head.takes("ON")
    schema, table, at = head.qualified_name()
    return Identity(schema, name, table=table, table_at=at, create_ends=create_ends)


POLICY = Kind("policy", _read, created, anew(on_table), on_table)
