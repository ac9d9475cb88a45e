"""The dump notices whatever changes in a database, and nothing else."""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import Connection, text

from tests.counting import statements
from tests.databases import POSTGRESQL_KINDS, Database, NewDatabase
from tests.entities.catalog import Line, difference, dump
from tests.entities.mutations import mutations
from tests.entities.reading import _Column, _value, reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.databases.database import PostgreSQLKind

WORLD = (Path(__file__).parent / "world.sql").read_text()

# The catalogs of what migrakit writes. Of their columns these say what the line is about, what its kind or its type
# decides, or what only the server's own objects have.
WRITTEN = (
    "pg_attrdef",
    "pg_attribute",
    "pg_class",
    "pg_constraint",
    "pg_description",
    "pg_index",
    "pg_inherits",
    "pg_policy",
    "pg_proc",
    "pg_rewrite",
    "pg_sequence",
    "pg_trigger",
)
UNCHANGED = {
    "adrelid",
    "attalign",
    "attname",
    "attrelid",
    "conffeqop",
    "conname",
    "connamespace",
    "conparentid",
    "conpfeqop",
    "conppeqop",
    "conrelid",
    "contypid",
    "ev_class",
    "has parent",
    "indexrelid",
    "indisexclusion",
    "polname",
    "polrelid",
    "proargtypes",
    "probin",
    "prokind",
    "proname",
    "pronamespace",
    "pronargs",
    "protrftypes",
    "relisshared",
    "relkind",
    "relname",
    "relnamespace",
    "rulename",
    "tgisinternal",
    "tgname",
    "tgrelid",
}

NOT_TO_BE_SEEN = (
    "GRANT SELECT ON shop.visits TO bob; REVOKE SELECT ON shop.visits FROM bob",
    "GRANT EXECUTE ON FUNCTION shop.note() TO bob; REVOKE EXECUTE ON FUNCTION shop.note() FROM bob",
    "GRANT SELECT ON shop.customers TO alice, bob; REVOKE SELECT ON shop.customers FROM alice, bob",
    "REVOKE SELECT ON shop.orders FROM bob; GRANT SELECT ON shop.orders TO bob",
    "ALTER TABLE shop.visits ADD more text; ALTER TABLE shop.visits DROP more",
    "CREATE INDEX more ON shop.visits (at); DROP INDEX shop.more",
    "CREATE RULE more AS ON UPDATE TO shop.customers DO INSTEAD NOTHING; DROP RULE more ON shop.customers",
    "CREATE TRIGGER more AFTER INSERT ON shop.visits EXECUTE FUNCTION shop.note(); DROP TRIGGER more ON shop.visits",
    "CREATE TABLE shop.more () INHERITS (shop.visits); DROP TABLE shop.more",
    "ALTER POLICY own_orders ON shop.orders TO alice, bob",
    "ALTER VIEW shop.open_orders RESET (security_barrier); ALTER VIEW shop.open_orders SET (security_barrier = true)",
    "CREATE OR REPLACE FUNCTION shop.twice(a int) RETURNS int4 IMMUTABLE BEGIN ATOMIC SELECT shop.add(a, a); END",
    "REFRESH MATERIALIZED VIEW shop.totals",
    "REINDEX TABLE shop.orders",
    "ANALYZE shop.orders",
    "CREATE TEMPORARY TABLE more (id serial PRIMARY KEY, name text)",
    "SELECT lo_create(0)",
    "SET search_path = shop; SET DateStyle = German; SET quote_all_identifiers = on",
)


class World:
    """``world.sql`` in a database, with roles of its own."""

    def __init__(self, database: Database, roles: dict[str, str]) -> None:
        self.database = database
        self._names = roles | {"{database}": str(database.url.database)}

    def named(self, sql: str) -> str:
        return re.sub(r"\b(alice|bob)\b|\{database\}", lambda found: self._names[found[0]], sql)

    def run(self, connection: Connection, sql: str) -> None:
        connection.execute(text(self.named(sql).replace(":", r"\:")))

    def connected(self) -> Connection:
        return self.database.engine().connect()

    def make(self, *sql: str) -> None:
        with self.connected() as connection:
            for each in sql:
                self.run(connection, each)
            connection.commit()


@contextmanager
def worlds(*databases: Database) -> Iterator[list[World]]:
    roles = {name: f"{name}_{uuid4().hex[:16]}" for name in ("alice", "bob")}
    made = [World(each, roles) for each in databases]
    made[0].make("CREATE ROLE alice", "CREATE ROLE bob")
    try:
        yield made
    finally:
        for each in made:
            each.make("DROP OWNED BY alice, bob CASCADE")
        made[0].make("DROP ROLE alice, bob")


@pytest.fixture
def world(postgresql: Database) -> Iterator[World]:
    with worlds(postgresql) as (made,):
        made.make(WORLD)
        yield made


def mutated(world: World, connection: Connection, sql: str) -> tuple[Line, ...]:
    """The dump after this, which is taken back."""
    change = connection.begin_nested()
    try:
        world.run(connection, sql)
        return dump(connection)
    finally:
        change.rollback()


def test_each_change_is_noticed(world: World, record_property: Callable[[str, object], None]) -> None:
    changed: set[str] = set()
    unnoticed = []
    with world.connected() as connection:
        before = dump(connection)
        changes = list(mutations(version_of(connection)))
        for line, sql in changes:
            after = mutated(world, connection, sql)
            changed.update(_changed(before, after))
            noticed = difference(before, after)
            if not any(each[2:].startswith(world.named(line)) for each in noticed):
                unnoticed.append((line, sql, noticed))
        assert difference(before, dump(connection)) == []
        labels = reading(connection).labels
    assert unnoticed == []
    assert {label for catalog in WRITTEN for label in labels[catalog]} - changed == UNCHANGED
    record_property("tally", f"{world.database.kind}: {len(changes)} changes of a database are noticed")


def _changed(before: tuple[Line, ...], after: tuple[Line, ...]) -> Iterator[str]:
    """What is said otherwise of something that is there before and after."""
    stayed = {subject for subject, *_ in before} & {subject for subject, *_ in after}
    return (label for subject, label, _ in set(before) ^ set(after) if subject in stayed)


def version_of(connection: Connection) -> int:
    version = connection.dialect.server_version_info
    assert version is not None
    return int(version[0])


def test_what_changes_nothing_is_not_noticed(world: World) -> None:
    with world.connected() as connection:
        before = dump(connection)
        for sql in NOT_TO_BE_SEEN:
            assert difference(before, mutated(world, connection, sql)) == [], sql


@pytest.mark.parametrize("kind", POSTGRESQL_KINDS)
def test_two_databases_made_alike_are_the_same(kind: PostgreSQLKind, new_database: NewDatabase) -> None:
    dumps = []
    with worlds(new_database(kind), new_database(kind)) as (one, other):
        one.make(WORLD)
        other.make(WORLD.replace(";\n", ";\nSELECT lo_create(0);\n"))
        for each in (one, other):
            with each.connected() as connection:
                dumps.append(dump(connection))
    assert difference(*dumps) == []
    assert len(dumps[0]) > 2000


def test_no_number_of_the_servers_is_in_it(world: World) -> None:
    with world.connected() as connection:
        lines = "\n".join("\t".join(line) for line in dump(connection))
        given = connection.scalars(
            text("SELECT CAST(objid AS text) FROM pg_depend UNION SELECT CAST(refobjid AS text) FROM pg_depend")
        )
        assert set(given) & set(re.findall(r"\b\d{5,}\b", lines)) == set()


def test_looking_takes_few_statements_and_leaves_the_session_as_it_was(world: World) -> None:
    with world.connected() as connection:
        connection.execute(text("SET search_path = shop"))
        dump(connection)
        with statements() as sent:
            dump(connection)
        assert len(sent) == 6
        assert connection.scalar(text("SHOW search_path")) == "shop"


def test_a_difference_is_said_line_by_line() -> None:
    before = [("table a", "relowner", "bob"), ("a", "row", "(1)"), ("a", "row", "(1)")]
    after = [("table a", "relowner", "alice"), ("a", "row", "(1)"), ("view b", "relowner", "bob")]
    assert difference(before, after) == [
        "- a: row = (1)",
        "- table a: relowner = bob",
        "+ table a: relowner = alice",
        "+ view b: relowner = bob",
    ]


def test_what_a_later_version_adds_and_nobody_can_show_is_said_by_name() -> None:
    with pytest.raises(LookupError, match=r"pg_class\.relnew is pg_node_tree"):
        _value("pg_class", _Column("relnew", "pg_node_tree", None, None, None))
