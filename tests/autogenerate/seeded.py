"""A program: what autogenerate writes under this process's hash seed, and whether it applies there and back."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Enum, ForeignKey, Integer, MetaData, Table, create_engine, make_url
from sqlalchemy.pool import NullPool

from migrakit import external, filters
from tests.autogenerate.applying import contents
from tests.autogenerate.changes import CHANGES, everything
from tests.changes import CHANGES as CHANGES_OF_MODELS
from tests.changes import metadata_of, model
from tests.project import STOCK_ENV, Project
from tests.test_model_changes import changed_models, there_and_back
from tests.world import settle


def main(asked: dict[str, Any]) -> None:
    directory = Path(asked["directory"])
    files = {kind: _there_and_back(directory / kind, url) for kind, url in asked["urls"].items()}
    files |= {f"{kind}, models": _changed_models(url) for kind, url in asked["for_models"].items()}
    stock_file, stock_fails = _stock(directory / "stock", asked["stock"])
    files["beside others"] = _beside_others(directory / "beside", asked["beside"])
    print()  # Alembic's own messages stand before
    print(json.dumps({"files": files, "stock_file": stock_file, "stock_fails": stock_fails}))


def _there_and_back(path: Path, url: str) -> str:
    dialect = make_url(url).get_backend_name()
    before, after = everything(dialect)
    configure = {"render_as_batch": dialect == "sqlite"}
    project = Project(path, make_url(url), attributes={"environment": {"metadata": after, "configure": configure}})
    at_first = _holding(url, before)
    project.revision()
    project.upgrade()
    upgraded = _contents(url)
    assert project.ops() == [], project.ops()
    project.downgrade()
    assert _contents(url) == at_first
    project.upgrade()
    assert _contents(url) == upgraded
    return _file(project)


def _changed_models(url: str) -> str:
    """One of each change that a team makes to its models, beside others' tables."""
    engine = create_engine(url, poolclass=NullPool)
    settle(engine)
    metadata_of(model()).create_all(engine)
    code = ""
    for _, metadata in changed_models(range(len(CHANGES_OF_MODELS))):
        with engine.connect() as connection:
            code += there_and_back(connection, metadata)
            connection.rollback()
    return code


NEW, THERE = ("fresh", "new", "made", "young"), ("old", "there", "settled", "aged")


def _beside_others(path: Path, url: str) -> str:
    """Schemas, enums, external tables and columns on another's table, all of them several times."""
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE people (id integer PRIMARY KEY)")
        for schema in THERE:
            connection.exec_driver_sql(f"CREATE SCHEMA {schema}; CREATE TYPE {schema}.gone AS ENUM ('a')")
            connection.exec_driver_sql(f"CREATE TYPE {schema}.level AS ENUM ('a', 'b')")
            connection.exec_driver_sql(f"CREATE TABLE {schema}.users (id integer PRIMARY KEY)")
            connection.exec_driver_sql(f"CREATE TABLE {schema}.leveled (id integer PRIMARY KEY, level {schema}.level)")
    import alembic_postgresql_enum  # noqa: F401, PLC0415 - it registers itself, for good

    owns = ~filters.names("people") | filters.columns("people.x_*")
    metadata = _beside()
    attributes = {"metadata": metadata, "owns": owns, "schemas": [*NEW, *THERE]}
    project = Project(path, make_url(url), attributes={"environment": attributes})
    project.revision()
    project.upgrade()
    assert project.ops() == [], project.ops()
    project.downgrade()
    project.upgrade()
    return _file(project)


def _beside() -> MetaData:
    metadata = MetaData()
    of_people: list[Column[Any]] = [Column(f"x_{schema}", Integer, index=True) for schema in NEW]
    Table("people", metadata, Column("id", Integer, primary_key=True), *of_people)
    for schema in THERE:
        Table("users", metadata, Column("id", Integer, primary_key=True), schema=schema, info=external())
        level: Column[Any] = Column("level", Enum("a", "b", "c", name="level", schema=schema))
        Table("leveled", metadata, Column("id", Integer, primary_key=True), level, schema=schema)
    for schema, there in zip(NEW, THERE, strict=True):
        key, state = ForeignKey(f"{there}.users.id"), Enum("a", name="state", schema=f"types_of_{schema}")
        columns: list[Column[Any]] = [Column("users_id", Integer, key), Column("state", state)]
        Table("orders", metadata, Column("id", Integer, primary_key=True), *columns, schema=schema)
    return metadata


def _stock(path: Path, url: str) -> tuple[str, bool]:
    before, after = CHANGES["linked_tables"].models()
    project = Project(path, make_url(url), STOCK_ENV, {"metadata": after, "options": {}})
    _holding(url, before)
    project.revision()
    try:
        project.upgrade()
    except Exception:  # noqa: BLE001 - that it fails is what is asked
        return _file(project), True
    return _file(project), False


def _holding(url: str, metadata: MetaData) -> dict[str, Any]:
    metadata.create_all(create_engine(url, poolclass=NullPool))
    return _contents(url)


def _contents(url: str) -> dict[str, Any]:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return contents(connection)


def _file(project: Project) -> str:
    (file,) = (project.path / "migrations" / "versions").glob("*.py")
    return "".join(line for line in file.read_text().splitlines(keepends=True) if not line.startswith("revision = "))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
