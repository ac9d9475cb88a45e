"""What exits 0 has done what was asked for; what can't be told or kept is refused before anything is changed."""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy import Column, Engine, Integer, MetaData, Table, event, inspect, text
from sqlalchemy.exc import DataError, InvalidRequestError, SQLAlchemyError

from migrakit import SessionSettings, VersionTable, filters
from migrakit.errors import MigrakitError, VersionTableError
from tests.counting import statements
from tests.databases.clients import apply
from tests.project import STOCK_ENV, Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from tests.databases import Database

SHARED = "alembic_version"
OWN = "alembic_version_pycon"
LONG = "r" * 33

REVISION = """
from alembic import op

revision = {name!r}
down_revision = {down!r}
branch_labels = {label!r}

def upgrade():
    {body}

def downgrade():
    pass
"""

# What stock Alembic's template lets a service do: something else first, on the same connection.
STOCK_ENV_THAT_LOOKS_FIRST = STOCK_ENV.replace(
    "    context.configure", '    connection.exec_driver_sql("SELECT 1")\n    context.configure'
)


def write(
    project: Project, name: str, down: str | None = None, body: str | None = None, label: str | None = None
) -> None:
    body = f'op.execute("CREATE TABLE pycon_{name} (id integer PRIMARY KEY)")' if body is None else body
    code = REVISION.format(name=name, down=down, body=body, label=label)
    (project.path / "migrations" / "versions" / f"{name}.py").write_text(code)


def service(path: Path, database: Database, *revisions: str, **environment: Any) -> Project:
    """One whose revisions follow each other; each creates a table."""
    given = {"metadata": MetaData(), "service": "pycon", "owns": filters.prefix("pycon_"), **environment}
    return with_revisions(Project(path, database.url, attributes={"environment": given}), *revisions)


def stock(path: Path, database: Database, *revisions: str, env: str = STOCK_ENV, **options: Any) -> Project:
    given = {"metadata": MetaData(), "options": options}
    return with_revisions(Project(path, database.url, env, given), *revisions)


def with_revisions(project: Project, *revisions: str) -> Project:
    for name, down in zip(revisions, [None, *revisions], strict=False):
        write(project, name, down)
    return project


def execute(database: Database, *sql: str) -> None:
    with database.engine().begin() as connection:
        for statement in sql:
            connection.execute(text(statement))


def hold(database: Database, *revisions: str, table: str = OWN, width: int = 32) -> None:
    """There is a version table, and this is in it."""
    execute(database, f"CREATE TABLE {table} (version_num varchar({width}) NOT NULL PRIMARY KEY)")
    execute(database, *(f"INSERT INTO {table} VALUES ('{revision}')" for revision in revisions))


def held(database: Database, table: str = OWN) -> list[str]:
    with database.engine().connect() as connection:
        return sorted(connection.scalars(text(f"SELECT version_num FROM {table}")))


def tables_in(database: Database, schema: str | None = None) -> set[str]:
    return {*inspect(database.engine()).get_table_names(schema)} - {"migrakit_journal"}


def width_of(database: Database, table: str = OWN) -> int | None:
    (column,) = inspect(database.engine()).get_columns(table)
    length: int | None = getattr(column["type"], "length", None)
    return length


@contextmanager
def nothing_is_written() -> Iterator[None]:
    with statements() as sent:
        yield
    assert [each for each in sent if re.match(r"\s*(CREATE|ALTER|DROP|INSERT|UPDATE|DELETE|TRUNCATE)\b", each)] == []


def upgrade(project: Project) -> None:
    project.upgrade()


def upgrade_by_one(project: Project) -> None:
    project.upgrade("+1")


def downgrade(project: Project) -> None:
    project.downgrade("base")


def stamp(project: Project) -> None:
    command.stamp(project.config(), "head")


def check(project: Project) -> None:
    command.check(project.config())


def autogenerate(project: Project) -> None:
    command.revision(project.config(), autogenerate=True)


def ensure_version(project: Project) -> None:
    command.ensure_version(project.config())


def current(project: Project) -> None:
    command.current(project.config())


def history(project: Project) -> None:
    command.history(project.config(), indicate_current=True)


class TestAnUnknownRevision:
    @pytest.mark.parametrize("commanded", [upgrade, upgrade_by_one, downgrade, stamp, check, autogenerate])
    def test_is_refused_before_anything_is_written(
        self, commanded: Callable[[Project], None], database: Database, tmp_path: Path
    ) -> None:
        project = service(tmp_path, database, "r1")
        hold(database, "alien")
        with nothing_is_written(), pytest.raises(VersionTableError) as raised:
            commanded(project)
        said = str(raised.value)
        assert f"{OWN} holds revision 'alien', which none of the scripts" in said
        assert "It may be another service's" in said
        assert "alembic stamp --purge REVISION" in said
        assert held(database) == ["alien"]
        assert len(list((tmp_path / "migrations" / "versions").glob("*.py"))) == 1

    def test_is_refused_beside_a_known_one(self, database: Database, tmp_path: Path) -> None:
        project = service(tmp_path, database, "r1", "r2")
        hold(database, "r1", "alien")
        with nothing_is_written(), pytest.raises(VersionTableError, match="holds revision 'alien', which"):
            project.upgrade()

    def test_whose_it_is_is_said_where_another_version_table_has_it(self, database: Database, tmp_path: Path) -> None:
        project = service(tmp_path, database, "r1")
        hold(database, "alien")
        hold(database, "alien", table="shop_versions")
        hold(database, "other", table="blog_versions")
        execute(database, "CREATE TABLE pycon_notes (version_num integer, note varchar(9))")
        with pytest.raises(VersionTableError, match="shop_versions has it too") as raised:
            project.upgrade()
        assert "blog_versions" not in str(raised.value)

    @pytest.mark.parametrize("spelled", ["abcd", "head", "heads", "base", "talks", "talks@head", ""])
    def test_is_what_no_script_is_called_in_full(self, spelled: str, postgres18: Database, tmp_path: Path) -> None:
        """Alembic would look it up as it does what a person types."""
        project = service(tmp_path, postgres18)
        write(project, "abcdef123456", label="talks")
        hold(postgres18, spelled)
        with nothing_is_written(), pytest.raises(VersionTableError, match=f"holds revision '{spelled}', which"):
            project.upgrade()

    def test_is_left_behind_by_a_stamp_that_purges(self, database: Database, tmp_path: Path) -> None:
        project = service(tmp_path, database, "r1", "r2")
        hold(database, "alien", "other")
        command.stamp(project.config(), "r1", purge=True)
        assert held(database) == ["r1"]
        project.upgrade()
        assert held(database) == ["r2"]
        assert "pycon_r2" in tables_in(database)
        assert "pycon_r1" not in tables_in(database)


class TestAServiceThatHadTheSharedTable:
    @pytest.mark.parametrize("commanded", [upgrade, downgrade, check, autogenerate])
    def test_is_not_begun_anew(self, commanded: Callable[[Project], None], database: Database, tmp_path: Path) -> None:
        hold(database, "r1", "of_another", table=SHARED)
        project = service(tmp_path, database, "r1", "r2")
        with nothing_is_written(), pytest.raises(VersionTableError) as raised:
            commanded(project)
        said = str(raised.value)
        assert (
            f"There is no version table {OWN} yet, and {SHARED} holds 'r1', a revision of these scripts"
            in said.replace("public.", "")
        )
        assert "alembic stamp r1" in said
        assert "alembic ensure_version" in said

    def test_goes_on_from_there_once_stamped(self, database: Database, tmp_path: Path) -> None:
        hold(database, "r1", table=SHARED)
        project = service(tmp_path, database, "r1", "r2")
        command.stamp(project.config(), "r1")
        project.upgrade()
        assert held(database) == ["r2"]
        assert held(database, SHARED) == ["r1"]
        assert tables_in(database) == {SHARED, OWN, "pycon_r2"}

    def test_is_another_that_has_a_revision_of_that_name(self, database: Database, tmp_path: Path) -> None:
        hold(database, "r1", table=SHARED)
        project = service(tmp_path, database, "r1", "r2")
        ensure_version(project)
        project.upgrade()
        assert held(database) == ["r2"]
        assert tables_in(database) == {SHARED, OWN, "pycon_r1", "pycon_r2"}

    @pytest.mark.parametrize(
        "version_table", [VersionTable.for_service("pycon", "meta"), VersionTable(SHARED, "meta")], ids=str
    )
    def test_is_not_begun_anew_in_a_schema_either(
        self, version_table: VersionTable, postgres18: Database, tmp_path: Path
    ) -> None:
        execute(postgres18, "CREATE SCHEMA meta")
        hold(postgres18, "r1", table=SHARED)
        project = service(tmp_path, postgres18, "r1", "r2", version_table=version_table)
        with nothing_is_written(), pytest.raises(VersionTableError, match="alembic stamp r1"):
            project.upgrade()

    @pytest.mark.parametrize(
        "others", [None, (), ("of_another",), ("of_another", "of_a_third")], ids=["none", "empty", "one", "two"]
    )
    def test_is_none_where_only_others_are_in_it(
        self, others: tuple[str, ...] | None, database: Database, tmp_path: Path
    ) -> None:
        if others is not None:
            hold(database, *others, table=SHARED)
        service(tmp_path, database, "r1").upgrade()
        assert held(database) == ["r1"]
        assert others is None or held(database, SHARED) == sorted(others)

    def test_is_none_as_long_as_it_still_has_it(self, database: Database, tmp_path: Path) -> None:
        hold(database, "r1", table=SHARED)
        service(tmp_path, database, "r1", "r2", service=None, owns=None).upgrade()
        assert held(database, SHARED) == ["r2"]

    def test_is_none_once_it_has_its_own(self, database: Database, tmp_path: Path) -> None:
        hold(database, "r1", table=SHARED)
        hold(database, "r1")
        service(tmp_path, database, "r1", "r2").upgrade()
        assert held(database) == ["r2"]


class TestAVersionTableThatIsShadowed:
    """Another service's is in a schema further down ``search_path``, with a revision of the same id."""

    @pytest.fixture(params=["of the database", "of the role"])
    def shadowed(self, request: pytest.FixtureRequest, postgres18: Database) -> Database:
        execute(postgres18, "CREATE SCHEMA a", "CREATE SCHEMA b")
        hold(postgres18, "r1", table=f"b.{SHARED}")
        whose = {"of the database": "DATABASE", "of the role": "ROLE CURRENT_USER IN DATABASE"}[request.param]
        execute(postgres18, f'ALTER {whose} "{postgres18.url.database}" SET search_path = a, b')
        return postgres18

    def test_stock_takes_it_for_its_own_and_does_nothing(self, shadowed: Database, tmp_path: Path) -> None:
        stock(tmp_path, shadowed, "r1").upgrade()
        assert tables_in(shadowed, "a") == set()
        assert tables_in(shadowed, "b") == {SHARED}

    def test_is_not_the_services_own(self, shadowed: Database, tmp_path: Path) -> None:
        project = service(tmp_path, shadowed, "r1", service=None, owns=None)
        with pytest.raises(VersionTableError, match=rf"no version table a\.{SHARED} yet, and b\.{SHARED} holds 'r1'"):
            project.upgrade()
        assert tables_in(shadowed, "a") == set()
        command.ensure_version(project.config())
        project.upgrade()
        assert tables_in(shadowed, "a") == {SHARED, "pycon_r1"}
        assert held(shadowed, f"a.{SHARED}") == held(shadowed, f"b.{SHARED}") == ["r1"]

    def test_is_not_the_one_that_a_migration_turns_to(self, shadowed: Database, tmp_path: Path) -> None:
        """Scripts of ``pg_dump`` begin so."""
        project = service(tmp_path, shadowed, "r1", service=None, owns=None)
        write(project, "r2", "r1", "op.execute(\"SELECT set_config('search_path', 'b', false)\")")
        command.ensure_version(project.config())
        project.upgrade()
        assert held(shadowed, f"a.{SHARED}") == ["r2"]
        assert held(shadowed, f"b.{SHARED}") == ["r1"]


def test_nor_where_the_search_path_is_set_for_the_session(postgres18: Database, tmp_path: Path) -> None:
    execute(postgres18, "CREATE SCHEMA a", "CREATE SCHEMA b")
    hold(postgres18, "r1", table=f"b.{SHARED}")
    session = SessionSettings(search_path=("a", "b"))
    project = service(tmp_path, postgres18, "r1", service=None, owns=None, session=session)
    command.ensure_version(project.config())
    project.upgrade()
    assert tables_in(postgres18, "a") == {SHARED, "pycon_r1"}


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("per_migration", [True, False])
def test_a_schema_that_comes_to_be_first_in_the_search_path_begins_nothing_anew(
    postgres18: Database, tmp_path: Path, *, named: bool, per_migration: bool
) -> None:
    """As that of the role does, by PostgreSQL's own ``"$user", public``, once a revision has created it."""
    execute(postgres18, f'ALTER DATABASE "{postgres18.url.database}" SET search_path = pycon, public')
    given: dict[str, Any] = {} if named else {"service": None, "owns": None}
    given["configure"] = {"transaction_per_migration": per_migration}
    project = service(tmp_path, postgres18, "r1", **given)
    project.upgrade()
    write(project, "r2", "r1", 'op.execute("CREATE SCHEMA pycon")')
    project.upgrade()
    with pytest.raises(VersionTableError, match=r"no version table pycon\..*, and public\..* holds 'r2'"):
        project.upgrade()
    table = VersionTable("alembic_version_pycon" if named else SHARED, schema="public")
    service(tmp_path, postgres18, "r1", **given, version_table=table).upgrade()


def test_a_table_that_may_not_be_read_is_another_services(postgres18: Database, tmp_path: Path) -> None:
    role = f"{postgres18.url.database}_pycon"
    hold(postgres18, "r1", table=f"public.{SHARED}")
    execute(postgres18, f"CREATE ROLE {role} LOGIN", f"GRANT ALL ON SCHEMA public TO {role}")
    try:
        project = service(tmp_path, postgres18, "r1")
        project.url = postgres18.url.set(username=role)
        project.upgrade()
        assert held(postgres18, "alembic_version_pycon") == ["r1"]
    finally:
        execute(postgres18, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_what_is_no_version_table_is_nobodys(postgres18: Database, tmp_path: Path) -> None:
    execute(postgres18, f"CREATE TABLE {SHARED} (id integer)")
    service(tmp_path, postgres18, "r1").upgrade()
    assert held(postgres18, "alembic_version_pycon") == ["r1"]


@pytest.mark.parametrize(
    "sql",
    [
        "/* undo */ ROLLBACK",
        "-- undo\nrollback work",
        "SELECT ';'; ROLLBACK",
        "SELECT E'\\\\'; ROLLBACK",
        "CREATE TABLE pycon_gone (id integer); ROLLBACK",
    ],
)
def test_a_rollback_is_found_wherever_it_stands(postgres18: Database, tmp_path: Path, sql: str) -> None:
    project = service(tmp_path, postgres18, "r1")
    write(project, "r2", "r1", f"op.get_bind().exec_driver_sql({sql!r})")
    with pytest.raises(VersionTableError, match="executes"):
        project.upgrade()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'ROLLBACK'",
        "DO $$ BEGIN RAISE NOTICE 'a; ROLLBACK'; END $$",
        "CREATE PROCEDURE pycon_p() LANGUAGE plpgsql AS 'BEGIN ROLLBACK; END'",
        "SAVEPOINT a; ROLLBACK TO SAVEPOINT a",
        "SELECT 1 AS abort",
        r"SELECT E'It\'s off; ROLLBACK; it is'",
        "COMMIT",
    ],
)
def test_what_only_speaks_of_one_is_sent(postgres18: Database, tmp_path: Path, sql: str) -> None:
    project = service(tmp_path, postgres18, "r1")
    write(project, "r2", "r1", f"op.get_bind().exec_driver_sql({sql!r})")
    project.upgrade()


@pytest.mark.parametrize(
    "sql",
    [
        r"INSERT INTO pycon_notes VALUES ('It\'s off; ROLLBACK; it is')",
        r'INSERT INTO pycon_notes VALUES ("\"; ROLLBACK; \"")',
        "SELECT 1 AS `; ROLLBACK`",
        "SELECT 1 # it's; ROLLBACK",
        "CREATE PROCEDURE pycon_p() BEGIN START TRANSACTION; ROLLBACK; END",
    ],
)
def test_mariadb_quotes_in_its_own_ways(mariadb: Database, tmp_path: Path, sql: str) -> None:
    execute(mariadb, "CREATE TABLE pycon_notes (note text)")
    project = service(tmp_path, mariadb, "r1")
    write(project, "r2", "r1", f"op.get_bind().exec_driver_sql({sql!r})")
    project.upgrade()
    assert held(mariadb) == ["r2"]


def test_what_is_no_text_is_sent(postgres18: Database, tmp_path: Path) -> None:
    project = service(tmp_path, postgres18)
    write(project, "r1", body="from psycopg import sql; op.get_bind().exec_driver_sql(sql.SQL('SELECT 1'))")
    project.upgrade()
    assert held(postgres18) == ["r1"]


def test_a_revision_that_asks_for_autocommit_in_its_transaction_commits_nothing(
    postgres18: Database, tmp_path: Path
) -> None:
    project = service(tmp_path, postgres18, "r1")
    project.upgrade()
    asks = "op.get_bind().execution_options(isolation_level='AUTOCOMMIT')"
    write(project, "r2", "r1", f"op.execute('CREATE TABLE pycon_half (id integer)'); {asks}")
    with pytest.raises(InvalidRequestError, match="isolation_level"):
        project.upgrade()
    assert "pycon_half" not in tables_in(postgres18, "public")


def rename(_context: Any, _revision: Any, directives: list[Any]) -> None:
    directives[0].rev_id = LONG


def by_hand(project: Project) -> None:
    command.revision(project.config(), autogenerate=True, rev_id=LONG)


def by_hand_without_comparison(project: Project) -> None:
    config = project.config()
    config.set_main_option("revision_environment", "true")
    command.revision(config, rev_id=LONG)


def by_a_hook_of_the_command(project: Project) -> None:
    command.revision(project.config(), autogenerate=True, process_revision_directives=rename)


def by_a_hook_of_the_service(project: Project) -> None:
    project.attributes["environment"]["configure"] = {"process_revision_directives": rename}
    command.revision(project.config(), autogenerate=True)


GENERATED = [by_hand, by_hand_without_comparison, by_a_hook_of_the_command, by_a_hook_of_the_service]


@pytest.fixture(params=["postgres18", "mariadb"])
def server(request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(request.param)
    return database


class TestAnIdThatIsTooLong:
    @pytest.mark.parametrize("generate", GENERATED)
    def test_is_refused_at_generation(
        self, generate: Callable[[Project], None], server: Database, tmp_path: Path
    ) -> None:
        project = service(tmp_path, server, "r1")
        hold(server, "r1")
        with nothing_is_written(), pytest.raises(VersionTableError, match=r"has 33 characters, and .* takes 32"):
            generate(project)
        assert [path.stem for path in (tmp_path / "migrations" / "versions").glob("*.py")] == ["r1"]

    @pytest.mark.parametrize("generate", GENERATED)
    def test_is_none_where_there_is_room(
        self, generate: Callable[[Project], None], server: Database, tmp_path: Path
    ) -> None:
        project = service(tmp_path, server, "r1")
        hold(server, "r1", width=33)
        generate(project)
        project.upgrade()
        assert held(server) == [LONG]

    @pytest.mark.parametrize(
        ("commanded", "revisions"),
        [
            (upgrade, ("r1", LONG)),
            (upgrade, ("r1", "r2", LONG)),
            (upgrade, ("r1", LONG, "r3")),
            (stamp, ("r1", LONG)),
            (stamp, ("r1", "r2", LONG)),
        ],
    )
    def test_is_refused_before_anything_runs(
        self, commanded: Callable[[Project], None], revisions: tuple[str, ...], server: Database, tmp_path: Path
    ) -> None:
        project = service(tmp_path, server, *revisions)
        hold(server, "r1")
        with nothing_is_written(), pytest.raises(VersionTableError) as raised:
            commanded(project)
        assert f"version_num VARCHAR({len(LONG)})" in str(raised.value)
        assert tables_in(server) == {OWN}
        assert held(server) == ["r1"]

    def test_is_refused_beside_columns_of_ones_own_too(self, server: Database, tmp_path: Path) -> None:
        project = service(tmp_path, server, "r1", LONG)
        hold(server, "r1")
        execute(server, f"ALTER TABLE {OWN} ADD applied_at timestamp DEFAULT CURRENT_TIMESTAMP")
        with nothing_is_written(), pytest.raises(VersionTableError, match=r"has 33 characters, and .* takes 32"):
            project.upgrade()

    def test_stock_finds_out_when_its_ddl_is_done(self, mariadb: Database, tmp_path: Path) -> None:
        hold(mariadb, "r1", table=SHARED)
        with pytest.raises(DataError):
            stock(tmp_path, mariadb, "r1", LONG).upgrade()
        assert f"pycon_{LONG}" in tables_in(mariadb)

    def test_is_none_for_sqlite(self, sqlite: Database, tmp_path: Path) -> None:
        project = service(tmp_path, sqlite, "r1", LONG, "x" * 200)
        hold(sqlite, "r1")
        project.upgrade()
        assert held(sqlite) == ["x" * 200]

    def test_is_none_where_the_column_is_text(self, postgres18: Database, tmp_path: Path) -> None:
        project = service(tmp_path, postgres18, "r1", "x" * 200)
        execute(postgres18, f"CREATE TABLE {OWN} (version_num text PRIMARY KEY)")
        project.upgrade()
        assert held(postgres18) == ["x" * 200]


def with_long_ids(path: Path, database: Database, *revisions: str) -> Project:
    """Tables can't be named after these."""
    project = service(path, database)
    for name, down in zip(revisions, [None, *revisions], strict=False):
        write(project, name, down, "pass")
    return project


def stamp_sql(project: Project) -> str:
    config = project.config()
    command.stamp(config, "head", sql=True)
    output: Any = config.output_buffer
    return str(output.getvalue())


class TestANewVersionTable:
    @pytest.mark.parametrize(
        "revisions", [("r1",), (LONG,), ("r1", "x" * 128), ("x" * 200,)], ids=lambda ids: len(ids[-1])
    )
    def test_is_wide_enough(self, revisions: tuple[str, ...], database: Database, tmp_path: Path) -> None:
        with_long_ids(tmp_path, database, *revisions).upgrade()
        assert held(database) == [revisions[-1]]

    @pytest.mark.parametrize("scripted", [Project.upgrade_sql, stamp_sql])
    @pytest.mark.parametrize(
        "revisions", [("r1",), (LONG,), ("r1", "x" * 128), ("x" * 200,)], ids=lambda ids: len(ids[-1])
    )
    def test_is_wide_enough_in_a_script(
        self, scripted: Callable[[Project], str], revisions: tuple[str, ...], database: Database, tmp_path: Path
    ) -> None:
        project = with_long_ids(tmp_path, database, *revisions)
        assert apply(database, scripted(project)) == ""
        assert held(database) == [revisions[-1]]

    def test_takes_later_ids_too(self, server: Database, tmp_path: Path) -> None:
        project = with_long_ids(tmp_path, server, "r1")
        project.upgrade()
        write(project, "x" * 128, "r1", "pass")
        project.upgrade()
        assert held(server) == ["x" * 128]

    @pytest.mark.parametrize("made", [upgrade, stamp, ensure_version])
    def test_is_as_wide_however_it_is_made(
        self, made: Callable[[Project], None], server: Database, tmp_path: Path
    ) -> None:
        project = with_long_ids(tmp_path, server, "r1")
        made(project)
        width = width_of(server)
        assert width is not None
        assert width >= 128

    @pytest.mark.parametrize("per_migration", [False, True])
    def test_is_there_without_any_revision(self, database: Database, tmp_path: Path, *, per_migration: bool) -> None:
        service(tmp_path, database, configure={"transaction_per_migration": per_migration}).upgrade()
        assert held(database) == []


ROLLBACKS = ["op.get_bind().rollback()", 'op.execute("ROLLBACK")', 'op.get_bind().exec_driver_sql("ROLLBACK")']


class TestAMigrationThatRollsBackItself:
    """Its data is gone, and so may be what was done before it."""

    @pytest.mark.parametrize("per_migration", [False, True])
    @pytest.mark.parametrize("rolls_back", ROLLBACKS)
    def test_fails_the_run(self, rolls_back: str, database: Database, tmp_path: Path, *, per_migration: bool) -> None:
        project = service(tmp_path, database, "r1", configure={"transaction_per_migration": per_migration})
        project.upgrade()
        write(project, "r2", "r1", f'op.execute("INSERT INTO pycon_r1 VALUES (1)"); {rolls_back}')
        with pytest.raises((SQLAlchemyError, MigrakitError)):
            project.upgrade()
        assert held(database) == ["r1"]

    @pytest.mark.parametrize("rolls_back", ROLLBACKS)
    def test_fails_a_first_run(self, rolls_back: str, postgresql: Database, tmp_path: Path) -> None:
        project = service(tmp_path, postgresql, "r1")
        write(project, "r2", "r1", rolls_back)
        with pytest.raises((SQLAlchemyError, MigrakitError)):
            project.upgrade()
        assert "pycon_r1" not in tables_in(postgresql)


ORM_ROLLBACK = "from sqlalchemy.orm import Session; s = Session(op.get_bind()); s.connection(); s.rollback()"


class TestACallersTransactionThatARevisionEnds:
    """SQLAlchemy begins another one without a word, where no ``with`` stands around it."""

    @pytest.mark.parametrize("rolls_back", [*ROLLBACKS, ORM_ROLLBACK])
    def test_by_rolling_back_is_refused(self, rolls_back: str, database: Database, tmp_path: Path) -> None:
        project = service(tmp_path, database, "r1")
        project.upgrade()
        write(project, "r2", "r1", f"op.execute('INSERT INTO pycon_r1 VALUES (1)'); {rolls_back}")
        with database.engine().connect() as connection:
            connection.execute(text("SELECT 1"))
            project.attributes["connection"] = connection
            with pytest.raises(VersionTableError, match=r"The revision .*(ROLLBACK|rollback)"):
                project.upgrade()
        assert held(database) == ["r1"]

    @pytest.mark.parametrize("commits", ["op.get_bind().commit()", 'op.execute("COMMIT")', 'op.execute("end work")'])
    def test_by_committing_is_refused(self, commits: str, postgres18: Database, tmp_path: Path) -> None:
        project = service(tmp_path, postgres18, "r1")
        write(project, "r2", "r1", commits)
        with postgres18.engine().connect() as connection:
            connection.execute(text("SELECT 1"))
            project.attributes["connection"] = connection
            with pytest.raises(
                VersionTableError, match=r"The revision .*(COMMIT|commit|end work).* in one transaction"
            ):
                project.upgrade()
        assert tables_in(postgres18) == set()

    def test_by_a_failure_is_said_by_that_alone(self, postgres18: Database, tmp_path: Path) -> None:
        project = service(tmp_path, postgres18)
        write(project, "r1", body="op.get_bind().rollback(); 1 / 0")
        with postgres18.engine().connect() as connection:
            connection.execute(text("SELECT 1"))
            project.attributes["connection"] = connection
            with pytest.raises(ZeroDivisionError):
                project.upgrade()


def test_what_is_deleted_behind_alembics_back_fails_the_run(database: Database, tmp_path: Path) -> None:
    def delete(*, ctx: Any, **_: Any) -> None:
        ctx.connection.exec_driver_sql(f"DELETE FROM {OWN}")

    project = service(tmp_path, database, "r1", configure={"on_version_apply": delete})
    with pytest.raises(VersionTableError, match=f"The command has run, and .*{OWN} holds nothing and not r1"):
        project.upgrade()


@pytest.mark.parametrize("destination", ["head", "heads", "r2", "+2", "talks@head", "r1+1"])
def test_what_was_asked_for_is_there(destination: str, sqlite: Database, tmp_path: Path) -> None:
    project = service(tmp_path, sqlite)
    write(project, "r1", label="talks")
    write(project, "r2", "r1")
    project.upgrade(destination)
    assert held(sqlite) == ["r2"]


@pytest.mark.parametrize("destination", ["r1", "r2", "talks@r1", "s1", "t3"])
def test_what_was_passed_long_ago_is_there_too(destination: str, sqlite: Database, tmp_path: Path) -> None:
    """As an older deployment that names its revision finds it; one may be there as another's dependency."""
    project = service(tmp_path, sqlite)
    write(project, "r1", label="talks")
    write(project, "r2", "r1")
    write(project, "s1")
    write(project, "t3", "r2")
    script = tmp_path / "migrations" / "versions" / "t3.py"
    script.write_text(f"{script.read_text()}\ndepends_on = 's1'\n")
    project.upgrade("t3")
    project.upgrade(destination)
    assert held(sqlite) == ["t3"]


class TestWhatIsExecutedBefore:
    """A statement on the connection begins a transaction that nobody may be there to commit."""

    def test_stock_loses_all(self, postgresql: Database, tmp_path: Path) -> None:
        stock(tmp_path, postgresql, "r1", env=STOCK_ENV_THAT_LOOKS_FIRST).upgrade()
        assert tables_in(postgresql) == set()

    @pytest.mark.parametrize("before", ["SELECT 1", "INSERT INTO notes VALUES (1)"])
    def test_on_a_callers_connection_is_lost_with_nothing_else(
        self, before: str, database: Database, tmp_path: Path
    ) -> None:
        execute(database, "CREATE TABLE notes (id integer PRIMARY KEY)")
        project = service(tmp_path, database, "r1", "r2")
        with database.engine().connect() as connection:
            connection.execute(text(before))
            project.attributes["connection"] = connection
            project.upgrade()
            connection.commit()
        assert held(database) == ["r2"]
        assert tables_in(database) == {"notes", OWN, "pycon_r1", "pycon_r2"}
        with database.engine().connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM notes")) == before.count("INSERT")

    def test_on_a_callers_connection_nothing_is_needed_to_commit(self, database: Database, tmp_path: Path) -> None:
        project = service(tmp_path, database, "r1")
        with database.engine().connect() as connection:
            connection.execute(text("SELECT 1"))
            connection.commit()
            project.attributes["connection"] = connection
            project.upgrade()
        assert held(database) == ["r1"]
        assert "pycon_r1" in tables_in(database)

    @pytest.mark.parametrize("way", ["url", "engine"])
    def test_by_who_listens_to_engines_loses_nothing(self, way: str, database: Database, tmp_path: Path) -> None:
        project = service(tmp_path, database, "r1")
        if way == "engine":
            project.attributes["connection"] = database.engine()
        with each_connection_begins():
            project.upgrade()
        assert held(database) == ["r1"]
        assert "pycon_r1" in tables_in(database)


@contextmanager
def each_connection_begins() -> Iterator[None]:
    """As where an application sets its tenant."""

    def look(connection: Connection) -> None:
        connection.execute(text("SELECT 1"))

    event.listen(Engine, "engine_connect", look)
    try:
        yield
    finally:
        event.remove(Engine, "engine_connect", look)


LOOKING = [check, current, history, autogenerate]


@pytest.mark.parametrize("looks", LOOKING)
def test_what_only_looks_writes_nothing(looks: Callable[[Project], None], database: Database, tmp_path: Path) -> None:
    metadata = MetaData()
    Table("pycon_talks", metadata, Column("id", Integer, primary_key=True))
    project = service(tmp_path, database, metadata=metadata)
    with nothing_is_written(), suppress(CommandError):  # check says that there is a difference
        looks(project)
    assert tables_in(database) == set()


@pytest.mark.parametrize("looks", [check, autogenerate])
def test_stock_creates_the_version_table_to_look(
    looks: Callable[[Project], None], database: Database, tmp_path: Path
) -> None:
    looks(stock(tmp_path, database))
    assert tables_in(database) == {SHARED}
