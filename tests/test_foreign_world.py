"""Beside others in one database: no op on anything that is theirs, however Alembic is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import MetaData, inspect

from migrakit import VersionTable, filters
from migrakit.filters import presets
from migrakit.versions.journal import JOURNAL
from tests.project import MIGRAKIT_ENV, OWN_ENV, STOCK_ENV, Project
from tests.world import FOREIGN_TABLES, POSTGRESQL_TABLES, own_metadata, own_tables, settle

if TYPE_CHECKING:
    from pathlib import Path

    from migrakit.filters import Filter
    from tests.databases import Database, NewDatabase

SPELLINGS = ["none", "default", "custom"]
WAYS = ["Environment", "hooks"]


@pytest.fixture
def foreign_schema(database: Database, new_database: NewDatabase) -> str | None:
    """A schema that is another service's; on MariaDB that is a database."""
    if database.kind == "sqlite":
        return None
    if database.dialect == "postgresql":
        with database.engine().begin() as connection:
            connection.exec_driver_sql("CREATE SCHEMA shop")
        return "shop"
    return new_database(database.kind).url.database


def default_schema(database: Database) -> str:
    with database.engine().connect() as connection:
        name = connection.dialect.default_schema_name
    assert name
    return name


def foreign_tables(database: Database) -> frozenset[str]:
    return FOREIGN_TABLES | (POSTGRESQL_TABLES if database.dialect == "postgresql" else frozenset())


def version_schema(database: Database, spelling: str, foreign_schema: str | None) -> str | None:
    if spelling == "none":
        return None
    if spelling == "default":
        return default_schema(database)
    if foreign_schema is None:
        pytest.skip("SQLite has no schema of one's own to put it in")
    return foreign_schema


def project(way: str, path: Path, database: Database, version: VersionTable, *, include_schemas: bool) -> Project:
    metadata = own_metadata(shares=True)
    # MariaDB's schemas are all databases of the server, other tests' too: this service's are said by name.
    here = filters.schemas(None, *([version.schema] if version.schema else []))
    owns = (filters.prefix("pycon_") | filters.columns("accounts_profiles.pycon_*")) & here
    if way == "Environment":
        configure = {"include_schemas": include_schemas}
        arguments = {"metadata": metadata, "owns": owns, "version_table": version, "configure": configure}
        return Project(path, database.url, MIGRAKIT_ENV, {"environment": arguments})
    options = {**version.options(), "include_schemas": include_schemas}
    return Project(path, database.url, OWN_ENV, {"metadata": metadata, "owns": owns, "options": options})


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("include_schemas", [False, True], ids=["default-schema", "include_schemas"])
def test_nothing_foreign_is_touched(
    database: Database,
    foreign_schema: str | None,
    spelling: str,
    way: str,
    tmp_path: Path,
    *,
    include_schemas: bool,
) -> None:
    settle(database.engine(), schema=foreign_schema)
    version = VersionTable("pycon_versions_here", version_schema(database, spelling, foreign_schema))
    service = project(way, tmp_path, database, version, include_schemas=include_schemas)

    assert service.ops() == [
        "add_column accounts_profiles accounts_profiles.pycon_bio",
        "add_index pycon_talks.pycon_talks_title",
        "add_table pycon_rooms",
        "add_table pycon_talks",
    ]
    service.revision("the first")
    service.upgrade()
    assert service.ops() == []

    service.downgrade()
    left = set(inspect(database.engine()).get_table_names())
    assert left - {version.name, JOURNAL} == foreign_tables(database)


@pytest.mark.filterwarnings("ignore:Did not recognize type 'vector'")
def test_without_a_prefix_each_protection_keeps_what_is_its_own(postgresql: Database, tmp_path: Path) -> None:
    """A service that owns all but what is a product's, an extension's or a partition: each of these is told apart."""
    settle(postgresql.engine())

    def dropped(owns: Filter) -> set[str]:
        configure, version = {"include_schemas": True}, VersionTable("pycon_versions_here")
        environment = {"metadata": MetaData(), "owns": owns, "configure": configure, "version_table": version}
        ours = Project(tmp_path, postgresql.url, attributes={"environment": environment})
        return {op.split()[-1] for op in ours.ops() if op.startswith("remove_table")}

    everything = dropped(filters.everything)
    # "state" is PostGIS's in its own schema alone.
    users = {"accounts_users", "accounts_profiles", "shop_orders", "shop_items", "shop_events", "state"}
    postgis, timescaledb = {"spatial_ref_sys", "topology.layer"}, {"_timescaledb_internal._hyper_1_1_chunk"}
    assert everything == users | postgis | timescaledb
    assert dropped(filters.everything & ~presets.postgis) == users | timescaledb
    assert dropped(filters.everything & ~presets.timescaledb) == users | postgis
    assert dropped(filters.everything & ~presets.postgis & ~presets.timescaledb) == users


@pytest.mark.filterwarnings("ignore:Did not recognize type 'vector'")
@pytest.mark.parametrize("include_schemas", [False, True], ids=["default-schema", "include_schemas"])
def test_stock_alembic_would_drop_all_of_it(
    database: Database, foreign_schema: str | None, tmp_path: Path, *, include_schemas: bool
) -> None:
    if include_schemas and database.kind == "mariadb":
        pytest.skip("on MariaDB these are the databases of other tests")
    settle(database.engine(), schema=foreign_schema)
    metadata = own_metadata()
    for table in own_tables(metadata):
        table.create(database.engine())
    options: dict[str, Any] = {
        "version_table": "pycon_versions_here",
        "version_table_schema": default_schema(database),
        "include_schemas": include_schemas,
    }
    stock = Project(tmp_path, database.url, STOCK_ENV, {"metadata": metadata, "options": options})

    dropped = {op.split()[-1] for op in stock.ops() if op.startswith("remove_table")}

    expected = foreign_tables(database) - {"accounts_users"} | {"pycon_versions_here"}
    if include_schemas and foreign_schema:
        expected |= {f"{foreign_schema}.{table}" for table in ("tickets", "seats", "alembic_version", "pycon_versions")}
        expected |= {"_timescaledb_internal._hyper_1_1_chunk", "topology.layer"}
    assert dropped == expected


def test_stock_alembic_with_a_prefix_drops_version_tables_that_bear_it(database: Database, tmp_path: Path) -> None:
    settle(database.engine())
    metadata = own_metadata()
    for table in own_tables(metadata):
        table.create(database.engine())
    by_hand: dict[str, Any] = {
        "version_table": "pycon_versions_here",
        "include_name": lambda name, type_, _: type_ != "table" or name.startswith("pycon_"),
    }
    stock = Project(tmp_path, database.url, STOCK_ENV, {"metadata": metadata, "options": by_hand})

    assert "remove_table pycon_eu_versions" in stock.ops()
    # ... and creates what the metadata has as a foreign key's target, each time.
    assert "add_table accounts_users" in stock.ops()
