"""A lock that a caller's transaction outlasts is kept until the connection goes back to its pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

__all__ = ["release_with"]

_KEPT = "migrakit_locks"


def release_with(connection: Connection, release: Callable[[Any], None]) -> None:
    """Call it with the driver's connection when that goes back; with ``None`` if it broke."""
    connection.info.setdefault(_KEPT, []).append(release)
    pool = connection.engine.pool
    if not event.contains(pool, "checkin", _release_kept):
        event.listen(pool, "checkin", _release_kept)


def _release_kept(dbapi_connection: Any, record: Any) -> None:
    for release in record.info.pop(_KEPT, ()):
        release(dbapi_connection)
