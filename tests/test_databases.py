"""The test databases themselves: fresh, in servers that a run's workers share, and gone after it, even a killed one."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from sqlalchemy import URL, inspect, text

from tests.databases import SERVER_KINDS, Database, NewDatabase, binaries
from tests.databases.canary import PASSWORD, birds_in
from tests.databases.daemon import discard, running_process
from tests.databases.database import ServerKind
from tests.databases.fixtures import REQUIRE_VARIABLE, SESSION, fresh_database
from tests.databases.pgbouncer import in_front_of
from tests.databases.postgresql import URL_VARIABLE
from tests.databases.server import UnavailableError
from tests.databases.session import Session, base_lock

ROOT = Path(__file__).parent.parent

given_server = pytest.mark.skipif(URL_VARIABLE in os.environ, reason=f"{URL_VARIABLE} names the server")


@pytest.fixture
def session(pytestconfig: pytest.Config) -> Session:
    return pytestconfig.stash[SESSION]


def table_names(database: Database) -> list[str]:
    with database.engine().connect() as connection:
        return inspect(connection).get_table_names()


def create_table(database: Database) -> None:
    with database.engine().begin() as connection:
        connection.execute(text("CREATE TABLE talk (id integer)"))


def server_version(database: Database) -> str:
    with database.engine().connect() as connection:
        return str(connection.scalar(text("SHOW server_version")))


def backend(database: Database) -> int:
    with database.engine().connect() as connection:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def test_is_empty_and_takes_tables(database: Database) -> None:
    assert table_names(database) == []
    create_table(database)
    assert table_names(database) == ["talk"]


def test_dialect_is_the_family(database: Database) -> None:
    families = {"postgresql-18": "postgresql", "postgresql-16": "postgresql", "mariadb": "mysql", "sqlite": "sqlite"}
    assert database.dialect == families[database.kind]


def test_drivers(database: Database) -> None:
    assert database.url.drivername in {"postgresql+psycopg", "mariadb+pymysql", "sqlite"}


@given_server
def test_postgresql_is_of_its_version(postgresql: Database) -> None:
    assert server_version(postgresql).startswith(postgresql.kind.removeprefix("postgresql-"))


def test_fixtures_of_one_kind(postgres18: Database, mariadb: Database, sqlite: Database) -> None:
    assert [postgres18.kind, mariadb.kind, sqlite.kind] == ["postgresql-18", "mariadb", "sqlite"]


def test_second_database_is_another_one_in_the_same_server(database: Database, new_database: NewDatabase) -> None:
    second = new_database(database.kind)
    create_table(database)
    assert table_names(second) == []
    assert second.url != database.url
    assert second.kind == "sqlite" or second.url == database.url.set(database=second.url.database)


@pytest.mark.parametrize("kind", SERVER_KINDS)
def test_is_dropped_even_while_somebody_is_connected(kind: ServerKind, session: Session, tmp_path: Path) -> None:
    with fresh_database(kind, session, tmp_path) as database:
        connection = database.engine().connect()
    connection.invalidate()
    with fresh_database(kind, session, tmp_path) as other, other.engine().connect() as witness:
        query = "SELECT datname FROM pg_database" if other.dialect == "postgresql" else "SHOW DATABASES"
        names = witness.execute(text(query)).scalars().all()
    assert other.url.database in names
    assert database.url.database not in names


@pytest.mark.parametrize("fixture", ["secured", "secured_mariadb"])
def test_secured_is_on_tcp_and_shows_its_password_to_nobody(
    fixture: str, session: Session, request: pytest.FixtureRequest
) -> None:
    database: Database = request.getfixturevalue(fixture)
    create_table(database)
    assert table_names(database) == ["talk"]
    assert (database.url.host, database.url.password) == ("127.0.0.1", PASSWORD)
    server = running_process(session.directory / f"{database.kind}-secured")
    assert server is not None
    assert birds_in(" ".join(server.cmdline())) == []


def test_pooler_gives_a_connection_to_one_client_after_another(pgbouncer: Database, postgres18: Database) -> None:
    create_table(pgbouncer)
    assert table_names(postgres18) == ["talk"]
    assert len({backend(pgbouncer) for _ in range(5)}) == 1
    assert len({backend(postgres18) for _ in range(5)}) == 5


@pytest.mark.parametrize("kind", SERVER_KINDS)
def test_time_is_told(kind: ServerKind, new_database: NewDatabase) -> None:
    new_database(kind)
    start = time.perf_counter()
    new_database(kind)
    print(f"one more {kind} database: {(time.perf_counter() - start) * 1000:.1f} ms")


def test_given_postgresql_is_used_instead(
    new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = new_database("postgresql-16").url
    plain = given.set(drivername="postgresql").render_as_string(hide_password=False)
    monkeypatch.setenv(URL_VARIABLE, plain)
    with fresh_database("postgresql-18", Session(tmp_path), tmp_path) as database:
        assert database.url == given.set(database=database.url.database)
        assert table_names(database) == []
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(binaries, "ELSEWHERE", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(REQUIRE_VARIABLE, raising=False)


@pytest.mark.usefixtures("nothing_installed")
def test_missing_mariadb_skips_saying_so(tmp_path: Path) -> None:
    with pytest.raises(pytest.skip.Exception, match="Debian: mariadb-server"):
        fresh_database("mariadb", Session(tmp_path), tmp_path)


@pytest.mark.usefixtures("nothing_installed")
def test_missing_mariadb_fails_where_servers_are_required(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(REQUIRE_VARIABLE, "1")
    with pytest.raises(pytest.fail.Exception, match="Debian: mariadb-server"):
        fresh_database("mariadb", Session(tmp_path), tmp_path)


@pytest.mark.usefixtures("nothing_installed")
def test_missing_pgbouncer_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="Debian: pgbouncer"):
        in_front_of(URL.create("postgresql"), tmp_path)


def test_another_process_with_a_servers_number_is_let_be(tmp_path: Path) -> None:
    server = tmp_path / "mariadb"
    server.mkdir()
    (server / "pid").write_text(str(os.getpid()))
    assert running_process(server) is None
    discard(server)
    assert not server.exists()


def test_another_process_with_a_controllers_number_is_no_controller(tmp_path: Path) -> None:
    (tmp_path / "controller").write_text(f"{os.getpid()} {psutil.Process().create_time() - 3600}")
    assert not Session(tmp_path).alive


RUN = """
import json, os, time
from pathlib import Path
import pytest
from tests.databases.fixtures import SESSION

@pytest.mark.parametrize("number", range(4))
def test_stays_until_told(number, postgres18, mariadb, pytestconfig):
    session = pytestconfig.stash[SESSION].directory
    servers = [int((session / kind / "pid").read_text()) for kind in ("postgresql-18", "mariadb")]
    draft = Path(f"draft-{number}")
    draft.write_text(json.dumps([str(session), os.environ.get("PYTEST_XDIST_WORKER"), servers]))
    draft.rename(f"{number}.json")
    while not Path("finish").exists():
        time.sleep(0.01)
"""


class Report(NamedTuple):
    session: str
    worker: str | None
    servers: list[int]

    def servers_left(self) -> list[int]:
        return [number for number in self.servers if runs(number)]


@dataclass(frozen=True)
class Run:
    """Another pytest, whose tests wait in its directory for the file ``finish``."""

    process: subprocess.Popen[str]
    directory: Path

    def reports(self, number: int) -> list[Report]:
        """What ``number`` tests, or more, say of the session that they are in."""
        deadline = time.monotonic() + 30
        while len(found := sorted(self.directory.glob("*.json"))) < number:
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return [Report(*json.loads(path.read_text())) for path in found]

    def finish(self) -> None:
        (self.directory / "finish").touch()
        assert self.process.wait(30) == 0, self.output()

    def output(self) -> str:
        return (self.directory / "output").read_text()


def runs(number: int) -> bool:
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def another_run(directory: Path, *options: str) -> Iterator[Run]:
    (directory / "test_it.py").write_text(RUN)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "MIGRAKIT_"))}
    command = [sys.executable, "-m", "pytest", "-p", "tests.databases.fixtures", f"--rootdir={directory}", *options]
    with (
        (directory / "output").open("w") as output,
        subprocess.Popen(
            command,
            cwd=directory,
            env=environment | {"PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        try:
            yield Run(process, directory)
        finally:
            process.kill()


@pytest.mark.usefixtures("mariadb")
def test_workers_share_their_runs_servers(session: Session, tmp_path: Path) -> None:
    with another_run(tmp_path, "-n2") as run:
        one, other = run.reports(2)
        run.finish()
    assert {one.worker, other.worker} == {"gw0", "gw1"}
    assert (one.session, one.servers) == (other.session, other.servers)
    assert one.session != str(session.directory)
    assert one.servers_left() == []
    assert not Path(one.session).exists()


def test_killed_run_is_cleaned_up_by_the_next_which_spares_the_living(
    session: Session, postgres18: Database, mariadb: Database, tmp_path: Path
) -> None:
    with another_run(tmp_path) as run:
        report = run.reports(1)[0]
        with base_lock():
            run.process.send_signal(signal.SIGKILL)
            run.process.wait()
            assert report.servers_left() == report.servers
            assert Path(report.session).exists()
    Session.start().stop()
    assert report.servers_left() == []
    assert not Path(report.session).exists()
    assert session.directory.exists()
    assert table_names(postgres18) == table_names(mariadb) == []


def test_run_without_workers_stops_its_servers(mariadb: Database, tmp_path: Path) -> None:
    with another_run(tmp_path) as run:
        report = run.reports(1)[0]
        run.finish()
    assert report.worker is None
    assert report.servers_left() == []
    assert not Path(report.session).exists()
