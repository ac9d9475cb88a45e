"""SQLite: the operating system's lock on a file beside the database, gone with the process that held it."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from migrakit.errors import LockError, Problem

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["FileLock"]

_SUFFIX = "-migrakit-lock"


class FileLock:
    """One for all services of the file, since SQLite has one writer at a time; a database in memory needs none."""

    def __init__(self, connection: Connection) -> None:
        database = _file_of(connection)
        self._path = Path(f"{database}{_SUFFIX}") if database else None
        self._descriptor: int | None = None

    def attempt(self) -> bool:
        if self._path is None:
            return True
        descriptor = _opened(self._path)
        if not _lock(descriptor) or not _is_same_file(descriptor, self._path):
            os.close(descriptor)
            return False
        said = (
            f"process {os.getpid()} on {socket.gethostname()}, since {datetime.now(timezone.utc):%Y-%m-%d %H:%M:%S} UTC"
        )
        os.ftruncate(descriptor, 0)
        os.write(descriptor, said.encode())
        self._descriptor = descriptor
        return True

    def holder(self) -> str:
        with suppress(OSError):
            if self._path is not None:
                return self._path.read_text() or "somebody who has just begun"
        return "nobody any more"

    def release(self) -> None:
        if self._descriptor is not None and self._path is not None:
            # Removed while it is held: whoever has it open sees that it is not the same file any more.
            with suppress(OSError):
                self._path.unlink()
            os.close(self._descriptor)
            self._descriptor = None


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
