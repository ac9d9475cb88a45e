"""What the server says of views and functions, in its own words, with every name qualified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, String, bindparam, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

__all__ = ["Identity", "Rendered", "look"]


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """What there can be but one of: for a function with the types of its input."""

    kind: str
    schema: str
    name: str
    types: tuple[str, ...] = ()

    def __str__(self) -> str:
        types = f"({', '.join(self.types)})" if self.kind == "function" else ""
        return f"{self.kind} {self.schema}.{self.name}{types}"


@dataclass(frozen=True, slots=True)
class Rendered:
    """One object, as the server writes it."""

    identity: Identity
    definition: str
    options: tuple[str, ...]
    """Of a view, such as ``security_invoker=true``; sorted, as their order means nothing."""
    shape: tuple[str, ...]
    """What a replacement has to keep: a view's columns, a function's result and arguments' names."""
    bases: frozenset[Identity]
    """Those of the objects seen that it stands on."""
    number: int
    """The server's."""

    @property
    def meaning(self) -> tuple[str, tuple[str, ...]]:
        """All that makes it what it is."""
        return self.definition, self.options


_LOOK = text("""
    WITH named AS MATERIALIZED (
        SELECT oid, nspname FROM pg_namespace WHERE nspname = ANY(:schemas)
    ), members AS MATERIALIZED (
        SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
    ), found AS MATERIALIZED (
        SELECT c.tableoid AS class, c.oid, 'view' AS kind, n.nspname AS schema, c.relname AS name,
            '{}'::text[] AS types,
            pg_get_viewdef(c.oid) AS definition,
            ARRAY(SELECT unnest(c.reloptions) ORDER BY 1) AS options,
            ARRAY(
                SELECT quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
                    || CASE WHEN a.attcollation <> t.typcollation THEN ' ' || a.attcollation::regcollation::text
                       ELSE '' END
                FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                ORDER BY a.attnum
            ) AS shape
        FROM pg_class c JOIN named n ON n.oid = c.relnamespace
        WHERE c.relkind = 'v' AND NOT EXISTS (
            SELECT FROM members m WHERE m.classid = c.tableoid AND m.objid = c.oid
        )
        UNION ALL
        SELECT p.tableoid, p.oid, 'function', n.nspname, p.proname,
            ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS o(t, i) ORDER BY i),
            pg_get_functiondef(p.oid),
            '{}',
            ARRAY[pg_get_function_result(p.oid)] || coalesce(p.proargnames, '{}')
        FROM pg_proc p JOIN named n ON n.oid = p.pronamespace
        JOIN pg_language l ON l.oid = p.prolang
        WHERE p.prokind IN ('f', 'w') AND l.lanname <> 'internal' AND NOT EXISTS (
            SELECT FROM members m WHERE m.classid = p.tableoid AND m.objid = p.oid
        )
    ), stands AS MATERIALIZED (
        SELECT f.class, f.oid, d.refclassid, d.refobjid
        FROM found f JOIN pg_rewrite r ON r.ev_class = f.oid
        JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
        WHERE f.kind = 'view'
        UNION
        SELECT f.class, f.oid, d.refclassid, d.refobjid
        FROM found f JOIN pg_depend d ON d.classid = f.class AND d.objid = f.oid
    ), of_types AS (
        SELECT s.class, s.oid, coalesce(e.typrelid, t.typrelid) AS relation
        FROM stands s JOIN pg_type t ON t.oid = s.refobjid
        LEFT JOIN pg_type e ON e.oid = t.typelem
        WHERE s.refclassid = 'pg_type'::regclass
    ), bases AS (
        SELECT s.class, s.oid, b.kind, b.schema, b.name, b.types
        FROM (
            SELECT class, oid, refclassid, refobjid FROM stands
            UNION
            SELECT class, oid, 'pg_class'::regclass, relation FROM of_types
        ) s
        JOIN found b ON b.class = s.refclassid AND b.oid = s.refobjid
        WHERE (b.class, b.oid) <> (s.class, s.oid)
    )
    SELECT f.kind, f.oid::bigint AS number, f.schema, f.name, f.types, f.definition, f.options, f.shape, b.bases
    FROM found f
    LEFT JOIN (
        SELECT class, oid, jsonb_agg(jsonb_build_array(kind, schema, name, types)) AS bases
        FROM bases GROUP BY 1, 2
    ) b ON b.class = f.class AND b.oid = f.oid
    UNION ALL
    SELECT 'errors', 0, '', '', '{}', coalesce(current_setting('migrakit.said', true), ''), '{}', '{}', NULL
""").bindparams(bindparam("schemas", type_=ARRAY(String)))


def look(connection: Connection, schemas: Iterable[str]) -> tuple[list[Rendered], str]:
    """All views and functions of these schemas, and what the maker of scratch objects said, as JSON."""
    *rows, last = connection.execute(_LOOK, {"schemas": list(schemas)}).all()
    return [_rendered(row) for row in rows], last.definition


def _rendered(row: Any) -> Rendered:
    bases = frozenset(Identity(kind, schema, name, tuple(types)) for kind, schema, name, types in row.bases or ())
    identity = Identity(row.kind, row.schema, row.name, tuple(row.types))
    return Rendered(identity, row.definition, tuple(row.options), tuple(row.shape), bases, row.number)
