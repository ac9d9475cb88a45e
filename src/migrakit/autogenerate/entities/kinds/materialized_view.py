"""Materialized views: none is replaced, and whether one holds rows is no matter of its declaration."""

from __future__ import annotations

from migrakit.autogenerate.entities.kinds.kind import COLUMNS, OPTIONS, LiveKind, never

__all__ = ["MATERIALIZED_VIEW"]

# Where and how it is stored is said where it isn't as everywhere.
_ROWS = f"""
    SELECT c.tableoid, c.oid, n.nspname, c.relname, '', '{{}}'::text[],
        format('CREATE MATERIALIZED VIEW %I.%I%s%s%s AS%s%s', n.nspname, c.relname,
            (SELECT ' USING ' || quote_ident(m.amname) FROM pg_am m
             WHERE m.oid = c.relam AND m.amname <> current_setting('default_table_access_method')),
            {OPTIONS},
            (SELECT ' TABLESPACE ' || quote_ident(s.spcname) FROM pg_tablespace s WHERE s.oid = c.reltablespace),
            E'\\n', rtrim(pg_get_viewdef(c.oid), ';')),
        {COLUMNS},
        CASE WHEN c.relispopulated THEN '' ELSE E'\\nWITH NO DATA' END
    FROM pg_class c JOIN named n ON n.oid = c.relnamespace
    WHERE c.relkind = 'm'
"""

MATERIALIZED_VIEW = LiveKind("materialized_view", "pg_class", _ROWS, never)
