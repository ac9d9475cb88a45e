"""Indexes of materialized views; those of tables are the metadata's."""

from __future__ import annotations

from migrakit.autogenerate.entities.kinds.kind import LiveKind, always

__all__ = ["INDEX"]

_ROWS = """
    SELECT c.tableoid, c.oid, n.nspname, c.relname, m.relname, '{}'::text[],
        pg_get_indexdef(c.oid),
        -- The columns that it takes, with which it goes.
        ARRAY(
            SELECT DISTINCT quote_ident(a.attname) FROM pg_depend d
            JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            WHERE d.classid = c.tableoid AND d.objid = c.oid AND d.refobjid = m.oid
        ),
        ''
    FROM pg_class m
    JOIN named n ON n.oid = m.relnamespace
    JOIN pg_index i ON i.indrelid = m.oid
    JOIN pg_class c ON c.oid = i.indexrelid
    WHERE m.relkind = 'm'
"""

INDEX = LiveKind("index", "pg_class", _ROWS, always)
