"""Policies. Their roles are a set."""

from __future__ import annotations

from migrakit.autogenerate.entities.kinds.kind import LiveKind, always

__all__ = ["POLICY"]

_ROWS = """
    SELECT p.tableoid, p.oid, n.nspname, p.polname, c.relname, '{}'::text[],
        format('CREATE POLICY %I ON %I.%I', p.polname, n.nspname, c.relname)
            || CASE WHEN p.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END
            || CASE p.polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT' WHEN 'w' THEN ' FOR UPDATE'
               WHEN 'd' THEN ' FOR DELETE' ELSE '' END
            || CASE WHEN p.polroles = '{0}' THEN '' ELSE ' TO ' || (
                SELECT string_agg(CASE r WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END, ', '
                    ORDER BY pg_get_userbyid(r))
                FROM (SELECT DISTINCT r FROM unnest(p.polroles) AS r) AS roles
            ) END
            || coalesce(E'\\n    USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
            || coalesce(E'\\n    WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', ''),
        '{}'::text[], ''
    FROM pg_policy p
    JOIN pg_class c ON c.oid = p.polrelid
    JOIN named n ON n.oid = c.relnamespace
"""

POLICY = LiveKind("policy", "pg_policy", _ROWS, always)
