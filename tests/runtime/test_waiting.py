"""A server that isn't up yet is waited for where that is asked, and nothing else is."""

from __future__ import annotations

import signal
import socket
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from threading import Event, Timer
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import URL, Engine, MetaData, NullPool, create_engine, event, inspect

from migrakit.errors import ConfigurationError, ConnectionFailedError
from tests.databases import postgresql
from tests.databases.daemon import Daemon, data_directory, discard, running_process
from tests.databases.fixtures import SESSION
from tests.databases.secured import HOST, free_port
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.databases import Database

# Longer than any test may take: what is not to be waited for would be missed.
LONG = 600
_PATIENCE = 5

POSTGRESQL = ["postgresql+psycopg", "postgresql+asyncpg"]
DRIVERS = [*POSTGRESQL, "postgresql+psycopg2", "mariadb+pymysql", "mariadb+aiomysql"]


def service(path: Path, url: Any, **environment: Any) -> Project:
    given = {"metadata": MetaData(), "url": url, **environment}
    return Project(path, URL.create("sqlite"), attributes={"environment": given})


@contextmanager
def attempts() -> Iterator[list[dict[str, Any]]]:
    """To connect, by any engine: what each gave to the driver."""
    made: list[dict[str, Any]] = []

    def keep(_dialect: Any, _record: Any, _arguments: Any, keywords: dict[str, Any]) -> None:
        made.append(dict(keywords))

    event.listen(Engine, "do_connect", keep)
    try:
        yield made
    finally:
        event.remove(Engine, "do_connect", keep)


def refused(path: Path, url: Any, **environment: Any) -> tuple[int, str]:
    """How often it was tried, and what was said in the end."""
    with attempts() as made, pytest.raises(ConnectionFailedError) as raised:
        service(path, url, **environment).upgrade()
    return len(made), str(raised.value)


def nobody_listens(drivername: str) -> URL:
    return URL.create(drivername, "deployer", "Canary4", HOST, free_port(), "talks")


@pytest.fixture
def late(pytestconfig: pytest.Config) -> Iterator[Daemon]:
    """A PostgreSQL server of the test's own, which doesn't run yet."""
    directory = pytestconfig.stash[SESSION].directory / f"late-{uuid4().hex[:8]}"
    yield postgresql.daemon(18, directory, initdb=("--username=postgres", "--auth=trust"))
    discard(directory)


def url_of(daemon: Daemon, drivername: str = postgresql.DRIVER) -> URL:
    return URL.create(drivername, "postgres", port=5432, database="postgres", query={"host": str(daemon.directory)})


def is_upgraded(daemon: Daemon) -> bool:
    return inspect(create_engine(url_of(daemon), poolclass=NullPool)).has_table("alembic_version")


@pytest.mark.parametrize("drivername", POSTGRESQL)
def test_a_server_that_starts_meanwhile_is_waited_for(drivername: str, late: Daemon, tmp_path: Path) -> None:
    """It starts in another thread, when the first attempt has failed."""
    starting = Timer(0, late.ensure_running)

    def url() -> URL:
        if made and starting.ident is None:
            starting.start()
        return url_of(late, drivername)

    with attempts() as made:
        service(tmp_path, url, server_wait=LONG).upgrade()
    starting.join()
    assert len(made) > 1
    assert is_upgraded(late)


@pytest.mark.parametrize("drivername", POSTGRESQL)
def test_a_server_that_is_up_and_takes_nobody_yet_is_waited_for(drivername: str, late: Daemon, tmp_path: Path) -> None:
    """As one does that is still recovering; this one does until it is told to be more than a standby."""
    standby(late).ensure_running()

    def url() -> URL:
        if len(made) == 2:
            promote(late)
        return url_of(late, drivername)

    with attempts() as made:
        service(tmp_path, url, server_wait=LONG).upgrade()
    assert len(made) > 2
    assert is_upgraded(late)


def standby(daemon: Daemon) -> Daemon:
    """Taking nobody at all."""
    signalled = ("sh", "-c", '"$@" && touch "$0"', str(data_directory(daemon.directory) / "standby.signal"))
    return replace(
        daemon,
        initialise=(*signalled, *daemon.initialise),
        serve=(*daemon.serve, "--hot_standby=off"),
        announcement="consistent recovery state",
    )


def promote(daemon: Daemon) -> None:
    process = running_process(daemon.directory)
    assert process is not None
    (data_directory(daemon.directory) / "promote").touch()
    process.send_signal(signal.SIGUSR1)


@pytest.mark.parametrize("drivername", DRIVERS)
def test_by_default_nothing_is_waited_for(drivername: str, tmp_path: Path) -> None:
    tried, said = refused(tmp_path, nobody_listens(drivername))
    assert tried == 1
    assert "Environment(server_wait=30) waits for it" in said
    assert "Canary4" not in said


@pytest.mark.parametrize("drivername", DRIVERS)
def test_the_wait_ends(drivername: str, tmp_path: Path) -> None:
    """The pauses get longer: three of them are half a second."""
    began = time.monotonic()
    tried, said = refused(tmp_path, nobody_listens(drivername), server_wait=0.5)
    assert time.monotonic() - began >= 0.5
    assert 2 <= tried <= 4
    assert f"There is no connection to {drivername}://deployer" in said


@pytest.mark.parametrize("drivername", ["postgresql+psycopg", "mariadb+pymysql"])
@pytest.mark.parametrize(
    "name",
    [
        {"host": "my-password-db.invalid"},
        {"username": "certificate_maker"},
        {"database": "Password"},
    ],
)
def test_a_name_that_sounds_like_a_refusal_is_waited_for(drivername: str, name: dict[str, str], tmp_path: Path) -> None:
    url = nobody_listens(drivername).set(**name)  # type: ignore[arg-type]
    tried, said = refused(tmp_path, lambda: url, server_wait=0.3)
    assert tried > 1
    assert next(iter(name.values())) in said


@pytest.mark.parametrize("drivername", ["postgresql+psycopg", "postgresql+psycopg2"])
def test_so_is_a_path_that_does(drivername: str, tmp_path: Path) -> None:
    directory = tmp_path / "password"
    directory.mkdir()
    url = URL.create(drivername, "deployer", database="talks", query={"host": str(directory)})
    tried, said = refused(tmp_path, url, server_wait=0.3)
    assert tried > 1
    assert str(directory) in said


@contextmanager
def silent() -> Iterator[tuple[int, Event]]:
    """A port that takes whoever connects and says nothing to them; and what is set when it is gone after all."""
    gone = Event()
    with socket.create_server((HOST, 0)) as server:
        yield from _until_gone(server, gone)


@contextmanager
def full() -> Iterator[tuple[int, Event]]:
    """A port whose queue is full, so that connecting goes without an answer, as to a host that is not there."""
    gone = Event()
    with socket.create_server((HOST, 0), backlog=0) as server, ExitStack() as waiting:
        for _ in range(3):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(server.getsockname())
        yield from _until_gone(server, gone)


def _until_gone(server: socket.socket, gone: Event) -> Iterator[tuple[int, Event]]:
    def go() -> None:
        gone.set()
        server.close()

    ending = Timer(_PATIENCE, go)
    port = server.getsockname()[1]
    ending.start()
    yield port, gone
    ending.cancel()


@pytest.mark.parametrize(
    ("unanswering", "drivername"),
    [
        (silent, "postgresql+psycopg"),
        (silent, "postgresql+asyncpg"),
        (full, "postgresql+psycopg"),
        (full, "mariadb+pymysql"),
    ],
)
def test_the_wait_ends_where_nobody_answers(
    unanswering: Callable[[], AbstractContextManager[tuple[int, Event]]], drivername: str, tmp_path: Path
) -> None:
    with unanswering() as (port, gone):
        tried, _ = refused(tmp_path, URL.create(drivername, "deployer", "x", HOST, port, "talks"), server_wait=1)
        assert not gone.is_set()
    assert tried == 1


def test_each_attempt_asks_for_the_url_anew(late: Daemon, tmp_path: Path) -> None:
    """The server is elsewhere by the third."""
    late.ensure_running()

    def url() -> URL:
        return url_of(late) if len(made) == 2 else url_of(late).set(port=6000 + len(made))

    with attempts() as made:
        service(tmp_path, url, server_wait=LONG).upgrade()
    assert [each["port"] for each in made] == [6000, 6001, 5432]
    assert is_upgraded(late)


def test_a_password_that_changes_meanwhile_is_asked_for_anew(late: Daemon, tmp_path: Path) -> None:
    late.ensure_running()

    def url() -> URL:
        url = url_of(late).set(password=f"password-{len(made)}")
        return url if len(made) == 2 else url.set(port=6000)

    with attempts() as made:
        service(tmp_path, url, server_wait=LONG).upgrade()
    assert [each["password"] for each in made] == ["password-0", "password-1", "password-2"]


def in_driver(database: Database, drivername: str) -> URL:
    return database.url.set(drivername=drivername).difference_update_query(["ssl_disabled"])


@pytest.mark.parametrize("drivername", POSTGRESQL)
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"password": "Canary4"}, "authentication failed"),
        ({"username": "nobody"}, "authentication failed"),
        ({"database": "nowhere"}, "does not exist"),
    ],
)
def test_what_a_server_refuses_is_not_waited_for(
    drivername: str, wrong: dict[str, Any], says: str, secured: Database, tmp_path: Path
) -> None:
    tried, said = refused(tmp_path, in_driver(secured, drivername).set(**wrong), server_wait=LONG)
    assert tried == 1
    assert says in said


@pytest.mark.parametrize("drivername", ["mariadb+pymysql", "mariadb+aiomysql"])
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"password": "Canary4"}, "Access denied"),
        ({"username": "nobody"}, "Access denied"),
        ({"database": "nowhere"}, "Unknown database"),
    ],
)
def test_nor_is_what_mariadb_refuses(
    drivername: str, wrong: dict[str, Any], says: str, secured_mariadb: Database, tmp_path: Path
) -> None:
    tried, said = refused(tmp_path, in_driver(secured_mariadb, drivername).set(**wrong), server_wait=LONG)
    assert tried == 1
    assert says in said


@pytest.mark.parametrize("drivername", ["sqlite", "sqlite+aiosqlite"])
def test_nor_is_a_file_that_cannot_be_opened(drivername: str, tmp_path: Path) -> None:
    url = URL.create(drivername, database=str(tmp_path / "nowhere" / "talks.db"))
    tried, said = refused(tmp_path, url, server_wait=LONG)
    assert tried == 1
    assert "unable to open database file" in said


def test_the_thread_of_aiosqlite_has_ended_before_its_loop_has(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Otherwise it has an error of its own, which is written to stderr, now or later."""
    raised: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", raised.append)
    before = set(threading.enumerate())
    for number in range(20):
        url = URL.create("sqlite+aiosqlite", database=str(tmp_path / "nowhere" / "talks.db"))
        refused(tmp_path / str(number), url)
        assert set(threading.enumerate()) <= before
    assert raised == []


def test_nor_is_a_driver_that_is_missing(tmp_path: Path) -> None:
    tried, said = refused(tmp_path, "postgresql+pg8000://host/talks", server_wait=LONG)
    assert tried == 0
    assert "needs the driver pg8000" in said


@pytest.mark.parametrize("given", [-1, "30", None, True])
def test_what_is_no_time_is_refused(given: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"server_wait=.* is no number of seconds"):
        service(tmp_path, "sqlite://", server_wait=given).upgrade()
