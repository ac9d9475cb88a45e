"""Rules that ask the database: extension members, partitions, owners, version tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, text

from migrakit import Target, external, filters
from migrakit.errors import FilterError
from migrakit.filters import UNKNOWN, Answer, presets
from tests.counting import statements
from tests.project import OWN_ENV, STOCK_ENV, Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from migrakit.filters import Filter
    from tests.databases import Database

# An extension's table: `vector` has none, so one is given to it.
EXTENSION = [
    "CREATE EXTENSION vector",
    "CREATE TABLE vector_models (id integer PRIMARY KEY)",
    "ALTER EXTENSION vector ADD TABLE vector_models",
    "CREATE TABLE models (id integer PRIMARY KEY)",
]
PARTITIONED = [
    "CREATE TABLE events (id integer, day date) PARTITION BY RANGE (day)",
    (
        "CREATE TABLE events_2026 PARTITION OF events "
        "FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY RANGE (day)"
    ),
    "CREATE TABLE events_2026_01 PARTITION OF events_2026 FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
    "CREATE TABLE events_old (id integer, day date)",
    "CREATE SCHEMA parts",
    "CREATE TABLE parts.events_rest PARTITION OF events DEFAULT",
]


def execute(database: Database, *sql: str) -> None:
    with database.engine().begin() as connection:
        for statement in sql:
            connection.execute(text(statement))


def service(path: Path, database: Database, owns: Filter, metadata: Any = None, **more: Any) -> Project:
    environment = {"metadata": metadata or MetaData(), "owns": owns, **more}
    return Project(path, database.url, attributes={"environment": environment})


def stock(path: Path, database: Database, **options: Any) -> Project:
    return Project(path, database.url, STOCK_ENV, {"metadata": MetaData(), "options": options})


def events() -> MetaData:
    metadata = MetaData()
    Table("events", metadata, Column("id", Integer), Column("day", String), postgresql_partition_by="RANGE (day)")
    return metadata


def test_members_of_extensions_are_protected(postgresql: Database, tmp_path: Path) -> None:
    execute(postgresql, *EXTENSION)
    assert "remove_table vector_models" in stock(tmp_path / "1", postgresql).ops()
    assert service(tmp_path / "2", postgresql, filters.everything).ops() == ["remove_table models"]
    hooks = {"metadata": MetaData(), "owns": filters.everything, "options": {}}
    assert Project(tmp_path / "3", postgresql.url, OWN_ENV, hooks).ops() == ["remove_table models"]


def test_partitions_are_protected(postgresql: Database, tmp_path: Path) -> None:
    execute(postgresql, *PARTITIONED)
    harm = {op for op in stock(tmp_path / "1", postgresql, include_schemas=True).ops() if op.startswith("remove_table")}
    assert {"remove_table events_2026", "remove_table events_2026_01", "remove_table parts.events_rest"} <= harm
    configure = {"include_schemas": True, "compare_type": False}
    ours = service(tmp_path / "2", postgresql, filters.everything, events(), configure=configure)
    assert ours.ops() == ["remove_table events_old"]


def test_a_partition_that_is_declared_is_the_services(postgresql: Database, tmp_path: Path) -> None:
    execute(postgresql, *PARTITIONED)
    metadata = events()
    Table("events_2026_01", metadata, Column("id", Integer), Column("day", String), Column("note", String))
    ours = service(
        tmp_path,
        postgresql,
        filters.prefix("events_") | filters.names("events"),
        metadata,
        configure={"compare_type": False},
    )
    assert ours.ops() == ["add_column events_2026_01 events_2026_01.note", "remove_table events_old"]


@pytest.fixture
def roles(postgresql: Database) -> Iterator[tuple[str, str]]:
    """Two roles of this database's own: roles are the server's."""
    yield from made_roles(postgresql)


@pytest.fixture
def roles18(postgres18: Database) -> Iterator[tuple[str, str]]:
    yield from made_roles(postgres18)


def made_roles(postgresql: Database) -> Iterator[tuple[str, str]]:
    names = f"{postgresql.url.database}_billing", f"{postgresql.url.database}_shop"
    execute(
        postgresql,
        *(f'CREATE ROLE "{name}"' for name in names),
        "CREATE TABLE invoices (id integer PRIMARY KEY)",
        "CREATE TABLE invoices_old (id integer PRIMARY KEY)",
        "CREATE TABLE orders (id integer PRIMARY KEY)",
        f'ALTER TABLE invoices OWNER TO "{names[0]}"',
        f'ALTER TABLE invoices_old OWNER TO "{names[0]}"',
        f'ALTER TABLE orders OWNER TO "{names[1]}"',
    )
    yield names
    execute(postgresql, *(f'DROP OWNED BY "{name}"' for name in names), *(f'DROP ROLE "{name}"' for name in names))


def test_what_a_role_owns(postgresql: Database, roles: tuple[str, str], tmp_path: Path) -> None:
    metadata = MetaData()
    Table("invoices", metadata, Column("id", Integer, primary_key=True), Column("total", Integer))
    Table("items", metadata, Column("id", Integer, primary_key=True))
    ours = service(tmp_path, postgresql, filters.owned_by(roles[0]), metadata)
    assert ours.ops() == ["add_column invoices invoices.total", "add_table items", "remove_table invoices_old"]


def test_a_role_that_is_not_there_is_refused(postgresql: Database, tmp_path: Path) -> None:
    execute(postgresql, "CREATE TABLE invoices (id integer PRIMARY KEY)")
    with pytest.raises(FilterError, match=r"owned_by\('nobody'\): the database has no such role"):
        service(tmp_path, postgresql, filters.owned_by("nobody")).ops()


def test_databases_without_owners_say_so(
    sqlite: Database, mariadb: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for database in (sqlite, mariadb):
        execute(database, "CREATE TABLE old (id integer NOT NULL PRIMARY KEY)")
        assert service(tmp_path / database.kind, database, filters.owned_by("billing")).ops() == []
        assert f"{database.kind} doesn't know who owns a table" in caplog.text
        partless = service(
            tmp_path / f"{database.kind}2", database, ~filters.partitions() & ~filters.extension_members()
        )
        assert partless.ops() == ["remove_table old"]


def test_without_a_database_they_cannot_tell(sqlite: Database) -> None:
    table = Target("table", "old", schema="main", default_schema="main")
    for rule in (filters.extension_members(), filters.partitions(), filters.owned_by("x"), filters.version_tables()):
        assert rule.decide(table) is UNKNOWN
    execute(sqlite, "CREATE TABLE old (id integer NOT NULL PRIMARY KEY)")
    with sqlite.engine().connect() as connection:
        hooks = (~filters.partitions()).hooks()
        assert compare_metadata(MigrationContext.configure(connection, opts={**hooks}), MetaData()) == []


def test_what_each_rule_costs(postgresql: Database, roles: tuple[str, str], tmp_path: Path) -> None:
    """One statement for all that is protected without asking, and one for each role that is named."""

    def count(number: int, project: Project) -> int:
        project.ops()
        with statements() as sent:
            project.ops()
        return len(sent)

    execute(postgresql, *PARTITIONED, *EXTENSION)
    metadata = MetaData()
    Table("models", metadata, Column("id", Integer, primary_key=True))
    names = filters.names("models")
    by_hand: dict[str, Any] = {
        "include_name": lambda name, type_, _: type_ != "table" or name == "models",
        "include_object": lambda _object, name, type_, *_: type_ != "table" or name == "models",
    }
    careful = Project(tmp_path / "0", postgresql.url, STOCK_ENV, {"metadata": metadata, "options": by_hand})
    everything = names & ~filters.partitions() & ~filters.extension_members() & ~filters.version_tables()
    counts = [
        count(0, careful),
        count(1, service(tmp_path / "1", postgresql, names, metadata)),
        count(2, service(tmp_path / "2", postgresql, everything, metadata)),
        count(3, service(tmp_path / "3", postgresql, everything & ~filters.owned_by(roles[0]), metadata)),
    ]
    assert [more - counts[0] for more in counts] == [0, 1, 1, 2]


def test_all_that_a_filter_may_ask_at_once_costs_no_more(
    postgresql: Database, roles: tuple[str, str], tmp_path: Path
) -> None:
    """One statement for the catalogs and one for the role: columns, marks and presets cost none."""
    execute(postgresql, *PARTITIONED, *EXTENSION, "CREATE TABLE celery_taskmeta (id integer)")
    metadata = MetaData()
    Table("models", metadata, Column("id", Integer, primary_key=True), Column("order_id", ForeignKey("orders.id")))
    Table("orders", metadata, Column("id", Integer, primary_key=True), Column("models_id", Integer))
    marked = MetaData()
    Table("invoices", marked, Column("id", Integer, primary_key=True), info=external())
    careful = {
        "include_name": lambda name, type_, _: type_ != "table" or name in ("models", "orders"),
        "include_object": lambda _object, name, type_, *_: type_ != "table" or name in ("models", "orders"),
    }
    by_hand = Project(tmp_path / "1", postgresql.url, STOCK_ENV, {"metadata": [metadata, marked], "options": careful})
    owns = filters.everything & ~presets.celery & ~presets.langgraph & ~filters.owned_by(roles[0])
    owns &= (
        ~filters.partitions() & ~filters.extension_members() & ~filters.version_tables() & ~filters.external_tables()
    )
    owns &= filters.names("models", "celery_*", "events_2*", "vector_*", "invoices*")
    ours = service(tmp_path / "2", postgresql, owns | filters.columns("orders.models_*"), [metadata, marked])
    assert ours.ops() == by_hand.ops()
    counts = []
    for project in (by_hand, ours):
        with statements() as sent:
            project.ops()
        counts.append(len(sent))
    assert counts[1] - counts[0] == 2


@pytest.mark.parametrize(
    ("rule", "asked", "answer"),
    [
        (filters.extension_members(), ("table", "vector_models"), Answer.YES),
        (filters.extension_members(), ("function", "l2_distance"), UNKNOWN),
        (filters.extension_members(), ("procedure", "l2_distance"), UNKNOWN),
        (filters.extension_members(), ("type", "vector"), Answer.YES),
        (filters.extension_members(), ("function", "mine"), Answer.NO),
        (filters.extension_members(), ("view", "models"), Answer.NO),
        (filters.partitions(), ("view", "events_2026"), Answer.NO),
        (filters.partitions(), ("table", "events_2026"), Answer.YES),
        (filters.partitions(), ("table", "events"), Answer.NO),
    ],
)
def test_by_kind(postgres18: Database, tmp_path: Path, rule: Filter, asked: tuple[str, str], answer: Answer) -> None:
    execute(postgres18, *EXTENSION, *PARTITIONED, "CREATE FUNCTION mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    assert answered(tmp_path, postgres18, rule, Target(*asked, schema="public")) is answer


def answered(path: Path, database: Database, rule: Filter, target: Target) -> Answer:
    """In a run, where there are catalogs to ask."""
    answers = set()

    @filters.rule
    def asking(_table: Target) -> bool:
        answers.add(rule.decide(target))
        return True

    service(path, database, asking).ops()
    (answer,) = answers
    return answer


@pytest.mark.parametrize(
    ("target", "answer"),
    [
        (Target("table", "orders", schema="public", exists=True, declared=True), Answer.NO),
        (Target("table", "orders", schema="public", exists=True), Answer.NO),
        (Target("table", "new", schema="public", exists=False), UNKNOWN),
        (Target("table", "new", schema="public"), UNKNOWN),
        (Target("function", "total", schema="public", exists=True), Answer.YES),
        (Target("function", "stock", schema="public", exists=True), Answer.NO),
        (Target("table", "total", schema="public", exists=True), Answer.NO),
        # By its name alone it may be either's.
        (Target("function", "twice", schema="public", exists=True), UNKNOWN),
        (Target("view", "twice", schema="public", exists=True), Answer.NO),
        (Target("type", "state", schema="public", exists=True), Answer.YES),
    ],
    ids=str,
)
def test_what_a_role_owns_by_kind(
    postgres18: Database, tmp_path: Path, roles18: tuple[str, str], target: Target, answer: Answer
) -> None:
    billing, shop = roles18
    body = "RETURNS integer LANGUAGE sql AS 'SELECT 1'"
    execute(
        postgres18,
        f"CREATE FUNCTION total() {body}",
        f"CREATE FUNCTION total(integer) {body}",
        f"CREATE FUNCTION stock() {body}",
        f"CREATE FUNCTION twice(integer) {body}",
        f"CREATE FUNCTION twice(text) {body}",
        "CREATE TYPE state AS ENUM ('open')",
        f'ALTER FUNCTION total() OWNER TO "{billing}"',
        f'ALTER FUNCTION total(integer) OWNER TO "{billing}"',
        f'ALTER FUNCTION stock() OWNER TO "{shop}"',
        f'ALTER FUNCTION twice(integer) OWNER TO "{billing}"',
        f'ALTER FUNCTION twice(text) OWNER TO "{shop}"',
        f'ALTER TYPE state OWNER TO "{billing}"',
    )
    assert answered(tmp_path, postgres18, filters.owned_by(billing), target) is answer
