"""SQLite: the operating system's lock on a file beside the database, gone with the process that held it."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from migrakit.catalog.autocommit import in_real_transaction
from migrakit.errors import LockError, Problem
from migrakit.runtime.locks.keeping import release_with

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["FileLock"]

_SUFFIX = "-migrakit-lock"
_KEPT = "migrakit_file_lock"


class FileLock:
    """One for all services of the file, since SQLite has one writer at a time; a database in memory needs none.

    In a caller's transaction it is kept until the connection goes back to its pool: later than the commit.
    """

    def __init__(self, connection: Connection) -> None:
        self._in_transaction = in_real_transaction(connection)
        database = _file_of(connection)
        self._connection = connection
        self._path = Path(f"{database}{_SUFFIX}") if database else None
        self._held: _Held | None = None

    def attempt(self) -> bool:
        if self._path is None or _KEPT in self._connection.info:  # this connection's already
            return True
        descriptor = _opened(self._path)
        if not _lock(descriptor) or not _is_same_file(descriptor, self._path):
            os.close(descriptor)
            return False
        now = datetime.now(timezone.utc)
        said = f"process {os.getpid()} on {socket.gethostname()}, since {now:%Y-%m-%d %H:%M:%S} UTC"
        os.ftruncate(descriptor, 0)
        os.write(descriptor, said.encode())
        self._held = self._connection.info[_KEPT] = _Held(self._path, descriptor)
        if self._in_transaction:
            # The record's own, as the connection is gone by then.
            info = self._connection.info
            release_with(self._connection, lambda _: info.pop(_KEPT).release())
        return True

    def holder(self) -> str:
        with suppress(OSError):
            if self._path is not None:
                return self._path.read_text() or "somebody who has just begun"
        return "nobody any more"

    def release(self) -> None:
        if self._held is not None and not self._in_transaction:
            self._held.release()
            with suppress(SQLAlchemyError):  # of a connection that is gone
                self._connection.info.pop(_KEPT, None)


@dataclass(frozen=True, slots=True)
class _Held:
    path: Path
    descriptor: int

    def release(self) -> None:
        # Removed while it is held: whoever has it open sees that it is not the same file any more.
        with suppress(OSError):
            self.path.unlink()
        os.close(self.descriptor)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise LockError(
            Problem(
                f"The lock's file can't be opened: {error}.",
                "It stands beside the database, which SQLite too needs to write into that directory for.",
                "Give this user the right to write there.",
            )
        ) from None


def _file_of(connection: Connection) -> str:
    was_in_transaction = connection.in_transaction()
    rows = connection.exec_driver_sql("PRAGMA database_list").all()
    if not was_in_transaction:
        connection.rollback()
    return next((file or "" for _, name, file in rows if name == "main"), "")


def _is_same_file(descriptor: int, path: Path) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False


if sys.platform == "win32":
    import msvcrt

    # Beyond the text, since what is locked can't be read.
    _FAR = 1 << 20

    def _lock(descriptor: int) -> bool:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        os.lseek(descriptor, 0, os.SEEK_SET)
        return True
else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
