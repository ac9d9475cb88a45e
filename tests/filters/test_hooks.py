"""The two hooks as Alembic asks them, in every spelling."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Index, Integer, MetaData, String, Table, text

from migrakit import external, filters
from migrakit.errors import ConfigurationError
from tests.project import OWN_ENV, STOCK_ENV, Project, described

if TYPE_CHECKING:
    from pathlib import Path

    from migrakit.filters import Filter
    from tests.databases import Database

ID = Column("id", Integer, primary_key=True)


def metadata_of(*tables: str | None, schema: str | None = None, **info: Any) -> MetaData:
    metadata = MetaData()
    for name in tables:
        columns = (Column("id", Integer, primary_key=True), Column("title", String(20)))
        Table(str(name), metadata, *columns, schema=schema, info=info)
    return metadata


def execute(database: Database, *statements: str) -> None:
    with database.engine().begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def own(path: Path, database: Database, metadata: MetaData, owns: Filter, **options: Any) -> Project:
    return Project(path, database.url, OWN_ENV, {"metadata": metadata, "owns": owns, "options": options})


def create(name: str) -> str:
    return f"CREATE TABLE {name} (id integer NOT NULL PRIMARY KEY, title varchar(20))"


def test_what_is_owned_and_no_longer_declared_is_dropped(database: Database, tmp_path: Path) -> None:
    execute(
        database,
        create("pycon_old"),
        create("shop_old"),
        "CREATE TABLE pycon_talks (id integer NOT NULL PRIMARY KEY, title varchar(20), slug varchar(20))",
        "CREATE INDEX pycon_by_slug ON pycon_talks (slug)",
        "CREATE INDEX by_title ON pycon_talks (title)",
    )
    service = own(tmp_path, database, metadata_of("pycon_talks"), filters.prefix("pycon_"))
    assert service.ops() == [
        "remove_column pycon_talks pycon_talks.slug",
        "remove_index pycon_talks.by_title",
        "remove_index pycon_talks.pycon_by_slug",
        "remove_table pycon_old",
    ]


def test_new_columns_and_indexes_are_found_whatever_their_names(database: Database, tmp_path: Path) -> None:
    execute(database, "CREATE TABLE pycon_talks (id integer NOT NULL PRIMARY KEY)")
    metadata = metadata_of("pycon_talks")
    Index("by_title", metadata.tables["pycon_talks"].c.title)
    by_hand = {"include_object": lambda _object, name, *_: name.startswith("pycon")}
    stock = Project(tmp_path / "stock", database.url, STOCK_ENV, {"metadata": metadata, "options": by_hand})
    assert stock.ops() == []

    service = own(tmp_path / "own", database, metadata, filters.prefix("pycon_"))
    assert service.ops() == ["add_column pycon_talks pycon_talks.title", "add_index pycon_talks.by_title"]


@pytest.mark.parametrize("declared_schema", [None, "public"])
@pytest.mark.parametrize("include_schemas", [False, True])
def test_the_default_schema_is_one_whatever_it_is_called(
    postgresql: Database, tmp_path: Path, declared_schema: str | None, *, include_schemas: bool
) -> None:
    execute(postgresql, create("talks"), create("rooms"))
    metadata = metadata_of("talks", schema=declared_schema)
    for number, owns in enumerate([filters.schemas("public"), filters.schemas(None), filters.names("public.*")]):
        service = own(tmp_path / str(number), postgresql, metadata, owns, include_schemas=include_schemas)
        assert service.ops() == ["remove_table rooms"]


def test_stock_refusing_none_for_the_default_schema_creates_everything_again(
    postgresql: Database, tmp_path: Path
) -> None:
    execute(postgresql, create("talks"))
    by_hand = {"include_name": lambda name, type_, _: type_ != "schema" or name == "public", "include_schemas": True}
    stock = Project(tmp_path, postgresql.url, STOCK_ENV, {"metadata": metadata_of("talks"), "options": by_hand})
    assert stock.ops() == ["add_table talks"]


def test_tables_of_another_schema_on_search_path_are_not_of_the_default_one(
    postgresql: Database, tmp_path: Path
) -> None:
    """SQLAlchemy lists them as if they were: stock Alembic would drop them."""
    execute(
        postgresql,
        "CREATE SCHEMA billing",
        create("billing.invoices"),
        create("billing.old"),
        create("public.users"),
        create("public.invoices"),
        f'ALTER DATABASE "{postgresql.url.database}" SET search_path = billing, public',
    )
    metadata = metadata_of("invoices", "items")
    stock = Project(tmp_path / "stock", postgresql.url, STOCK_ENV, {"metadata": metadata, "options": {}})
    assert "remove_table users" in stock.ops()

    service = own(tmp_path / "own", postgresql, metadata, filters.schemas("billing"))
    assert service.ops() == ["add_table items", "remove_table old"]


def test_a_declared_table_is_new_though_another_schema_on_search_path_has_its_name(
    postgresql: Database, tmp_path: Path
) -> None:
    execute(
        postgresql,
        "CREATE SCHEMA billing",
        "CREATE TABLE public.invoices (number integer)",
        f'ALTER DATABASE "{postgresql.url.database}" SET search_path = billing, public',
    )
    metadata = metadata_of("invoices")
    Index("by_title", metadata.tables["invoices"].c.title)
    stock = Project(tmp_path / "stock", postgresql.url, STOCK_ENV, {"metadata": metadata, "options": {}})
    assert "remove_column invoices invoices.number" in stock.ops()

    service = own(tmp_path / "own", postgresql, metadata, filters.schemas("billing"))
    assert service.ops() == ["add_index invoices.by_title", "add_table invoices"]


@pytest.mark.parametrize("declared_schema", [None, "public"])
def test_a_table_that_alembic_sees_twice_is_compared_once(
    postgresql: Database, tmp_path: Path, declared_schema: str | None
) -> None:
    execute(
        postgresql,
        "CREATE SCHEMA billing",
        create("public.shop_orders"),
        create("public.shop_old"),
        f'ALTER DATABASE "{postgresql.url.database}" SET search_path = billing, public',
    )
    metadata = metadata_of("shop_orders", schema=declared_schema)
    options = {"include_schemas": True}
    stock = Project(tmp_path / "stock", postgresql.url, STOCK_ENV, {"metadata": metadata, "options": options})
    assert any(op.endswith("shop_orders") for op in stock.ops())

    service = own(tmp_path / "own", postgresql, metadata, filters.prefix("shop_"), **options)
    assert service.ops() == ["remove_table public.shop_old"]


def test_what_cannot_be_told_is_left_alone_unless_it_is_declared(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    execute(database, create("old"), "CREATE TABLE talks (id integer NOT NULL PRIMARY KEY, slug varchar(20))")
    service = own(tmp_path, database, metadata_of("talks", "rooms"), filters.declared)
    with caplog.at_level(logging.INFO, "migrakit"):
        # A part follows its root: the table is the service's, so the column that it no longer has is too.
        assert service.ops() == [
            "add_column talks talks.title",
            "add_table rooms",
            "remove_column talks talks.slug",
        ]
    assert next(record.message for record in caplog.records if "Left alone" in record.message).endswith(
        "old (declared: it is not in the metadata, but may have been once)"
    )


def test_tagged_tables_are_compared_in_full(database: Database, tmp_path: Path) -> None:
    execute(database, create("rooms"), "CREATE TABLE talks (id integer NOT NULL PRIMARY KEY, slug varchar(20))")
    metadata = metadata_of("talks", owner="pycon")
    Table("users", metadata, Column("id", Integer, primary_key=True), info={"owner": "accounts", **external()})
    service = own(tmp_path, database, metadata, filters.tagged(owner="pycon"))
    assert service.ops() == ["add_column talks talks.title", "remove_column talks talks.slug"]


def test_a_rule_of_kinds_speaks_of_parts(database: Database, tmp_path: Path) -> None:
    execute(database, create("talks"), "CREATE INDEX by_title ON talks (title)")
    metadata = metadata_of("talks")
    assert own(tmp_path / "all", database, metadata, filters.kinds("table")).ops() == ["remove_index talks.by_title"]
    assert own(tmp_path / "none", database, metadata, ~filters.kinds("index")).ops() == []


def test_callables_of_before_are_one_decision(database: Database, tmp_path: Path) -> None:
    """Stock: what include_name refuses and the metadata has is created, every time."""
    execute(database, create("talks"), create("users"), create("old"))
    metadata = metadata_of("talks")
    Table("users", metadata, Column("id", Integer, primary_key=True), info=external())
    asked: list[Any] = []

    def include_name(name: str | None, type_: str, parent_names: dict[str, str | None]) -> bool:
        asked.append((name, type_, tuple(sorted(parent_names))))
        return type_ != "table" or name in ("talks", "old")

    stock = Project(
        tmp_path / "1", database.url, STOCK_ENV, {"metadata": metadata, "options": {"include_name": include_name}}
    )
    assert stock.ops() == ["add_table users", "remove_table old"]
    stock_asked, asked[:] = set(asked), []

    service = own(tmp_path / "2", database, metadata, filters.from_callables(include_name=include_name))
    assert service.ops() == ["remove_table old"]
    assert stock_asked <= set(asked)


def test_an_include_object_of_before_sees_what_it_always_saw(database: Database, tmp_path: Path) -> None:
    execute(database, create("talks"), create("old"), create("legacy"))
    metadata = metadata_of("talks", "rooms")
    seen: list[Any] = []

    def include_object(object_: Any, name: str | None, type_: str, reflected: bool, compare_to: Any) -> bool:
        seen.append((type(object_).__name__, name, type_, reflected, compare_to is None))
        return not (type_ == "table" and reflected and name == "legacy")

    options = {"include_object": include_object}
    stock = Project(tmp_path / "1", database.url, STOCK_ENV, {"metadata": metadata, "options": options})
    expected = stock.ops()
    stock_seen, seen[:] = [each for each in seen if each[1] != "alembic_version"], []

    service = own(tmp_path / "2", database, metadata, filters.from_callables(**options))
    assert service.ops() == expected == ["add_table rooms", "remove_table old"]
    # A table is asked about first, whoever owns it; the order of tables is a set's.
    assert set(stock_seen) == {each for each in seen if each[1] != "alembic_version"}


def test_a_rule_that_contradicts_itself_never_creates_a_table_again(database: Database, tmp_path: Path) -> None:
    execute(database, create("talks"))

    @filters.rule
    def inconsistent(target: Any) -> bool:
        return target.object is not None

    with pytest.raises(ConfigurationError, match="owns=inconsistent does not own: table"):
        own(tmp_path, database, metadata_of("talks"), inconsistent).ops()


def test_a_schema_that_alembic_does_not_look_into_is_refused(postgresql: Database, tmp_path: Path) -> None:
    execute(postgresql, "CREATE SCHEMA billing", create("billing.invoices"))
    metadata = metadata_of("invoices", schema="billing")
    stock = Project(tmp_path / "1", postgresql.url, STOCK_ENV, {"metadata": metadata, "options": {}})
    assert stock.ops() == ["add_table billing.invoices"]

    service = own(tmp_path / "2", postgresql, metadata, filters.schemas("billing"))
    with pytest.raises(ConfigurationError, match="was not told to look into schema 'billing'"):
        service.ops()


def test_without_alembics_context_nothing_is_guessed(database: Database) -> None:
    """``compare_metadata`` has no context that the hooks can reach."""
    execute(
        database,
        create("talks"),
        create("old"),
        "CREATE TABLE alembic_version_shop (version_num varchar(32) PRIMARY KEY)",
    )

    def compared(owns: Filter) -> list[Any]:
        with database.engine().connect() as connection:
            context = MigrationContext.configure(connection, opts={**owns.hooks()})
            return list(compare_metadata(context, metadata_of("talks")))

    assert [diff[0] for diff in compared(filters.everything)] == ["remove_table"]
    # The default schema's name isn't known here, so what is only in the database is left alone.
    assert compared(filters.schemas("public")) == []
    assert [diff[0] for diff in compared(filters.schemas(None))] == ["remove_table"]


@pytest.mark.parametrize("column", ["version_num varchar(32)", "version_num text", "version_num char(12)"])
def test_version_tables_are_known_by_what_they_are(postgresql: Database, tmp_path: Path, column: str) -> None:
    execute(
        postgresql,
        "CREATE SCHEMA other",
        f"CREATE TABLE one_name ({column})",
        f'CREATE TABLE other."Any Name" ({column} PRIMARY KEY)',
        "CREATE TABLE two_columns (version_num varchar(32), id integer)",
        "CREATE TABLE a_number (version_num integer)",
    )
    service = own(tmp_path, postgresql, MetaData(), filters.everything, include_schemas=True)
    assert service.ops() == ["remove_table a_number", "remove_table two_columns"]


def test_a_table_that_looks_like_a_version_table_and_is_declared_is_the_services(
    database: Database, tmp_path: Path
) -> None:
    metadata = MetaData()
    Table("releases", metadata, Column("version_num", String(32), primary_key=True))
    service = own(tmp_path, database, metadata, filters.everything)
    assert service.ops() == ["add_table releases"]
    service.revision("first")
    service.upgrade()
    assert service.ops() == []


def test_the_own_version_table_is_no_ones_even_if_declared(database: Database, tmp_path: Path) -> None:
    metadata = MetaData()
    Table("alembic_version", metadata, Column("version_num", String(64)), Column("note", String(9)))
    assert own(tmp_path, database, metadata, filters.everything).ops() == []


def test_hooks_shared_by_two_databases_keep_nothing_of_the_first(sqlite: Database, postgres18: Database) -> None:
    hooks = filters.declared.hooks()
    execute(sqlite, create("talks"))
    execute(postgres18, create("talks"))
    for database, metadata in [(sqlite, metadata_of("talks")), (postgres18, metadata_of())]:
        with database.engine().connect() as connection:
            context = MigrationContext.configure(connection, opts={**hooks, "target_metadata": metadata})
            assert compare_metadata(context, metadata) == []


def test_hooks_used_without_a_context_keep_nothing_of_the_first_comparison(sqlite: Database, mariadb: Database) -> None:
    wanted: list[str | None] = []
    hooks = filters.from_callables(include_name=lambda name, type_, _: type_ != "table" or name in wanted).hooks()
    execute(sqlite, create("rooms"))
    for database in (sqlite, mariadb):
        with database.engine().connect() as connection:
            context = MigrationContext.configure(connection, opts={**hooks})
            diffs = compare_metadata(context, metadata_of(*wanted))
        assert [table.name for _, table in diffs] == wanted
        wanted.append("rooms")


def test_described_reads_well(database: Database, tmp_path: Path) -> None:
    execute(database, "CREATE TABLE talks (id integer NOT NULL PRIMARY KEY, title varchar(30))")
    script = own(tmp_path, database, metadata_of("talks"), filters.everything).found()
    assert script.upgrade_ops is not None
    (sentence,) = described(script.upgrade_ops)
    assert sentence.startswith("modify_type talks title")
