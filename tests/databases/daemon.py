"""A server process of our own: started by whoever needs it first, stopped by its recorded process id."""

import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psutil
from filelock import FileLock

# The shell notes the process id itself, so that no server runs unrecorded even if its starter is killed meanwhile; and
# it leaves at once, so that the server is nobody's child, and no worker's end touches it.
_DETACH = 'exec >log 2>&1 </dev/null; "$@" & echo $! >pid'

_PATIENCE = 20.0
_GRACE = 2.0
_INTERVAL = 0.01


def data_directory(directory: Path) -> Path:
    return directory / "data"


@dataclass(frozen=True)
class Daemon:
    """How to make the data directory, how to serve it, and what the log says once the server answers.

    ``user`` is whose process it is to be, where not ours; ``files`` lie in the directory before anything runs, for its
    eyes only.
    """

    directory: Path
    initialise: tuple[str, ...]
    serve: tuple[str, ...]
    announcement: str
    user: str | None = None
    files: Mapping[str, str] = MappingProxyType({})

    def ensure_running(self) -> None:
        """Start the server unless this session has it already; others who ask at the same time wait."""
        ready = self.directory / "ready"
        with FileLock(f"{self.directory}.lock"):
            if not ready.exists():
                self._start()
                ready.touch()

    def _start(self) -> None:
        discard(self.directory)
        self.directory.mkdir(mode=0o700)
        for name, text in self.files.items():
            (self.directory / name).write_text(text, encoding="utf-8")
        if self.user is not None:
            for path in (self.directory, *self.directory.iterdir()):
                shutil.chown(path, self.user)
        self._run(*self.initialise)
        self._run("sh", "-c", _DETACH, "sh", *self.serve)
        self._await_announcement()

    def _run(self, *command: str) -> None:
        with (self.directory / "setup").open("a+", encoding="utf-8") as output:
            done = subprocess.run(
                command,
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                check=False,
                **_identity(self.user),
            )
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed:\n{(self.directory / 'setup').read_text()}")

    def _await_announcement(self) -> None:
        log = self.directory / "log"
        # A process that is about to become the server shows no command line for a moment.
        seen = time.monotonic()
        deadline = seen + _PATIENCE
        while self.announcement not in (said := log.read_text(errors="replace")):
            now = time.monotonic()
            seen = now if running_process(self.directory) else seen
            if now > min(deadline, seen + _GRACE):
                raise RuntimeError(f"{self.serve[0]} does not start:\n{said}")
            time.sleep(_INTERVAL)


def _identity(user: str | None) -> dict[str, Any]:
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def running_process(directory: Path) -> psutil.Process | None:
    """The server of this directory, if the recorded process is still that, and not another one with its number."""
    with suppress(FileNotFoundError, ValueError, psutil.Error):
        process = psutil.Process(int((directory / "pid").read_text()))
        if str(data_directory(directory)) in " ".join(process.cmdline()):
            return process
    return None


def discard(directory: Path) -> None:
    """Stop the directory's server, if it runs, and remove all of it."""
    for number in (signal.SIGQUIT, signal.SIGKILL):
        _stop(directory, number)
    shutil.rmtree(directory, ignore_errors=True)


def _stop(directory: Path, number: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    if process := running_process(directory):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
    while running_process(directory) and time.monotonic() < deadline:
        time.sleep(_INTERVAL)
