"""A run that is killed or told to end while its statement is at work, and the run after it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from migrakit import migration_lock
from tests.deployments import Service, Worker, command_line, faults, own_env, workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.databases import Database, Kind, NewDatabase

# How long it works stands in the environment of the run that is to be killed. The next one finds nothing there.
STATEMENTS: dict[Kind, str] = {
    "postgresql-18": "INSERT INTO applied SELECT '0001' FROM pg_sleep({})",
    "mariadb": "INSERT INTO applied SELECT '0001' FROM DUAL WHERE SLEEP({}) = 0",
}

IN_TRANSACTION = """
op.execute("{statement}".format(os.environ.get("PAUSE", "0")))
"""

# Nothing takes back what it did, so it looks first.
IN_AUTOCOMMIT = """
with op.get_context().autocommit_block():
    if not op.get_bind().scalar(sa.text("SELECT count(*) FROM applied")):
        op.execute("{statement}".format(os.environ.get("PAUSE", "0")))
"""

ON_SQLITE = """
op.execute("INSERT INTO applied VALUES ('0001')")
if "PAUSE" in os.environ:
    Path(os.environ["AT_WORK"]).touch()
    time.sleep(float(os.environ["PAUSE"]))
"""

AT_WORK = {
    "postgresql": "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND state = 'active' AND query LIKE 'INSERT INTO applied%'",
    "mysql": "SELECT count(*) FROM information_schema.processlist "
    "WHERE db = DATABASE() AND info LIKE 'INSERT INTO applied%'",
}

PATIENCE = 20.0

# As a process that is not told otherwise: its statement ends only when it is done.
WITHOUT_CHECKS = own_env("session=SessionSettings(check_interval=None)", names="Environment, SessionSettings")


def is_at_work(database: Database) -> bool:
    with database.engine().connect() as connection:
        return bool(connection.scalar(text(AT_WORK[database.dialect])))


def await_that(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(scope="module")
def next_run() -> Iterator[Worker]:
    with workers(1) as [worker]:
        yield worker


@pytest.mark.parametrize(
    ("kind", "body", "env"),
    [
        pytest.param("postgresql-18", IN_TRANSACTION, own_env(), id="postgresql"),
        pytest.param("postgresql-18", IN_AUTOCOMMIT, WITHOUT_CHECKS, id="postgresql-autocommit"),
        pytest.param("mariadb", IN_TRANSACTION, own_env(), id="mariadb"),
    ],
)
def test_next_run_waits_for_the_statement_that_outlives_its_killed_client(
    *, kind: Kind, body: str, env: str, new_database: NewDatabase, next_run: Worker, tmp_path: Path
) -> None:
    database, service = new_database(kind), Service(tmp_path, env, (body.format(statement=STATEMENTS[kind]),))
    service.settle(database)
    with workers(1, {"PAUSE": "1.5"}) as [killed]:
        killed.begin(service)
        await_that(lambda: is_at_work(database))
        killed.process.kill()
        next_run.begin(service)
    assert next_run.outcome().error is None
    await_that(lambda: not is_at_work(database))
    assert faults(service, database) == []


def test_next_run_stops_where_the_journal_tells_that_the_killed_one_may_have_done_it(
    mariadb: Database, next_run: Worker, tmp_path: Path
) -> None:
    service = Service(tmp_path, own_env(), (IN_AUTOCOMMIT.format(statement=STATEMENTS["mariadb"]),))
    service.settle(mariadb)
    with workers(1, {"PAUSE": "1.5"}) as [killed]:
        killed.begin(service)
        await_that(lambda: is_at_work(mariadb))
        killed.process.kill()
        next_run.begin(service)
    error = next_run.outcome().error
    assert error is not None
    assert error.startswith("TornRevisionError: The upgrade of revision '0001' was begun at ")
    assert "whether 1 (INSERT INTO applied) is done, the catalog can't tell." in error
    await_that(lambda: not is_at_work(mariadb))
    with mariadb.engine().connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM applied")) == 1


def test_killed_run_frees_the_lock_of_sqlite_at_once(sqlite: Database, next_run: Worker, tmp_path: Path) -> None:
    service, mark = Service(tmp_path / "service", own_env(), (ON_SQLITE,)), tmp_path / "mark"
    service.settle(sqlite)
    with workers(1, {"PAUSE": "60", "AT_WORK": str(mark)}) as [killed]:
        killed.begin(service)
        await_that(mark.exists)
        killed.process.kill()
        killed.process.wait()
        next_run.begin(service)
        outcome = next_run.outcome()
    assert outcome.error is None
    assert outcome.seconds < 2
    assert faults(service, sqlite) == []


@pytest.mark.parametrize(
    ("kind", "driver", "within"),
    [
        pytest.param("postgresql-18", "postgresql+psycopg", 2, id="psycopg"),
        pytest.param("postgresql-18", "postgresql+psycopg2", 2, id="psycopg2"),
        pytest.param("postgresql-18", "postgresql+asyncpg", 2, id="asyncpg"),
        pytest.param("mariadb", "mariadb+pymysql", 2, id="pymysql"),
        pytest.param("mariadb", "mariadb+aiomysql", 2, id="aiomysql"),
    ],
)
def test_command_line_that_is_told_to_end_does_and_frees_the_lock(
    kind: Kind, driver: str, within: float, new_database: NewDatabase, tmp_path: Path
) -> None:
    made = new_database(kind)
    url = made.url.set(drivername=driver)
    url = url.difference_update_query(["ssl_disabled"]) if "aio" in driver else url
    arguments = f"url={url.render_as_string(hide_password=False)!r}"
    service = Service(tmp_path, own_env(arguments), (IN_TRANSACTION.format(statement=STATEMENTS[kind]),))
    service.settle(made)
    with command_line(service, {"PAUSE": "30"}) as process:
        await_that(lambda: is_at_work(made))
        process.terminate()
        begun = time.monotonic()
        process.communicate(timeout=PATIENCE)
        exited = time.monotonic() - begun
        await_that(lambda: not is_at_work(made))
        ended = time.monotonic() - begun
    assert process.returncode != 0
    assert exited < 3
    assert ended < within
    with made.engine().connect() as connection, migration_lock(connection, wait=1):
        pass
