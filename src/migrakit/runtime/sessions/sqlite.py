"""SQLite: how long a statement waits for another writer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.runtime.sessions.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SQLite"]

_NO_LIMIT = 2**31 - 1


class SQLite(Session):
    """Of the timeouts it has that of locks alone."""

    def _set(self) -> None:
        self._before = int(self._connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one())
        self._set_timeouts(self._timeouts)

    def _set_back(self) -> None:
        self._set_timeouts({"lock_timeout": None})

    def _set_timeouts(self, timeouts: Mapping[str, float | None]) -> None:
        if "lock_timeout" in timeouts:
            seconds = timeouts["lock_timeout"]
            milliseconds = self._before if seconds is None else round(seconds * 1000) or _NO_LIMIT
            self._connection.exec_driver_sql(f"PRAGMA busy_timeout = {milliseconds}")
