"""Several databases in one process: nothing of one reaches another."""

from __future__ import annotations

import io
import textwrap
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import alembic
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Column, Integer, MetaData, String, Table, inspect, text

from migrakit import Environment, VersionTable, filters
from tests.project import OWN_ENV, Project, described
from tests.test_docs import ROOT, blocks
from tests.world import settle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import ops

    from tests.databases import Database, NewDatabase

TEMPLATE = Path(alembic.__file__).parent / "templates" / "multidb"
TEMPLATES_LINE = "target_metadata=target_metadata.get(name),"
OUR_LINE = "**environments[name].options(),"


def metadata_of(*tables: str, schema: str | None = None) -> MetaData:
    metadata = MetaData()
    for name in tables:
        Table(name, metadata, Column("id", Integer, primary_key=True), Column("title", String(20)), schema=schema)
    return metadata


def execute(database: Database, *sql: str) -> None:
    with database.engine().begin() as connection:
        for statement in sql:
            connection.execute(text(statement))


def tables_in(database: Database, schema: str | None = None) -> set[str]:
    return set(inspect(database.engine()).get_table_names(schema=schema))


@dataclass
class Multidb:
    """A project of Alembic's own template for several databases, with an environment for each."""

    path: Path
    databases: dict[str, Database]
    environments: dict[str, Any]
    line: str = OUR_LINE

    def __post_init__(self) -> None:
        scripts = self.path / "migrations"
        (scripts / "versions").mkdir(parents=True, exist_ok=True)
        env = (TEMPLATE / "env.py").read_text()
        assert env.count(TEMPLATES_LINE) == 2
        given = 'environments = context.config.attributes["environments"]'
        env = env.replace("target_metadata = {}", given).replace(TEMPLATES_LINE, self.line)
        (scripts / "env.py").write_text(env)
        (scripts / "script.py.mako").write_text((TEMPLATE / "script.py.mako").read_text())

    def config(self, names: Sequence[str] = ()) -> Config:
        config = Config(output_buffer=io.StringIO(), stdout=io.StringIO())
        config.set_main_option("script_location", str(self.path / "migrations"))
        config.set_main_option("path_separator", "os")
        config.set_main_option("databases", ", ".join(names or self.databases))
        for name, database in self.databases.items():
            url = database.url.render_as_string(hide_password=False).replace("%", "%%")
            config.set_section_option(name, "sqlalchemy.url", url)
        config.attributes["environments"] = self.environments
        return config

    def ops(self, names: Sequence[str] = ()) -> dict[str, list[str]]:
        scripts: list[ops.MigrationScript] = []

        def keep(_context: Any, _revision: Any, directives: list[ops.MigrationScript]) -> None:
            scripts[:] = directives

        command.revision(self.config(names), autogenerate=True, process_revision_directives=keep)
        for script in (self.path / "migrations" / "versions").glob("*.py"):
            script.unlink()
        found = scripts[0].upgrade_ops_list
        return {each.upgrade_token.removesuffix("_upgrades"): described(each) for each in found}


@pytest.fixture
def three(new_database: NewDatabase) -> dict[str, Database]:
    """All of them full of what others own, and of tables that the services have no more."""
    databases = {
        "pg": new_database("postgresql-18"),
        "maria": new_database("mariadb"),
        "lite": new_database("sqlite"),
    }
    execute(databases["pg"], "CREATE SCHEMA billing", "CREATE SCHEMA audit", "CREATE TABLE billing.old (id integer)")
    for database in databases.values():
        settle(database.engine())
        execute(database, "CREATE TABLE pycon_old (id integer)", "CREATE TABLE billing_old (id integer)")
    return databases


def three_environments() -> dict[str, Environment]:
    """Each with something that the others don't say."""
    return {
        "pg": Environment(
            service="billing",
            metadata=metadata_of("invoices", schema="billing"),
            owns=filters.schemas("billing"),
            version_table=VersionTable("billing_versions", schema="audit"),
        ),
        "maria": Environment(
            service="pycon", metadata=[metadata_of("pycon_talks"), MetaData()], owns=filters.prefix("pycon_")
        ),
        "lite": Environment(service="notes", metadata=metadata_of("notes"), owns=filters.names("notes", "billing_*")),
    }


FOUND = {
    "pg": ["add_table billing.invoices", "remove_table billing.old"],
    "maria": ["add_table pycon_talks", "remove_table pycon_old"],
    "lite": ["add_table notes", "remove_table billing_old"],
}


@pytest.mark.filterwarnings("ignore:Did not recognize type 'vector'")
@pytest.mark.parametrize("names", list(permutations(FOUND)), ids=" ".join)
def test_each_finds_its_own_in_whatever_order(
    three: dict[str, Database], tmp_path: Path, names: tuple[str, ...]
) -> None:
    project = Multidb(tmp_path, three, three_environments())
    assert project.ops(names) == FOUND
    assert project.ops(names) == FOUND


@pytest.mark.filterwarnings("ignore:Did not recognize type 'vector'")
def test_all_are_migrated_there_and_back(three: dict[str, Database], tmp_path: Path) -> None:
    before = {name: tables_in(database) for name, database in three.items()}
    project = Multidb(tmp_path, three, three_environments())
    command.revision(project.config(), autogenerate=True)
    command.upgrade(project.config(), "head")

    assert tables_in(three["pg"], "billing") == {"invoices"}
    assert tables_in(three["pg"], "audit") == {"billing_versions"}
    assert tables_in(three["pg"]) == before["pg"]
    assert tables_in(three["maria"]) == before["maria"] - {"pycon_old"} | {"pycon_talks", "alembic_version_pycon"}
    assert tables_in(three["lite"]) == before["lite"] - {"billing_old"} | {"notes", "alembic_version_notes"}
    command.check(project.config())
    command.downgrade(project.config(), "base")
    assert tables_in(three["pg"], "billing") == {"old"}
    assert tables_in(three["maria"]) == before["maria"] | {"alembic_version_pycon"}
    assert tables_in(three["lite"]) == before["lite"] | {"alembic_version_notes"}


@pytest.mark.filterwarnings("ignore:Did not recognize type 'vector'")
def test_offline_each_writes_to_its_own_version_table(
    three: dict[str, Database], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    project = Multidb(tmp_path, three, three_environments())
    command.revision(project.config(), autogenerate=True)
    command.upgrade(project.config(), "head", sql=True)

    written = {name: (tmp_path / f"{name}.sql").read_text() for name in three}
    assert "INSERT INTO audit.billing_versions" in written["pg"]
    assert "INSERT INTO alembic_version_pycon " in written["maria"]
    assert "INSERT INTO alembic_version_notes " in written["lite"]


def test_the_page_shows_the_line_that_is_tested() -> None:
    page = [block.text for block in blocks(ROOT / "docs" / "beside-others.md")]
    shown = next(block for block in page if block.startswith("context.configure("))
    template = (TEMPLATE / "env.py").read_text().replace(TEMPLATES_LINE, OUR_LINE)
    assert textwrap.indent(shown, " " * 12) in template


@pytest.mark.parametrize("names", list(permutations(("one", "other"))), ids=" ".join)
def test_a_database_without_an_environment_is_compared_as_stock(
    new_database: NewDatabase, tmp_path: Path, names: tuple[str, ...]
) -> None:
    databases = {"one": new_database("sqlite"), "other": new_database("postgresql-18")}
    for database in databases.values():
        execute(database, "CREATE TABLE pycon_old (id integer)", "CREATE TABLE shop_orders (id integer)")
    stock = {"target_metadata": MetaData(), "version_table": "alembic_version"}
    ours = Environment(service="pycon", metadata=MetaData(), owns=filters.prefix("pycon_")).options
    given = {"one": ours, "other": lambda: stock}
    project = Multidb(tmp_path, databases, given, line="**environments[name](),")
    assert project.ops(names) == {
        "one": ["remove_table pycon_old"],
        "other": ["remove_table pycon_old", "remove_table shop_orders"],
    }


def test_one_environment_serves_several_databases(new_database: NewDatabase, tmp_path: Path) -> None:
    databases = {"one": new_database("sqlite"), "other": new_database("postgresql-18")}
    execute(databases["one"], "CREATE TABLE pycon_old (id integer)", "CREATE TABLE shop_orders (id integer)")
    execute(databases["other"], "CREATE TABLE pycon_talks (id integer primary key, title varchar(20))")
    environment = Environment(service="pycon", metadata=metadata_of("pycon_talks"), owns=filters.prefix("pycon_"))
    options = environment.options()
    found = {"one": ["add_table pycon_talks", "remove_table pycon_old"], "other": []}

    afresh = Multidb(tmp_path / "afresh", databases, dict.fromkeys(databases, environment))
    assert afresh.ops() == found
    kept = Multidb(tmp_path / "kept", databases, dict.fromkeys(databases, options), line="**environments[name],")
    assert kept.ops() == found
    assert kept.ops(["other", "one"]) == found


def test_what_one_left_alone_is_not_reported_of_the_other(
    new_database: NewDatabase, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    databases = {"one": new_database("sqlite"), "other": new_database("sqlite")}
    execute(databases["one"], "CREATE TABLE old (id integer)")
    environments = {
        "one": Environment(metadata=MetaData(), owns=filters.declared),
        "other": Environment(metadata=MetaData(), owns=filters.declared),
    }
    assert Multidb(tmp_path, databases, environments).ops() == {"one": [], "other": []}
    assert [record.levelname for record in caplog.records if record.name == "migrakit"].count("WARNING") == 1


def test_what_is_passed_in_configure_to_each_is_each_one_s(new_database: NewDatabase, tmp_path: Path) -> None:
    databases = {"one": new_database("sqlite"), "other": new_database("postgresql-18")}
    for database in databases.values():
        execute(database, "CREATE TABLE talks (id integer NOT NULL PRIMARY KEY, title varchar(20) DEFAULT 'x')")
    environments = {
        name: Environment(metadata=metadata_of("talks"), configure={"compare_server_default": name == "one"})
        for name in databases
    }
    project = Multidb(tmp_path, databases, environments)
    for names in (("one", "other"), ("other", "one")):
        found = project.ops(names)
        assert found["other"] == []
        assert [op.partition(" ")[0] for op in found["one"]] == ["modify_default"]


@pytest.mark.parametrize("kinds", list(permutations(("postgresql-18", "sqlite"))), ids=" ".join)
def test_commands_one_after_another_on_tables_of_the_same_names(
    new_database: NewDatabase, tmp_path: Path, kinds: tuple[Any, Any]
) -> None:
    """Each service's own table is the other's to leave alone, under the same names."""
    ours = {"metadata": metadata_of("talks"), "service": "ours", "owns": filters.names("talks", "old")}
    theirs = {"metadata": metadata_of("rooms"), "service": "theirs", "owns": filters.names("rooms")}
    projects = []
    for environment, kind in zip((ours, theirs), kinds, strict=True):
        database = new_database(kind)
        execute(database, "CREATE TABLE old (id integer)", "CREATE TABLE rooms (id integer NOT NULL PRIMARY KEY)")
        path = tmp_path / str(environment["service"])
        projects.append(Project(path, database.url, attributes={"environment": environment}))

    for _ in range(2):
        assert projects[0].ops() == ["add_table talks", "remove_table old"]
        assert projects[1].ops() == ["add_column rooms rooms.title"]
    for project in projects:
        project.revision()
        project.upgrade()
    assert [project.ops() for project in projects] == [[], []]


def test_hooks_kept_by_a_program_serve_one_database_after_another(new_database: NewDatabase, tmp_path: Path) -> None:
    hooks = filters.schemas(None).hooks()
    found = []
    for number, kind in enumerate(("postgresql-18", "sqlite", "postgresql-18")):
        database = new_database(kind)  # type: ignore[arg-type]
        execute(database, f"CREATE TABLE old_{number} (id integer)")
        env = OWN_ENV.replace("**given['owns'].hooks(), ", "")
        project = Project(tmp_path / str(number), database.url, env, {"metadata": MetaData(), "options": hooks})
        found.append(project.ops())
    assert found == [["remove_table old_0"], ["remove_table old_1"], ["remove_table old_2"]]
