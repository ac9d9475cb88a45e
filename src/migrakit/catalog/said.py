"""What kind of failure a server's error is, whichever driver brings it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

__all__ = ["code_of", "is_denied", "is_lock_timeout", "is_there_already"]

# PostgreSQL's states; MariaDB's and MySQL's numbers.
_DENIED = ("42501", 1044, 1142, 1143)
_LOCK_TIMEOUT = ("55P03", 1205)
_THERE_ALREADY = ("42P04", "42P06", "42P07", "42701", "42710", "42723", 1007, 1050, 1060, 1061, 1304, 1359, 1826)
_SQLITES_TIMEOUT = "database is locked"
_SQLITES_THERE_ALREADY = ("already exists", "duplicate column name")


def is_denied(error: DBAPIError) -> bool:
    """Whether a right is missing: for a database, a table or a column."""
    return code_of(error) in _DENIED


def is_lock_timeout(error: DBAPIError) -> bool:
    """Whether a lock wasn't to be had in time."""
    return code_of(error) in _LOCK_TIMEOUT or _SQLITES_TIMEOUT in str(error.orig)


def is_there_already(error: DBAPIError) -> bool:
    """Whether something was to be made that is there."""
    is_sqlites = type(error.orig).__module__.startswith(("sqlite3", "aiosqlite", "sqlalchemy.dialects.sqlite"))
    said = str(error.orig)
    return code_of(error) in _THERE_ALREADY or (is_sqlites and any(words in said for words in _SQLITES_THERE_ALREADY))


def code_of(error: DBAPIError) -> str | int | None:
    """PostgreSQL's state, MariaDB's or MySQL's number."""
    cause: Any = error.orig
    number = next(iter(getattr(cause, "args", ())), None)
    # Drivers of MariaDB's have a state as well, which is the same for much.
    return number if isinstance(number, int) else getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
