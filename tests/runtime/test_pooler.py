"""Behind a pooler that gives out connections a transaction at a time, no two migrate at once, and nothing stays."""

from __future__ import annotations

import time
from contextlib import ExitStack, nullcontext
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect, text

from migrakit import VersionTable, migration_lock
from migrakit.errors import LockError, VersionTableError
from tests.databases.pgbouncer import POOL_SIZE
from tests.deployments import Round, Service, Worker, own_env, play, together, workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.databases import Database

ROUNDS = 20
PROCESSES = POOL_SIZE + 1

CREATE = 'op.create_table("talks", sa.Column("id", sa.Integer, primary_key=True))'

# Often enough that drivers think of preparing it, which would stay with the server's connection.
COUNTED = "op.execute(f\"INSERT INTO applied VALUES ('{revision}')\")\n"
"""How often each revision was applied is looked at afterwards."""
FILL = """
for _ in range(12):
    op.execute("INSERT INTO talks DEFAULT VALUES")
"""

# What goes on inside of transactions too shows in a file.
MARKED = """
marks = Path(__file__).parents[2] / "marks"
with marks.open("a") as file:
    file.write(f"{os.getpid()} begins\\n")
time.sleep(SECONDS)
with marks.open("a") as file:
    file.write(f"{os.getpid()} ends\\n")
"""

# Nothing is left to be created, which would make the others wait without a lock of ours.
BEFORE = (
    "CREATE TABLE talks (id serial PRIMARY KEY)",
    "CREATE TABLE alembic_version (version_num varchar(32) CONSTRAINT alembic_version_pkc PRIMARY KEY)",
)

SETTINGS = (
    "application_name",
    "client_connection_check_interval",
    "lock_timeout",
    "role",
    "search_path",
    "statement_timeout",
    "default_transaction_isolation",
)


@pytest.fixture(scope="module")
def processes() -> Iterator[list[Worker]]:
    """More than the pool has connections."""
    with workers(PROCESSES) as those:
        yield those


def env_with(*arguments: str) -> str:
    return own_env(", ".join(arguments), names="Environment, SessionSettings")


def all_set(database: Database) -> str:
    return f"session=SessionSettings(role={database.url.username!r}, search_path='public', statement_timeout=30)"


def seen_by_clients(database: Database) -> list[dict[str, Any]]:
    """What each of the pool's connections shows to the client that gets it."""
    prepared = "(SELECT count(*) FROM pg_prepared_statements) AS prepared"
    settings = [f"current_setting('{name}') AS {name}" for name in SETTINGS]
    statement = text(f"SELECT pg_backend_pid() AS pid, {', '.join([prepared, *settings])}")
    with ExitStack() as clients:
        connections = [clients.enter_context(database.engine().connect()) for _ in range(POOL_SIZE)]
        seen = [dict(connection.execute(statement).mappings().one()) for connection in connections]
    assert len({each.pop("pid") for each in seen}) == POOL_SIZE
    return seen


def advisory_locks(database: Database) -> int:
    with database.engine().connect() as connection:
        query = "SELECT count(*) FROM pg_locks JOIN pg_database ON database = pg_database.oid"
        of_this = "locktype = 'advisory' AND datname = current_database()"
        return int(connection.scalar(text(f"{query} WHERE {of_this}")) or 0)


def longest_transaction(database: Database, *, seconds: float) -> float:
    """Of those that were open in these seconds, how long it was."""
    ages = "SELECT extract(epoch FROM max(clock_timestamp() - xact_start)) FROM pg_stat_activity"
    of_others = "datname = current_database() AND pid <> pg_backend_pid()"
    longest = 0.0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with database.engine().connect() as connection:
            longest = max(longest, float(connection.scalar(text(f"{ages} WHERE {of_others}")) or 0))
        time.sleep(0.02)
    return longest


def empty(database: Database) -> None:
    with database.engine().begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))


def upgrade(service: Service, database: Database) -> None:
    service.settle(database)
    command.upgrade(Config(service.ini), "head")


def test_the_danger_is_real(pgbouncer: Database, postgres18: Database) -> None:
    """A lock of the session is handed on with the server's connection, and stays there."""
    for _ in range(2):
        with pgbouncer.engine().connect() as client:
            assert client.scalar(text("SELECT pg_try_advisory_lock(1)"))
            client.commit()
    assert advisory_locks(postgres18) == 1


def test_the_danger_is_real_for_settings_too(pgbouncer: Database) -> None:
    with pgbouncer.engine().connect() as client:
        client.execute(text("SET lock_timeout = '7s'"))
        client.commit()
    assert [each["lock_timeout"] for each in seen_by_clients(pgbouncer)].count("7s") == 1


def played(
    path: Path, arguments: str, pooler: Database, processes: list[Worker], *, seconds: float
) -> tuple[Round, list[str]]:
    """A round of all of them at once: what came of it, and what the marks in its first revision say."""
    marked = MARKED.replace("SECONDS", str(seconds))
    service = Service(path, env_with(arguments), (COUNTED + marked + FILL, COUNTED + FILL), BEFORE)
    result = play(service, pooler, together(processes))
    return result, (path / "marks").read_text().split()[1::2]


def test_the_danger_is_real_for_data(pgbouncer: Database, processes: list[Worker], tmp_path: Path) -> None:
    result, marks = played(tmp_path / "service", "lock_wait=None", pgbouncer, processes, seconds=0.3)
    assert marks[:2] == ["begins", "begins"]
    assert result.errors


def test_no_two_migrate_at_once(
    pgbouncer: Database,
    postgres18: Database,
    processes: list[Worker],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    before = seen_by_clients(pgbouncer)
    for number in range(ROUNDS):
        result, marks = played(tmp_path / str(number), all_set(pgbouncer), pgbouncer, processes, seconds=0.02)
        assert (result.errors, result.faults, marks) == ([], [], ["begins", "ends"])
        empty(postgres18)
    assert advisory_locks(postgres18) == 0
    assert seen_by_clients(pgbouncer) == before
    record_property("tally", f"pgbouncer: {ROUNDS} rounds of {PROCESSES} processes, none of them beside another")


def test_those_who_wait_leave_the_pool_to_others(
    pgbouncer: Database, postgres18: Database, processes: list[Worker], tmp_path: Path
) -> None:
    service = Service(tmp_path, env_with("lock_wait=2"), (CREATE,))
    service.settle(pgbouncer)
    with postgres18.engine().connect() as holder, migration_lock(holder):
        for each in processes:
            each.begin(service)
        longest = longest_transaction(postgres18, seconds=1.8)
        outcomes = [each.outcome() for each in processes]
    assert all("is held by" in str(outcome.error) for outcome in outcomes)
    assert longest < 1


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_each_driver_leaves_nothing_behind(
    driver: str, pgbouncer: Database, postgres18: Database, tmp_path: Path
) -> None:
    before = seen_by_clients(pgbouncer)
    url = pgbouncer.url.set(drivername=f"postgresql+{driver}").render_as_string(hide_password=False)
    upgrade(Service(tmp_path, env_with(all_set(pgbouncer), f"url={url!r}"), (CREATE, FILL)), pgbouncer)
    assert inspect(postgres18.engine()).has_table("talks")
    assert advisory_locks(postgres18) == 0
    assert seen_by_clients(pgbouncer) == before


def test_asyncpg_would_leave_its_prepared_statements(pgbouncer: Database, postgres18: Database, tmp_path: Path) -> None:
    url = pgbouncer.url.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)
    with pytest.raises(LockError, match="asyncpg prepares all statements"):
        upgrade(Service(tmp_path, env_with(f"url={url!r}"), (CREATE,)), pgbouncer)
    assert inspect(postgres18.engine()).get_table_names() == ["applied"]


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ("configure={'transaction_per_migration': True}", ""),
        ("", "with op.get_context().autocommit_block():\n    op.execute('CREATE TABLE other (id integer)')"),
    ],
    ids=["transaction_per_migration", "autocommit block"],
)
def test_what_needs_several_transactions_is_refused(
    arguments: str, body: str, pgbouncer: Database, postgres18: Database, tmp_path: Path
) -> None:
    service = Service(tmp_path, env_with(arguments), (CREATE, body))
    with pytest.raises(LockError, match="pooler"):
        upgrade(service, pgbouncer)
    assert inspect(postgres18.engine()).get_table_names() == ["applied"]
    assert advisory_locks(postgres18) == 0


@pytest.mark.parametrize("body", ['op.execute("COMMIT")', "op.get_bind().commit()", "op.get_bind().rollback()"])
def test_a_revision_that_ends_the_one_transaction_is_refused(
    body: str, pgbouncer: Database, postgres18: Database, tmp_path: Path
) -> None:
    """The next revision's table would be in another schema."""
    with postgres18.engine().begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA own")
    service = Service(tmp_path, env_with("session=SessionSettings(search_path='own')"), (CREATE,))
    upgrade(service, pgbouncer)
    more = Service(tmp_path / "more", service.env, (CREATE, body, CREATE.replace("talks", "speakers")))
    more.ini.write_text(service.ini.read_text())
    with pytest.raises(VersionTableError, match=r"The revision (executes|calls)"):
        command.upgrade(Config(more.ini), "head")
    assert not inspect(postgres18.engine()).has_table("speakers")
    assert not inspect(postgres18.engine()).has_table("speakers", "own")


def test_a_callers_connection_in_no_transaction_is_refused_and_left_as_it_was(
    pgbouncer: Database, tmp_path: Path
) -> None:
    before = seen_by_clients(pgbouncer)
    service = Service(tmp_path, env_with(all_set(pgbouncer)), (CREATE,))
    service.settle(pgbouncer)
    config = Config(service.ini)
    with pgbouncer.engine().connect() as connection:
        config.attributes["connection"] = connection
        with pytest.raises(LockError, match="Begin a transaction and pass the connection then"):
            command.upgrade(config, "head")
    assert seen_by_clients(pgbouncer) == before


def test_without_a_transaction_there_is_no_lock(pgbouncer: Database, tmp_path: Path) -> None:
    url = pgbouncer.url.render_as_string(hide_password=False)
    service = Service(tmp_path, env_with(f"url={url!r}"), (CREATE,))
    service.settle(pgbouncer)
    config = Config(service.ini)
    config.set_main_option("sqlalchemy.isolation_level", "AUTOCOMMIT")
    with pytest.raises(LockError, match="the isolation level is AUTOCOMMIT"):
        command.upgrade(config, "head")


@pytest.mark.parametrize("schema", ["own", "public"])
def test_its_lock_is_the_one_of_those_who_connect_to_the_server(
    schema: str, pgbouncer: Database, postgres18: Database, tmp_path: Path
) -> None:
    with postgres18.engine().begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA own")
    service = Service(tmp_path, env_with("session=SessionSettings(search_path='own')", "lock_wait=0"), (CREATE,))
    waits = pytest.raises(LockError, match="is held by") if schema == "own" else nullcontext()
    table = VersionTable("alembic_version", schema)
    with postgres18.engine().connect() as holder, migration_lock(holder, table), waits:
        upgrade(service, pgbouncer)


def test_what_only_looks_takes_no_lock(pgbouncer: Database, postgres18: Database, tmp_path: Path) -> None:
    service = Service(tmp_path, env_with("lock_wait=0"), (CREATE,))
    service.settle(pgbouncer)
    with postgres18.engine().connect() as holder, migration_lock(holder):
        command.current(Config(service.ini))
        with pytest.raises(LockError, match="is held by"):
            command.upgrade(Config(service.ini), "head")
