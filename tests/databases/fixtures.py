"""The pytest plugin: fixtures that give a test fresh databases, and the session that their servers live in."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import URL

from tests.databases import mariadb as _mariadb
from tests.databases import pgbouncer as _pgbouncer
from tests.databases import postgresql as _postgresql
from tests.databases import secured as _secured
from tests.databases import sqlite as _sqlite
from tests.databases.database import KINDS, POSTGRESQL_KINDS, Database, Kind, NewDatabase, ServerKind
from tests.databases.server import Server, UnavailableError
from tests.databases.session import Session
from tests.share import servers

REQUIRE_VARIABLE = "MIGRAKIT_REQUIRE_SERVERS"

# How pytest-xdist's workers, which inherit the environment, learn of their controller's session.
_SESSION_VARIABLE = "MIGRAKIT_TEST_SESSION"

SESSION = pytest.StashKey[Session]()


def pytest_configure(config: pytest.Config) -> None:
    if _is_worker(config):
        config.stash[SESSION] = Session(Path(os.environ[_SESSION_VARIABLE]))
    else:
        config.stash[SESSION] = session = Session.start()
        os.environ[_SESSION_VARIABLE] = str(session.directory)


def pytest_unconfigure(config: pytest.Config) -> None:
    if SESSION in config.stash and not _is_worker(config):
        config.stash[SESSION].stop()


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


@pytest.fixture
def new_database(pytestconfig: pytest.Config, tmp_path: Path) -> Iterator[NewDatabase]:
    """A function that makes one more database of a kind, each time it is called; all are dropped afterwards."""
    session = pytestconfig.stash[SESSION]
    with ExitStack() as databases:
        yield lambda kind: databases.enter_context(fresh_database(kind, session, tmp_path))


@pytest.fixture(params=servers(KINDS))
def database(request: pytest.FixtureRequest, new_database: NewDatabase) -> Database:
    """A fresh database, of every kind in turn, and of one PostgreSQL."""
    return new_database(request.param)


@pytest.fixture(params=servers(POSTGRESQL_KINDS))
def postgresql(request: pytest.FixtureRequest, new_database: NewDatabase) -> Database:
    """A fresh database, in the PostgreSQL of this run: all there are in turn, over the runs of CI."""
    return new_database(request.param)


@pytest.fixture
def postgres18(new_database: NewDatabase) -> Database:
    """A fresh database in PostgreSQL 18."""
    return new_database("postgresql-18")


@pytest.fixture
def mariadb(new_database: NewDatabase) -> Database:
    """A fresh database in MariaDB."""
    return new_database("mariadb")


@pytest.fixture
def sqlite(new_database: NewDatabase) -> Database:
    """A fresh database file."""
    return new_database("sqlite")


@pytest.fixture
def secured(pytestconfig: pytest.Config) -> Iterator[Database]:
    """A fresh database in a PostgreSQL 18 on TCP that lets nobody in without the canary for a password."""
    with _secured_database("postgresql-18", pytestconfig.stash[SESSION]) as database:
        yield database


@pytest.fixture
def secured_mariadb(pytestconfig: pytest.Config) -> Iterator[Database]:
    """A fresh database in a MariaDB on TCP that lets nobody in without the canary for a password."""
    with _secured_database("mariadb", pytestconfig.stash[SESSION]) as database:
        yield database


@pytest.fixture
def pgbouncer(postgres18: Database, pytestconfig: pytest.Config) -> Database:
    """The database of ``postgres18``, behind pgbouncer in transaction mode."""
    try:
        url = _pooler(pytestconfig.stash[SESSION])
    except UnavailableError as error:
        do_without(str(error))
    return Database(postgres18.kind, url.set(database=postgres18.url.database))


def fresh_database(kind: Kind, session: Session, tmp_path: Path) -> AbstractContextManager[Database]:
    """A database as long as the context; its server starts unless this session has it already."""
    if kind == "sqlite":
        return nullcontext(_sqlite.new_database(tmp_path))
    try:
        return _server(kind, session).new_database()
    except UnavailableError as error:
        do_without(str(error))


@cache
def _server(kind: ServerKind, session: Session) -> Server:
    directory = session.directory / kind
    return _mariadb.server(directory) if kind == "mariadb" else _postgresql.server(kind, directory)


def _secured_database(kind: ServerKind, session: Session) -> AbstractContextManager[Database]:
    try:
        return _secured_server(kind, session).new_database()
    except UnavailableError as error:
        do_without(str(error))


@cache
def _secured_server(kind: ServerKind, session: Session) -> Server:
    return _secured.server(kind, session.directory / f"{kind}-secured")


@cache
def _pooler(session: Session) -> URL:
    return _pgbouncer.in_front_of(_server("postgresql-18", session).url, session.directory / "pgbouncer")


def do_without(reason: str) -> NoReturn:
    if os.environ.get(REQUIRE_VARIABLE) == "1":
        pytest.fail(f"{reason} ({REQUIRE_VARIABLE}=1)")
    pytest.skip(reason)
