"""Which columns count by themselves, through a sequence of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

__all__ = ["serial_columns"]

# The column's default draws from the sequence that the column owns.
_SERIALS = text("""
    SELECT n.nspname, t.relname, a.attname
    FROM pg_catalog.pg_class AS t
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
    JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = t.oid
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = d.adnum
    WHERE t.relname = ANY (CAST(:tables AS name[])) AND t.relkind IN ('r', 'p')
      AND pg_catalog.pg_get_expr(d.adbin, d.adrelid) = format(
        'nextval(%L::regclass)',
        CAST(pg_catalog.pg_get_serial_sequence(format('%I.%I', n.nspname, t.relname), a.attname) AS regclass)
      )
""")


def serial_columns(connection: Connection, tables: Sequence[str]) -> frozenset[tuple[str, str, str]]:
    """Schema, table and name of each such column in tables of these names, on PostgreSQL; in one statement."""
    return frozenset(
        (schema, table, column) for schema, table, column in connection.execute(_SERIALS, {"tables": list(tables)})
    )
