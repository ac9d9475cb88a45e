"""What roles may do with an object: all of it, as soon as any of it is declared."""

from __future__ import annotations

from migrakit.autogenerate.entities.kinds.kind import INPUT_TYPES, LiveKind, always

__all__ = ["GRANT", "OBJECTS", "defaults", "fresh", "granted", "held"]

OBJECTS = f"""
    SELECT c.tableoid AS class, c.oid, c.relnamespace AS namespace, c.relname AS name,
        CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view' WHEN 'S' THEN 'sequence'
            ELSE 'table' END AS kind,
        '{{}}'::text[] AS types, c.relowner AS owner, c.relacl AS acl,
        CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char" AS sort,
        CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE '' END || c.oid::regclass AS called
    FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT p.tableoid, p.oid, p.pronamespace, p.proname,
        CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END,
        {INPUT_TYPES},
        p.proowner, p.proacl, 'f',
        CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || p.oid::regprocedure
    FROM pg_proc p
    UNION ALL
    SELECT n.tableoid, n.oid, n.oid, n.nspname, 'schema', '{{}}', n.nspowner, n.nspacl, 'n',
        'SCHEMA ' || n.oid::regnamespace
    FROM pg_namespace n
"""
"""What grants are about, as far as this library is."""

_LISTED = """
    (SELECT coalesce(jsonb_agg(l.said ORDER BY l.said), '[]') FROM (
        SELECT jsonb_build_array(
            CASE a.role WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.role)) END,
            a.privilege_type, a.is_grantable, a.attname
        ) AS said FROM ({}) a
    ) l)
"""


def granted(each: str) -> str:
    """All that is granted on one of ``OBJECTS`` and on its columns, by whomever."""
    return f"""
        SELECT x.*, NULL AS attname
        FROM aclexplode(coalesce({each}.acl, acldefault({each}.sort, {each}.owner))) x
        UNION ALL
        SELECT x.*, quote_ident(t.attname)
        FROM pg_attribute t, aclexplode(t.attacl) x
        WHERE t.attrelid = {each}.oid AND {each}.class = 'pg_class'::regclass AND NOT t.attisdropped
    """


def _is_from_here(each: str) -> str:
    """Whether it is what this session would grant, or take back: the owner's, if it may act as that."""
    return f"""
        (g.grantor = {each}.owner OR NOT pg_has_role({each}.owner, 'USAGE') AND pg_has_role(g.grantor, 'USAGE'))
    """


def held(each: str) -> str:
    """As JSON, what roles may do with one of ``OBJECTS``, its columns too, but for what others let them."""
    return _LISTED.format(
        f"""
        SELECT g.grantee AS role, g.privilege_type, g.is_grantable, g.attname
        FROM ({granted(each)}) g WHERE {_is_from_here(each)}
        """
    )


def _granted_on(each: str) -> str:
    """As JSON, what these others granted."""
    return _LISTED.format(
        f"""
        SELECT DISTINCT g.grantor AS role, g.privilege_type, false AS is_grantable, g.attname
        FROM ({granted(each)}) g WHERE NOT {_is_from_here(each)}
        """
    )


def fresh(each: str) -> str:
    """As JSON, what they may do with one that this session makes there, before anything is granted."""
    return _LISTED.format(
        f"""
        SELECT x.grantee AS role, x.privilege_type, x.is_grantable, NULL AS attname
        FROM ({defaults(each, "current_user::regrole", f"{each}.namespace")}) x
        """
    )


def defaults(each: str, maker: str, namespace: str) -> str:
    """What everybody may do with one that this role makes in that schema."""
    said = f"""
        SELECT f.defaclacl FROM pg_default_acl f WHERE f.defaclrole = {maker}
        AND lower(f.defaclobjtype::text) = {each}.sort::text AND f.defaclnamespace =
    """
    return f"""
        SELECT x.grantee, x.privilege_type, x.is_grantable
        FROM aclexplode(coalesce(({said} 0), acldefault({each}.sort, {maker}))) x
        UNION
        SELECT x.grantee, x.privilege_type, x.is_grantable FROM aclexplode(({said} {namespace})) x
    """


_ROWS = f"""
    SELECT 0::oid, 0::oid, n.nspname, o.name, o.kind, o.types, {held("o")}::text,
        ARRAY[o.called, {fresh("o")}::text, quote_ident(pg_get_userbyid(o.owner)), {_granted_on("o")}::text], ''
    FROM ({OBJECTS}) o JOIN named n ON n.oid = o.namespace
    WHERE o.name IN (SELECT jsonb_array_elements_text(given->'granted') FROM asked)
    OR o.kind = 'schema' AND jsonb_exists((SELECT said->'scratch' FROM asked), o.name::text)
"""

GRANT = LiveKind("grant", "", _ROWS, always, asked="granted")
