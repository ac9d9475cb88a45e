"""Declared objects, made where nobody sees them, so that the server writes them in its own words."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from migrakit.autogenerate.entities.kinds.grant import OBJECTS, defaults

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from sqlalchemy import Connection

__all__ = ["Item", "Said", "Scratch", "made"]


class Item(NamedTuple):
    """One object, and two ways to make it: the second where the first was misread."""

    sql: str
    otherwise: str
    on: str | None = None
    """Of a grant the kind of object."""


@dataclass(frozen=True, slots=True)
class Scratch:
    """What is to be made: schemas and tables first, which have to succeed, then items of which each may fail."""

    schemas: Mapping[str, str]
    """Of each real schema the one that stands in for it."""
    read: Sequence[tuple[str, str]]
    """Schemas and names of tables that have to be read, where they are there."""
    before: Sequence[str]
    tables: Sequence[tuple[str, str]]
    """As quoted names, real tables and views and what stands in for them, where they are there."""
    copies: Sequence[str]
    """What makes functions of theirs."""
    items: Sequence[Item]
    secured: Sequence[str]
    """Names of tables whose row security is asked about."""
    switched: Sequence[str]
    """Names of triggers of which it is asked whether they are enabled."""
    granted: Sequence[str]
    """Names of objects whose grants are asked about."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the server said of an item that it did not take."""

    sqlstate: str
    message: str
    detail: str
    hint: str


_GIVE = text("SELECT set_config('migrakit.given', :given, true)")

# All at once first, since each attempt that may fail takes a transaction id of its own. What isn't about an item, such
# as a lock that is not to be had, ends all of it.
_MAKE = """
DO $migrakit$
DECLARE
    given jsonb := current_setting('migrakit.given');
    items text[] := ARRAY(SELECT jsonb_array_elements(given->'items')->>'sql');
    otherwise text[] := ARRAY(SELECT jsonb_array_elements(given->'items')->>'otherwise');
    path text;
    statement text;
    at int;
    waiting int[] := ARRAY(SELECT generate_series(1, cardinality(items)));
    still int[];
    made int[] := waiting;
    is_cast boolean := false;
    is_other boolean := false;
    failed jsonb := '{}';
    extensions jsonb := (
        SELECT coalesce(jsonb_object_agg(e.extname, n.nspname), '{}')
        FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
    );
    missing jsonb := (
        SELECT coalesce(jsonb_agg(key), '[]') FROM jsonb_each_text(given->'schemas')
        WHERE key NOT IN (SELECT nspname FROM pg_catalog.pg_namespace)
    );
    may_create boolean := has_database_privilege(current_database(), 'CREATE');
    me text := quote_ident(current_user);
    real_schema text; made_schema text; theirs text; wants text[] := '{}'; rights text[] := '{}';
    message text; state text; detail text; hint text;
BEGIN
    -- An administrator may have made schemas for this, for a role that may make none.
    IF NOT may_create THEN
        FOR real_schema, made_schema IN SELECT key, value FROM jsonb_each_text(given->'schemas') LOOP
            theirs := quote_ident(('migrakit_' || real_schema)::name::text);
            given := replace(given::text, made_schema, regexp_replace(to_jsonb(theirs)::text, '^"|"$', '', 'g'));
            IF to_regnamespace(theirs) IS NULL THEN
                wants := wants || concat('CREATE SCHEMA ', theirs, ' AUTHORIZATION ', me);
            ELSIF NOT has_schema_privilege(to_regnamespace(theirs)::oid, 'CREATE')
                OR NOT has_schema_privilege(to_regnamespace(theirs)::oid, 'USAGE') THEN
                rights := rights || concat('GRANT CREATE, USAGE ON SCHEMA ', theirs, ' TO ', me);
            END IF;
        END LOOP;
        items := ARRAY(SELECT jsonb_array_elements(given->'items')->>'sql');
        otherwise := ARRAY(SELECT jsonb_array_elements(given->'items')->>'otherwise');
    END IF;
    IF wants <> '{}' THEN
        rights := rights || concat('GRANT CREATE ON DATABASE ', quote_ident(current_database()), ' TO ', me,
            '; or else ', array_to_string(wants, '; '));
    END IF;
    -- All that can be told beforehand, at once: the server would name one after the other, and not where it is.
    rights := rights || ARRAY(
        SELECT concat('GRANT USAGE ON SCHEMA ', quote_ident(n.nspname), ' TO ', me)
        FROM pg_namespace n
        WHERE n.nspname IN (SELECT jsonb_object_keys(given->'schemas')) AND NOT has_schema_privilege(n.oid, 'USAGE')
        ORDER BY n.nspname
    ) || ARRAY(
        SELECT concat('GRANT SELECT ON ', quote_ident(n.nspname), '.', quote_ident(c.relname), ' TO ', me)
        FROM jsonb_array_elements(given->'read') AS t(said)
        JOIN pg_namespace n ON n.nspname = said->>0
        JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = said->>1 AND c.relkind NOT IN ('v', 'm')
        WHERE NOT has_table_privilege(c.oid, 'SELECT')
        ORDER BY n.nspname, c.relname
    );
    IF rights <> '{}' THEN
        RAISE insufficient_privilege USING MESSAGE = 'rights are missing: ' || array_to_string(rights, '; ');
    END IF;
    SELECT string_agg(concat_ws(', ', given->'schemas'->>schema, quote_ident(schema)), ', ' ORDER BY number) INTO path
        FROM unnest(current_schemas(false)) WITH ORDINALITY AS found(schema, number);
    FOR statement IN SELECT 'CREATE SCHEMA ' || value FROM jsonb_each_text(given->'schemas') WHERE may_create LOOP
        EXECUTE statement;
    END LOOP;
    -- What is made in a schema begins with the privileges that whoever makes it has asked for there.
    FOR statement IN
        SELECT 'ALTER DEFAULT PRIVILEGES IN SCHEMA ' || s.value || ' GRANT ' || a.privilege_type || ' ON '
            || CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' ELSE 'FUNCTIONS' END || ' TO '
            || CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
            || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
        FROM jsonb_each_text(given->'schemas') s
        JOIN pg_namespace n ON n.nspname = s.key
        JOIN pg_default_acl d ON d.defaclnamespace = n.oid AND d.defaclrole = current_user::regrole,
            aclexplode(d.defaclacl) a
        WHERE d.defaclobjtype IN ('r', 'S', 'f')
    LOOP
        EXECUTE statement;
    END LOOP;
    PERFORM set_config('check_function_bodies', 'off', true);
    PERFORM set_config('search_path', path, true);
    FOR statement IN SELECT jsonb_array_elements_text(given->'before') LOOP
        EXECUTE statement;
    END LOOP;
    FOR statement IN
        SELECT CASE c.relkind
            WHEN 'v' THEN 'CREATE VIEW ' || (pair->>1) || ' AS SELECT * FROM ' || (pair->>0)
            WHEN 'm' THEN
                'CREATE MATERIALIZED VIEW ' || (pair->>1) || ' AS SELECT * FROM ' || (pair->>0) || ' WITH NO DATA'
            ELSE 'CREATE TABLE ' || (pair->>1) || ' (LIKE ' || (pair->>0) || ' INCLUDING INDEXES)' END
        FROM jsonb_array_elements(given->'tables') pair JOIN pg_class c ON c.oid = to_regclass(pair->>0)
    LOOP
        EXECUTE statement;
    END LOOP;
    FOR statement IN SELECT jsonb_array_elements_text(given->'copies') LOOP
        EXECUTE statement;
    END LOOP;
    BEGIN
        FOREACH statement IN ARRAY items LOOP
            EXECUTE statement;
        END LOOP;
        waiting := '{}';
    EXCEPTION
        WHEN lock_not_available OR query_canceled OR out_of_memory OR disk_full OR deadlock_detected THEN RAISE;
        WHEN OTHERS THEN made := '{}';
    END;
    WHILE cardinality(waiting) > 0 LOOP
        still := '{}';
        FOREACH at IN ARRAY waiting LOOP
            BEGIN
                IF is_other THEN
                    items[at] := otherwise[at];
                END IF;
                EXECUTE items[at];
                made := made || at;
            EXCEPTION
                WHEN lock_not_available OR query_canceled OR out_of_memory OR disk_full OR deadlock_detected
                THEN RAISE;
                WHEN OTHERS THEN
                    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, state = RETURNED_SQLSTATE,
                        detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
                    still := still || at;
                    IF NOT is_other THEN
                        failed := jsonb_set(failed, ARRAY[at::text], jsonb_build_array(state, message, detail, hint));
                    END IF;
            END;
        END LOOP;
        EXIT WHEN is_other AND cardinality(still) = cardinality(waiting);
        -- Rows of a table, or of an heir of it, come out of more than the table itself, and pass for those of what
        -- stands in for it. Of an heir's the server writes the cast that it makes by itself in the same way.
        IF cardinality(still) = cardinality(waiting) AND NOT is_cast THEN
            FOR statement IN
                WITH RECURSIVE pairs AS (
                    SELECT r.oid, s.reltype AS type
                    FROM jsonb_each_text(given->'schemas') AS e(key, value)
                    JOIN pg_namespace rn ON rn.nspname = e.key
                    JOIN pg_namespace sn ON quote_ident(sn.nspname) = e.value
                    JOIN pg_class r ON r.relnamespace = rn.oid AND r.reltype <> 0
                    JOIN pg_class s ON s.relnamespace = sn.oid AND s.relname = r.relname AND s.reltype <> 0
                ), lines AS (
                    SELECT oid AS heir, oid AS ancestor FROM pairs
                    UNION SELECT inhrelid, inhparent FROM pg_inherits
                    UNION SELECT l.heir, i.inhparent FROM lines l JOIN pg_inherits i ON i.inhrelid = l.ancestor
                )
                SELECT DISTINCT
                    'CREATE CAST (' || c.one::regtype || ' AS ' || c.two::regtype || ') WITH INOUT AS IMPLICIT'
                FROM lines l
                JOIN pg_class h ON h.oid = l.heir
                JOIN pg_class a ON a.oid = l.ancestor
                LEFT JOIN pairs sh ON sh.oid = l.heir
                LEFT JOIN pairs sa ON sa.oid = l.ancestor
                CROSS JOIN LATERAL (
                    VALUES (h.reltype, sa.type), (sh.type, sa.type), (sh.type, a.reltype)
                ) AS c(one, two)
                WHERE c.one <> c.two AND (l.heir <> l.ancestor OR c.two = sa.type)
            LOOP
                EXECUTE statement;
            END LOOP;
            is_cast := true;
        ELSE
            -- The second way is for what nothing else can help.
            is_other := cardinality(still) = cardinality(waiting);
        END IF;
        waiting := still;
    END LOOP;
    -- Whoever owns an object may do everything: what is granted to whoever compares shows when that is taken away. And
    -- what another has made began with what that one's default privileges say, which is granted instead of ours.
    -- A schema comes after what is in it, which can't be named then.
    IF cardinality(waiting) = 0 AND given->'granted' <> '[]' THEN
        FOR statement IN
            WITH made_here AS MATERIALIZED (
                SELECT o.*, n.oid AS real_namespace, (
                    SELECT l.owner FROM (OBJECTS) l
                    WHERE l.namespace = n.oid AND l.kind = o.kind AND (l.name = o.name OR l.kind = 'schema')
                    AND ARRAY(SELECT regexp_replace(t, '^.*[.]', '') FROM unnest(l.types) t)
                        = ARRAY(SELECT regexp_replace(t, '^.*[.]', '') FROM unnest(o.types) t)
                    AND l.owner <> current_user::regrole
                    LIMIT 1 -- of functions that only the schemas of their types tell apart
                ) AS other
                FROM jsonb_each_text(given->'schemas') AS s(key, value)
                JOIN (OBJECTS) o ON o.namespace = to_regnamespace(s.value)::oid
                LEFT JOIN pg_namespace n ON n.nspname = s.key
                WHERE o.namespace = ANY (ARRAY(
                    SELECT to_regnamespace(value)::oid FROM jsonb_each_text(given->'schemas')
                )) AND CASE o.kind
                    WHEN 'schema' THEN o.acl IS NOT NULL
                    ELSE o.name IN (SELECT jsonb_array_elements_text(given->'granted')) END
            )
            SELECT sql FROM (
                SELECT o.kind = 'schema' AS is_schema, -1 AS number,
                    'REVOKE ALL ON ' || o.called || ' FROM CURRENT_USER' || CASE WHEN o.other IS NULL THEN '' ELSE (
                        SELECT coalesce(string_agg(', ' || CASE x.grantee WHEN 0 THEN 'PUBLIC'
                            ELSE quote_ident(pg_get_userbyid(x.grantee)) END, ''), '')
                        FROM (
                            SELECT DISTINCT grantee FROM aclexplode(coalesce(o.acl, acldefault(o.sort, o.owner)))
                        ) x
                    ) END AS sql
                FROM made_here o
                UNION ALL
                SELECT o.kind = 'schema', 0, 'GRANT ' || x.privilege_type || ' ON ' || o.called || ' TO '
                    || CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END
                    || CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
                FROM made_here o, LATERAL (DEFAULTS) x
                WHERE o.other IS NOT NULL AND x.grantee <> o.other
                UNION ALL
                SELECT item->>'on' = 'schema', number, items[number]
                FROM jsonb_array_elements(given->'items') WITH ORDINALITY AS i(item, number)
                WHERE item->>'on' IS NOT NULL
            ) AS every ORDER BY is_schema, number
        LOOP
            EXECUTE statement;
        END LOOP;
    END IF;
    PERFORM set_config('migrakit.said', jsonb_build_object(
        'made', made,
        'failed', (SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(failed)
            WHERE key::int = ANY(waiting)),
        'extensions', extensions,
        'schemas', (SELECT coalesce(jsonb_object_agg(value, quote_ident(key)), '{}')
            FROM jsonb_each_text(given->'schemas')),
        'scratch', (SELECT coalesce(jsonb_object_agg((parse_ident(value))[1], key), '{}')
            FROM jsonb_each_text(given->'schemas')),
        'role', quote_ident(current_user),
        'missing', missing
    )::text, true);
    PERFORM set_config('search_path', 'pg_catalog', true);
END $migrakit$
""".replace("OBJECTS", OBJECTS).replace("DEFAULTS", defaults("o", "o.other", "o.real_namespace"))


@contextmanager
def made(connection: Connection, scratch: Scratch) -> Generator[None]:
    """They are there inside of the block, and search_path leads nowhere; afterwards all is as it was."""
    savepoint = connection.begin_nested()
    try:
        connection.execute(_GIVE, {"given": _as_json(scratch)})
        connection.exec_driver_sql(_MAKE)
        yield
    finally:
        savepoint.rollback()


def _as_json(scratch: Scratch) -> str:
    given = {each.name: getattr(scratch, each.name) for each in fields(scratch)}
    return json.dumps({**given, "items": [item._asdict() for item in scratch.items]})
