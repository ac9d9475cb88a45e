"""Whatever the driver and the way in: the same revision is written, applied and taken back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from sqlalchemy import Column, Integer, MetaData, Table, Text, create_engine, pool
from sqlalchemy.ext.asyncio import create_async_engine

from migrakit import entities
from tests.entities.catalog import difference, dump
from tests.entities.checker import seen, untouched
from tests.entities.test_comparing import make
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from tests.databases import Database

DRIVERS = ["postgresql+psycopg", "postgresql+psycopg2", "postgresql+asyncpg"]

LIVE = """
CREATE TABLE invoices (id integer PRIMARY KEY, total integer);
CREATE VIEW "50% of: it" AS SELECT id, total FROM invoices;
COMMENT ON VIEW "50% of: it" IS '100% :sure \\ really';
GRANT SELECT ON "50% of: it" TO pg_monitor;
CREATE VIEW top AS SELECT max(total) AS total FROM "50% of: it";
CREATE FUNCTION same() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER keeps BEFORE UPDATE ON invoices FOR EACH ROW EXECUTE FUNCTION same();
"""

DECLARED = """
CREATE VIEW "50% of: it" AS SELECT id FROM invoices WHERE note <> '100% :sure';
CREATE VIEW top AS SELECT max(id) AS total FROM "50% of: it";
CREATE FUNCTION same() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN /* 1% */ RETURN NEW; END $$;
CREATE TRIGGER keeps AFTER UPDATE ON invoices FOR EACH ROW WHEN (NEW.note IS NOT NULL) EXECUTE FUNCTION same();
CREATE POLICY "whose: it" ON invoices TO pg_monitor, CURRENT_USER USING (note <> 'a%:b');
CREATE MATERIALIZED VIEW kept AS SELECT * FROM top;
CREATE UNIQUE INDEX of_kept ON kept (total);
GRANT SELECT (note) ON invoices TO pg_monitor;
"""


def service(database: Database, path: Path, driver: str) -> Project:
    metadata = MetaData()
    columns = (Column("id", Integer, primary_key=True), Column("total", Integer), Column("note", Text))
    Table("invoices", metadata, *columns)
    environment = {"metadata": metadata, "entities": entities.sql(DECLARED)}
    return Project(path, database.url.set(drivername=driver), attributes={"environment": environment})


def test_all_drivers_write_the_same_and_each_applies_it(postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, LIVE.replace("%", "%%"))
    written = set()
    before = seen(postgres18)
    for driver in DRIVERS:
        project = service(postgres18, tmp_path / driver, driver)
        with untouched(postgres18):
            project.revision()
        (file,) = (project.path / "migrations" / "versions").glob("*.py")
        written.add(file.read_text().partition("def upgrade")[2])
        project.upgrade()
        assert project.ops() == []
        project.downgrade()
        assert difference(before, seen(postgres18)) == []
    assert len(written) == 1


def _in_a_transaction_of_ones_own(database: Database, run: Any) -> None:
    engine = create_engine(database.url, poolclass=pool.NullPool)
    with engine.begin() as connection:
        run(connection)


def _under_a_running_loop(database: Database, run: Any) -> None:
    async def main() -> None:
        engine = create_async_engine(database.url.set(drivername=DRIVERS[-1]), poolclass=pool.NullPool)
        async with engine.begin() as connection:
            await connection.run_sync(run)
        await engine.dispose()

    asyncio.run(main())


@pytest.mark.parametrize("way", [_in_a_transaction_of_ones_own, _under_a_running_loop])
def test_a_callers_connection_is_as_good(way: Any, postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, LIVE.replace("%", "%%"))
    project = service(postgres18, tmp_path, DRIVERS[0])

    def run(connection: Connection) -> None:
        config = project.config()
        config.attributes["connection"] = connection
        command.revision(config, autogenerate=True)
        command.upgrade(config, "head")
        command.check(config)

    way(postgres18, run)
    assert project.ops() == []


def test_names_without_a_schema_are_found_as_the_session_finds_them(postgres18: Database, tmp_path: Path) -> None:
    make(
        postgres18,
        """
        CREATE SCHEMA billing;
        CREATE TABLE billing.invoices (id integer PRIMARY KEY, total integer);
        CREATE TABLE public.users (id integer PRIMARY KEY, name text);
        CREATE FUNCTION public.same() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$
        """,
    )
    metadata = MetaData()
    Table("invoices", metadata, Column("id", Integer, primary_key=True), Column("total", Integer))
    columns = (Column("id", Integer, primary_key=True), Column("name", Text), Column("email", Text))
    Table("users", metadata, *columns, schema="public")
    declared = """
        CREATE VIEW known AS SELECT users.email, total FROM invoices JOIN users USING (id);
        CREATE FUNCTION public.same() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
        CREATE TRIGGER keeps BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION same();
        CREATE POLICY named ON users USING (email <> '' AND EXISTS (SELECT FROM invoices WHERE invoices.id = users.id));
        GRANT SELECT ON users TO pg_monitor;
        CREATE FUNCTION totals() RETURNS SETOF known LANGUAGE sql BEGIN ATOMIC SELECT * FROM known; END;
    """
    url = postgres18.url.update_query_dict({"options": "-c search_path=billing,public"})
    environment = {"metadata": metadata, "entities": entities.sql(declared), "schemas": ["public"]}
    project = Project(tmp_path, url, attributes={"environment": environment})
    before = seen(postgres18)
    with untouched(postgres18):
        project.revision()
    project.upgrade()
    assert project.ops() == []
    with postgres18.engine().connect() as connection:
        assert "view billing.known" in {line[0].partition(":")[0] for line in dump(connection)}
    project.downgrade()
    assert difference(before, seen(postgres18)) == []
