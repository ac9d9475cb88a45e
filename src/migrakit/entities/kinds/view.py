"""``CREATE [OR REPLACE] [RECURSIVE] VIEW``."""

from __future__ import annotations

from migrakit.entities.kinds.head import Head, Identity, Kind, temporary

__all__ = ["VIEW"]


def _read(head: Head) -> Identity | None:
    head.takes("CREATE")
    head.takes("OR", "REPLACE")
    head.takes_any("LOCAL", "GLOBAL")
    is_temporary = head.takes_any("TEMP", "TEMPORARY")
    head.takes("RECURSIVE")
    if not head.takes("VIEW"):
        return None
    schema, name = head.qualified_name()
    if is_temporary:
        raise temporary(f"The view {name!r}")
    head.require("AS", "WITH", "(")
    return Identity(schema, name)


VIEW = Kind("view", _read)
