"""Which columns have the type of an enum."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["EnumColumn", "enum_columns"]

# Of the type or of arrays of it. What a column inherits, as each of a partition does, follows its parent.
_COLUMNS = text("""
    SELECT tn.nspname, t.typname,
           CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view' ELSE 'table' END,
           cn.nspname, c.relname, a.attname
    FROM pg_catalog.pg_type AS t
    JOIN pg_catalog.pg_namespace AS tn ON tn.oid = t.typnamespace
    JOIN pg_catalog.pg_attribute AS a ON a.atttypid IN (t.oid, t.typarray) AND a.attislocal AND NOT a.attisdropped
    JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
    JOIN pg_catalog.pg_namespace AS cn ON cn.oid = c.relnamespace
    WHERE t.typtype = 'e'
    ORDER BY cn.nspname, c.relname, a.attnum
""")


class EnumColumn(NamedTuple):
    """A column of a table or view, and the enum that is its type."""

    enum_schema: str
    enum: str
    kind: str
    schema: str
    relation: str
    column: str


def enum_columns(connection: Connection) -> list[EnumColumn]:
    """Each column that has the type of an enum, on PostgreSQL; in one statement."""
    return [EnumColumn(*row) for row in connection.execute(_COLUMNS)]
