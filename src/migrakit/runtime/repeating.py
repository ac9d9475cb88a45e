"""A lock that was not to be had in time: what ran into it is repeated, where a transaction took it back whole."""

from __future__ import annotations

import logging
import random
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from migrakit.catalog.said import is_lock_timeout
from migrakit.errors import LockTimeoutError, Problem
from migrakit.runtime.pausing import pause
from migrakit.runtime.statements import statement_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from migrakit.runtime.settings import SessionSettings

__all__ = ["repeatedly"]

_log = logging.getLogger("migrakit")

_LONGEST_PAUSE = 30.0
_USUAL_TIMEOUT = 5.0

_HOLDERS = text("""
    SELECT a.pid, a.usename, a.application_name, a.state, now() - a.xact_start AS since
    FROM pg_catalog.pg_locks l
    JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
    WHERE l.relation = to_regclass(:name) AND l.granted AND a.datname = current_database()
    AND a.pid <> pg_backend_pid()
    GROUP BY 1, 2, 3, 4, 5
    ORDER BY 5 DESC
    LIMIT 3
""")


def repeatedly(
    attempt: Callable[[], None], connection: Connection, settings: SessionSettings, why_not: Callable[[], str | None]
) -> None:
    """Attempt it, and again as often as is set while a lock is not to be had in time.

    ``why_not`` says what keeps the failed attempt from being repeated.
    """
    for number in range(settings.lock_retries + 1):
        try:
            attempt()
        except DBAPIError as error:
            if not is_lock_timeout(error):
                raise
            obstacle = why_not()
            if obstacle or number == settings.lock_retries:
                raise LockTimeoutError(_given_up(error, connection, number + 1, obstacle)) from error
            seconds = _pause(settings, number)
            _log.warning("%s Trying again in %.1f s.", _waited(error, connection), seconds)
            pause(seconds, in_loop=connection.dialect.is_async)
        else:
            return


def _pause(settings: SessionSettings, number: int) -> float:
    """With jitter, and longer each time: those who wait behind us are to get on meanwhile."""
    longest: float = min((settings.lock_timeout or _USUAL_TIMEOUT) * 2**number, _LONGEST_PAUSE)
    return longest * random.uniform(0.5, 1)  # noqa: S311


def _given_up(error: DBAPIError, connection: Connection, times: int, obstacle: str | None) -> Problem:
    tried = f" It was tried {times} times." if times > 1 else ""
    return Problem(
        f"{_waited(error, connection)}{tried}",
        obstacle or "It was taken back whole each time, and whoever waited behind it could go on.",
        "See that nobody stays in a transaction while it runs, and run again; or let it wait longer: "
        'session = {"lock_timeout": 60} in the revision\'s file.',
    )


def _waited(error: DBAPIError, connection: Connection) -> str:
    statement = statement_of(error.statement or "")
    did = statement.did if statement else "A statement"
    holders = _holders(connection, statement.table) if statement and statement.table else ""
    return f"{did} waited too long for a lock{holders}."


def _holders(connection: Connection, table: str) -> str:
    """Who has the table, as far as that can be seen by now."""
    if connection.dialect.name != "postgresql" or connection.in_transaction():
        return ""
    rows: Sequence[Any] = ()
    with suppress(DBAPIError):
        rows = connection.execute(_HOLDERS, {"name": table}).all()
    connection.rollback()
    said = [f"process {row.pid} ({', '.join(_facts(row))})" for row in rows]
    return f" that {' and '.join(said)} {'has' if len(said) == 1 else 'have'}" if said else ""


def _facts(row: Any) -> Iterator[str]:
    yield from filter(None, (row.usename, row.application_name, row.state))
    if row.since is not None:
        yield f"for {str(row.since).partition('.')[0]}"
