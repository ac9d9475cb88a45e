"""A service's own version table is known by its name too, whatever columns somebody has added to it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy
from sqlalchemy import Engine, MetaData, event, text

from migrakit import VersionTable, filters
from tests.project import OWN_ENV, STOCK_ENV, Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.databases import Database, NewDatabase

NAME = "alembic_version_pycon"
COLUMNS = "(version_num varchar(32) PRIMARY KEY, note text)"
DEFAULT = {"postgresql": "public", "sqlite": "main"}
META = "meta"


@pytest.fixture(params=["postgresql-18", "sqlite"])
def database(request: pytest.FixtureRequest, new_database: NewDatabase, tmp_path: Path) -> Iterator[Database]:
    """With a schema of its own beside the default one; SQLite's is a file that every connection attaches."""
    database: Database = new_database(request.param)
    if database.kind != "sqlite":
        execute(database, f"CREATE SCHEMA {META}")
        yield database
        return
    with each_connection_runs(f"ATTACH DATABASE '{tmp_path / 'meta.db'}' AS {META}"):
        yield database


@contextmanager
def each_connection_runs(statement: str) -> Iterator[None]:
    def run(connection: Any, _record: Any) -> None:
        connection.execute(statement)

    event.listen(Engine, "connect", run)
    try:
        yield
    finally:
        event.remove(Engine, "connect", run)


def execute(database: Database, *statements: str) -> None:
    with database.engine().begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def project(path: Path, database: Database, schema: str | None, env: str, *, include_schemas: bool) -> Project:
    version_table = VersionTable(NAME, schema)
    if env == "Environment":
        environment = {
            "metadata": MetaData(),
            "owns": filters.everything,
            "version_table": version_table,
            "configure": {"include_schemas": include_schemas},
        }
        return Project(path, database.url, attributes={"environment": environment})
    options = {**version_table.options(), "include_schemas": include_schemas}
    given = {"metadata": MetaData(), "owns": filters.everything, "options": options}
    return Project(path, database.url, {"hooks": OWN_ENV, "stock": STOCK_ENV}[env], given)


def tables_in(database: Database, schema: str | None) -> set[str]:
    return set(sqlalchemy.inspect(database.engine()).get_table_names(schema))


@pytest.mark.parametrize("place", ["none", "default", "custom"])
@pytest.mark.parametrize("include_schemas", [False, True])
@pytest.mark.parametrize("env", ["Environment", "hooks"])
def test_it_is_never_dropped(
    database: Database, tmp_path: Path, place: str, env: str, *, include_schemas: bool
) -> None:
    schema = {"none": None, "default": DEFAULT[database.dialect], "custom": META}[place]
    where = "" if schema is None else f"{schema}."
    execute(database, f"CREATE TABLE {where}{NAME} {COLUMNS}", "CREATE TABLE old (id integer PRIMARY KEY)")
    service = project(tmp_path, database, schema, env, include_schemas=include_schemas)
    assert service.ops() == ["remove_table old"]

    service.revision("first")
    service.upgrade()
    assert "old" not in tables_in(database, None)
    assert NAME in tables_in(database, schema)
    assert service.ops() == []


@pytest.mark.parametrize("place", ["none", "default", "custom"])
@pytest.mark.parametrize("env", ["Environment", "hooks"])
def test_another_of_its_name_elsewhere_is_another(database: Database, tmp_path: Path, place: str, env: str) -> None:
    """It has the name and not the place, and by its columns it is no version table."""
    schema = {"none": None, "default": DEFAULT[database.dialect], "custom": META}[place]
    other = META if place != "custom" else DEFAULT[database.dialect]
    execute(database, *(f"CREATE TABLE {each}.{NAME} {COLUMNS}" for each in (META, DEFAULT[database.dialect])))
    service = project(tmp_path, database, schema, env, include_schemas=True)
    assert service.ops() == [f"remove_table {META}.{NAME}" if other == META else f"remove_table {NAME}"]


@pytest.mark.parametrize("include_schemas", [False, True])
@pytest.mark.parametrize("env", ["Environment", "hooks"])
def test_it_is_found_by_its_bare_name_too(
    postgres18: Database, tmp_path: Path, env: str, *, include_schemas: bool
) -> None:
    """Its schema is on search_path: SQLAlchemy lists it as if it were in the default one."""
    execute(
        postgres18,
        f"CREATE SCHEMA {META}",
        f"CREATE TABLE {META}.{NAME} {COLUMNS}",
        "CREATE TABLE old (id integer PRIMARY KEY)",
        f'ALTER DATABASE "{postgres18.url.database}" SET search_path = public, {META}',
    )
    stock = project(tmp_path / "stock", postgres18, META, "stock", include_schemas=include_schemas)
    assert f"remove_table {NAME}" in stock.ops()

    service = project(tmp_path / "own", postgres18, META, env, include_schemas=include_schemas)
    assert service.ops() == ["remove_table old"]


@pytest.mark.parametrize("env", ["Environment", "hooks"])
def test_it_is_never_altered_when_declared(database: Database, tmp_path: Path, env: str) -> None:
    """In the schema that is spelled out, stock Alembic compares it like any table."""
    schema = DEFAULT[database.dialect]
    execute(database, f"CREATE TABLE {NAME} {COLUMNS}")
    metadata = MetaData()
    sqlalchemy.Table(NAME, metadata, sqlalchemy.Column("version_num", sqlalchemy.String(32), primary_key=True))
    service = project(tmp_path / "own", database, schema, env, include_schemas=False)
    stock = project(tmp_path / "stock", database, schema, "stock", include_schemas=False)
    for each in (service, stock):
        (each.attributes.get("environment") or each.attributes)["metadata"] = metadata
    assert f"remove_column {NAME} {NAME}.note" in stock.ops()
    assert service.ops() == []
