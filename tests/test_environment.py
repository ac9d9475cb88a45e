from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy
from alembic import command
from alembic.util import CommandError
from sqlalchemy import Column, Integer, MetaData, String, Table, text
from sqlalchemy.orm import DeclarativeBase

from migrakit import Environment, filters
from migrakit.autogenerate import inspector
from migrakit.errors import ConfigurationError, RuleError
from migrakit.versions.journal import JOURNAL
from tests.counting import statements
from tests.project import STOCK_ENV, Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database


def metadata_of(*tables: str, schema: str | None = None) -> MetaData:
    metadata = MetaData()
    for name in tables:
        Table(name, metadata, Column("id", Integer, primary_key=True), Column("title", String(20)), schema=schema)
    return metadata


def execute(database: Database, *sql: str) -> None:
    with database.engine().begin() as connection:
        for statement in sql:
            connection.execute(text(statement))


def create(name: str) -> str:
    return f"CREATE TABLE {name} (id integer NOT NULL PRIMARY KEY, title varchar(20))"


def tables_in(database: Database) -> list[str]:
    return sqlalchemy.inspect(database.engine()).get_table_names()


def service(path: Path, database: Database, **environment: Any) -> Project:
    return Project(path, database.url, attributes={"environment": environment})


class Base(DeclarativeBase):
    pass


METADATA = metadata_of("talks")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"metadata": None}, "metadata=None is not a MetaData."),
        ({"metadata": []}, "metadata=[] is not a MetaData."),
        ({"metadata": Base}, "Pass its .metadata."),
        ({"metadata": {METADATA}}, "is a set. Its order is another in every process"),
        ({"metadata": frozenset({METADATA})}, "Pass a list."),
        ({"metadata": [METADATA, "talks"]}, "is not a MetaData."),
        (
            {"owns": "pycon_"},
            "owns='pycon_' is not a filter. It decides what may be dropped. Pass filters.prefix('pycon_').",
        ),
        ({"owns": lambda target: True}, "Decorate the function with @filters.rule."),
        ({"service": "pycon"}, "Pass owns=filters.prefix(...), or owns=filters.everything"),
        ({"service": "", "owns": filters.everything}, "A service can't be called ''."),
        ({"service": 5, "owns": filters.everything}, "A service can't be called 5."),
        ({"version_table": "versions"}, "Pass version_table=VersionTable('versions')."),
        ({"schemas": "billing"}, "Pass schemas=['billing']."),
        ({"schemas": [None]}, "the default schema is always looked into."),
        ({"configure": ["x"]}, "configure=['x'] is not a dict."),
        ({"configure": {"include_object": len}}, "Say it with owns=filters.from_callables(include_object=...)."),
        ({"configure": {"version_table": "x"}}, "Say it with version_table=VersionTable(...)."),
        ({"configure": {"compare_tpye": True}}, "Write 'compare_type'."),
        ({"configure": {"include_schema": True}}, "Write 'include_schemas'."),
        (
            {"onws": filters.everything},
            (
                "Environment() takes no 'onws'. It takes metadata, service, owns, version_table, entities, schemas, "
                "guards, configure, url, url_variable, session, lock_wait, server_wait, journal. Write 'owns'."
            ),
        ),
        ({"compare_type": True}, "go into configure={'compare_type': ...}."),
    ],
)
def test_bad_input_is_refused_with_what_to_do(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Environment(**{"metadata": METADATA, **given})
    assert message in str(raised.value)
    assert isinstance(raised.value, CommandError)


def test_all_problems_are_said_at_once() -> None:
    with pytest.raises(ConfigurationError) as raised:
        Environment(metadata=5, service="x", onws=1)  # type: ignore[arg-type]
    assert len(raised.value.problems) == 3
    assert str(raised.value).startswith("3 problems.\n(1) Environment() takes no 'onws'")


def test_bad_input_touches_nothing(sqlite: Database, tmp_path: Path) -> None:
    project = service(tmp_path, sqlite, metadata=METADATA, service="pycon")
    for run in (project.ops, project.upgrade, project.upgrade_sql):
        with statements() as sent, pytest.raises(ConfigurationError):
            run()
        assert sent == []


def test_an_environment_is_a_value() -> None:
    environment = Environment(metadata=METADATA, service="pycon", owns=filters.prefix("pycon_"))
    assert environment == Environment(metadata=[METADATA], service="pycon", owns=filters.prefix("pycon_"))
    with pytest.raises(FrozenInstanceError):
        environment.service = "shop"  # type: ignore[misc]
    configure = {"compare_type": False}
    kept = Environment(metadata=METADATA, configure=configure)
    configure["compare_type"] = True
    assert kept.options()["compare_type"] is False


def test_options_do_no_io_and_may_be_asked_for_again() -> None:
    environment = Environment(metadata=METADATA, configure={"autogenerate_plugins": ["alembic.autogenerate.tables"]})
    with statements() as sent:
        first, second = environment.options(), environment.options()
    assert sent == []
    assert first.keys() == second.keys()
    assert first["autogenerate_plugins"] == ["alembic.autogenerate.tables", "migrakit.*"]
    assert Environment(metadata=METADATA).options()["autogenerate_plugins"] == ["alembic.autogenerate.*", "migrakit.*"]


def test_one_service_has_its_database_to_itself(database: Database, tmp_path: Path) -> None:
    execute(database, create("old"))
    project = service(tmp_path, database, metadata=metadata_of("talks"))
    assert project.ops() == ["add_table talks", "remove_table old"]


def test_several_metadata(database: Database, tmp_path: Path) -> None:
    project = service(tmp_path, database, metadata=[metadata_of("talks"), metadata_of("rooms")])
    assert project.ops() == ["add_table rooms", "add_table talks"]


def test_two_services_with_the_same_revision_id_both_migrate(database: Database, tmp_path: Path) -> None:
    """Stock, on one ``alembic_version``: the second exits 0 and creates nothing."""
    names = ("pycon", "shop")

    def revise(project: Project) -> None:
        command.revision(project.config(), autogenerate=True, rev_id="0001")
        project.upgrade()

    for name in names:
        owns = filters.prefix(f"{name}_")
        path = tmp_path / name
        revise(service(path, database, metadata=metadata_of(f"{name}_a"), service=name, owns=owns))

    tables = {*tables_in(database)} - {JOURNAL}
    assert {f"{name}_a" for name in names} | {f"alembic_version_{name}" for name in names} == tables


def test_stock_two_services_with_the_same_revision_id_the_second_creates_nothing(
    database: Database, tmp_path: Path
) -> None:
    for name in ("pycon", "shop"):
        attributes = {"metadata": metadata_of(f"{name}_a"), "options": {}}
        stock = Project(tmp_path / name, database.url, STOCK_ENV, attributes)
        path = tmp_path / name / "migrations" / "versions" / "0001.py"
        path.write_text(
            f"from alembic import op\nrevision, down_revision = '0001', None\n"
            f"def upgrade(): op.execute('{create(name + '_a')}')\n"
        )
        stock.upgrade()
    assert set(tables_in(database)) == {"pycon_a", "alembic_version"}


class TestSchemas:
    @pytest.fixture
    def database(self, postgresql: Database) -> Database:
        schemas = ("billing", "audit", "other")
        execute(
            postgresql,
            *(f"CREATE SCHEMA {schema}" for schema in schemas),
            *(create(f"{schema}.old") for schema in (*schemas, "public")),
        )
        return postgresql

    def dropped(self, path: Path, database: Database, **environment: Any) -> list[str]:
        ops = service(path, database, **environment).ops()
        return [op.removeprefix("remove_table ") for op in ops if op.startswith("remove_table")]

    def test_by_default_those_that_the_metadata_uses(self, database: Database, tmp_path: Path) -> None:
        assert self.dropped(tmp_path / "1", database, metadata=metadata_of("talks")) == ["old"]
        metadata = metadata_of("talks", schema="billing")
        assert self.dropped(tmp_path / "2", database, metadata=metadata) == ["billing.old", "old"]

    def test_those_that_the_filter_names(self, database: Database, tmp_path: Path) -> None:
        for number, (owns, expected) in enumerate(
            {
                filters.schemas("billing"): ["billing.old"],
                filters.schemas("[ab]*"): ["audit.old", "billing.old"],
                filters.names("audit.o*"): ["audit.old"],
                filters.names("o*"): ["old"],
                filters.schemas("billing", None): ["billing.old", "old"],
                filters.schemas("billing", "audit") & ~filters.names("audit.*"): ["billing.old"],
            }.items()
        ):
            path = tmp_path / str(number)
            assert self.dropped(path, database, metadata=MetaData(), owns=owns) == expected

    def test_those_that_are_listed(self, database: Database, tmp_path: Path) -> None:
        owns = filters.names("old")
        found = self.dropped(tmp_path, database, metadata=MetaData(), owns=owns, schemas=["audit"])
        assert found == ["audit.old", "old"]

    def test_all_of_them_if_alembic_is_told_so(self, database: Database, tmp_path: Path) -> None:
        configure = {"include_schemas": True}
        found = self.dropped(tmp_path, database, metadata=metadata_of("talks"), configure=configure)
        assert found == ["audit.old", "billing.old", "old", "other.old"]

    def test_not_looking_where_the_metadata_is_is_refused(self) -> None:
        with pytest.raises(ConfigurationError, match="the metadata uses billing"):
            Environment(metadata=metadata_of("talks", schema="billing"), configure={"include_schemas": False})


def test_what_was_left_out_is_said(database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    execute(database, create("old"), create("older"))
    service(tmp_path, database, metadata=metadata_of("talks"), owns=filters.declared).ops()
    (said,) = [record.message.replace("public.", "").replace("main.", "") for record in caplog.records]
    assert said == (
        "Left alone, as only the database has it and nothing says whether it was this service's: "
        f"{_spelled(database, 'old')}, {_spelled(database, 'older')} "
        "(declared: it is not in the metadata, but may have been once)."
    )


def _spelled(database: Database, table: str) -> str:
    return f"table {database.url.database}.{table}" if database.kind == "mariadb" else f"table {table}"


def test_an_error_of_a_rule_names_the_rule(sqlite: Database, tmp_path: Path) -> None:
    execute(sqlite, create("talks"))

    @filters.rule
    def careless(target: Any) -> bool:
        return "x" not in target.object.info

    with pytest.raises(RuleError, match="The rule careless raised AttributeError"):
        service(tmp_path, sqlite, metadata=metadata_of("talks"), owns=careless).ops()


def test_offline_sql_uses_the_services_version_table(sqlite: Database, tmp_path: Path) -> None:
    project = service(tmp_path, sqlite, metadata=metadata_of("pycon_a"), service="pycon", owns=filters.prefix("pycon_"))
    project.revision("first")
    script = project.upgrade_sql()
    assert "CREATE TABLE alembic_version_pycon" in script
    assert "CREATE TABLE pycon_a" in script
    assert tables_in(sqlite) == []


def test_a_url_is_needed(sqlite: Database, tmp_path: Path) -> None:
    project = service(tmp_path, sqlite, metadata=metadata_of("talks"))
    config = project.config()
    config.remove_main_option("sqlalchemy.url")
    with pytest.raises(ConfigurationError, match="There is no URL: neither -x url="):
        command.current(config)


def test_plugins_can_be_registered_from_a_second_import(sqlite: Database, tmp_path: Path) -> None:
    """``env.py`` runs anew for each command, and a test runner may import the package anew."""
    project = service(tmp_path, sqlite, metadata=metadata_of("talks"))
    project.ops()
    program = (
        "import sys, migrakit\nfrom sqlalchemy import MetaData\n"
        "migrakit.Environment(metadata=MetaData()).options()\n"
        "[sys.modules.pop(name) for name in list(sys.modules) if name.startswith('migrakit')]\n"
        "import migrakit\nmigrakit.Environment(metadata=MetaData()).options()\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


class TestStatements:
    """What a comparison costs, by count."""

    def count(self, project: Project) -> int:
        project.ops()  # creates the version table
        with statements() as sent:
            project.ops()
        return len(sent)

    def settle(self, database: Database, own: int, foreign: int, schema: str = "public") -> None:
        tables = [f"pycon_{number}" for number in range(own)] + [f"shop_{number}" for number in range(foreign)]
        execute(database, *(create(f"{schema}.{name}") for name in tables))

    def test_two_more_than_stock_among_foreign_tables(self, postgresql: Database, tmp_path: Path) -> None:
        self.settle(postgresql, own=5, foreign=40)
        metadata = metadata_of(*(f"pycon_{number}" for number in range(5)))
        theirs = {"include_object": lambda object_, name, type_, *_: type_ != "table" or name.startswith("pycon_")}
        stock = Project(tmp_path / "1", postgresql.url, STOCK_ENV, {"metadata": metadata, "options": theirs})
        ours = service(tmp_path / "2", postgresql, metadata=metadata, owns=filters.prefix("pycon_"))
        assert self.count(ours) <= self.count(stock) + 2

    def test_three_schemas_are_read_in_bulk(self, postgresql: Database, tmp_path: Path) -> None:
        schemas = ("one", "two", "three")
        execute(postgresql, *(f"CREATE SCHEMA {schema}" for schema in schemas))
        metadata = MetaData()
        for schema in schemas:
            self.settle(postgresql, own=20, foreign=0, schema=schema)
            for number in range(20):
                columns = Column("id", Integer, primary_key=True), Column("title", String(20))
                Table(f"pycon_{number}", metadata, *columns, schema=schema)
        ours = service(tmp_path, postgresql, metadata=metadata, owns=filters.schemas(*schemas))
        assert self.count(ours) <= 40
        assert ours.ops() == []

    def test_a_schema_without_own_tables_is_not_read(self, postgresql: Database, tmp_path: Path) -> None:
        """Stock: an empty list of names is no filter, and all tables are read."""
        self.settle(postgresql, own=0, foreign=40)
        ours = service(tmp_path, postgresql, metadata=metadata_of("pycon_0"), owns=filters.prefix("pycon_"))
        ours.ops()
        with statements() as sent:
            assert ours.ops() == ["add_table pycon_0"]
        assert not [statement for statement in sent if "pg_attribute" in statement]

    def test_mariadb_reads_own_tables_alone(self, mariadb: Database, tmp_path: Path) -> None:
        execute(mariadb, *(create(f"shop_{number}") for number in range(20)))
        execute(mariadb, *(create(f"pycon_{number}") for number in range(5)))
        metadata = metadata_of(*(f"pycon_{number}" for number in range(5)))
        ours = service(tmp_path, mariadb, metadata=metadata, owns=filters.prefix("pycon_"))
        ours.ops()
        with statements() as sent:
            ours.ops()
        assert len([statement for statement in sent if statement.startswith("SHOW CREATE TABLE")]) == 5
        assert len(sent) <= 5 + 4, sent

    def test_the_stock_way_is_taken_where_alembics_cache_is_another(
        self, postgresql: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.settle(postgresql, own=3, foreign=3)
        metadata = metadata_of(*(f"pycon_{number}" for number in range(3)))
        ours = service(tmp_path, postgresql, metadata=metadata, owns=filters.prefix("pycon_"))
        monkeypatch.setattr(inspector, "_ALEMBICS_OWN", "alembic.autogenerate.compare.gone")
        ours.ops()
        with statements() as sent:
            assert ours.ops() == []
        assert sent
