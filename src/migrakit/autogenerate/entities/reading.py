"""What the server says of all that is in some schemas, in its own words, with every name qualified."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, String, bindparam, text

from migrakit.autogenerate.entities.identity import Identity, Rendered
from migrakit.autogenerate.entities.kinds import LIVE_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, TextClause

    from migrakit.autogenerate.entities.scratch import Scratch

__all__ = ["look"]

_LOOK = """
    WITH asked AS (
        SELECT current_setting('migrakit.given')::jsonb AS given, current_setting('migrakit.said')::jsonb AS said
    ), named AS MATERIALIZED (
        SELECT oid, nspname FROM pg_namespace, asked
        WHERE nspname = ANY(CAST(:schemas AS text[])) OR jsonb_exists(said->'scratch', nspname)
    ), members AS MATERIALIZED (
        SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
    ), found AS MATERIALIZED (
        SELECT * FROM (ROWS) AS every
        WHERE NOT EXISTS (SELECT FROM members m WHERE m.classid = class AND m.objid = oid)
    ), stands AS MATERIALIZED (
        SELECT f.class, f.oid, d.refclassid, d.refobjid, r.rulename <> '_RETURN' AS is_of_rule
        FROM found f JOIN pg_rewrite r ON r.ev_class = f.oid
        JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
        WHERE f.class = 'pg_class'::regclass
        UNION
        SELECT f.class, f.oid, d.refclassid, d.refobjid, false
        FROM found f JOIN pg_depend d ON d.classid = f.class AND d.objid = f.oid
    ), of_types AS (
        SELECT s.class, s.oid, coalesce(e.typrelid, t.typrelid) AS relation, s.is_of_rule
        FROM stands s JOIN pg_type t ON t.oid = s.refobjid
        LEFT JOIN pg_type e ON e.oid = t.typelem
        WHERE s.refclassid = 'pg_type'::regclass
    ), bases AS (
        SELECT s.class, s.oid, b.kind, b.schema, b.name, b.types, b.relation, s.is_of_rule
        FROM (
            SELECT class, oid, refclassid, refobjid, is_of_rule FROM stands
            UNION
            SELECT class, oid, 'pg_class'::regclass, relation, is_of_rule FROM of_types
        ) s
        JOIN found b ON b.class = s.refclassid AND b.oid = s.refobjid
        WHERE (b.class, b.oid) <> (s.class, s.oid)
    )
    SELECT f.kind, f.oid::bigint AS number, f.schema, f.name, f.relation, f.types, f.definition, f.shape, f.state,
        b.bases::text
    FROM found f
    LEFT JOIN (
        SELECT class, oid, jsonb_agg(jsonb_build_array(kind, schema, name, types, relation, is_of_rule)) AS bases
        FROM bases GROUP BY 1, 2
    ) b ON b.class = f.class AND b.oid = f.oid
    UNION ALL
    SELECT 'errors', 0, '', '', '', '{}', current_setting('migrakit.said'), '{}', '', ''
"""


def look(connection: Connection, schemas: Iterable[str], scratch: Scratch) -> tuple[list[Rendered], str]:
    """All of these schemas, and what the maker of scratch objects said, as JSON."""
    kinds = tuple(each.name for each in LIVE_KINDS.values() if not each.asked or getattr(scratch, each.asked))
    *rows, last = connection.execute(_look(kinds), {"schemas": list(schemas)}).all()
    return [_rendered(row) for row in rows], last.definition


@cache
def _look(kinds: Sequence[str]) -> TextClause:
    """At these alone: the server plans what it has not to look at too."""
    rows = " UNION ALL ".join(
        f"SELECT '{kind}' AS kind, rows.* FROM ({LIVE_KINDS[kind].rows})"
        " AS rows(class, oid, schema, name, relation, types, definition, shape, state)"
        for kind in kinds
    )
    return text(_LOOK.replace("ROWS", rows)).bindparams(bindparam("schemas", type_=ARRAY(String)))


def _rendered(row: Any) -> Rendered:
    kind, number, schema, name, relation, types, definition, shape, state, said = row
    noted = [
        (Identity(its_kind, its_schema, its_name, tuple(its_types), its_relation), is_of_rule)
        for its_kind, its_schema, its_name, its_types, its_relation, is_of_rule in (json.loads(said) if said else ())
    ]
    bases, of_rules = {base for base, _ in noted}, frozenset(base for base, is_of_rule in noted if is_of_rule)
    identity = Identity(kind, schema, name, tuple(types), relation)
    if kind == "grant":
        bases.add(Identity(relation, schema, name, identity.types))
    if kind == "trigger_state":
        bases.add(Identity("trigger", schema, name, relation=relation))
    return Rendered(identity, definition, tuple(shape), state, frozenset(bases), number, of_rules)
