"""What tables have from those that they inherit from, or are partitions of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

__all__ = ["inherited_names"]

_INHERITED = text("""
    SELECT n.nspname, t.relname, a.attname
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_class AS t ON t.oid = a.attrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
    WHERE a.attinhcount > 0 AND a.attnum > 0 AND t.relname = ANY (CAST(:tables AS name[]))
    UNION ALL
    SELECT n.nspname, t.relname, k.conname
    FROM pg_catalog.pg_constraint AS k
    JOIN pg_catalog.pg_class AS t ON t.oid = k.conrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
    WHERE k.coninhcount > 0 AND k.contype = 'c' AND t.relname = ANY (CAST(:tables AS name[]))
""")


def inherited_names(connection: Connection, tables: Sequence[str]) -> frozenset[tuple[str, str, str]]:
    """Schema, table and name of each column and check that is renamed where it comes from; on PostgreSQL."""
    rows = connection.execute(_INHERITED, {"tables": list(tables)})
    return frozenset((schema, table, name) for schema, table, name in rows)
