"""What a comparison costs beside stock Alembic: counts, and times as ratios."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import produce_migrations
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table

from benchmarks.result import Result
from migrakit import Environment, filters
from tests.counting import statements

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.operations.ops import MigrateOperation
    from sqlalchemy import Connection

    from benchmarks.servers import NewDatabase
    from tests.databases import Database

__all__ = ["compared", "mariadb", "postgresql", "schemas"]

SCRIPTS = Path(__file__).parent.parent / "examples" / "own_env" / "conference" / "migrations"


@dataclass(frozen=True)
class Measured:
    """One way to compare: how long it took each time, and how many statements."""

    seconds: list[float]
    statements: int

    @property
    def median(self) -> float:
        return median(self.seconds)


def own_metadata(tables: int, *schemas: str | None) -> MetaData:
    metadata = MetaData()
    for schema in schemas or (None,):
        for number in range(tables):
            add_table(metadata, f"pycon_{number}", schema)
    return metadata


def add_table(metadata: MetaData, name: str, schema: str | None = None) -> None:
    """Of an ordinary width: eleven columns, two indexes, a foreign key."""
    columns = [Column(f"c{number}", String(20)) for number in range(9)]
    parent: Column[int] = Column("parent_id", ForeignKey(f"{schema}.{name}.id" if schema else f"{name}.id"))
    table = Table(name, metadata, Column("id", Integer, primary_key=True), *columns, parent, schema=schema)
    Index(f"ix_{schema or ''}{name}_c1", table.c.c1)
    Index(f"ix_{schema or ''}{name}_c2", table.c.c2, table.c.c3)


def compared(connection: Connection, metadata: MetaData, options: dict[str, Any]) -> list[MigrateOperation]:
    """Compare as ``alembic revision --autogenerate`` does, inside a context of Alembic's; the ops that were found."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with EnvironmentContext(config, ScriptDirectory.from_config(config)) as context:
        context.configure(connection=connection, **{"target_metadata": metadata, **options})
        upgrade = produce_migrations(context.get_context(), metadata).upgrade_ops
    connection.rollback()
    assert upgrade is not None
    return upgrade.ops


def in_turn(
    database: Database, rounds: int, ways: dict[str, Callable[[], dict[str, Any]]], metadata: MetaData
) -> dict[str, Measured]:
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    counts: dict[str, int] = {}
    for _ in range(rounds):
        for way, options in ways.items():
            with database.engine().connect() as connection, statements() as sent:
                begun = time.perf_counter()
                found = compared(connection, metadata, options())
                seconds[way].append(time.perf_counter() - begun)
            assert not found, f"{way} found {len(found)} ops where there is nothing to find"
            counts[way] = len(sent)
    return {way: Measured(seconds[way], counts[way]) for way in ways}


def analyse(database: Database) -> None:
    """As autovacuum does sooner or later: without it the server plans its catalogs' queries blindly."""
    if database.dialect == "postgresql":
        with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def include_object_alone() -> dict[str, Any]:
    """The filter that people write by hand."""
    return {"include_object": lambda _object, name, type_, *_: type_ != "table" or name.startswith("pycon_")}


def include_name_too() -> dict[str, Any]:
    """The filter that a careful person writes by hand: a foreign table isn't even reflected."""
    include_name = lambda name, type_, _: type_ != "table" or name.startswith("pycon_")  # noqa: E731
    return {"include_name": include_name, **include_object_alone()}


def show(measured: dict[str, Measured]) -> None:
    for way, each in measured.items():
        print(f"  {way:<40} median {each.median * 1000:9.1f} ms of {len(each.seconds)}, {each.statements:5} statements")


def among_foreign_tables(database: Database, own: int, foreign: int, rounds: int) -> dict[str, Measured]:
    metadata = own_metadata(own)
    everything = own_metadata(own)
    for number in range(foreign):
        add_table(everything, f"shop_{number}")
    everything.create_all(database.engine())
    analyse(database)
    owns = filters.prefix("pycon_")
    ways: dict[str, Callable[[], dict[str, Any]]] = {
        "stock, include_object alone": include_object_alone,
        "stock, include_name too": include_name_too,
        "migrakit, Environment": Environment(metadata=metadata, owns=owns).options,
        "migrakit, hooks() alone": lambda: dict(owns.hooks()),
    }
    return in_turn(database, rounds, ways, metadata)


def postgresql(new_database: NewDatabase) -> list[Result]:
    print("PostgreSQL 18: 20 own tables among 2,000 foreign ones")
    measured = among_foreign_tables(new_database("postgresql-18"), own=20, foreign=2000, rounds=7)
    show(measured)
    ours, all_read = measured["migrakit, Environment"], measured["stock, include_object alone"]
    more = ours.statements - measured["stock, include_name too"].statements
    return [
        Result("statements more than stock, include_name too", more, 2, "statements"),
        Result("time, of that of include_object alone", ours.median / all_read.median, 0.05, "times"),
    ]


def mariadb(new_database: NewDatabase) -> list[Result]:
    print("MariaDB: 20 own tables among 500 foreign ones")
    measured = among_foreign_tables(new_database("mariadb"), own=20, foreign=500, rounds=7)
    show(measured)
    return [Result("statements", measured["migrakit, Environment"].statements, 20 + 4, "statements")]


def schemas(new_database: NewDatabase) -> list[Result]:
    print("PostgreSQL 18: three schemas of 20 tables")
    database, names = new_database("postgresql-18"), ("one", "two", "three")
    metadata = own_metadata(20, *names)
    with database.engine().begin() as connection:
        for name in names:
            connection.exec_driver_sql(f"CREATE SCHEMA {name}")
        metadata.create_all(connection)
    owns = filters.schemas(*names)
    ways: dict[str, Callable[[], dict[str, Any]]] = {
        "stock, include_schemas": lambda: {"include_schemas": True},
        "migrakit, Environment": Environment(metadata=metadata, owns=owns).options,
    }
    measured = in_turn(database, 5, ways, metadata)
    show(measured)
    return [Result("statements", measured["migrakit, Environment"].statements, 40, "statements")]
