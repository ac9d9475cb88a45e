"""A pytest run's directory, with its servers in it, and what is done about those that killed runs left behind."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from filelock import FileLock

from tests.databases.daemon import discard

# psutil computes start times from the system's clock, which may be set meanwhile.
_CLOCK_TOLERANCE = 60.0

_MEMORY = Path("/dev/shm")
_ROOM = 2 * 1024**3

# A server runs as another user where we are root: it has to get to its own directory, and needs to list none.
_TRAVERSABLE = 0o711


@dataclass(frozen=True)
class Session:
    """One pytest run: a directory for each of its servers, and the process that the run stands and falls with."""

    directory: Path

    @classmethod
    def start(cls) -> "Session":
        """A session of this process. Those whose processes are gone are stopped first."""
        with base_lock():
            for session in _sessions():
                if not session.alive:
                    session.stop()
            session = cls(Path(tempfile.mkdtemp(dir=_base())))
            session.directory.chmod(_TRAVERSABLE)
            session._controller.write_text(_mark(psutil.Process()))
        return session

    @property
    def alive(self) -> bool:
        """Whether its controlling process still runs: it, not another one with its number, nor its remains."""
        with suppress(FileNotFoundError, ValueError, psutil.NoSuchProcess):
            number, started = self._controller.read_text().split()
            process = psutil.Process(int(number))
            same = abs(process.create_time() - float(started)) < _CLOCK_TOLERANCE
            return same and process.status() != psutil.STATUS_ZOMBIE
        return False

    def stop(self) -> None:
        """Stop every server, and remove the directory."""
        for recorded in self.directory.glob("*/pid"):
            discard(recorded.parent)
        # What is left after all belongs to no live session any more, and the next one tries again.
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def _controller(self) -> Path:
        return self.directory / "controller"


def base_lock() -> FileLock:
    """Held while sessions begin and the abandoned are removed."""
    return FileLock(_base() / "lock")


def _base() -> Path:
    # Sockets are in here, and their paths may have about 100 bytes: the names stay short.
    base = _roomy_place() / f"migrakit-{os.getuid()}"
    base.mkdir(exist_ok=True)
    base.chmod(_TRAVERSABLE)
    return base


def _roomy_place() -> Path:
    # A PostgreSQL database is 300 files: memory makes it in 7 ms, a disk in 12 ms, but an ext4 without a journal, which
    # waits before it gives out the inodes of removed files again, in up to 300 ms. Containers have 64 MB here.
    if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).total >= _ROOM:
        return _MEMORY
    return Path(tempfile.gettempdir())


def _sessions() -> Iterator[Session]:
    return (Session(path) for path in _base().iterdir() if path.is_dir())


def _mark(process: psutil.Process) -> str:
    return f"{process.pid} {process.create_time()}"
