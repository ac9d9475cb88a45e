"""``ALTER TABLE ... ENABLE TRIGGER``, and its other forms: when a trigger fires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.entities.kinds.altered import altered, altering
from migrakit.entities.kinds.head import Head, Identity, refused
from migrakit.entities.kinds.kind import Kind, as_declared, never, quoted, set_again

if TYPE_CHECKING:
    from migrakit.entities.value import Entity

__all__ = ["TRIGGER_STATE"]

_STATES = (("ENABLE",), ("ENABLE", "REPLICA"), ("ENABLE", "ALWAYS"), ("DISABLE",))


def _read(head: Head) -> Identity | None:
    if not head.takes("ALTER", "TABLE"):
        return None
    found = altered(head)
    if not any(head.takes(*state, "TRIGGER") for state in _STATES):
        return None
    found.require_sure()
    if head.comes("ALL", "USER"):
        why = "Which triggers these are changes with each that is made."
        raise refused("The statement is about all triggers of a table.", why, "Write one statement for each, by name.")
    name = head.name()
    head.require_end("It is about one trigger.", "Write one statement for each.")
    schema, table, at = found.table
    return Identity(schema, name, table=table, table_at=at)


def _drop(entity: Entity) -> str:
    """A trigger is enabled where nothing is said of it."""
    return f"{altering(entity)} ENABLE TRIGGER {quoted(entity.name)}"


TRIGGER_STATE = Kind("trigger_state", _read, as_declared, set_again, _drop, cascades=never)
