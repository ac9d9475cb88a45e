"""Functions and procedures: a replacement keeps the result, and the names and types of all arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.autogenerate.entities.kinds.kind import INPUT_TYPES, LiveKind

if TYPE_CHECKING:
    from migrakit.autogenerate.entities.identity import Rendered

__all__ = ["FUNCTION", "PROCEDURE"]


def _rows(kinds: str) -> str:
    # The constructors of range types come with the type.
    return f"""
        SELECT p.tableoid, p.oid, n.nspname, p.proname, '',
            {INPUT_TYPES},
            rtrim(pg_get_functiondef(p.oid), E'\\n'),
            -- Of input the types tell one from another; of output they are part of the result.
            ARRAY[p.pronargdefaults::text, p.prokind::text, coalesce(pg_get_function_result(p.oid), '')]
                || coalesce(p.proargnames, '{{}}')
                || CASE WHEN p.proargmodes && '{{o,b,t}}' THEN p.proargmodes::text[] || ARRAY(
                    SELECT format_type(t, NULL) FROM unnest(p.proallargtypes) WITH ORDINALITY AS o(t, i) ORDER BY i
                ) ELSE '{{}}' END,
            ''
        FROM pg_proc p
        JOIN named n ON n.oid = p.pronamespace
        WHERE p.prokind IN ({kinds}) AND NOT EXISTS (
            SELECT FROM pg_depend d WHERE d.classid = p.tableoid AND d.objid = p.oid AND d.deptype = 'i'
        )
    """


def _fits(before: Rendered, after: Rendered) -> bool:
    """Defaults may be added, and none taken away."""
    (had, *kept), (has, *has_still) = before.shape, after.shape
    return kept == has_still and int(has) >= int(had)


FUNCTION = LiveKind("function", "pg_proc", _rows("'f', 'w'"), _fits)
PROCEDURE = LiveKind("procedure", "pg_proc", _rows("'p'"), _fits)
