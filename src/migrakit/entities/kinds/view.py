"""``CREATE [OR REPLACE] [RECURSIVE] VIEW``."""

from __future__ import annotations

from migrakit.entities.kinds.head import Head, Identity, temporary
from migrakit.entities.kinds.kind import Kind, created, dropped, or_replaced

__all__ = ["VIEW"]


def _read(head: Head) -> Identity | None:
    create_ends = head.takes_create()
    head.takes_any("LOCAL", "GLOBAL")
    is_temporary = head.takes_any("TEMP", "TEMPORARY")
    head.takes("RECURSIVE")
    if not head.takes("VIEW"):
        return None
    schema, name, at = head.qualified_name()
    if is_temporary:
        raise temporary(f"The view {name!r}")
    head.require("AS", "WITH", "(")
    return Identity(schema, name, name_at=at, create_ends=create_ends)


VIEW = Kind("view", _read, created, or_replaced, dropped)
