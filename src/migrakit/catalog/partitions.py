"""What partitions have from the table that they are parts of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["inherited_by_partitions"]

_INHERITED = text("""
    SELECT n.nspname, t.relname, k.conname
    FROM pg_catalog.pg_constraint AS k
    JOIN pg_catalog.pg_class AS t ON t.oid = k.conrelid AND t.relispartition
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
    WHERE k.coninhcount > 0
    UNION ALL
    SELECT n.nspname, t.relname, i.relname
    FROM pg_catalog.pg_inherits AS h
    JOIN pg_catalog.pg_index AS x ON x.indexrelid = h.inhrelid
    JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
    JOIN pg_catalog.pg_class AS t ON t.oid = x.indrelid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
""")


def inherited_by_partitions(connection: Connection) -> frozenset[tuple[str, str, str]]:
    """Schema, partition and name of each constraint and index that can't be dropped there; in one statement."""
    return frozenset((schema, table, name) for schema, table, name in connection.execute(_INHERITED))
