"""``ALTER TABLE ... ENABLE ROW LEVEL SECURITY`` and ``FORCE ROW LEVEL SECURITY``, and their opposites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.entities.kinds.altered import altered, altering
from migrakit.entities.kinds.head import Head, Identity, refused
from migrakit.entities.kinds.kind import Key, Kind, as_declared, never, set_again
from migrakit.entities.lexing import tokenize

if TYPE_CHECKING:
    from migrakit.entities.value import Entity

__all__ = ["ROW_SECURITY"]

_SECURITY = ("ROW", "LEVEL", "SECURITY")

# A table's row security has two sides, each of which is on or off.
_SIDES = {("ENABLE",): "enabled", ("DISABLE",): "enabled", ("FORCE",): "forced", ("NO", "FORCE"): "forced"}
_UNDONE = {"enabled": "DISABLE ROW LEVEL SECURITY", "forced": "NO FORCE ROW LEVEL SECURITY"}


def _read(head: Head) -> Identity | None:
    if not head.takes("ALTER", "TABLE"):
        return None
    found, sides = altered(head), _sides(head)
    if not sides:
        return None
    found.require_sure()
    head.require_end("It has to end after SECURITY.", "Write it as PostgreSQL takes it.")
    twice = next((side for side in sides if sides.count(side) > 1), None)
    if twice:
        what = f"The statement says twice whether row security is {twice}."
        raise refused(what, "The last would count.", "Keep one of them.")
    schema, table, at = found.table
    return Identity(schema, table, table=table, table_at=at)


def _sides(head: Head) -> list[str]:
    """Those that are said."""
    sides: list[str] = []
    while side := next((side for words, side in _SIDES.items() if head.takes(*words, *_SECURITY)), None):
        sides.append(side)
        if not head.takes_sign(","):
            return sides
    if sides:
        why = "What else is done to a table is done once."
        raise refused("The statement is not about row security alone.", why, "Write two statements.")
    return sides


def _said(entity: Entity) -> list[str]:
    head = Head(tokenize(entity.sql))
    head.takes("ALTER", "TABLE")
    altered(head)
    return _sides(head)


def _drop(entity: Entity) -> str:
    """It is off where nothing is said of it. What another statement says is left."""
    return f"{altering(entity)} {', '.join(_UNDONE[side] for side in _said(entity))}"


def _keys(entity: Entity) -> tuple[Key, ...]:
    return tuple((entity.schema or "", entity.name, side) for side in _said(entity))


def _called(entity: Entity) -> str:
    return f"of {'' if entity.schema is None else f'{entity.schema}.'}{entity.name}"


ROW_SECURITY = Kind("row_security", _read, as_declared, set_again, _drop, cascades=never, keys=_keys, called=_called)
