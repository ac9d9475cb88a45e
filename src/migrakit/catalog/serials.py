"""Which columns count by themselves, through a sequence of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

__all__ = ["serial_columns"]

# The column's default depends on a sequence, and the sequence on the column: by their numbers, as another's schema may
# be one that this role can't look into. A default that is more than a call of nextval() has been left out before.
_SERIALS = text("""
    SELECT n.nspname, t.relname, a.attname
    FROM pg_catalog.pg_class AS t
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
    JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = t.oid
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = d.adnum
    WHERE t.relname = ANY (CAST(:tables AS name[])) AND t.relkind IN ('r', 'p') AND EXISTS (
        SELECT FROM pg_catalog.pg_depend AS uses
        JOIN pg_catalog.pg_depend AS owned
          ON owned.classid = CAST('pg_catalog.pg_class' AS regclass) AND owned.objid = uses.refobjid
          AND owned.refclassid = CAST('pg_catalog.pg_class' AS regclass) AND owned.refobjid = t.oid
          AND owned.refobjsubid = d.adnum AND owned.deptype IN ('a', 'i')
        JOIN pg_catalog.pg_class AS s ON s.oid = owned.objid AND s.relkind = 'S'
        WHERE uses.classid = CAST('pg_catalog.pg_attrdef' AS regclass) AND uses.objid = d.oid
        AND uses.refclassid = CAST('pg_catalog.pg_class' AS regclass)
        OFFSET 0 -- planned apart: in one, seven joins take longer to plan than to do
    )
""")


def serial_columns(connection: Connection, tables: Sequence[str]) -> frozenset[tuple[str, str, str]]:
    """Schema, table and name of each such column in tables of these names, on PostgreSQL; in one statement."""
    rows = connection.execute(_SERIALS, {"tables": list(tables)})
    return frozenset((schema, table, column) for schema, table, column in rows)
