"""What hangs on live objects and would be lost with them: owner, comments, grants, and what else is not declared."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, BigInteger, String, bindparam, text

from migrakit.autogenerate.entities.grants import Privilege, grants, privileges
from migrakit.autogenerate.entities.kinds import LIVE_KINDS
from migrakit.autogenerate.entities.kinds.grant import OBJECTS, fresh, granted, held
from migrakit.autogenerate.entities.kinds.states import SWITCH
from migrakit.autogenerate.entities.steps import Does, Step

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from sqlalchemy import Connection

    from migrakit.autogenerate.entities.identity import Identity, Rendered
    from migrakit.autogenerate.entities.planning import Node
    from migrakit.entities.value import Entity

__all__ = ["Kept", "kept"]

# The owner comes before the grants, which are the owner's to make.
_HANGING = text(f"""
    WITH asked AS (
        SELECT catalog::regclass::oid AS class, oid::oid
        FROM unnest(CAST(:catalogs AS text[]), CAST(:numbers AS bigint[])) AS a(catalog, oid)
    ), described AS (
        SELECT a.class, a.oid, o.namespace, o.owner, o.sort, o.acl, o.called,
            CASE o.kind WHEN 'materialized_view' THEN 'MATERIALIZED VIEW ' WHEN 'view' THEN 'VIEW ' ELSE '' END
                || o.called AS named
        FROM asked a JOIN ({OBJECTS}) o ON o.class = a.class AND o.oid = a.oid
        WHERE o.oid = ANY (ARRAY(SELECT oid FROM asked)) -- or else all are described first, which takes longest
        UNION ALL
        SELECT a.class, a.oid, NULL, NULL, NULL, NULL, NULL, 'INDEX ' || c.oid::regclass
        FROM asked a JOIN pg_class c ON c.oid = a.oid AND c.tableoid = a.class WHERE c.relkind = 'i'
        UNION ALL
        SELECT a.class, a.oid, NULL, NULL, NULL, NULL, NULL, format('TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass)
        FROM asked a JOIN pg_trigger t ON t.oid = a.oid AND t.tableoid = a.class
        UNION ALL
        SELECT a.class, a.oid, NULL, NULL, NULL, NULL, NULL, format('POLICY %I ON %s', p.polname, p.polrelid::regclass)
        FROM asked a JOIN pg_policy p ON p.oid = a.oid AND p.tableoid = a.class
    )
    SELECT d.class::regclass::text AS catalog, d.oid::bigint AS number, d.called,
        CASE WHEN d.owner <> current_user::regrole
            THEN format('ALTER %s OWNER TO %I', d.named, pg_get_userbyid(d.owner)) END AS owner,
        quote_ident(pg_get_userbyid(d.owner)) AS role, quote_ident(current_user) AS maker,
        {held("d")}::text AS held,
        {fresh("d")}::text AS fresh,
        ARRAY(
            SELECT format('COMMENT ON %s IS %L', d.named, m.description)
            FROM pg_description m WHERE m.classoid = d.class AND m.objoid = d.oid AND m.objsubid = 0
        ) || ARRAY(
            SELECT x.statement FROM pg_rewrite r
            LEFT JOIN pg_description m ON m.classoid = r.tableoid AND m.objoid = r.oid
            CROSS JOIN LATERAL unnest(ARRAY[
                rtrim(pg_get_ruledef(r.oid), ';'),
                format('COMMENT ON RULE %I ON %s IS %L', r.rulename, d.called, m.description)
            ]) WITH ORDINALITY AS x(statement, number)
            WHERE r.ev_class = d.oid AND d.class = 'pg_class'::regclass AND r.rulename <> '_RETURN'
                AND (x.number = 1 OR m.description IS NOT NULL)
            ORDER BY r.rulename, x.number
        ) || ARRAY(
            SELECT format('ALTER MATERIALIZED VIEW %s CLUSTER ON %I', i.indrelid::regclass, c.relname)
            FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE c.oid = d.oid AND d.class = 'pg_class'::regclass AND i.indisclustered
        ) AS statements,
        ARRAY(
            WITH RECURSIVE t AS (
                SELECT g.*, 'O'::"char" AS wont, 0 AS depth FROM pg_trigger g
                WHERE g.oid = d.oid AND g.tableoid = d.class
                UNION ALL
                -- What the first statement says goes down to all of them, what follows to nobody.
                SELECT g.*, CASE t.depth WHEN 0 THEN t.tgenabled ELSE t.wont END, t.depth + 1
                FROM t JOIN pg_trigger g ON g.tgparentid = t.oid
            )
            SELECT format('ALTER TABLE %s%s %s TRIGGER %I', CASE t.depth WHEN 0 THEN '' ELSE 'ONLY ' END,
                t.tgrelid::regclass,
                {SWITCH}, t.tgname)
            FROM t WHERE t.tgenabled <> t.wont ORDER BY t.depth, t.tgrelid::regclass::text
        ) AS states,
        (
            SELECT coalesce(jsonb_agg(jsonb_build_array(quote_ident(c.attname), c.statement) ORDER BY c.attnum), '[]')
            FROM (
                SELECT t.attname, t.attnum, format('COMMENT ON COLUMN %s.%I IS %L', d.called, t.attname, m.description)
                FROM pg_description m JOIN pg_attribute t ON t.attrelid = m.objoid AND t.attnum = m.objsubid
                WHERE m.classoid = d.class AND m.objoid = d.oid AND d.class = 'pg_class'::regclass
                UNION ALL
                SELECT t.attname, t.attnum, format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', d.called,
                    t.attname, pg_get_expr(e.adbin, e.adrelid))
                FROM pg_attrdef e JOIN pg_attribute t ON t.attrelid = e.adrelid AND t.attnum = e.adnum
                WHERE e.adrelid = d.oid AND d.class = 'pg_class'::regclass
                UNION ALL
                SELECT t.attname, t.attnum, format('ALTER MATERIALIZED VIEW %s ALTER COLUMN %I SET %s', d.called,
                    t.attname, x.setting)
                FROM pg_attribute t JOIN pg_class v ON v.oid = t.attrelid AND v.relkind = 'm'
                JOIN pg_type y ON y.oid = t.atttypid
                CROSS JOIN LATERAL (VALUES
                    (CASE WHEN t.attstorage <> y.typstorage THEN 'STORAGE ' || CASE t.attstorage WHEN 'p' THEN 'PLAIN'
                        WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END),
                    (CASE t.attcompression WHEN 'p' THEN 'COMPRESSION pglz' WHEN 'l' THEN 'COMPRESSION lz4' END),
                    (CASE WHEN t.attstattarget >= 0 THEN 'STATISTICS ' || t.attstattarget END)
                ) AS x(setting)
                WHERE t.attrelid = d.oid AND d.class = 'pg_class'::regclass AND t.attnum > 0 AND x.setting IS NOT NULL
            ) AS c(attname, attnum, statement)
        )::text AS columns,
        ARRAY(
            SELECT format('the security label of %s', l.provider) FROM pg_seclabel l
            WHERE l.classoid = d.class AND l.objoid = d.oid
            UNION ALL
            SELECT format('the statistics %I', s.stxname) FROM pg_statistic_ext s
            WHERE s.stxrelid = d.oid AND d.class = 'pg_class'::regclass
            UNION ALL
            SELECT format('the comment of the trigger on %s', g.tgrelid::regclass)
            FROM pg_trigger g JOIN pg_description m ON m.classoid = g.tableoid AND m.objoid = g.oid
            WHERE g.tgparentid = d.oid AND d.class = g.tableoid
            UNION ALL
            SELECT format('the settings of its column %I', t.attname) FROM pg_attribute t
            WHERE t.attrelid = d.oid AND d.class = 'pg_class'::regclass AND t.attnum > 0 AND t.attoptions IS NOT NULL
            UNION ALL
            SELECT DISTINCT format('that %I granted some of it', pg_get_userbyid(g.grantor)) FROM ({granted("d")}) g
            WHERE g.grantor <> d.owner
        ) AS lost
    FROM described d
""").bindparams(bindparam("catalogs", type_=ARRAY(String)), bindparam("numbers", type_=ARRAY(BigInteger)))


@dataclass(frozen=True, slots=True)
class Kept:
    """What hangs on one object. Of its columns, those that are there still have theirs again."""

    object: Entity
    called: str
    statements: tuple[str, ...]
    states: tuple[str, ...]
    """Of a trigger."""
    columns: tuple[tuple[str, str], ...]
    held: frozenset[Privilege]
    fresh: frozenset[Privilege]
    """Where grants are declared, of both only what the owner may do."""
    lost: tuple[str, ...]

    def steps(self, made: Rendered, *, is_switched: bool) -> Iterator[Step]:
        """What gives it back to the object that was made; for a trigger that is switched later, all but its state."""
        there = made.columns
        yield from (Step(None, sql=each) for each in (*self.statements, *(() if is_switched else self.states)))
        for sql in grants(self.fresh - self.held, self.called):
            yield Step(Does.DROPS, self._grant(sql))
        yield from self._granted(each for each in self.held - self.fresh if each.column is None or each.column in there)
        yield from self._said_of(there)
        if self.lost:
            yield Step(None, notes=tuple(f"Not kept: {each}." for each in self.lost))

    def steps_of_columns(self, columns: frozenset[str]) -> Iterator[Step]:
        """What gives these columns their own, where the object was there without them."""
        yield from self._granted(each for each in self.held if each.column in columns)
        yield from self._said_of(columns)

    def _granted(self, those: Iterable[Privilege]) -> Iterator[Step]:
        yield from (Step(Does.CREATES, self._grant(sql)) for sql in grants(those, self.called))

    def _said_of(self, columns: frozenset[str]) -> Iterator[Step]:
        yield from (Step(None, sql=sql) for column, sql in self.columns if column in columns)

    def _grant(self, sql: str) -> Entity:
        return replace(self.object, kind="grant", sql=sql)


def kept(
    going: Mapping[Identity, Node], connection: Connection, *, declared: Collection[Identity]
) -> dict[Identity, Kept]:
    """For each of these live objects what it has beside its definition, but for what is declared."""
    objects = {
        (LIVE_KINDS[each.kind].catalog, node.rendered.number): each
        for each, node in going.items()
        if node.rendered.number
    }
    if not objects:
        return {}
    catalogs, numbers = zip(*objects, strict=True)
    rows = connection.execute(_HANGING, {"catalogs": list(catalogs), "numbers": list(numbers)})
    return {
        identity: _kept(going[identity].entity, row, is_granted=_grant_on(identity) in declared)
        for row in rows
        for identity in [objects[row.catalog, row.number]]
    }


def _grant_on(identity: Identity) -> Identity:
    return identity._replace(kind="grant", relation=identity.kind)


def _kept(entity: Entity, row: Any, *, is_granted: bool) -> Kept:
    owner = (row.owner,) if row.owner else ()
    held, fresh = privileges(row.held), _given_to_owner(privileges(row.fresh), row.maker, row.role)
    return Kept(
        entity,
        row.called or "",
        (*owner, *row.statements),
        tuple(row.states),
        tuple((column, sql) for column, sql in json.loads(row.columns)),
        frozenset(each for each in held if not is_granted or each.role == row.role),
        frozenset(each for each in fresh if not is_granted or each.role == row.role),
        tuple(row.lost),
    )


def _given_to_owner(those: Iterable[Privilege], maker: str, owner: str) -> Iterator[Privilege]:
    """What is left of them where the maker hands the object over, with what makers may do."""
    yield from (each._replace(role=owner) for each in those if each.role == maker)
    yield from (each for each in those if each.role not in (maker, owner))
