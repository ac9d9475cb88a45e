"""The migration lock: one deployment at a time migrates by one version table."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from migrakit.versions import VersionTable
from migrakit.versions.naming import SHARED_NAME

if TYPE_CHECKING:
    from collections.abc import Generator

    from sqlalchemy import Connection

__all__ = ["migration_lock"]


@contextmanager
def migration_lock(
    connection: Connection, version_table: VersionTable | None = None, *, wait: float = 60
) -> Generator[None]:
    """Hold the migration lock of this version table: for an ``env.py`` of one's own, before ``context.configure()``.

    It is waited for ``wait`` seconds at most; then ``LockError`` says who has it. On a connection that is in a
    transaction it lasts until that ends (on MariaDB, MySQL and SQLite until the connection goes back to its pool), and
    otherwise to the end of the block. ``Environment.run()`` takes it by itself.
    """
    from migrakit.runtime.locks import lock_for  # noqa: PLC0415 - only a run needs them, and importing them costs
    from migrakit.runtime.taking import take  # noqa: PLC0415

    table = version_table or VersionTable(SHARED_NAME)
    lock = lock_for(connection, table)
    take(lock, connection, table, wait)
    try:
        yield
    finally:
        lock.release()
