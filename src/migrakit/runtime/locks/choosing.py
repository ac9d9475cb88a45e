"""Which lock a database can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.errors import LockError, Problem

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from migrakit.runtime.locks.lock import Lock
    from migrakit.versions import VersionTable

__all__ = ["lock_for"]


def lock_for(connection: Connection, table: VersionTable) -> Lock:
    """The lock of this version table, not yet taken."""
    if connection.dialect.name == "postgresql":
        from migrakit.runtime.locks.postgresql import lock_of  # noqa: PLC0415 - one of them is needed

        return lock_of(connection, table)
    if connection.dialect.name in ("mysql", "mariadb"):
        from migrakit.runtime.locks.mysql import NamedLock  # noqa: PLC0415

        return NamedLock(connection, table)
    if connection.dialect.name == "sqlite":
        from migrakit.runtime.locks.sqlite import FileLock  # noqa: PLC0415

        return FileLock(connection)
    raise LockError(
        Problem(
            f"There is no migration lock on {connection.dialect.name}.",
            "Two deployments that upgrade at once would apply the same revisions.",
            "See to it that only one runs, and pass Environment(lock_wait=None).",
        )
    )
