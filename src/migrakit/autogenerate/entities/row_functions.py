"""Functions that take or give the rows of a table: where another table stands in for it, they are not of its rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, String, bindparam, text

from migrakit.entities.kinds.kind import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

    from migrakit.autogenerate.entities.tables import Name

__all__ = ["RowFunction", "row_functions"]

# Left out is what no SQL function may take or give.
_FUNCTIONS = text("""
    WITH relations AS (
        SELECT x.type, x.suffix, n.nspname AS schema, c.relname AS name
        FROM unnest(CAST(:schemas AS text[]), CAST(:names AS text[])) AS a(schema, name)
        JOIN pg_namespace n ON n.nspname = a.schema
        JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = a.name
        JOIN pg_type t ON t.oid = c.reltype
        CROSS JOIN LATERAL (VALUES (t.oid, ''), (t.typarray, '[]')) AS x(type, suffix)
    ), functions AS (
        SELECT p.*, coalesce(p.proallargtypes, p.proargtypes::oid[]) AS types
        FROM pg_proc p WHERE p.prokind = 'f' AND p.oid >= 16384
    ), named AS (
        SELECT DISTINCT f.pronamespace, f.proname
        FROM functions f CROSS JOIN LATERAL unnest(f.types || f.prorettype) AS t(type) JOIN relations r USING (type)
    )
    SELECT n.nspname AS schema, f.proname AS name,
        (
            SELECT coalesce(jsonb_agg(jsonb_build_array(
                a.mode, coalesce(a.name, ''), r.schema, r.name, coalesce(r.suffix, format_type(a.type, NULL)),
                a.mode IN ('i', 'b', 'v') AND a.input > f.pronargs - f.pronargdefaults
            ) ORDER BY a.number), '[]')
            FROM (
                SELECT t.type, t.number, m.mode, f.proargnames[t.number] AS name,
                    count(*) FILTER (WHERE m.mode IN ('i', 'b', 'v')) OVER (ORDER BY t.number) AS input
                FROM unnest(f.types) WITH ORDINALITY AS t(type, number)
                CROSS JOIN LATERAL (SELECT coalesce(f.proargmodes[t.number], 'i')) AS m(mode)
            ) AS a
            LEFT JOIN relations r USING (type)
        )::text AS arguments,
        jsonb_build_array(r.schema, r.name, coalesce(r.suffix, format_type(f.prorettype, NULL)))::text AS result,
        f.proretset AS is_set
    FROM functions f JOIN named USING (pronamespace, proname) JOIN pg_namespace n ON n.oid = f.pronamespace
    LEFT JOIN relations r ON r.type = f.prorettype
    WHERE NOT EXISTS (
        SELECT FROM pg_type t
        WHERE t.typtype = 'p' AND t.typname !~ '^any[a-z]'
            AND (t.oid = ANY(f.types) OR (t.oid = f.prorettype AND t.typname NOT IN ('record', 'void')))
    )
    ORDER BY 1, 2, f.oid
""").bindparams(bindparam("schemas", type_=ARRAY(String)), bindparam("names", type_=ARRAY(String)))

# A table's columns are output too.
_MODES = {"i": "", "o": "OUT ", "b": "INOUT ", "v": "VARIADIC ", "t": "OUT "}


@dataclass(frozen=True, slots=True)
class _Type:
    """One in the server's words, or a table whose rows these are, and what makes that an array."""

    schema: str | None
    name: str | None
    said: str

    def written(self, scratch: Mapping[str, str]) -> str:
        if self.schema is None or self.name is None or self.schema not in scratch:
            return self.said
        return f"{scratch[self.schema]}.{quoted(self.name)}{self.said}"


@dataclass(frozen=True, slots=True)
class _Argument:
    mode: str
    name: str
    type: _Type
    is_optional: bool

    def written(self, scratch: Mapping[str, str]) -> str:
        name = f"{quoted(self.name)} " if self.name else ""
        return f"{_MODES[self.mode]}{name}{self.type.written(scratch)}{' DEFAULT NULL' if self.is_optional else ''}"


@dataclass(frozen=True, slots=True)
class RowFunction:
    """One of them, or of the same name."""

    schema: str
    name: str
    arguments: tuple[_Argument, ...]
    result: _Type
    is_set: bool

    def copied(self, scratch: Mapping[str, str]) -> str:
        """What makes one that is called in the same way, with the rows of what stands in; nobody ever calls it."""
        arguments = ", ".join(each.written(scratch) for each in self.arguments)
        result = f"{'SETOF ' if self.is_set else ''}{self.result.written(scratch)}"
        called = f"{scratch[self.schema]}.{quoted(self.name)}"
        return f"CREATE FUNCTION {called}({arguments}) RETURNS {result} LANGUAGE sql AS ''"


def row_functions(connection: Connection, tables: Collection[Name], *, declared: Collection[Name]) -> list[RowFunction]:
    """Those of these tables, but for what is declared."""
    if not tables:
        return []
    schemas, names = zip(*sorted(tables), strict=True)
    rows = connection.execute(_FUNCTIONS, {"schemas": list(schemas), "names": list(names)})
    return [_row_function(row) for row in rows if (row.schema, row.name) not in declared]


def _row_function(row: Any) -> RowFunction:
    arguments = tuple(
        _Argument(mode, name, _Type(*of), is_optional) for mode, name, *of, is_optional in json.loads(row.arguments)
    )
    return RowFunction(row.schema, row.name, arguments, _Type(*json.loads(row.result)), row.is_set)
