"""Triggers, but for those that constraints and partitions have of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.autogenerate.entities.kinds.kind import LiveKind

if TYPE_CHECKING:
    from migrakit.autogenerate.entities.identity import Rendered

__all__ = ["TRIGGER"]

_ROWS = """
    SELECT t.tableoid, t.oid, n.nspname, t.tgname, c.relname, '{}'::text[],
        pg_get_triggerdef(t.oid), CASE WHEN t.tgconstraint <> 0 THEN '{constraint}' ELSE '{}' END::text[], ''
    FROM pg_trigger t
    JOIN pg_class c ON c.oid = t.tgrelid
    JOIN named n ON n.oid = c.relnamespace
    WHERE NOT t.tgisinternal AND t.tgparentid = 0
"""


def _fits(before: Rendered, after: Rendered) -> bool:
    """A constraint trigger is neither replaced nor takes another's place."""
    return not before.shape and not after.shape


TRIGGER = LiveKind("trigger", "pg_trigger", _ROWS, _fits)
