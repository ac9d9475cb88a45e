"""``CREATE [OR REPLACE] FUNCTION``: one for each name and types of its input arguments."""

from __future__ import annotations

from migrakit.entities.kinds.arguments import input_types
from migrakit.entities.kinds.head import Head, Identity, Kind

__all__ = ["FUNCTION"]


def _read(head: Head) -> Identity | None:
    head.takes("CREATE")
    head.takes("OR", "REPLACE")
    if not head.takes("FUNCTION"):
        return None
    schema, name = head.qualified_name()
    head.require("(")
    return Identity(schema, name, arguments=input_types(head.parentheses()))


FUNCTION = Kind("function", _read)
