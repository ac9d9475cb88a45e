"""Views: a replacement may gain columns at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.autogenerate.entities.kinds.kind import COLUMNS, OPTIONS, LiveKind

if TYPE_CHECKING:
    from migrakit.autogenerate.entities.identity import Rendered

__all__ = ["VIEW"]

_ROWS = f"""
    SELECT c.tableoid, c.oid, n.nspname, c.relname, '', '{{}}'::text[],
        format('CREATE VIEW %I.%I%s AS%s%s', n.nspname, c.relname, {OPTIONS}, E'\\n',
            rtrim(pg_get_viewdef(c.oid), ';')),
        {COLUMNS},
        ''
    FROM pg_class c JOIN named n ON n.oid = c.relnamespace
    WHERE c.relkind = 'v'
"""


def _fits(before: Rendered, after: Rendered) -> bool:
    return after.shape[: len(before.shape)] == before.shape


VIEW = LiveKind("view", "pg_class", _ROWS, _fits)
