"""Commands of Alembic's in processes that are killed at any point: each is forked off one that has imported all.

As a program, ``python -m tests.killing``, it is that one: it reads what to run, a line each, and writes how it went.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import subprocess
import sys
from argparse import Namespace
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import IO, TYPE_CHECKING

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, event

from tests.deployments import ROOT, preload

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Killer", "Run", "killer"]

_PATIENCE = 60.0


@dataclass(frozen=True)
class Run:
    """How a run ended: killed, with an error, or well."""

    is_killed: bool
    error: str | None


@dataclass(frozen=True)
class Killer:
    """Runs commands, and kills them where told."""

    process: subprocess.Popen[str]

    def run(self, ini: Path, name: str, revision: str, *, resume: str | None = None, at: int | None = None) -> Run:
        """One command; it is killed before the driver is given its ``at``-th statement or COMMIT.

        They are counted from where there is something to lose: the journal's first row, or the first change.
        """
        commands, answers = self.process.stdin, self.process.stdout
        assert commands is not None
        assert answers is not None
        print(json.dumps([str(ini), name, revision, resume, at]), file=commands, flush=True)
        assert select.select([answers], [], [], _PATIENCE)[0], "a run is stuck"
        return Run(*json.loads(answers.readline()))


@contextmanager
def killer() -> Iterator[Killer]:
    """The process that forks them off; gone afterwards."""
    # Without bytecode: a revision that is written anew within the second would be run as it was.
    program = [sys.executable, "-B", "-m", "tests.killing"]
    with subprocess.Popen(
        program, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield Killer(process)
        finally:
            process.kill()


def main() -> None:
    """Fork off what is asked for."""
    preload()
    # Or each would end with a collection that writes to, and so copies, all of the memory.
    gc.freeze()
    for line in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            with os.fdopen(writing, "w") as answers:
                _run(answers, *json.loads(line))
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as answers:
            error = answers.read()
        _, status = os.waitpid(child, 0)
        is_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        print(json.dumps([is_killed, error or None]), flush=True)


def _run(answers: IO[str], ini: str, name: str, revision: str, resume: str | None, at: int | None) -> None:  # noqa: PLR0917
    if at is not None:
        _die_at(at)
    options = Namespace(x=[f"resume={resume}"] if resume else [], raiseerr=True)
    try:
        getattr(command, name)(Config(ini, cmd_opts=options), revision)
    except Exception as error:  # noqa: BLE001 - whatever it fails with is what is asked for
        answers.write(f"{type(error).__name__}: {error}")


def _die_at(at: int) -> None:
    numbers = count(1)
    has_begun = False

    def at_statement(_cursor: object, statement: str, *_: object) -> None:
        nonlocal has_begun
        has_begun = has_begun or statement.lstrip().startswith(("INSERT", "CREATE", "ALTER"))
        tick()

    def tick(*_: object) -> None:
        if has_begun and next(numbers) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("do_execute", "do_executemany", "do_execute_no_params"):
        event.listen(Engine, name, at_statement)
    event.listen(Engine, "commit", tick)


if __name__ == "__main__":
    main()
