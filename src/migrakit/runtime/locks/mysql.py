"""MariaDB and MySQL: GET_LOCK() on the migrating connection. Its names are the whole server's."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from migrakit.catalog.autocommit import in_real_transaction
from migrakit.errors import LockError, Problem
from migrakit.runtime.locks.keeping import release_with
from migrakit.runtime.locks.lock import digest

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from migrakit.versions import VersionTable

__all__ = ["NamedLock"]

_TRY = text("SELECT GET_LOCK(:name, 0)")
_RELEASE = "SELECT RELEASE_LOCK('{name}')"
_HOLDER_ID = text("SELECT IS_USED_LOCK(:name)")
_HOLDER = text("SELECT user, host FROM information_schema.processlist WHERE id = :id")
_CLUSTER = text("SHOW VARIABLES WHERE Variable_name = 'wsrep_on' AND Value = 'ON'")
_HEX_DIGITS = 32
# MariaDB's error, with innodb_snapshot_isolation, which is on from 11.6 on.
_HAS_CHANGED = 1020


class NamedLock:
    """In a caller's transaction it is kept until the connection goes back to its pool: later than the commit."""

    def __init__(self, connection: Connection, table: VersionTable) -> None:
        self._connection = connection
        self._in_transaction = in_real_transaction(connection)
        # With AUTOCOMMIT there is none on the server, and a with-block of the caller's may stand around it.
        self._is_begun = connection.in_transaction()
        database = table.schema or connection.scalar(text("SELECT DATABASE()"))
        self._name = f"migrakit {digest(database, table.name).hex()[:_HEX_DIGITS]}"
        self._table = table
        self._require_one_server()
        self._leave_no_transaction()

    def attempt(self) -> bool:
        taken = bool(self._connection.scalar(_TRY, {"name": self._name}) == 1)
        self._leave_no_transaction()
        if taken and self._in_transaction:
            release_with(self._connection, self._release_on)
            self._require_fresh_sight()
        return taken

    def holder(self) -> str:
        number = self._connection.scalar(_HOLDER_ID, {"name": self._name})
        found = self._connection.execute(_HOLDER, {"id": number}).first()
        self._leave_no_transaction()
        if number is None:
            return "nobody any more"
        return f"connection {number}" + (f" of user {found.user} from {found.host}" if found else "")

    def release(self) -> None:
        if not self._in_transaction:
            # A connection that is broken has lost its locks.
            with suppress(DBAPIError):
                self._connection.exec_driver_sql(_RELEASE.format(name=self._name))
                self._leave_no_transaction()

    def _leave_no_transaction(self) -> None:
        if not self._is_begun:
            self._connection.rollback()

    def _require_one_server(self) -> None:
        if self._connection.execute(_CLUSTER).first() is not None:
            raise LockError(
                Problem(
                    "There is no migration lock on a Galera cluster: GET_LOCK() holds on one of its servers alone.",
                    "Two deployments that upgrade at once would apply the same revisions.",
                    "See to it that only one runs, and pass Environment(lock_wait=None).",
                )
            )

    def _release_on(self, dbapi_connection: Any) -> None:
        if dbapi_connection is None:  # it broke, and its locks with it
            return
        cursor = dbapi_connection.cursor()
        cursor.execute(_RELEASE.format(name=self._name))
        cursor.close()

    def _there(self, select: str) -> set[str] | None:
        """What is in it by now; ``None`` where the server says itself that the transaction doesn't see it."""
        try:
            return set(self._connection.exec_driver_sql(f"{select} FOR UPDATE").scalars())
        except DBAPIError as error:
            if _HAS_CHANGED not in getattr(error.orig, "args", ()):
                raise
            return None

    def _require_fresh_sight(self) -> None:
        """The transaction sees the revisions as they were when it began to read: it must not have begun too early."""
        preparer = self._connection.dialect.identifier_preparer
        name = preparer.quote(self._table.name)
        full = f"{preparer.quote_schema(self._table.schema)}.{name}" if self._table.schema else name
        select = f"SELECT version_num FROM {full}"  # noqa: S608 - quoted
        try:
            seen = set(self._connection.exec_driver_sql(select).scalars())
        except DBAPIError:  # there is none yet, as nothing was ever migrated
            return
        if seen != self._there(select):
            raise LockError(
                Problem(
                    f"The connection's transaction began before {full} changed.",
                    "It does not see what another deployment has applied meanwhile, and would apply it again.",
                    "Roll it back and run again; better, pass a connection that is in no transaction.",
                )
            )
