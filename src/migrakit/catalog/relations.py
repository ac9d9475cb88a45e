"""Whose the objects of a PostgreSQL database are, by its catalogs: an extension's, a partitioned table's, a role's."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

__all__ = ["Relations", "read_owned", "read_relations"]

Name = tuple[str, str]
"""Schema and name; of a function without its arguments."""

# One statement for all that is asked of every comparison. The strays are tables that a bare name finds though they are
# not in the default schema: SQLAlchemy lists whatever search_path makes visible as if it were there.
_RELATIONS = text("""
    SELECT 'current', 'schema', CAST(pg_catalog.current_schema() AS name), CAST('' AS name)
    UNION ALL
    SELECT 'stray', 'relation', n.nspname, c.relname
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
      AND n.nspname NOT IN ('pg_catalog', :default_schema) AND pg_catalog.pg_table_is_visible(c.oid)
    UNION ALL
    SELECT 'partition', 'relation', n.nspname, c.relname
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relispartition AND c.relkind IN ('r', 'p', 'f')
    UNION ALL
    SELECT 'member', member.family, n.nspname, member.name
    FROM (
        SELECT 'relation', oid, relnamespace, relname, CAST('pg_catalog.pg_class' AS regclass)
        FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
        UNION ALL
        SELECT 'function', oid, pronamespace, proname, CAST('pg_catalog.pg_proc' AS regclass) FROM pg_catalog.pg_proc
        UNION ALL
        SELECT 'type', oid, typnamespace, typname, CAST('pg_catalog.pg_type' AS regclass) FROM pg_catalog.pg_type
    ) AS member (family, oid, namespace, name, catalog)
    JOIN pg_catalog.pg_depend AS d ON d.classid = member.catalog AND d.objid = member.oid AND d.objsubid = 0
    JOIN pg_catalog.pg_namespace AS n ON n.oid = member.namespace
    WHERE d.deptype = 'e'
""")

_OWNED = text("""
    SELECT 'role', '', rolname FROM pg_catalog.pg_roles WHERE rolname = :role
    UNION ALL
    SELECT 'relation', n.nspname, c.relname
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_roles AS r ON r.oid = c.relowner AND r.rolname = :role
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    UNION ALL
    SELECT CASE WHEN bool_and(r.rolname = :role) THEN 'function' ELSE 'some functions' END, n.nspname, p.proname
    FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    JOIN pg_catalog.pg_roles AS r ON r.oid = p.proowner
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
    GROUP BY n.nspname, p.proname HAVING bool_or(r.rolname = :role)
    UNION ALL
    SELECT 'type', n.nspname, t.typname
    FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
    JOIN pg_catalog.pg_roles AS r ON r.oid = t.typowner AND r.rolname = :role
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
""")


class Relations(NamedTuple):
    """What every comparison asks of the catalogs, read in one statement."""

    strays: Mapping[str, str] = MappingProxyType({})
    """The schema of each table that its bare name finds outside of the default schema."""
    partitions: frozenset[Name] = frozenset()
    members: frozenset[tuple[str, str, str]] = frozenset()
    """Family, schema and name of all that belongs to an extension."""
    current_schema: str | None = None
    """What search_path begins with now, which may be another than when SQLAlchemy connected."""


def read_relations(connection: Connection, default_schema: str | None) -> Relations:
    """Strays, partitions and members of extensions."""
    rows = [tuple(row) for row in connection.execute(_RELATIONS, {"default_schema": default_schema})]
    return Relations(
        strays={name: schema for what, _, schema, name in rows if what == "stray"},
        partitions=frozenset((schema, name) for what, _, schema, name in rows if what == "partition"),
        current_schema=next((schema for what, _, schema, _ in rows if what == "current"), None),
        members=frozenset((family, schema, name) for what, family, schema, name in rows if what == "member"),
    )


def read_owned(connection: Connection, role: str) -> frozenset[tuple[str, str, str]] | None:
    """Family, schema and name of all that the role owns; ``None`` where there is no such role."""
    rows = frozenset((what, schema, name) for what, schema, name in connection.execute(_OWNED, {"role": role}))
    found = ("role", "", role)
    return rows - {found} if found in rows else None
