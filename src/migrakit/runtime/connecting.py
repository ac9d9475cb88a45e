"""A connection, once the server is there; and an error that a person understands if it can't be had."""

from __future__ import annotations

import logging
import re
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from alembic import context
from sqlalchemy import engine_from_config, pool
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from migrakit.errors import ConnectionFailedError, Problem
from migrakit.runtime.pausing import pause
from migrakit.runtime.url import UrlSource, dialect_of, redacted, shown, without_secrets

if TYPE_CHECKING:
    from collections.abc import Generator

    from sqlalchemy import URL, Connection, Engine

__all__ = ["connected", "is_async"]

_log = logging.getLogger("migrakit")

# What a server that is there says: waiting changes nothing about it.
_FINAL = re.compile(
    r"authentication failed|access denied|does not exist|unknown database|no pg_hba\.conf|invalid (uri|connection|dsn)"
    r"|certificate|unable to open database file|password|not allowed",
    re.IGNORECASE,
)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_LONGEST_END = 1.0

_TIMEOUTS = {
    **dict.fromkeys(("psycopg", "psycopg2", "pymysql", "mysqldb", "aiomysql", "asyncmy"), "connect_timeout"),
    "psycopg_async": "connect_timeout",
    "asyncpg": "timeout",
}
"""What drivers call the bound of one attempt to connect, in seconds."""
_SHORTEST_TIMEOUT, _LONGEST_TIMEOUT = 2, 10


def is_async(url: URL) -> bool:
    """Whether the URL's driver wants an event loop."""
    return bool(dialect_of(url).is_async)


@contextmanager
def connected(source: UrlSource, url: URL, *, wait: float) -> Generator[Connection]:
    """A connection of our own: at once, or to a server that isn't up yet within that time."""
    deadline = time.monotonic() + wait
    seconds = _FIRST_PAUSE
    while True:
        left = deadline - time.monotonic()
        try:
            connection = _attempt(source, url, bound=left if wait else None)
            break
        except _NotYetError as error:
            left = deadline - time.monotonic()
            if left <= 0:
                raise error.failure from None
            _log.info("Waiting for the server, %.0f s at most: %s", left, error.failure.problems[0].what)
        pause(min(seconds, left), in_loop=is_async(url))
        seconds = min(seconds * 2, _LONGEST_PAUSE)
        url = source.url()  # its password may be another one by now
    with connection:
        yield connection


class _NotYetError(Exception):
    def __init__(self, failure: ConnectionFailedError) -> None:
        super().__init__(str(failure))
        self.failure = failure


def _attempt(source: UrlSource, url: URL, *, bound: float | None) -> Connection:
    threads = set(threading.enumerate())
    try:
        return _engine(url, bound).connect()
    except Exception as error:  # noqa: BLE001 - drivers raise of any kind, and what they say may be secret
        if url.get_driver_name() == "aiosqlite":
            _await_end(set(threading.enumerate()) - threads)
        failure = _failure(error, url, source)
        if _may_come(error, url):
            raise _NotYetError(failure) from None
        raise failure from None


def _await_end(threads: set[threading.Thread]) -> None:
    """Of aiosqlite's thread: it ends by itself, and would have an error if the event loop ended before."""
    for thread in threads:
        thread.join(_LONGEST_END)


def _engine(url: URL, bound: float | None) -> Engine:
    dialect = dialect_of(url)
    plain, secrets = without_secrets(url)
    options = {**_options(), "sqlalchemy.url": plain}
    arguments: dict[str, Any] = {"poolclass": pool.NullPool, "connect_args": {**secrets, **_connect_args(url, bound)}}
    if dialect.is_async:
        from sqlalchemy.ext.asyncio import async_engine_from_config  # noqa: PLC0415 - few need it

        return async_engine_from_config(options, **arguments).sync_engine
    return engine_from_config(options, **arguments)


def _connect_args(url: URL, bound: float | None) -> dict[str, int]:
    """A bound for a host that doesn't answer at all: no attempt is to outlast the wait by much."""
    name = _TIMEOUTS.get(dialect_of(url).driver)
    if bound is None or name is None or name in url.query:
        return {}
    return {name: max(_SHORTEST_TIMEOUT, round(min(bound, _LONGEST_TIMEOUT)))}


def _options() -> dict[str, Any]:
    """What else the configuration says to the engine, such as ``sqlalchemy.echo``."""
    config = context.config
    section = config.config_ini_section
    names = config.file_config.options(section) if config.file_config.has_section(section) else []
    wanted = [name for name in names if name.startswith("sqlalchemy.") and name != "sqlalchemy.url"]
    return {name: config.file_config.get(section, name) for name in wanted}


def _may_come(error: Exception, url: URL) -> bool:
    """Whether this may pass: nobody listens yet, or the server is still starting."""
    is_of_ours = isinstance(error, (ImportError, TypeError, ValueError, SQLAlchemyError)) and not isinstance(
        error, DBAPIError
    )
    return not is_of_ours and not _FINAL.search(_without_names(str(error), url))


def _without_names(message: str, url: URL) -> str:
    """What the driver says but for names that it quotes, of which one may hold a word that is looked for."""
    given = [url.host, url.username, url.database]
    for value in url.query.values():
        given.extend([value] if isinstance(value, str) else value)
    names = {name for each in given if each for name in (each, *each.split(","), each.rpartition(":")[0])}
    for name in sorted(filter(_FINAL.search, names), key=len, reverse=True):
        message = message.replace(name, "")
    return message


def _failure(error: Exception, url: URL, source: UrlSource) -> ConnectionFailedError:
    if isinstance(error, ConnectionFailedError):
        return error
    if isinstance(error, ImportError) or (isinstance(error, ValueError) and "greenlet" in str(error)):
        return ConnectionFailedError(_missing(error, url))
    said = " ".join(str(error.orig if isinstance(error, DBAPIError) else error).split()) or type(error).__name__
    return ConnectionFailedError(
        Problem(
            f"There is no connection to {shown(url)}: {redacted(said, url).rstrip('.?!')}.",
            "Nothing was read or changed.",
            f"The URL comes from {source.place}: see that it is right, and that the server is up"
            " (Environment(server_wait=30) waits for it).",
        )
    )


def _missing(error: Exception, url: URL) -> Problem:
    if "greenlet" in str(error):
        return Problem(
            f"{url.drivername} needs greenlet, and it is not installed.",
            "SQLAlchemy runs asynchronous drivers with it.",
            "Install it: pip install 'sqlalchemy[asyncio]'.",
        )
    driver = getattr(error, "name", None) or dialect_of(url).driver
    return Problem(
        f"{url.drivername} needs the driver {driver}, and it can't be imported ({redacted(str(error), url)}).",
        "SQLAlchemy speaks to the server through it.",
        f"Install {driver}, or name another driver in the URL, as in {url.get_backend_name()}+driver://.",
    )
