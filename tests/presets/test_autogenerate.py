"""Beside a product's tables, autogenerate proposes what is the service's, and nothing of the product's."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table

from migrakit import filters
from migrakit.filters import Filter, presets
from tests.presets.listing import Item, recorded, what_lists
from tests.presets.test_exact import ORDINARY
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.databases import Database

GENERATED = {
    "postgis": [Item("relation", "tiger_data", "ma_edges")],
    "supabase": [item for item in recorded("supabase") if item.kind == "generated"],
    "timescaledb": [
        Item("relation", "_timescaledb_internal", "_hyper_1_2_chunk"),
        Item("relation", "_timescaledb_catalog", "chunk"),
    ],
}


def execute(database: Database, statements: Iterable[str]) -> None:
    with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        cursor = connection.connection.cursor()  # SQLAlchemy would have one statement at a time
        for statement in statements:
            cursor.execute(statement)


def of_the_product(name: str) -> dict[tuple[str, str], frozenset[str]]:
    items = [item for item in what_lists(getattr(presets, name)) if item.kind == "relation"]
    return {(item.schema or "public", item.name): item.columns for item in [*items, *GENERATED.get(name, [])]}


def created(tables: dict[tuple[str, str], frozenset[str]]) -> Iterator[str]:
    for schema in sorted({schema for schema, _ in tables}):
        yield f"CREATE SCHEMA IF NOT EXISTS {schema}"
    for (schema, name), columns in tables.items():
        yield f"CREATE TABLE {schema}.{name} ({', '.join(f'{column} integer' for column in columns or {'id'})})"


def is_the_products_as_a_whole(name: str, schema: str) -> bool:
    return Item("schema", None, schema) in what_lists(getattr(presets, name))


def service(path: Path, database: Database, preset: Filter, metadata: MetaData) -> Project:
    owns = filters.everything & ~preset
    arguments: dict[str, Any] = {"metadata": metadata, "owns": owns, "configure": {"include_schemas": True}}
    return Project(path, database.url, attributes={"environment": arguments})


@pytest.mark.parametrize("name", presets.__all__)
def test_a_products_tables_are_left_alone_and_a_users_beside_them_are_not(
    name: str, postgres18: Database, tmp_path: Path
) -> None:
    products = of_the_product(name)
    in_public = {table for schema, table in products if schema == "public"}
    beside = {(schema, "assets_of_mine") for schema, _ in products if not is_the_products_as_a_whole(name, schema)}
    users = {("public", word) for word in ORDINARY if word not in in_public} | beside
    execute(postgres18, created(products | dict.fromkeys(users, frozenset({"id"}))))
    metadata = MetaData()
    Table("places", metadata, Column("id", Integer, primary_key=True))
    Table("state_of_mine", metadata, Column("id", Integer, primary_key=True))

    ops = service(tmp_path, postgres18, getattr(presets, name), metadata).ops()

    removed = {f"remove_table {table if schema == 'public' else f'{schema}.{table}'}" for schema, table in users}
    assert set(ops) == removed | {"add_table places", "add_table state_of_mine"}


@pytest.mark.parametrize("name", presets.__all__)
def test_a_users_declared_tables_of_an_ordinary_name_are_compared(
    name: str, postgres18: Database, tmp_path: Path
) -> None:
    execute(postgres18, (f"CREATE TABLE {word} (id integer PRIMARY KEY)" for word in ORDINARY))
    metadata = MetaData()
    for word in ORDINARY:
        Table(word, metadata, Column("id", Integer, primary_key=True), Column("note", Integer))

    ops = service(tmp_path, postgres18, getattr(presets, name), metadata).ops()

    assert [op.split()[0] for op in ops] == ["add_column"] * len(ORDINARY)


def test_langgraphs_own_sql_makes_what_is_left_alone(postgres18: Database, tmp_path: Path) -> None:
    checkpoint: Any = import_module("langgraph.checkpoint.postgres.base")
    store: Any = import_module("langgraph.store.postgres.base")
    execute(postgres18, [*checkpoint.MIGRATIONS, *store.MIGRATIONS])

    assert service(tmp_path, postgres18, presets.langgraph, MetaData()).ops() == []


def test_procrastinates_own_sql_makes_what_is_left_alone(postgres18: Database, tmp_path: Path) -> None:
    execute(postgres18, [import_module("procrastinate.schema").SchemaManager.get_schema()])

    assert service(tmp_path, postgres18, presets.procrastinate, MetaData()).ops() == []


def test_a_declared_table_of_one_column_is_the_users(postgres18: Database, tmp_path: Path) -> None:
    metadata = MetaData()
    Table("metadata", metadata, Column("schema_version", Integer))
    assert service(tmp_path, postgres18, presets.apscheduler, metadata).ops() == ["add_table metadata"]
    execute(postgres18, ["CREATE TABLE metadata (schema_version integer)"])
    assert service(tmp_path, postgres18, presets.apscheduler, metadata).ops() == []
    assert service(tmp_path, postgres18, presets.apscheduler, MetaData()).ops() == []
