"""PostgreSQL: an advisory lock on the migrating connection, of the session or of the transaction that is open."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from migrakit.catalog.autocommit import in_real_transaction
from migrakit.errors import LockError, Problem
from migrakit.runtime.locks.lock import Lock, digest

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from migrakit.versions import VersionTable

__all__ = ["is_pooled", "lock_of", "pooled_lock_of"]

# version() without its schema, so that whatever the product says of itself is heard.
_SERVER = text(
    "SELECT version() AS product, current_schema() AS schema, pg_backend_pid() AS pid, "
    "current_setting('transaction_isolation') AS isolation"
)
_TRY = text("SELECT pg_try_advisory_lock(:key)")
_TRY_IN_TRANSACTION = text("SELECT pg_try_advisory_xact_lock(:key)")
_RELEASE = text("SELECT pg_advisory_unlock(:key)")
_HOLDER = text(
    "SELECT a.pid, a.usename, a.application_name, a.client_addr, a.backend_start "
    "FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid "
    "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
    "AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database()) "
    "AND CAST(CAST(l.classid AS text) AS bigint) = :high AND CAST(CAST(l.objid AS text) AS bigint) = :low"
)
_LOCKS_NOTHING = "CockroachDB"
_FIXED_SNAPSHOT = ("repeatable read", "serializable")


def lock_of(connection: Connection, table: VersionTable) -> Lock:
    """The session's lock; the transaction's where one is open already, so that it lasts until the caller commits."""
    in_transaction = in_real_transaction(connection)
    is_begun = connection.in_transaction()
    server = connection.execute(_SERVER).one()
    if not is_begun:
        connection.rollback()
    key = _key_of(server, table)
    if in_transaction:
        if server.isolation in _FIXED_SNAPSHOT:
            raise LockError(_fixed_snapshot(server.isolation))
        return _TransactionLock(connection, key)
    if is_pooled(connection, server.pid):
        raise LockError(_pooled())
    return _SessionLock(connection, key)


def pooled_lock_of(connection: Connection, table: VersionTable) -> Lock:
    """The lock of a transaction that is begun for each attempt, and open once it is taken."""
    server = connection.execute(_SERVER).one()
    connection.rollback()
    return _BegunLock(connection, _key_of(server, table))


def _key_of(server: Row[Any], table: VersionTable) -> int:
    if _LOCKS_NOTHING in server.product:
        raise LockError(_no_locks(server.product))
    return int.from_bytes(digest(table.schema or server.schema, table.name)[:8], "big", signed=True)


def is_pooled(connection: Connection, server_pid: int) -> bool:
    """Whether somebody stands between: a pooler tells its clients process ids that it makes up."""
    told = _server_pid_of(connection)
    return told is not None and told != server_pid


def _server_pid_of(connection: Connection) -> int | None:
    """The process that the driver was told it talks to, where the driver says."""
    driver: Any = connection.connection.driver_connection
    if hasattr(driver, "get_server_pid"):  # asyncpg
        return int(driver.get_server_pid())
    info = getattr(driver, "info", None)  # psycopg and psycopg2
    return getattr(info, "backend_pid", None)


class _AdvisoryLock:
    def __init__(self, connection: Connection, key: int) -> None:
        self._connection = connection
        self._key = key
        # With AUTOCOMMIT there is none on the server, and a with-block of the caller's may stand around it.
        self._is_begun = connection.in_transaction()

    def holder(self) -> str:
        unsigned = self._key % 2**64
        found = self._connection.execute(_HOLDER, {"high": unsigned >> 32, "low": unsigned & 0xFFFFFFFF}).first()
        if not self._is_begun:
            self._connection.rollback()
        if found is None:
            return "nobody any more"
        name = f", {found.application_name!r}" if found.application_name else ""
        place = f" from {found.client_addr}" if found.client_addr else ""
        since = f", connected since {found.backend_start:%Y-%m-%d %H:%M:%S %Z}" if found.backend_start else ""
        return f"server process {found.pid} of role {found.usename}{name}{place}{since}"


class _SessionLock(_AdvisoryLock):
    def attempt(self) -> bool:
        taken = bool(self._connection.scalar(_TRY, {"key": self._key}))
        # Nobody's CREATE INDEX CONCURRENTLY has to wait for a transaction that waits for it.
        if not self._is_begun:
            self._connection.rollback()
        return taken

    def release(self) -> None:
        # A connection that is broken has lost its locks.
        with suppress(SQLAlchemyError):
            self._unlock()

    def _unlock(self) -> None:
        was_in_transaction = self._connection.in_transaction()
        try:
            self._connection.scalar(_RELEASE, {"key": self._key})
        except DBAPIError:  # a transaction that failed takes no statement any more
            self._connection.rollback()
            self._connection.scalar(_RELEASE, {"key": self._key})
            was_in_transaction = False
        if not was_in_transaction:
            self._connection.rollback()


class _TransactionLock(_AdvisoryLock):
    def attempt(self) -> bool:
        return bool(self._connection.scalar(_TRY_IN_TRANSACTION, {"key": self._key}))

    def release(self) -> None:
        """The server does, when the transaction ends."""


class _BegunLock(_TransactionLock):
    """Between attempts a pooler may give the server's process to others."""

    def attempt(self) -> bool:
        taken = super().attempt()
        if not taken:
            self._connection.rollback()
        return taken


def _no_locks(product: str) -> Problem:
    return Problem(
        f"There is no migration lock on {product.split(' (', maxsplit=1)[0]}: "
        "it takes pg_advisory_lock() and locks nothing.",
        "Two deployments that upgrade at once would apply the same revisions.",
        "See to it that only one runs, and pass Environment(lock_wait=None).",
    )


def _fixed_snapshot(isolation: str) -> Problem:
    return Problem(
        f"The connection is in a transaction of isolation level {isolation}.",
        "It does not see what another deployment commits while this one waits, and would apply it again.",
        "Begin the transaction with READ COMMITTED, or pass a connection that is in none.",
    )


def _pooled() -> Problem:
    return Problem(
        "There is a connection pooler between here and the server (the server's process is another one than it says).",
        "A lock of the session may be handed to another client there, and stay when this one leaves.",
        "Connect to the server itself for migrations, or begin a transaction before migration_lock().",
    )
