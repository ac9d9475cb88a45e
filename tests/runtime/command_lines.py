"""Alembic's command line, many times: each in a process of its own, which another one that has imported all forks.

To import it anew would take ten times as long as what a test is about. ``python -m tests.runtime.command_lines`` is the
process that forks.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from tests.deployments import ROOT, preload

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["CommandLines", "command_lines"]

_PATIENCE = 60


@dataclass(frozen=True)
class CommandLines:
    """Where each is asked for."""

    process: subprocess.Popen[str]

    def run(self, argv: Sequence[str], environment: Mapping[str, str], output: Path) -> int:
        """``alembic ARGV`` with these variables too, and what it exits with; ``output`` takes what it says."""
        asking, answering = self.process.stdin, self.process.stdout
        assert asking is not None
        assert answering is not None
        asking.write(json.dumps([argv, dict(environment), str(output)]) + "\n")
        asking.flush()
        return int(answering.readline())


@contextmanager
def command_lines() -> Iterator[CommandLines]:
    program = [sys.executable, "-m", __name__]
    with subprocess.Popen(program, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield CommandLines(process)
        finally:
            process.kill()


def main() -> None:
    """Read what to run, and write what it exited with."""
    preload("alembic.config", "asyncpg", "psycopg2")
    # Or each would end with a collection that writes to, and so copies, all of the memory.
    gc.freeze()
    for line in sys.stdin:
        argv, environment, output = json.loads(line)
        child = os.fork()
        if not child:
            _become(argv, environment, Path(output))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _become(argv: list[str], environment: dict[str, str], output: Path) -> NoReturn:
    """What it raises goes the whole way up, for the interpreter to print."""
    signal.alarm(_PATIENCE)
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(descriptor, stream.fileno())
    os.environ.update(environment)
    import_module("alembic.config").main(argv, prog="alembic")
    sys.exit()


if __name__ == "__main__":
    main()
