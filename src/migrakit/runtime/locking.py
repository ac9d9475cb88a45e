"""The migration lock: one deployment at a time migrates by one version table."""

from __future__ import annotations

import random
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from migrakit.errors import LockError, Problem
from migrakit.versions import VersionTable
from migrakit.versions.naming import SHARED_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from migrakit.runtime.locks import Lock

__all__ = ["migration_lock", "take"]

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0


@contextmanager
def migration_lock(
    connection: Connection, version_table: VersionTable | None = None, *, wait: float = 60
) -> Iterator[None]:
    """Hold the migration lock of this version table: for an ``env.py`` of one's own, before ``context.configure()``.

    It is waited for ``wait`` seconds at most; then ``LockError`` says who has it. On a connection that is in a
    transaction it lasts until that ends, and otherwise to the end of the block. ``Environment.run()`` takes it by
    itself.
    """
    from migrakit.runtime.locks import lock_for  # noqa: PLC0415 - only a run needs it, and importing it costs

    table = version_table or VersionTable(SHARED_NAME)
    lock = lock_for(connection, table)
    take(lock, connection, table, wait)
    try:
        yield
    finally:
        lock.release()


def take(lock: Lock, connection: Connection, table: VersionTable, wait: float) -> None:
    """Take it as soon as it is free, within that time."""
    from migrakit.runtime.pausing import pause  # noqa: PLC0415 - as above

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
