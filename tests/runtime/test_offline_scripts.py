"""Scripts of --sql, applied by the databases' own clients: only the one for this database changes anything."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy import MetaData, column, inspect, literal_column, select, text
from sqlalchemy import table as sa_table

from migrakit import SessionSettings, VersionTable, filters
from migrakit.runtime.guarding import Needed, guard_of
from tests.autogenerate.applying import contents
from tests.databases.clients import apply
from tests.project import Project
from tests.share import share

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.databases import Database, Kind, NewDatabase

REVISION = """
from alembic import op
import sqlalchemy as sa

revision = {revision!r}
down_revision = {down!r}
depends_on = {depends_on!r}


def upgrade():
    {body}


def downgrade():
    {undo}
"""

# Nothing in these fails by itself where it is applied twice.
CREATES = 'op.create_table("pycon_log", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))'
CHANGES = """
    op.execute("INSERT INTO pycon_log (n) VALUES (0)")
    op.execute("UPDATE pycon_log SET n = n + 1")
"""
UNDOES = """
    op.execute("INSERT INTO pycon_log (n) VALUES (0)")
    op.execute("UPDATE pycon_log SET n = n - 1")
"""
IN_AUTOCOMMIT = """
    with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS pycon_log_{name} ON pycon_log (n)")
        op.execute("INSERT INTO pycon_log (n) VALUES (100)")
    op.execute("INSERT INTO pycon_log (n) VALUES (1000)")
"""

STOCK_OFFLINE_ENV = """
from alembic import context
from sqlalchemy import create_engine, pool

url = context.config.get_main_option("sqlalchemy.url")
if context.is_offline_mode():
    context.configure(url=url, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url, poolclass=pool.NullPool).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""

STATES = ("base", "r1", "r2", "r3")
SCRIPTS = ("base:r1", "base:r3", "r1:r2", "r1:r3", "r2:r3", "r3:r2", "r3:r1", "r2:base")

STOPS = ("-v", "ON_ERROR_STOP=1")
IN_ONE = ("-1",)
FORCED = ("--force",)

MATRIX: list[tuple[Kind, str, tuple[str, ...]]] = [
    ("postgresql-18", "plain", ()),
    ("postgresql-18", "plain", STOPS),
    ("postgresql-18", "plain", IN_ONE),
    ("postgresql-18", "per migration", ()),
    ("postgresql-18", "autocommit", ()),
    ("postgresql-18", "autocommit per migration", ()),
    ("postgresql-18", "autocommit per migration", STOPS),
    ("postgresql-18", "autocommit per migration", IN_ONE),
    ("postgresql-18", "no transactions", ()),
    ("postgresql-16", "autocommit per migration", ()),
    ("mariadb", "plain", ()),
    ("mariadb", "plain", FORCED),
    ("sqlite", "plain", ()),
]
"""Databases, projects, and what a person may tell the client."""


def write(project: Project, name: str, down: Any = None, body: str = CHANGES, undo: str = UNDOES, **given: Any) -> None:
    code = REVISION.format(
        revision=name, down=down, depends_on=given.get("depends_on"), body=body.strip(), undo=undo.strip()
    )
    versions = project.path / "migrations" / "versions"
    (versions / f"{len(list(versions.glob('*.py')))}.py").write_text(code, encoding="utf-8")


def service(path: Path, database: Database, **environment: Any) -> Project:
    # What a script destroys is a matter of the guards, and of their tests.
    given = {"metadata": MetaData(), "service": "pycon", "owns": filters.prefix("pycon_"), "guards": [], **environment}
    return Project(path, database.url, attributes={"environment": given})


def of_three(project: Project, *, after: str = "") -> Project:
    write(project, "r1", None, f"{CREATES}{CHANGES}{after.format(name='r1')}", 'op.drop_table("pycon_log")')
    write(project, "r2", "r1", f"{CHANGES}{after.format(name='r2')}", f"{UNDOES}{after.format(name='down')}")
    write(project, "r3", "r2", f"{CHANGES}{after.format(name='r3')}", f"{UNDOES}{after.format(name='down')}")
    return project


def script(project: Project, revisions: str, run: Callable[..., None] | None = None) -> str:
    begin, _, end = revisions.partition(":")
    goes_down = end == "base" or (begin != "base" and begin > end)
    config = project.config()
    (run or (command.downgrade if goes_down else command.upgrade))(config, revisions, sql=True)
    output: Any = config.output_buffer
    return str(output.getvalue())


def dump(database: Database) -> dict[str, Any]:
    """All that is in a database, its tables and their rows, but for the journal, which tells of runs alone."""
    with database.engine().connect() as connection:
        inspector = inspect(connection)
        names = [
            name
            for schema, name in inspector.get_multi_columns(schema=inspector.default_schema_name)
            if not name.startswith(("sqlite_", "migrakit_journal"))
        ]
        rows: dict[str, Any] = {
            name: connection.execute(select(literal_column("*")).select_from(sa_table(name))).all() for name in names
        }
        parts = {part: facts for part, facts in contents(connection).items() if "migrakit_journal" not in part}
        return {**parts, **{name: sorted(map(str, found)) for name, found in rows.items()}}


def shaped(path: Path, database: Database, shape: str) -> Project:
    configure: dict[str, Any] = {"transaction_per_migration": "per migration" in shape}
    if shape == "no transactions":
        configure["transactional_ddl"] = False
    return of_three(service(path, database, configure=configure), after=IN_AUTOCOMMIT if "autocommit" in shape else "")


@pytest.mark.parametrize(
    ("kind", "shape", "flags"), share(MATRIX), ids=lambda value: value if isinstance(value, str) else " ".join(value)
)
def test_only_the_right_script_changes_anything(
    kind: Kind, shape: str, flags: tuple[str, ...], new_database: NewDatabase, tmp_path: Path
) -> None:
    project = shaped(tmp_path, new_database(kind), shape)
    scripts = {revisions: script(project, revisions) for revisions in SCRIPTS}

    def at(revision: str) -> Database:
        database = new_database(kind)
        project.url = database.url
        if revision != "base":
            project.upgrade(revision)
        return database

    states = {state: at(state) for state in STATES}
    before = {state: dump(database) for state, database in states.items()}
    for state, database in states.items():
        for revisions in (each for each in SCRIPTS if not each.startswith(f"{state}:")):
            said = apply(database, scripts[revisions], *flags)
            assert "alembic_version_pycon" in said, (state, revisions, said)
        assert dump(database) == before[state], state

    for revisions in SCRIPTS:
        begin, _, end = revisions.partition(":")
        by_script, online = at(begin), at(begin)
        (project.downgrade if end < begin or end == "base" else project.upgrade)(end)
        if "DROP TABLE alembic_version_pycon" in scripts[revisions]:  # older versions of Alembic, in scripts alone
            with online.engine().begin() as connection:
                connection.exec_driver_sql("DROP TABLE alembic_version_pycon")
        said = apply(by_script, scripts[revisions], *flags)
        assert dump(by_script) == dump(online), (revisions, said)
        assert "ERROR" not in said.upper()


@pytest.mark.parametrize("kind", ["postgresql-18", "mariadb", "sqlite"])
def test_stock_alembics_does_harm(kind: Kind, new_database: NewDatabase, tmp_path: Path) -> None:
    """The data is changed once more, and the client says that all is well."""
    database = new_database(kind)
    project = of_three(Project(tmp_path, database.url, STOCK_OFFLINE_ENV))
    written = script(project, "r1:r2")
    command.upgrade(project.config(), "head")
    before = dump(database)
    assert not apply(database, written)
    assert dump(database) != before


class TestUnderPsqlWithItsDefaults:
    """It goes on after an error, and exits with 0."""

    @pytest.mark.parametrize("per_migration", [False, True])
    def test_nothing_follows_a_transaction_that_failed(
        self, postgresql: Database, tmp_path: Path, *, per_migration: bool
    ) -> None:
        project = service(tmp_path, postgresql, configure={"transaction_per_migration": per_migration})
        fails = f'op.execute("SELECT 1 / 0"){IN_AUTOCOMMIT.format(name="r2")}'
        write(project, "r1", None, CREATES)
        write(project, "r2", "r1", fails)
        write(project, "r3", "r2")
        project.upgrade("r1")
        before = dump(postgresql)
        said = apply(postgresql, script(project, "r1:r3"))
        assert "division by zero" in said
        assert "HINT:  What came before this has failed" in said
        assert dump(postgresql) == before

    def test_nothing_is_done_in_another_role(self, postgres18: Database, tmp_path: Path) -> None:
        project = of_three(service(tmp_path, postgres18, session=SessionSettings(role="nobody_at_all")))
        said = apply(postgres18, script(project, "base:r3"))
        assert 'role "nobody_at_all" does not exist' in said
        assert dump(postgres18) == {}

    @pytest.mark.parametrize("begins", ["r1", "r2"])
    def test_the_session_is_left_as_it_was(self, postgres18: Database, tmp_path: Path, begins: str) -> None:
        project = of_three(service(tmp_path, postgres18), after=IN_AUTOCOMMIT)
        project.upgrade("r1")
        shows = "".join(f"SELECT 'now {name} ' || setting FROM pg_settings WHERE name = '{name}';" for name in LEFT)
        apply(postgres18, f"{script(project, f'{begins}:r3')} CREATE TABLE found AS {shows}")
        with postgres18.engine().connect() as connection:
            assert connection.scalars(text("SELECT * FROM found")).all() == [f"now {LEFT[0]} off"]

    def test_two_of_the_same_scripts_wait_for_each_other(self, postgres18: Database, tmp_path: Path) -> None:
        project = service(tmp_path, postgres18)
        write(project, "r1", None, CREATES)
        write(project, "r2", "r1", f'op.execute("SELECT pg_sleep(0.5)"){CHANGES}')
        project.upgrade("r1")
        written = script(project, "r1:r2")
        with ThreadPoolExecutor() as pool:
            said = sorted(pool.map(lambda _: apply(postgres18, written), range(2)))
        assert said[0] == ""
        assert "This script begins at r1, and alembic_version_pycon holds r2" in said[1]
        assert [row for row in dump(postgres18)["pycon_log"] if "1" in row] == ["(1, 1)"]


LEFT = ["default_transaction_read_only"]


class TestBranches:
    """a1 and b1 begin, m merges them."""

    @pytest.fixture
    def project(self, tmp_path: Path, database: Database) -> Project:
        project = service(tmp_path, database)
        write(project, "r0", None, CREATES)
        write(project, "a1", "r0")
        write(project, "b1", "r0")
        write(project, "b2", "b1")
        write(project, "m", ("a1", "b2"))
        return project

    @pytest.mark.parametrize("other", ["b1", "b2"])
    def test_what_another_branch_has_applied_is_not_applied_again(
        self, project: Project, database: Database, other: str
    ) -> None:
        project.upgrade("a1")
        project.upgrade(other)
        before = dump(database)
        assert "begins at a1 and applies" in apply(database, script(project, "a1:m"))
        assert dump(database) == before

    def test_another_branch_may_be_there(self, project: Project, database: Database) -> None:
        project.upgrade("a1")
        project.upgrade("b1")
        assert apply(database, script(project, "b1:b2")) == ""
        assert held(database) == ["a1", "b2"]

    def test_what_is_to_be_merged_is_applied_first(self, project: Project, database: Database) -> None:
        project.upgrade("a1")
        assert apply(database, script(project, "a1:m")) == ""
        assert held(database) == ["m"]

    def test_a_merge_is_taken_apart(self, project: Project, database: Database) -> None:
        project.upgrade("m")
        assert apply(database, script(project, "m:r0", command.downgrade)) == ""
        assert held(database) == ["r0"]

    def test_what_another_depends_on_is_not_applied_again(self, project: Project, database: Database) -> None:
        write(project, "c1", "a1", depends_on="b1")
        project.upgrade("a1")
        project.upgrade("b1")
        assert "begins at a1 and applies" in apply(database, script(project, "a1:c1"))
        assert held(database) == ["a1", "b1"]


@pytest.mark.parametrize(
    ("kind", "flags"),
    [("postgresql-18", ()), ("postgresql-16", ()), ("mariadb", ()), ("mariadb", FORCED), ("sqlite", ())],
)
def test_a_stamp_is_guarded_too(new_database: NewDatabase, tmp_path: Path, kind: Kind, flags: tuple[str, ...]) -> None:
    database = new_database(kind)
    project = of_three(service(tmp_path, database))
    project.upgrade("r2")
    for revisions in ("base:r3", "r1:r3", "r3:r1"):
        said = apply(database, script(project, revisions, command.stamp), *flags)
        assert f"This script begins at {revisions.partition(':')[0]}" in said
        assert held(database) == ["r2"]
    assert apply(database, script(project, "r2:r3", command.stamp), *flags) == ""
    assert held(database) == ["r3"]


def test_an_empty_version_table_has_to_go_first(database: Database, tmp_path: Path) -> None:
    """Alembic's script creates it, and would fail later."""
    project = of_three(service(tmp_path, database))
    project.upgrade()
    project.downgrade()
    before = dump(database)
    said = apply(database, script(project, "base:r1"))
    assert "This script begins at base" in said
    assert "alembic_version_pycon is there already" in said
    assert dump(database) == before


@pytest.mark.parametrize("flags", [(), FORCED], ids=["", "forced"])
def test_mariadb_without_a_version_table(mariadb: Database, tmp_path: Path, flags: tuple[str, ...]) -> None:
    project = of_three(service(tmp_path, mariadb))
    assert "alembic_version_pycon" in apply(mariadb, script(project, "r1:r3"), *flags)
    assert dump(mariadb) == {}


def test_anothers_version_table_further_on_in_search_path_is_not_looked_at(
    postgres18: Database, tmp_path: Path
) -> None:
    with postgres18.engine().begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version_pycon (version_num text)")
        connection.exec_driver_sql("INSERT INTO alembic_version_pycon VALUES ('x')")
        connection.exec_driver_sql('CREATE SCHEMA "Own"')
    project = of_three(service(tmp_path, postgres18, session=SessionSettings(search_path=["Own", "public"])))
    for revisions in ("base:r1", "r1:r3"):
        assert apply(postgres18, script(project, revisions)) == ""
    with postgres18.engine().connect() as connection:
        assert connection.scalars(text('SELECT version_num FROM "Own".alembic_version_pycon')).all() == ["r3"]
    assert held(postgres18) == ["x"]


HOSTILE = [
    "it's",
    'a "quoted" one',
    "100%s of 100%",
    "$migrakit$; DROP TABLE pycon_log; --",
    "back\\slash",
    "`tick`",
    ":bound",
    "{}, {0}",
    "Größe",
]


class TestHostileNames:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_of_version_tables(self, database: Database, tmp_path: Path, name: str) -> None:
        project = of_three(service(tmp_path, database, service=None, owns=None, version_table=VersionTable(name)))
        for revisions in ("base:r1", "r1:r3"):
            written = script(project, revisions)
            assert apply(database, written) == ""
            assert held(database, name) == [revisions.partition(":")[2]]
            assert apply(database, written)
        assert dump(database)["pycon_log"] == ["(1, 3)", "(2, 2)", "(3, 1)"]

    @pytest.mark.parametrize("name", HOSTILE)
    def test_of_schemas(self, postgres18: Database, tmp_path: Path, name: str) -> None:
        table = VersionTable("versions", schema=name)
        asked = SessionSettings(create_version_schema=True, search_path=[name, "public"])
        project = service(tmp_path, postgres18, service=None, owns=None, version_table=table, session=asked)
        of_three(project)
        for revisions in ("base:r1", "r1:r3"):
            written = script(project, revisions)
            assert [line for line in apply(postgres18, written).splitlines() if "NOTICE" not in line] == []
            assert "ERROR" in apply(postgres18, written)
        with postgres18.engine().connect() as connection:
            there = sa_table("versions", column("version_num"), schema=name)
            assert connection.scalars(select(there)).all() == ["r3"]

    @pytest.mark.parametrize("revision", HOSTILE)
    def test_of_revisions(self, database: Database, tmp_path: Path, revision: str) -> None:
        """Alembic writes them without quoting, so that the guard alone is looked at."""
        engine = database.engine()
        guard = guard_of(engine.dialect, VersionTable("versions"))
        assert guard is not None
        needed = Needed(heads=(revision,), coming=("other's",))
        written = "\n".join([*guard.first_lines(), *guard.outside(needed)])
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE versions (version_num varchar(60))")
        assert apply(database, written)
        for held_too, fails in (("x", False), ("other's", True)):
            with engine.begin() as connection:
                add = text("INSERT INTO versions VALUES (:id)")
                connection.execute(add, [{"id": revision}, {"id": held_too}])
            said = apply(database, written)
            assert bool(said) is fails, said
            with engine.begin() as connection:
                connection.execute(text("DELETE FROM versions"))


def test_after_an_autocommit_block_locks_are_not_waited_for(postgresql: Database, tmp_path: Path) -> None:
    project = service(tmp_path, postgresql, session=SessionSettings(lock_timeout=7))
    note = "op.execute(\"INSERT INTO noted VALUES (current_setting('lock_timeout'))\")"
    blocks = f"""
    with op.get_context().autocommit_block():
        {note}
    {note}
    """
    write(project, "r1", None, f'op.execute("CREATE TABLE noted (at text)"){blocks}')
    write(project, "r2", "r1", f"{note}{blocks}")
    file = project.path / "migrations" / "versions" / "1.py"
    file.write_text(file.read_text() + "\n\nsession = {'lock_timeout': 9}\n")
    write(project, "r3", "r2", note)
    assert apply(postgresql, script(project, "base:r3")) == ""
    with postgresql.engine().connect() as connection:
        assert connection.scalars(text("SELECT at FROM noted")).all() == ["0", "7s", "9s", "0", "9s", "7s"]


def test_only_what_is_left_to_do_is_guarded(database: Database, tmp_path: Path) -> None:
    project = of_three(service(tmp_path, database))
    written = script(project, "r3:r3")
    assert "begins at" not in written
    assert apply(database, written) == ""


def test_a_script_is_encoded_where_asked(sqlite: Database, tmp_path: Path) -> None:
    """Alembic's own option."""
    out = BytesIO()
    configure = {"output_buffer": out, "output_encoding": "utf-16"}
    project = of_three(service(tmp_path, sqlite, configure=configure))
    script(project, "base:r3")
    assert out.getvalue().decode("utf-16").startswith(".bail on\n\n-- migrakit: from base to r3")
    assert "INSERT INTO pycon_log" in out.getvalue().decode("utf-16")


def test_what_is_wrong_with_revisions_is_said_before_anything_is_written(sqlite: Database, tmp_path: Path) -> None:
    project = of_three(service(tmp_path, sqlite))
    config = project.config()
    with pytest.raises(CommandError, match="nowhere"):
        command.upgrade(config, "r1:nowhere", sql=True)
    output: Any = config.output_buffer
    assert output.getvalue() == ""


def held(database: Database, table: str = "alembic_version_pycon") -> list[str]:
    with database.engine().connect() as connection:
        return sorted(connection.scalars(select(column("version_num")).select_from(sa_table(table))))
