"""Comparisons of entities, each in a process of its own, which is killed when it has had its time.

A process has the modules of one peer, and forks off a child for each run: that finds nothing of what another has left.
"""

from __future__ import annotations

import io
import logging
import os
import pickle
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, NullPool, create_engine, event

from benchmarks.body import declared, tables
from benchmarks.comparing import compared
from benchmarks.peers import ALONE, OURS, PEERS, STOCK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import URL

    from benchmarks.body import State
    from benchmarks.peers import Peer

__all__ = ["CUT", "Run", "Runner", "runner"]

ROOT = Path(__file__).parent.parent

CUT = 120
"""Seconds after which a comparison is ended."""

_IDS = "SELECT pg_current_xact_id()::text::bigint"
_EXISTING = "SELECT array_agg(oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
_END_OTHERS = """
    SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_LOCKS = """
    SELECT count(*), coalesce(array_agg(DISTINCT mode) FILTER (WHERE relation = ANY(%s::oid[])), '{}')
    FROM pg_locks WHERE pid = pg_backend_pid()
"""


@dataclass
class Run:
    """How long it took without the looking, what it found, and if it was watched what was seen of it."""

    seconds: float = 0.0
    ops: int = 0
    failed: str | None = None
    is_cut: bool = False
    statements: int = 0
    locks: int = 0
    """Entries of the lock table, at most."""
    modes: set[str] = field(default_factory=set[str])
    """Of the locks on what was there already."""
    ids: int = 0
    """Transaction ids that it used."""


@dataclass(frozen=True)
class Runner:
    """Runs the comparisons of one peer."""

    peer: Peer
    process: subprocess.Popen[bytes]

    def run(self, url: URL, number: int, state: State, *, watched: bool) -> Run:
        """It is cut when it has had its time, unless it is watched: looking may take longer than what is looked at."""
        commands, answers = self.process.stdin, self.process.stdout
        assert commands is not None
        assert answers is not None
        pickle.dump((url, number, state, watched), commands)
        commands.flush()
        run: Run = pickle.load(answers)
        if run.is_cut:
            _end_sessions(url)
        return run


def _end_sessions(url: URL) -> None:
    """The server would go on with the statement of a process that is gone, and keep its locks."""
    with create_engine(url, poolclass=NullPool).connect() as connection:
        connection.exec_driver_sql(_END_OTHERS)


@contextmanager
def runner(peer: Peer) -> Iterator[Runner]:
    """Gone afterwards."""
    program = [sys.executable, "-W", "ignore", "-B", "-c", f"from {__name__} import main; main({peer.name!r})"]
    with subprocess.Popen(program, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield Runner(peer, process)
        finally:
            process.kill()


def main(name: str) -> None:
    """Fork off what is asked for."""
    peer = next(each for each in (STOCK, ALONE, OURS, *PEERS) if each.name == name)
    for module in (peer.module, "psycopg", *_whole(peer)):
        import_module(module)
    logging.disable()
    while True:
        try:
            asked = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        child = os.fork()
        if child == 0:
            _answer(peer, *asked)
        _, ended = os.waitpid(child, 0)
        if os.WIFSIGNALED(ended):
            by = signal.Signals(os.WTERMSIG(ended))
            _say(Run(CUT, is_cut=True) if by == signal.SIGALRM else Run(failed=f"killed by {by.name}"))


def _whole(peer: Peer) -> list[str]:
    """migrakit loads a part when it needs it, and the others all of themselves at once."""
    package = import_module(peer.module.partition(".")[0])
    ours = package.__name__ == "migrakit"
    return [each.name for each in walk_packages(package.__path__, "migrakit.")] if ours else []


def _answer(peer: Peer, url: URL, number: int, state: State, watched: bool) -> None:  # noqa: FBT001 - it is unpickled
    try:
        with redirect_stdout(io.StringIO()):
            run = _run(peer, url, number, state, is_watched=watched)
    except Exception as error:  # noqa: BLE001 - whatever it fails with is what is asked for
        run = Run(failed=f"{type(error).__name__}: {error}".splitlines()[0])
    signal.alarm(0)
    _say(run)
    os._exit(0)


def _say(run: Run) -> None:
    pickle.dump(run, sys.stdout.buffer)
    sys.stdout.buffer.flush()


def _run(peer: Peer, url: URL, number: int, state: State, *, is_watched: bool) -> Run:
    metadata = tables()
    options = peer.options(declared(number, state), metadata)
    engine, run = create_engine(url, poolclass=NullPool), Run()
    with create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as other:
        before = other.exec_driver_sql(_IDS).scalar_one()
        watch = _Watch(run, other.exec_driver_sql(_EXISTING).scalar_one())
        with engine.connect() as connection:
            if is_watched:
                watch.begin(engine)
            else:
                signal.alarm(CUT)
            begun = time.perf_counter()
            found = compared(connection, metadata, options)
            run.seconds = time.perf_counter() - begun - watch.seconds
        run.ops = sum(1 for _ in _leaves(found))
        run.ids = other.exec_driver_sql(_IDS).scalar_one() - before - 1
    return run


@dataclass
class _Watch:
    """Looks at the locks after each statement, from within."""

    run: Run
    existing: list[int]
    seconds: float = 0.0

    def begin(self, engine: Engine) -> None:
        event.listen(engine, "before_cursor_execute", self._count)
        event.listen(engine, "after_cursor_execute", self._look)

    def _count(self, *_: Any) -> None:
        self.run.statements += 1

    def _look(self, connection: Any, *_: Any) -> None:
        begun = time.perf_counter()
        with connection.connection.cursor() as cursor:
            cursor.execute(_LOCKS, (self.existing,))
            ((locks, modes),) = cursor.fetchall()
        self.run.locks = max(self.run.locks, locks)
        self.run.modes.update(modes)
        self.seconds += time.perf_counter() - begun


def _leaves(ops: Iterable[Any]) -> Iterator[Any]:
    for op in ops:
        yield from _leaves(op.ops) if hasattr(op, "ops") else [op]
