"""What stands on what is to go, or to be changed: the server would refuse the revision, or lose it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from sqlalchemy import ARRAY, BigInteger, String, bindparam, text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import Connection

    from migrakit.autogenerate.entities.touched import Touched

__all__ = ["Dependent", "Origin", "dependents"]

Origin: TypeAlias = Literal["table", "column", "partition", "scratch", "object"]
"""Where looking began: at a table or a column that goes, at a column that gets another type, at a part of such a table,
at one that stands in for one, or at an entity."""

Number: TypeAlias = tuple[str, int]
"""A system catalog and the server's number in it."""


@dataclass(frozen=True, slots=True)
class Dependent:
    """An object that stands on one of those asked about, or on one that does."""

    origin: Origin
    number: Number
    base: Number
    described: str
    described_base: str
    owner: str | None
    is_scratch: bool
    part: tuple[str, str, str] | None
    """Of what belongs to a table: its schema, its name, and that of the column, constraint or index."""
    keeps_results: bool
    """Whether it holds what a function gave once: an index, a generated column, a check."""


# A view stands on others by its rule, and whatever holds its rows by their type. What belongs to a table goes or
# changes with it; of a table's own only what the server refuses to change with it is asked for.
_DEPENDENTS = text("""
    WITH RECURSIVE touched AS (
        SELECT a.origin, c.oid, a.attname
        FROM unnest(
            CAST(:origins AS text[]), CAST(:schemas AS text[]), CAST(:tables AS text[]), CAST(:columns AS text[])
        ) AS a(origin, schema, name, attname)
        JOIN pg_namespace n ON n.nspname = a.schema
        JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = a.name
        UNION
        -- Partitions change with their table.
        SELECT CASE p.origin WHEN 'scratch' THEN p.origin ELSE 'partition' END, i.inhrelid, p.attname
        FROM touched p JOIN pg_inherits i ON i.inhparent = p.oid
    ), given AS (
        SELECT a.origin, 'pg_class'::regclass::oid AS class, a.oid, coalesce(t.attnum, 0)::int AS sub
        FROM touched a LEFT JOIN pg_attribute t ON t.attrelid = a.oid AND t.attname = a.attname
        WHERE a.attname = '' OR t.attnum IS NOT NULL
        UNION ALL
        SELECT 'object', catalog::regclass::oid, oid::oid, 0
        FROM unnest(CAST(:catalogs AS text[]), CAST(:numbers AS bigint[])) AS a(catalog, oid)
    ), stands(origin, is_table, class, oid, sub, base, base_oid, base_sub) AS (
        SELECT origin, origin <> 'object', class, oid, sub, NULL::oid, NULL::oid, 0 FROM given
        UNION
        SELECT s.origin, false, n.class, n.oid, n.sub, s.class, s.oid, s.sub
        FROM stands s
        CROSS JOIN LATERAL (
            SELECT s.class, s.oid
            UNION ALL
            SELECT 'pg_type'::regclass, unnest(ARRAY[t.oid, t.typarray]) FROM pg_type t
            WHERE s.class = 'pg_class'::regclass AND s.sub = 0 AND t.typrelid = s.oid
        ) AS b(class, oid)
        JOIN pg_depend d ON d.refclassid = b.class AND d.refobjid = b.oid AND d.deptype IN ('n', 'a')
            AND (s.sub = 0 OR d.refobjsubid = s.sub)
        LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
        CROSS JOIN LATERAL (
            SELECT CASE WHEN r.oid IS NULL THEN d.classid ELSE 'pg_class'::regclass END, coalesce(r.ev_class, d.objid),
                d.objsubid
        ) AS n(class, oid, sub)
        LEFT JOIN pg_class c ON n.class = 'pg_class'::regclass AND c.oid = n.oid
        LEFT JOIN pg_trigger t ON n.class = 'pg_trigger'::regclass AND t.oid = n.oid
        LEFT JOIN pg_attrdef e ON n.class = 'pg_attrdef'::regclass AND e.oid = n.oid
        WHERE (n.class, n.oid) <> (s.class, s.oid) AND NOT coalesce(t.tgisinternal OR t.tgparentid <> 0, false)
            -- A view's own defaults and statistics go with it.
            AND n.class <> 'pg_statistic_ext'::regclass
            AND NOT coalesce(s.class = 'pg_class'::regclass AND e.adrelid = s.oid, false)
            AND (
                NOT s.is_table OR c.relkind IN ('v', 'm')
                OR n.class IN ('pg_proc'::regclass, 'pg_trigger'::regclass, 'pg_policy'::regclass)
            )
    )
    SELECT DISTINCT s.origin, s.class::regclass::text AS catalog, s.oid::bigint AS number,
        s.base::regclass::text AS base_catalog, s.base_oid::bigint AS base_number,
        pg_describe_object(s.class, s.oid, s.sub) AS described,
        pg_describe_object(s.base, s.base_oid, s.base_sub) AS described_base,
        pg_get_userbyid(coalesce(c.relowner, p.proowner, t.relowner)) AS owner,
        n.nspname = ANY(CAST(:scratch AS text[])) OR EXISTS (
            SELECT FROM pg_cast o JOIN pg_type y ON y.oid IN (o.castsource, o.casttarget)
            JOIN pg_namespace m ON m.oid = y.typnamespace
            WHERE s.class = 'pg_cast'::regclass AND o.oid = s.oid AND m.nspname = ANY(CAST(:scratch AS text[]))
        ) AS is_scratch,
        CASE WHEN coalesce(e.oid, k.oid, i.indexrelid) IS NOT NULL THEN
            ARRAY[n.nspname, t.relname, coalesce(a.attname, k.conname, c.relname)]::text[] END AS part,
        coalesce(k.oid, i.indexrelid) IS NOT NULL OR coalesce(a.attgenerated, '') <> '' AS keeps_results
    FROM stands s
    LEFT JOIN pg_class c ON s.class = 'pg_class'::regclass AND c.oid = s.oid
    LEFT JOIN pg_proc p ON s.class = 'pg_proc'::regclass AND p.oid = s.oid
    LEFT JOIN pg_trigger g ON s.class = 'pg_trigger'::regclass AND g.oid = s.oid
    LEFT JOIN pg_policy l ON s.class = 'pg_policy'::regclass AND l.oid = s.oid
    LEFT JOIN pg_attrdef e ON s.class = 'pg_attrdef'::regclass AND e.oid = s.oid
    LEFT JOIN pg_attribute a ON a.attrelid = e.adrelid AND a.attnum = e.adnum
    LEFT JOIN pg_constraint k ON s.class = 'pg_constraint'::regclass AND k.oid = s.oid
    LEFT JOIN pg_index i ON c.relkind = 'i' AND i.indexrelid = c.oid
    LEFT JOIN pg_class t ON t.oid = coalesce(g.tgrelid, l.polrelid, e.adrelid, k.conrelid, i.indrelid)
    LEFT JOIN pg_namespace n ON n.oid = coalesce(t.relnamespace, c.relnamespace, p.pronamespace)
    WHERE s.base IS NOT NULL
    ORDER BY 1, 6, 7
""").bindparams(
    *(
        bindparam(name, type_=ARRAY(String))
        for name in ("origins", "schemas", "tables", "columns", "catalogs", "scratch")
    ),
    bindparam("numbers", type_=ARRAY(BigInteger)),
)


def dependents(
    connection: Connection, *, on: Collection[tuple[Origin, Touched]], of: Iterable[Number], scratch: Iterable[str]
) -> list[Dependent]:
    """All that stands on these columns, tables and objects, to any depth."""
    objects = list(of)
    if not on and not objects:
        return []
    given = {
        "origins": [origin for origin, _ in on],
        "schemas": [each.schema for _, each in on],
        "tables": [each.table for _, each in on],
        "columns": [each.column for _, each in on],
        "catalogs": [catalog for catalog, _ in objects],
        "numbers": [number for _, number in objects],
        "scratch": list(scratch),
    }
    return [
        Dependent(
            row.origin,
            (row.catalog, row.number),
            (row.base_catalog, row.base_number),
            row.described,
            row.described_base,
            row.owner,
            bool(row.is_scratch),
            None if row.part is None else (row.part[0], row.part[1], row.part[2]),
            row.keeps_results,
        )
        for row in connection.execute(_DEPENDENTS, given)
    ]
