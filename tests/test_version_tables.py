from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import MetaData, text
from sqlalchemy.exc import ProgrammingError

from migrakit import Environment, Target, VersionTable, filters
from migrakit.errors import VersionTableError
from tests.project import STOCK_ENV, Project
from tests.share import share
from tests.world import own_metadata

if TYPE_CHECKING:
    from tests.databases import Database

GOLDEN = Path(__file__).parent / "golden" / "version_tables.json"


def name_of(service: str, **options: Any) -> str:
    return VersionTable.for_service(service, **options).name


def test_a_plain_name_is_used_as_it_is() -> None:
    assert VersionTable.for_service("pycon") == VersionTable("alembic_version_pycon")
    assert name_of("pycon", template="{service}_versions") == "pycon_versions"
    assert VersionTable.for_service("pycon", schema="meta").options() == {
        "version_table": "alembic_version_pycon",
        "version_table_schema": "meta",
    }


def test_names_never_change_across_releases() -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert len(golden) >= 20
    assert {service: name_of(service) for service in golden} == golden


services = st.text(min_size=1, max_size=60).filter(str.strip)


@settings(max_examples=1000, deadline=None)
@given(services)
def test_any_service_gives_a_name_that_every_database_takes(service: str) -> None:
    for template in ("alembic_version_{service}", "{service}_versions", "{service}"):
        name = name_of(service, template=template)
        assert re.fullmatch("[a-z0-9_]{1,59}", name)
        assert not name.startswith("sqlite_")
        assert name != "alembic_version"


@pytest.mark.parametrize("service", ["sqlite", "sqlite_x", "SQLite", "sqlite-", "sqlite_sqlite_x"])
@pytest.mark.parametrize("template", ["{service}", "{service}_versions", "sqlite{service}"])
def test_names_that_sqlite_keeps_to_itself_are_avoided(service: str, template: str) -> None:
    assert not name_of(service, template=template).startswith("sqlite_")


def ten_thousand_services() -> list[str]:
    long = "a-service-with-a-very-long-name-" * 7
    return list(
        dict.fromkeys(
            [
                *(f"service_{number}" for number in range(2000)),
                *(f"Service_{number}" for number in range(2000)),
                *(f"{long[:200]}{number}" for number in range(2000)),
                *(f"{long[:200].upper()}{number}" for number in range(1000)),
                *(f"сервис {number}" for number in range(1000)),
                *(f"サービス{number}" for number in range(1000)),
                *("_" * number + "x" for number in range(100)),
                *(f"shop-{number}" for number in range(450)),
                *(f"shop {number}" for number in range(450)),
                *(f"service_{number}_pkc" for number in range(100)),
                *(f"service_{number}_pkc_pkc" for number in range(100)),
                *("x" * number + "_pkc" for number in range(100)),
                "e\u0301",
                "\u00e9",
            ]
        )
    )


def test_ten_thousand_services_never_meet() -> None:
    names = ten_thousand_services()
    assert len(names) >= 10_000
    # ... nor does a service that is named as another's digested name is.
    names += [name_of(service).removeprefix("alembic_version_") for service in names]
    distinct = set(names)
    for template in ("alembic_version_{service}", "{service}_versions", "{service}", "v_{service}pkc"):
        tables = [name_of(service, template=template) for service in distinct]
        assert [table for table in tables if not re.fullmatch("[a-z0-9_]{1,59}", table)] == []
        # PostgreSQL keeps the index of the primary key, which Alembic names, beside the tables.
        assert len({*tables, *(f"{table}_pkc" for table in tables)}) == 2 * len(distinct)


def test_a_thousand_pairs_where_one_name_begins_with_the_other() -> None:
    for number in range(1000):
        short = f"shop{number}"
        long = f"{short}_eu"
        table, other = name_of(short), name_of(long)
        assert table != other
        mine = filters.prefix(f"{short}_") & ~filters.prefix(f"{long}_")
        for name, answer in {f"{short}_orders": "YES", f"{long}_orders": "NO", f"{short}ify_orders": "NO"}.items():
            assert mine.decide(_table(name)).name == answer


def _table(name: str) -> Any:
    return Target("table", name, schema="public", default_schema="public")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: VersionTable(""), "it is empty"),
        (lambda: VersionTable("   "), "it is empty"),
        (lambda: VersionTable("x" * 60), "it has 60 bytes, and 59 is the most"),
        (lambda: VersionTable("версия" * 5), "it has 60 bytes, and 59 is the most"),
        (lambda: VersionTable("versions "), "begins or ends with white space"),
        (lambda: VersionTable("sqlite_versions"), "SQLite keeps such names to itself"),
        (lambda: VersionTable("x_pkc"), "it ends with '_pkc'"),
        (lambda: VersionTable("_pkc"), "it ends with '_pkc'"),
        (lambda: VersionTable("ver\0sions"), "can't be printed"),
        (lambda: VersionTable("versions\U0001f40d"), "beyond U+FFFF"),
        (lambda: VersionTable(None), "it is not a string"),  # type: ignore[arg-type]
        (lambda: VersionTable("versions", ""), "can't be in schema ''"),
        (lambda: VersionTable("versions", "x" * 64), "A schema's name has 1 to 63 bytes"),
        (lambda: VersionTable.for_service(""), "A service can't be called ''"),
        (lambda: VersionTable.for_service(" \n"), "A service can't be called"),
        (lambda: VersionTable.for_service(7), "A service can't be called 7"),  # type: ignore[arg-type]
        (lambda: VersionTable.for_service("x", template="versions"), "has to hold '{service}' once"),
        (lambda: VersionTable.for_service("x", template="{service}{service}"), "has to hold '{service}' once"),
        (lambda: VersionTable.for_service("x", template="Ver-{service}"), "a to z, 0 to 9 and '_'"),
        (lambda: VersionTable.for_service("x", template="y" * 50 + "{service}"), "leaves no room"),
        (lambda: VersionTable.for_service("x", template="{service}_pkc"), "'{service}_pkc' ends with '_pkc'"),
        (lambda: VersionTable.for_service("x", template="a{service}_b_pkc"), "'a{service}_b_pkc' ends with '_pkc'"),
        (lambda: VersionTable.for_service("x", template="sqlite_{service}"), "SQLite keeps to itself"),
    ],
)
def test_what_some_database_would_not_take_is_refused(make: Any, reason: str) -> None:
    with pytest.raises(VersionTableError) as raised:
        make()
    assert reason in str(raised.value)


HARD_NAMES = [
    "Versions",
    "order",
    "1st",
    "123",
    "my versions",
    "ver'si\"on`s",
    "100%",
    "a:b",
    "a.b",
    "a/b\\c",
    "вер" * 9,
    "x" * 59,
    "$x",
]


@pytest.mark.parametrize("name", share([*HARD_NAMES, name_of("Каталог"), name_of("x" * 200)]))
def test_what_is_accepted_works_on_every_database(database: Database, name: str, tmp_path: Path) -> None:
    environment = {"metadata": own_metadata(), "owns": filters.prefix("pycon_"), "version_table": VersionTable(name)}
    with database.engine().begin() as connection:
        own_metadata().tables["accounts_users"].create(connection)
    service = Project(tmp_path, database.url, attributes={"environment": environment})
    service.revision("first")
    service.upgrade()
    service.upgrade()
    assert service.ops() == []
    service.downgrade()
    service.upgrade()


SERVICES = ("pycon", "pycon_pkc")


@pytest.mark.parametrize("services", [SERVICES, SERVICES[::-1]], ids="-".join)
@pytest.mark.parametrize("schema", [None, "public"])
def test_a_service_named_as_anothers_primary_key_stands_beside_it(
    postgres18: Database, services: tuple[str, ...], schema: str | None, tmp_path: Path
) -> None:
    for service in services:
        environment = {
            "metadata": MetaData(),
            "service": service,
            "owns": filters.nothing,
            "version_table": VersionTable.for_service(service, schema) if schema else None,
        }
        project = Project(tmp_path / service, postgres18.url, attributes={"environment": environment})
        command.revision(project.config(), rev_id=f"of_{service}")
        project.upgrade()
    with postgres18.engine().connect() as connection:
        for service in services:
            rows = connection.execute(text(f"SELECT version_num FROM {name_of(service)}")).scalars().all()
            assert rows == [f"of_{service}"]


def test_stock_a_version_table_can_not_be_made_where_anothers_primary_key_has_its_name(
    postgres18: Database, tmp_path: Path
) -> None:
    for service in SERVICES:
        given = {"metadata": MetaData(), "options": {"version_table": f"alembic_version_{service}"}}
        stock = Project(tmp_path / service, postgres18.url, STOCK_ENV, given)
        if service == "pycon":
            stock.upgrade()
    with pytest.raises(ProgrammingError, match='relation "alembic_version_pycon_pkc" already exists'):
        stock.upgrade()


def test_stock_a_name_of_64_bytes_is_cut_and_found_no_more(postgresql: Database, tmp_path: Path) -> None:
    options = {"version_table": "в" * 32}
    stock = Project(tmp_path, postgresql.url, STOCK_ENV, {"metadata": own_metadata(), "options": options})
    with pytest.raises(ProgrammingError, match="already exists"):
        stock.revision("first")


def test_the_shared_table_is_never_a_services_by_accident() -> None:
    assert name_of("alembic_version", template="{service}") != "alembic_version"
    metadata = own_metadata()
    assert Environment(metadata=metadata).version_table == VersionTable("alembic_version")
    of_service = Environment(metadata=metadata, service="pycon", owns=filters.everything)
    assert of_service.version_table == VersionTable("alembic_version_pycon")
    shared = VersionTable("alembic_version")
    by_name = Environment(metadata=metadata, service="pycon", owns=filters.everything, version_table=shared)
    assert by_name.options()["version_table"] == "alembic_version"
