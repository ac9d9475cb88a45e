"""Revisions that are cut off at every point, and what the next run makes of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import inspect, text

from tests.deployments import Service, own_env
from tests.killing import Killer, Run, killer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from tests.databases import Database, Kind, NewDatabase

BEFORE = (
    "CREATE TABLE talks (id integer NOT NULL PRIMARY KEY, room integer)",
    "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY)",
    "INSERT INTO alembic_version VALUES ('0001')",
)

DDL = """
op.create_table("rooms", sa.Column("id", sa.Integer, primary_key=True), sa.Column("size", sa.Integer))
op.bulk_insert(sa.table("rooms", sa.column("id"), sa.column("size")), [{"id": 1, "size": 10}, {"id": 2, "size": 20}])
op.add_column("rooms", sa.Column("name", sa.String(20)))
op.execute("UPDATE rooms SET size = size * 3")
op.create_index("ix_rooms_size", "rooms", ["size"])
op.execute("INSERT INTO applied VALUES ('0002')")
"""

BATCH = """
op.create_table("rooms", sa.Column("id", sa.Integer, primary_key=True), sa.Column("size", sa.Integer))
with op.batch_alter_table("talks", recreate="always") as batch:
    batch.add_column(sa.Column("title", sa.String(20)))
    batch.alter_column("room", type_=sa.BigInteger)
op.create_index("ix_talks_room", "talks", ["room"])
op.execute("INSERT INTO applied VALUES ('0002')")
"""

CONCURRENTLY = """
op.create_table("rooms", sa.Column("id", sa.Integer, primary_key=True), sa.Column("size", sa.Integer))
op.bulk_insert(sa.table("rooms", sa.column("id"), sa.column("size")), [{"id": 1, "size": 10}, {"id": 2, "size": 20}])
with op.get_context().autocommit_block():
    op.create_index("ix_rooms_size", "rooms", ["size"], postgresql_concurrently=True)
    op.execute("UPDATE rooms SET size = size * 3")
    op.create_index("ix_talks_room", "talks", ["room"], postgresql_concurrently=True)
op.execute("INSERT INTO applied VALUES ('0002')")
"""


@dataclass(frozen=True)
class Variant:
    name: str
    kind: Kind
    body: str
    arguments: str = ""


VARIANTS = [
    Variant("postgresql", "postgresql-18", DDL),
    Variant("postgresql with a journal", "postgresql-18", DDL, "journal=True"),
    Variant(
        "postgresql by migration",
        "postgresql-18",
        DDL,
        "journal=True, configure={'transaction_per_migration': True}",
    ),
    Variant("postgresql CONCURRENTLY", "postgresql-18", CONCURRENTLY, "journal=True"),
    Variant("mariadb", "mariadb", DDL),
    Variant("sqlite", "sqlite", DDL),
    Variant("sqlite in batch", "sqlite", BATCH),
]

each_variant = pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)


@pytest.fixture(scope="module")
def runs() -> Iterator[Killer]:
    with killer() as made:
        yield made


@dataclass(frozen=True)
class Deployed:
    """A service whose second revision is still to come, in a database of its own."""

    service: Service
    database: Database
    runs: Killer

    def upgrade(self, revision: str = "head", **how: Any) -> Run:
        return self.runs.run(self.service.ini, "upgrade", revision, **how)


def deployed(variant: Variant, runs: Killer, new_database: NewDatabase, path: Path) -> Deployed:
    service = Service(path, own_env(variant.arguments), ("", variant.body), BEFORE)
    database = new_database(variant.kind)
    service.settle(database)
    return Deployed(service, database, runs)


def dump(connection: Connection) -> dict[str, Any]:
    """All that is there, but for the journal."""
    inspector = inspect(connection)
    quote = connection.dialect.identifier_preparer.quote
    return {
        table: {
            "columns": [(column["name"], str(column["type"])) for column in inspector.get_columns(table)],
            "indexes": sorted((index["name"], tuple(index["column_names"])) for index in inspector.get_indexes(table)),
            "rows": sorted(map(repr, connection.exec_driver_sql(f"SELECT * FROM {quote(table)}"))),
        }
        for table in inspector.get_table_names()
        if table != "migrakit_journal"
    }


def dumped(database: Database) -> dict[str, Any]:
    with database.engine().connect() as connection:
        return dump(connection)


def journal(database: Database, columns: str) -> list[tuple[Any, ...]]:
    with database.engine().connect() as connection:
        if not inspect(connection).has_table("migrakit_journal"):
            return []
        rows = connection.execute(text(f"SELECT {columns} FROM migrakit_journal ORDER BY id"))
        return [tuple(row) for row in rows]


def revisions(database: Database) -> set[str]:
    with database.engine().connect() as connection:
        return set(connection.scalars(text("SELECT version_num FROM alembic_version")))


def finished(database: Database) -> set[str]:
    return {revision for revision, at in journal(database, "revision, finished") if at is not None}


def follow(message: str, made: Deployed) -> Run:
    """What the message says, after a look where it asks for one."""
    assert message.startswith("TornRevisionError: The upgrade of revision '0002' was begun at "), message
    found = re.search(r"alembic -x resume=(\S+) upgrade (\S+)\.", message)
    assert found is not None, message
    resume, revision = found.groups()
    if resume.endswith(":N"):
        assert "4, UPDATE rooms: the catalog can't tell" in message
        with made.database.engine().connect() as connection:
            is_done = connection.scalar(text("SELECT size FROM rooms WHERE id = 1")) == 30
        resume = resume.replace(":N", ":5" if is_done else ":4")
    return made.upgrade(revision, resume=resume)


@each_variant
def test_killed_at_any_point_the_next_run_succeeds_or_says_how(
    variant: Variant, runs: Killer, new_database: NewDatabase, tmp_path: Path
) -> None:
    whole = deployed(variant, runs, new_database, tmp_path / "whole")
    assert whole.upgrade() == Run(is_killed=False, error=None)
    expected = dumped(whole.database)
    outcomes = []
    for at in range(1, 200):
        made = deployed(variant, runs, new_database, tmp_path / str(at))
        before = dumped(made.database)
        if not made.upgrade(at=at).is_killed:
            break
        if "journal" in variant.arguments or not variant.kind.startswith("postgresql"):
            assert finished(made.database) == revisions(made.database) - {"0001"}, at
        run = made.upgrade()
        outcomes.append("stopped" if run.error else "succeeded")
        if run.error:
            assert dumped(made.database) != before
            run = follow(run.error, made)
        assert run.error is None, at
        assert dumped(made.database) == expected, at
    else:
        pytest.fail("it is never whole")
    assert set(outcomes) == ({"succeeded", "stopped"} if may_be_torn(variant) else {"succeeded"})


def may_be_torn(variant: Variant) -> bool:
    return variant.body is CONCURRENTLY or not variant.kind.startswith("postgresql")
