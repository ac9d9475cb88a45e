"""What comparing entities costs, beside the others that compare some."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.body import STATES, differing, live
from benchmarks.comparing import analyse
from benchmarks.peers import ALONE, OURS, PEERS, STOCK
from benchmarks.result import Result
from benchmarks.runs import CUT, Run, runner

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import URL

    from benchmarks.body import State
    from benchmarks.peers import Peer
    from benchmarks.runs import Runner
    from benchmarks.servers import NewDatabase
    from tests.databases import Database

__all__ = ["LARGEST", "entities"]

SIZES = (10, 50, 100, 200, 1000)
LARGEST = 5000
"""Compared by migrakit alone."""

ROUNDS = 7
LONG = 15
"""Seconds after which a comparison is not repeated."""

LOCKS = (
    "none",
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)

STATEMENTS: Mapping[State, int] = {"unchanged": 6, "all new": 12, "5% changed": 12}
SECONDS = 0.3
TIMES: Mapping[tuple[int, State], int] = {(200, "unchanged"): 50, (200, "5% changed"): 100, (100, "all new"): 500}


@dataclass(frozen=True)
class Cell:
    """What one of them took, in one state."""

    watched: Run | None
    """``None`` if it was cut."""
    seconds: Sequence[float]

    @property
    def median(self) -> float:
        return median(self.seconds) if self.watched else CUT

    @property
    def lock(self) -> int:
        """The strongest on what was there already, as its place in ``LOCKS``."""
        return max((LOCKS.index(each) for each in self.watched.modes), default=0) if self.watched else 0

    def said(self, ours: Cell) -> str:
        if self.watched is None:
            return f"cut at {CUT} s, more than {CUT / ours.median:.0f} times"
        run, ratio = self.watched, f"{self.median / ours.median:8.1f} times"
        if run.failed:
            return f"failed: {run.failed}"
        seconds = f"{self.median:8.3f} s, median of {len(self.seconds)} {ratio}"
        return (
            f"{run.statements:6} statements {seconds} {LOCKS[self.lock]:<22}"
            f"{run.locks:6} locks {run.ids:6} transaction ids {run.ops:5} ops"
        )


@dataclass(frozen=True)
class Case:
    """So many, in this state, in this database."""

    number: int
    state: State
    url: URL

    def __str__(self) -> str:
        return f"{self.number}, {self.state}"

    def run(self, runner: Runner, *, watched: bool) -> Run | None:
        return runner.run(self.url, self.number, self.state, watched=watched)


def entities(new_database: NewDatabase, most: int = LARGEST, rounds: int = ROUNDS) -> list[Result]:
    """Up to that many of them. What was cut with fewer is not tried with more."""
    peers = [each for each in PEERS if each.is_there]
    print("PostgreSQL 18: entities, of which each compares these kinds, set up as it documents")
    print(*(f"  {each}" for each in (STOCK, ALONE, OURS, *peers)), sep="\n")
    results: list[Result] = []
    cut: set[tuple[Peer, State]] = set()
    with ExitStack() as runners:
        running = [runners.enter_context(runner(each)) for each in (STOCK, ALONE, OURS, *peers)]
        for case in _cases(new_database, most):
            there = [each for each in running if case.number < LARGEST or each.peer not in PEERS]
            cells = _cells(case, [each for each in there if (each.peer, case.state) not in cut], rounds)
            cut |= {(peer, case.state) for peer, cell in cells.items() if cell.watched is None}
            cells |= {each.peer: Cell(None, ()) for each in there if each.peer not in cells}
            print(f"  {case}")
            print(*(f"    {peer.name:<34}{cell.said(cells[OURS])}" for peer, cell in cells.items()), sep="\n")
            results += _results(cells, case)
    return results


def _cases(new_database: NewDatabase, most: int) -> Iterator[Case]:
    """What is live is the same in two states, and so is the database then."""
    urls: dict[str, URL] = {}
    for number in (*SIZES, LARGEST):
        for state in STATES if number <= most else ():
            sql = live(number, state)
            if sql not in urls:
                urls[sql] = _made(new_database("postgresql-18"), sql)
            yield Case(number, state, urls[sql])


def _made(database: Database, sql: str) -> URL:
    with database.engine().begin() as connection:
        connection.exec_driver_sql(sql)
    analyse(database)
    return database.url


def _cells(case: Case, runners: Sequence[Runner], rounds: int) -> dict[Peer, Cell]:
    """In turn."""
    watched = {each: case.run(each, watched=True) for each in runners}
    short = [each for each, run in watched.items() if run and not run.failed and run.seconds < LONG]
    seconds: dict[Runner, list[float]] = {
        each: [run.seconds] if run and not (rounds and each in short) else [] for each, run in watched.items()
    }
    for _ in range(rounds):
        for each in short:
            seconds[each] += [run.seconds for run in [case.run(each, watched=False)] if run]
    return {each.peer: Cell(run, seconds[each]) for each, run in watched.items()}


def _results(cells: dict[Peer, Cell], case: Case) -> Iterator[Result]:
    number, state, what = case.number, case.state, str(case)
    alone, ours = cells[ALONE], cells[OURS]
    assert alone.watched is not None
    if ours.watched is None or ours.watched.failed:
        yield Result(f"{what}: comparisons that failed", 1, 0, "of ours")
        return
    more = ours.watched.statements - alone.watched.statements
    yield Result(f"{what}: statements for them", more, STATEMENTS[state], "statements")
    yield Result(f"{what}: strongest lock, {LOCKS[ours.lock]}", ours.lock, 1, "of 8")
    wrong = abs(ours.watched.ops - len(differing(number, state)))
    yield Result(f"{what}: ops too many or too few", wrong, 0, "ops")
    net = ours.median - cells[STOCK].median
    if (number, state) == (1000, "unchanged"):
        yield Result(f"{what}: net time", net, SECONDS, "s")
    utils = cells.get(PEERS[0])
    if utils and (times := TIMES.get((number, state))):
        ratio = net / (utils.median - cells[STOCK].median)
        yield Result(f"{what}: net time, of that of alembic-utils", ratio, 1 / times, "times")
