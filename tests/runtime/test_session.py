"""What the session is set to: seen by a revision, on the server."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy
from alembic import command
from sqlalchemy import MetaData, create_engine, inspect, pool, text

from migrakit import SessionSettings, VersionTable, errors, filters
from tests.counting import statements
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.databases import Database

SETTINGS = ("lock_timeout", "statement_timeout", "client_connection_check_interval", "search_path", "role")
VARIABLES = ("lock_wait_timeout", "innodb_lock_wait_timeout", "max_statement_time")

REVISION = '''
"""notes what it is run under"""
from alembic import op
{session}
revision = {revision!r}
down_revision = {down!r}


def note(place):
    SEEN.append((place, {{name: op.get_bind().exec_driver_sql({query!r} % name).scalar() for name in {names!r}}}))


def upgrade():
    from tests.runtime.test_session import SEEN
    globals()["SEEN"] = SEEN
    note("before")
    {body}


def downgrade():
    pass
'''

IN_AUTOCOMMIT = """
    with op.get_context().autocommit_block():
        note("in autocommit")
    note("after")
"""

EMPTY_REVISION = """
revision = 'r0'
down_revision = None

def upgrade():
    pass
"""

SEEN: list[tuple[str, dict[str, Any]]] = []


@pytest.fixture(autouse=True)
def nothing_seen() -> Iterator[None]:
    SEEN.clear()
    yield
    SEEN.clear()


def query_of(database: Database) -> tuple[str, tuple[str, ...]]:
    if database.dialect == "postgresql":
        return "SELECT current_setting('%s')", SETTINGS
    if database.dialect == "mysql":
        return "SELECT @@SESSION.%s", VARIABLES
    return "PRAGMA %s", ("busy_timeout",)


def write_revision(
    project: Project,
    database: Database,
    name: str = "r1",
    *,
    down: str | None = None,
    body: str = "",
    session: str = "",
) -> None:
    query, names = query_of(database)
    code = REVISION.format(session=session, revision=name, down=down, query=query, names=names, body=body.strip())
    (project.path / "migrations" / "versions" / f"{name}.py").write_text(code)


def project_of(path: Path, database: Database, **environment: Any) -> Project:
    given = {"metadata": MetaData(), "service": "pycon", "owns": filters.prefix("pycon_"), **environment}
    return Project(path, database.url, attributes={"environment": given})


def seen() -> dict[str, dict[str, Any]]:
    return dict(SEEN)


def test_by_default_locks_are_waited_for_five_seconds_and_a_lost_client_is_noticed(
    postgresql: Database, tmp_path: Path
) -> None:
    project = project_of(tmp_path, postgresql)
    write_revision(project, postgresql)
    project.upgrade()
    found = seen()["before"]
    assert (found["lock_timeout"], found["client_connection_check_interval"]) == ("5s", "500ms")
    assert found["statement_timeout"] == "0"


def test_autogenerate_is_under_the_same_limit(postgres18: Database, tmp_path: Path) -> None:
    project = project_of(tmp_path, postgres18, configure={"process_revision_directives": note_while_generating})
    project.revision()
    assert SEEN == [("generating", {"lock_timeout": "5s"})]


def note_while_generating(context: Any, _revision: Any, _directives: Any) -> None:
    SEEN.append(("generating", {"lock_timeout": context.connection.scalar(text("SHOW lock_timeout"))}))


def test_in_an_autocommit_block_locks_are_waited_for_as_long_as_it_takes(postgresql: Database, tmp_path: Path) -> None:
    settings = SessionSettings(lock_timeout=3, statement_timeout=60)
    project = project_of(tmp_path, postgresql, session=settings)
    write_revision(project, postgresql, body=IN_AUTOCOMMIT)
    write_revision(project, postgresql, "r2", down="r1", body='note("next")')
    project.upgrade()
    assert {place: (each["lock_timeout"], each["statement_timeout"]) for place, each in SEEN} == {
        "before": ("3s", "1min"),
        "in autocommit": ("0", "1min"),
        "after": ("3s", "1min"),
        "next": ("3s", "1min"),
    }


@pytest.mark.parametrize("per_migration", [False, True])
def test_a_revision_lifts_for_itself_alone(postgresql: Database, tmp_path: Path, *, per_migration: bool) -> None:
    configure = {"transaction_per_migration": per_migration}
    project = project_of(
        tmp_path, postgresql, configure=configure, session=SessionSettings(lock_timeout=3, statement_timeout=60)
    )
    lifted = 'session = {"lock_timeout": 0.5, "statement_timeout": 0, "check_interval": 0}'
    write_revision(project, postgresql, session=lifted, body=IN_AUTOCOMMIT)
    write_revision(project, postgresql, "r2", down="r1", body='note("next")')
    project.upgrade()
    assert [(place, *list(each.values())[:3]) for place, each in SEEN] == [
        ("before", "500ms", "0", "0"),
        ("in autocommit", "0", "0", "0"),
        ("after", "500ms", "0", "0"),
        ("before", "3s", "1min", "500ms"),
        ("next", "3s", "1min", "500ms"),
    ]


@pytest.mark.parametrize(
    ("session", "message"),
    [
        ("session = {'lock_timeot': 0}", "holds 'lock_timeot': 0"),
        ("session = {'role': 'x'}", "holds 'role': 'x'"),
        ("session = {'lock_timeout': None}", "holds 'lock_timeout': None"),
        ("session = {'lock_timeout': '5s'}", "is '5s', which is no number of seconds"),
        ("session = {'lock_timeout': -1}", "is -1, which is no number of seconds"),
    ],
)
def test_what_a_revision_cannot_mean_is_refused_before_anything_runs(
    sqlite: Database, tmp_path: Path, session: str, message: str
) -> None:
    project = project_of(tmp_path, sqlite)
    write_revision(project, sqlite, body='op.execute("CREATE TABLE pycon_made (id integer)")')
    write_revision(project, sqlite, "r2", down="r1", session=session)
    with pytest.raises(errors.ConfigurationError) as raised:
        project.upgrade()
    assert message in str(raised.value)
    assert SEEN == []
    assert "pycon_made" not in inspect(sqlite.engine()).get_table_names()


@pytest.mark.parametrize(
    "session",
    [
        "from sqlalchemy.orm import Session\nsession = Session()",
        "from sqlalchemy.orm import sessionmaker\nsession = sessionmaker()",
        "session = None",
    ],
)
def test_what_else_is_called_session_is_the_revisions_own(sqlite: Database, tmp_path: Path, session: str) -> None:
    project = project_of(tmp_path, sqlite)
    write_revision(project, sqlite, session=session)
    project.upgrade()
    assert [each["busy_timeout"] for _, each in SEEN] == [5000]


def test_an_autocommit_block_inside_of_another_is_refused(postgres18: Database, tmp_path: Path) -> None:
    project = project_of(tmp_path, postgres18)
    write_revision(project, postgres18, body=NESTED_AUTOCOMMIT)
    with pytest.raises(errors.LockError, match=r"one such block is inside of another.*make the two blocks one"):
        project.upgrade()


NESTED_AUTOCOMMIT = """
    with op.get_context().autocommit_block():
        with op.get_context().autocommit_block():
            note("in the inner one")
"""


def test_mariadb_waits_for_locks_in_whole_seconds(mariadb: Database, tmp_path: Path) -> None:
    project = project_of(tmp_path, mariadb, session=SessionSettings(lock_timeout=2.5, statement_timeout=1.5))
    write_revision(project, mariadb)
    write_revision(project, mariadb, "r2", down="r1", session="session = {'lock_timeout': 0, 'statement_timeout': 0}")
    write_revision(project, mariadb, "r3", down="r2")
    project.upgrade()
    assert [tuple(each.values()) for _, each in SEEN] == [(3, 3, 1.5), (31536000, 100000000, 0), (3, 3, 1.5)]


def test_sqlite_waits_for_the_other_writer(sqlite: Database, tmp_path: Path) -> None:
    project = project_of(tmp_path, sqlite, session=SessionSettings(lock_timeout=2.5))
    write_revision(project, sqlite)
    write_revision(project, sqlite, "r2", down="r1", session="session = {'lock_timeout': 9}")
    write_revision(project, sqlite, "r3", down="r2")
    project.upgrade()
    assert [each["busy_timeout"] for _, each in SEEN] == [2500, 9000, 2500]


@pytest.mark.parametrize("in_transaction", [True, False])
def test_a_callers_connection_is_given_back_as_it_was(
    database: Database, tmp_path: Path, *, in_transaction: bool
) -> None:
    query, names = query_of(database)
    project = project_of(tmp_path, database)
    write_revision(project, database)
    config = project.config()
    with create_engine(database.url, poolclass=pool.NullPool).connect() as connection:
        set_something(connection, database)
        before = [connection.exec_driver_sql(query % name).scalar() for name in names]
        if not in_transaction:
            connection.commit()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        assert connection.in_transaction() is in_transaction
        assert [connection.exec_driver_sql(query % name).scalar() for name in names] == before
        connection.rollback()
    assert list(seen()["before"].values()) != before


def test_a_callers_connection_that_commits_by_itself_has_them_and_is_given_back(
    postgresql: Database, tmp_path: Path
) -> None:
    """SQLAlchemy takes it to be in a transaction, and the server is in none that could keep them."""
    project = project_of(tmp_path, postgresql)
    write_revision(project, postgresql)
    config = project.config()
    engine = create_engine(postgresql.url, poolclass=pool.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("SET lock_timeout = '77s'")
        assert connection.in_transaction()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        assert connection.scalar(text("SHOW lock_timeout")) == "77s"
    assert seen()["before"]["lock_timeout"] == "5s"


def set_something(connection: Any, database: Database) -> None:
    statements_of = {
        "postgresql": "SET lock_timeout = '77s'",
        "mysql": "SET SESSION lock_wait_timeout = 77, SESSION innodb_lock_wait_timeout = 77",
        "sqlite": "PRAGMA busy_timeout = 77",
    }
    connection.exec_driver_sql(statements_of[database.dialect])
    connection.commit()


def test_what_is_left_to_the_server_is_not_touched(database: Database, tmp_path: Path) -> None:
    settings = SessionSettings(lock_timeout=None, check_interval=None)
    project = project_of(tmp_path, database, session=settings, lock_wait=None)
    write_revision(project, database)
    config = project.config()
    query, names = query_of(database)
    with create_engine(database.url, poolclass=pool.NullPool).connect() as connection:
        before = {name: connection.exec_driver_sql(query % name).scalar() for name in names}
        connection.rollback()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    assert seen()["before"] == before


def test_a_failed_run_gives_a_callers_connection_back_too(postgres18: Database, tmp_path: Path) -> None:
    project = project_of(tmp_path, postgres18)
    write_revision(project, postgres18, body="1 / 0")
    config = project.config()
    with create_engine(postgres18.url, poolclass=pool.NullPool).connect() as connection:
        config.attributes["connection"] = connection
        with pytest.raises(ZeroDivisionError):
            command.upgrade(config, "head")
        assert not connection.in_transaction()
        assert connection.scalar(text("SHOW lock_timeout")) == "0"


@pytest.mark.parametrize("way", ["in no transaction", "in a transaction", "autocommit"])
@pytest.mark.parametrize("refused", [{"role": "nobody's"}, {"search_path": "own"}], ids=["server", "engine"])
def test_a_callers_connection_that_is_refused_is_left_as_it_was(
    postgres18: Database, tmp_path: Path, way: str, refused: dict[str, Any]
) -> None:
    execute(postgres18, "CREATE SCHEMA own")
    project = project_of(tmp_path, postgres18, session=SessionSettings(**refused))
    level = {"isolation_level": "AUTOCOMMIT"} if way == "autocommit" else {}
    engine = create_engine(postgres18.url, poolclass=pool.NullPool, **level)
    config = project.config()
    with engine.connect() as connection:
        if way != "in no transaction":
            connection.begin()
        savepoint = connection.begin_nested() if way == "in a transaction" else None
        config.attributes["connection"] = connection
        with pytest.raises(errors.ConfigurationError):
            command.upgrade(config, "head")
        assert connection.in_transaction() == (way != "in no transaction")
        if savepoint is not None and "role" in refused:
            savepoint.rollback()
        assert connection.scalar(text("SHOW search_path")) == '"$user", public'
        assert connection.scalar(text("SHOW lock_timeout")) == "0"


@pytest.fixture
def role(postgres18: Database) -> Iterator[str]:
    name = f"{postgres18.url.database} Owner"
    engine = postgres18.engine()
    with engine.begin() as connection:
        connection.exec_driver_sql(f'CREATE ROLE "{name}"')
        connection.exec_driver_sql(f'GRANT ALL ON SCHEMA public TO "{name}"')
        connection.exec_driver_sql(f'GRANT CREATE ON DATABASE {postgres18.url.database} TO "{name}"')
    yield name
    with engine.begin() as connection:
        connection.exec_driver_sql(f'DROP OWNED BY "{name}"')
        connection.exec_driver_sql(f'DROP ROLE "{name}"')


def test_what_is_created_is_the_roles(postgres18: Database, tmp_path: Path, role: str) -> None:
    project = project_of(tmp_path, postgres18, session=SessionSettings(role=role))
    write_revision(project, postgres18, body='op.execute("CREATE TABLE pycon_made (id integer)")')
    project.upgrade()
    with postgres18.engine().connect() as connection:
        owners = connection.scalars(text("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")).all()
    assert owners == [role]


def test_a_role_that_is_not_there_is_said(postgres18: Database, tmp_path: Path) -> None:
    project = project_of(tmp_path, postgres18, session=SessionSettings(role="nobody's"))
    with pytest.raises(errors.ConfigurationError, match=r"does not take the session's settings.*nobody's"):
        project.upgrade()


@pytest.fixture
def mariadb_roles(mariadb: Database) -> Iterator[tuple[str, str]]:
    """Two that the user has: the caller's, which needs quotes, and the migrations'."""
    names = (f"{mariadb.url.database} Caller", f"{mariadb.url.database}_owner")
    execute(mariadb, *(f"CREATE ROLE `{name}`" for name in names))
    execute(mariadb, *(f"GRANT ALL ON *.* TO `{name}`" for name in names))
    yield names
    execute(mariadb, *(f"DROP ROLE `{name}`" for name in names))


@pytest.mark.parametrize("has_role", [True, False])
def test_mariadb_gives_a_caller_the_role_back(
    mariadb: Database, mariadb_roles: tuple[str, str], tmp_path: Path, *, has_role: bool
) -> None:
    callers, ours = mariadb_roles
    project = project_of(tmp_path, mariadb, session=SessionSettings(role=ours))
    write_revision(project, mariadb, body=NOTE_ROLE)
    config = project.config()
    with create_engine(mariadb.url, poolclass=pool.NullPool).connect() as connection:
        connection.exec_driver_sql(f"SET ROLE {f'`{callers}`' if has_role else 'NONE'}")
        connection.commit()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        assert connection.scalar(text("SELECT CURRENT_ROLE()")) == (callers if has_role else None)
    assert seen()["role"] == {"role": ours}


NOTE_ROLE = """
    SEEN.append(("role", {"role": op.get_bind().exec_driver_sql("SELECT CURRENT_ROLE()").scalar()}))
"""


@pytest.mark.parametrize("fails", [True, False])
def test_mariadb_gives_back_what_only_a_revision_set(mariadb: Database, tmp_path: Path, *, fails: bool) -> None:
    project = project_of(tmp_path, mariadb)
    lifted = "session = {'statement_timeout': 0, 'lock_timeout': 9}"
    write_revision(project, mariadb, session=lifted, body="1 / 0" if fails else "")
    write_revision(project, mariadb, "r2", down="r1", body='note("next")')
    config = project.config()
    with create_engine(mariadb.url, poolclass=pool.NullPool).connect() as connection:
        connection.exec_driver_sql("SET SESSION max_statement_time = 77, SESSION lock_wait_timeout = 66")
        connection.commit()
        config.attributes["connection"] = connection
        with pytest.raises(ZeroDivisionError) if fails else nullcontext():
            command.upgrade(config, "head")
        found = connection.execute(text("SELECT @@SESSION.max_statement_time, @@SESSION.lock_wait_timeout")).one()
    assert tuple(found) == (77, 66)
    assert SEEN[0][1]["max_statement_time"] == 0
    if not fails:
        assert seen()["next"]["max_statement_time"] == 77
        assert seen()["next"]["lock_wait_timeout"] == 5


def test_a_connection_that_can_not_be_listened_to_is_refused(sqlite: Database, tmp_path: Path) -> None:
    project = project_of(tmp_path, sqlite)
    config = project.config()
    is_deaf = sqlalchemy.__version__ == "2.0.0"
    refusal = pytest.raises(
        errors.ConfigurationError, match="can't listen to the connection of an engine with execution"
    )
    with sqlite.engine().execution_options(compiled_cache=None).connect() as connection:
        config.attributes["connection"] = connection
        with refusal if is_deaf else nullcontext():
            command.upgrade(config, "head")


def test_the_search_path_is_pinned(postgres18: Database, tmp_path: Path) -> None:
    execute(postgres18, 'CREATE SCHEMA "Our Own"', "CREATE SCHEMA other")
    project = project_of(tmp_path, postgres18, session=SessionSettings(search_path=["Our Own", "other"]))
    write_revision(project, postgres18, body='op.execute("CREATE TABLE pycon_made (id integer)")')
    project.upgrade()
    assert seen()["before"]["search_path"] == '"Our Own", "other"'
    assert sorted(inspect(postgres18.engine()).get_table_names("Our Own")) == ["alembic_version_pycon", "pycon_made"]
    assert project.ops() == ["remove_table pycon_made"]


def test_a_search_path_that_leads_nowhere_is_said(postgres18: Database, tmp_path: Path) -> None:
    project = project_of(tmp_path, postgres18, session=SessionSettings(search_path="nowhere"))
    write_revision(project, postgres18)
    with pytest.raises(errors.VersionTableError, match="None of the schemas in search_path is there"):
        project.upgrade()


def test_a_callers_engine_has_to_know_of_the_search_path(postgres18: Database, tmp_path: Path) -> None:
    execute(postgres18, "CREATE SCHEMA own")
    project = project_of(tmp_path, postgres18, session=SessionSettings(search_path="own"))
    config = project.config()
    with postgres18.engine().connect() as connection:
        config.attributes["connection"] = connection
        with pytest.raises(errors.ConfigurationError, match=r"the default schema is 'own'.*takes it for 'public'"):
            command.upgrade(config, "head")


@pytest.mark.parametrize("offline", [False, True])
def test_the_version_tables_schema_is_created_where_asked(
    postgresql: Database, tmp_path: Path, *, offline: bool
) -> None:
    table = VersionTable("pycon_versions", schema="Ops")
    asked = SessionSettings(create_version_schema=True)
    project = project_of(tmp_path, postgresql, version_table=table, session=asked)
    write_revision(project, postgresql)
    if offline:
        project = project_of(tmp_path, postgresql, version_table=table, session=asked)
        assert 'CREATE SCHEMA IF NOT EXISTS "Ops";' in write_offline_revision(project)
        return
    project.upgrade()
    assert inspect(postgresql.engine()).get_table_names("Ops") == ["pycon_versions"]
    with statements() as sent:
        project.upgrade()
    assert not [statement for statement in sent if "CREATE SCHEMA" in statement]


def write_offline_revision(project: Project) -> str:
    (project.path / "migrations" / "versions" / "r1.py").unlink()
    project_file = project.path / "migrations" / "versions" / "r0.py"
    project_file.write_text(EMPTY_REVISION)
    return project.upgrade_sql()


def test_without_it_the_missing_schema_is_named(postgres18: Database, tmp_path: Path) -> None:
    project = project_of(tmp_path, postgres18, version_table=VersionTable("pycon_versions", schema="ops"))
    write_revision(project, postgres18)
    with pytest.raises(errors.VersionTableError, match=r"schema 'ops', which is not there.*create_version_schema=True"):
        project.upgrade()


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"role": "x"}, "role"),
        ({"search_path": "x"}, "search_path"),
        ({"statement_timeout": 5}, "statement_timeout"),
        ({"create_version_schema": True}, "create_version_schema"),
    ],
)
@pytest.mark.parametrize("offline", [False, True])
def test_what_sqlite_has_not_is_refused(
    sqlite: Database, tmp_path: Path, settings: dict[str, Any], word: str, *, offline: bool
) -> None:
    project = project_of(tmp_path, sqlite, session=SessionSettings(**settings))
    with pytest.raises(errors.ConfigurationError, match=rf"SessionSettings\({word}=...\) is not to be had on sqlite"):
        project.upgrade_sql() if offline else project.upgrade()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lock_timeout": "5s"}, "is '5s', which is no number of seconds"),
        ({"lock_timeout": -1}, "is -1"),
        ({"statement_timeout": float("nan")}, "is nan"),
        ({"check_interval": True}, "is True"),
        ({"lock_timeout": 10**9}, "is 1000000000"),
        ({"role": ""}, "role='') is not a name"),
        ({"search_path": ["a", 5]}, "search_path=5) is not a name"),
    ],
)
def test_what_cannot_be_set_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.ConfigurationError) as raised:
        SessionSettings(**settings)
    assert message in str(raised.value)


def test_a_script_sets_the_same(postgres18: Database, mariadb: Database, tmp_path: Path) -> None:
    settings = SessionSettings(role="own er", search_path=["a", "B"], lock_timeout=3, statement_timeout=60)
    lifted = "session = {'lock_timeout': 9, 'statement_timeout': 0}\n" + EMPTY_REVISION
    project = project_of(tmp_path / "p", postgres18, session=settings)
    (project.path / "migrations" / "versions" / "r0.py").write_text(lifted)
    lines = [line for line in project.upgrade_sql().splitlines() if line.startswith("SET ")]
    assert lines == [
        'SET ROLE "own er";',
        'SET search_path TO a, "B";',
        "SET statement_timeout = '60000ms';",
        'SET ROLE "own er";',  # where it failed, psql goes on to here
        "SET LOCAL lock_timeout = '9000ms';",
        "SET statement_timeout = '0ms';",
        "SET LOCAL lock_timeout TO DEFAULT;",
        "SET statement_timeout = '60000ms';",
    ]
    project = project_of(tmp_path / "m", mariadb, session=SessionSettings(role="own er", statement_timeout=60))
    (project.path / "migrations" / "versions" / "r0.py").write_text(lifted)
    lines = [line for line in project.upgrade_sql().splitlines() if line.startswith("SET ") and "@" not in line]
    assert lines == [
        "SET ROLE `own er`;",
        "SET SESSION lock_wait_timeout = 5;",
        "SET SESSION innodb_lock_wait_timeout = 5;",
        "SET SESSION max_statement_time = 60;",
        "SET SESSION TRANSACTION READ ONLY;",
        "SET SESSION lock_wait_timeout = 9;",
        "SET SESSION innodb_lock_wait_timeout = 9;",
        "SET SESSION max_statement_time = 0;",
        "SET SESSION lock_wait_timeout = 5;",
        "SET SESSION innodb_lock_wait_timeout = 5;",
        "SET SESSION max_statement_time = 60;",
    ]


def test_our_connections_say_who_they_are(postgres18: Database, tmp_path: Path) -> None:
    project = project_of(tmp_path, postgres18)
    write_revision(project, postgres18, body="note_name()")
    file = tmp_path / "migrations" / "versions" / "r1.py"
    file.write_text(file.read_text().replace("def downgrade", NOTE_NAME + "def downgrade"))
    project.upgrade()
    assert seen()["name"] == {"application_name": "migrakit pycon"}
    project.downgrade()
    project.url = postgres18.url.update_query_dict({"application_name": "their own"})
    project.upgrade()
    assert seen()["name"] == {"application_name": "their own"}


NOTE_NAME = """
def note_name():
    SEEN.append(("name", {"application_name": op.get_bind().exec_driver_sql("SHOW application_name").scalar()}))


"""


def execute(database: Database, *sql: str) -> None:
    with database.engine().begin() as connection:
        for statement in sql:
            connection.execute(text(statement))
