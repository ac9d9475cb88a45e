"""Functions that take the rows of a table: where another table stands in for it, they are not found by it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, String, bindparam, text

from migrakit.entities.kinds.kind import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

    from migrakit.autogenerate.entities.tables import Name

__all__ = ["RowFunction", "row_functions"]

_TAKERS = text("""
    WITH relations AS (
        SELECT c.reltype AS type, t.typarray AS array, n.nspname AS schema, c.relname AS name
        FROM unnest(:schemas, :names) AS a(schema, name)
        JOIN pg_namespace n ON n.nspname = a.schema
        JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = a.name
        JOIN pg_type t ON t.oid = c.reltype
    ), takers AS (
        SELECT DISTINCT p.pronamespace, p.proname FROM pg_proc p, relations r
        WHERE r.type = ANY(p.proargtypes) OR r.array = ANY(p.proargtypes)
    )
    SELECT n.nspname AS schema, p.proname AS name,
        (
            SELECT coalesce(jsonb_agg(jsonb_build_array(r.schema, r.name,
                CASE WHEN r.array = a.type THEN '[]' ELSE '' END, format_type(a.type, NULL)) ORDER BY a.number), '[]')
            FROM unnest(p.proargtypes) WITH ORDINALITY AS a(type, number)
            LEFT JOIN relations r ON a.type IN (r.type, r.array)
        )::text AS types,
        CASE WHEN p.proretset THEN 'SETOF ' ELSE '' END || format_type(p.prorettype, NULL) AS result
    FROM pg_proc p JOIN takers t USING (pronamespace, proname) JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.prokind = 'f'
    ORDER BY 1, 2, p.oid
""").bindparams(bindparam("schemas", type_=ARRAY(String)), bindparam("names", type_=ARRAY(String)))


@dataclass(frozen=True, slots=True)
class RowFunction:
    """One of them, or of the same name."""

    schema: str
    name: str
    types: tuple[tuple[str | None, str | None, str, str], ...]
    """Of each argument its table, if it takes one's rows, what makes that an array, and its type."""
    result: str

    def copied(self, scratch: Mapping[str, str]) -> str:
        """What makes one by that name that takes the rows of what stands in; it is never called."""
        types = (
            said
            if schema is None or name is None or schema not in scratch
            else f"{scratch[schema]}.{quoted(name)}{array}"
            for schema, name, array, said in self.types
        )
        called = f"{scratch[self.schema]}.{quoted(self.name)}"
        return f"CREATE FUNCTION {called}({', '.join(types)}) RETURNS {self.result} LANGUAGE sql AS ''"


def row_functions(connection: Connection, tables: Collection[Name], *, declared: Collection[Name]) -> list[RowFunction]:
    """Those of these tables, but for what is declared."""
    if not tables:
        return []
    schemas, names = zip(*sorted(tables), strict=True)
    return [
        RowFunction(row.schema, row.name, tuple((a, b, c, d) for a, b, c, d in json.loads(row.types)), row.result)
        for row in connection.execute(_TAKERS, {"schemas": list(schemas), "names": list(names)})
        if (row.schema, row.name) not in declared
    ]
