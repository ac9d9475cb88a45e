"""Whether what SQLAlchemy calls a transaction is one on the server."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["in_real_transaction", "is_autocommit"]


def in_real_transaction(connection: Connection) -> bool:
    """Whether a caller's transaction holds what is done until the caller commits."""
    return connection.in_transaction() and (not is_autocommit(connection) or _has_begun_by_hand(connection))


def _has_begun_by_hand(connection: Connection) -> bool:
    """As SQLAlchemy's recipe for SQLite does: the driver is to begin nothing, and an event executes ``BEGIN``."""
    return getattr(connection.connection.driver_connection, "in_transaction", None) is True


def is_autocommit(connection: Connection) -> bool:
    """Whether each statement is committed by itself. ``get_isolation_level()`` asks the server, which doesn't know."""
    dbapi: Any = connection.connection.dbapi_connection
    detect = getattr(connection.dialect, "detect_autocommit_setting", None)  # not before SQLAlchemy 2.0.43
    if detect is not None:
        with suppress(NotImplementedError):
            return bool(detect(dbapi))
    if isinstance(flag := getattr(dbapi, "autocommit", None), bool):
        return flag
    if hasattr(dbapi, "get_autocommit"):
        return bool(dbapi.get_autocommit())
    return getattr(dbapi, "isolation_level", "") in (None, "autocommit")
