"""Taking a lock that another may hold."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from migrakit.errors import LockError, Problem
from migrakit.runtime.pausing import pause

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from migrakit.runtime.locks import Lock
    from migrakit.versions import VersionTable

__all__ = ["take"]

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0


def take(lock: Lock, connection: Connection, table: VersionTable, wait: float) -> None:
    """Take it as soon as it is free, within that time."""
    deadline = time.monotonic() + wait
    longest = _FIRST_PAUSE
    while not lock.attempt():
        left = deadline - time.monotonic()
        if left <= 0:
            raise LockError(_held(lock, table, wait))
        # With jitter, so that those who wait don't ask in step.
        pause(min(longest * random.uniform(0.5, 1), left), in_loop=connection.dialect.is_async)  # noqa: S311
        longest = min(longest * 2, _LONGEST_PAUSE)


def _held(lock: Lock, table: VersionTable, wait: float) -> Problem:
    return Problem(
        f"The migration lock of {table.name} is held by {lock.holder()}, and was for all of {wait:g} s.",
        "Two that migrate by one version table at once would apply the same revisions.",
        "Wait for that deployment and run again, or end it; Environment(lock_wait=...) waits longer.",
    )
