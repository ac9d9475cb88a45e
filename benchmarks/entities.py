"""What comparing entities costs, beside the others that compare some."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from math import nan
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
LONG = 5
"""Seconds after which a comparison is timed once."""

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
    """What one of them took for so many, in one state."""

    number: int
    timed: Sequence[Run]
    watched: Run
    """The first of ``timed`` where that did not end well: then nothing more is tried."""

    @property
    def median(self) -> float:
        """What failed took no time that anything can be compared with, or be within."""
        return nan if self.failed else median(each.seconds for each in self.timed)

    @property
    def is_cut(self) -> bool:
        return self.watched.is_cut

    @property
    def failed(self) -> str | None:
        return next((each.failed for each in (*self.timed, self.watched) if each.failed), None)

    @property
    def lock(self) -> int:
        """The strongest on what was there already, as its place in ``LOCKS``."""
        return max((LOCKS.index(each) for each in self.watched.modes), default=0)

    def said(self, case: Case, ours: Cell) -> str:
        if self.failed:
            return f"failed: {self.failed}"
        run, times = self.watched, self.median / ours.median
        if self.is_cut:
            already = "" if self.number == case.number else f" at N={self.number} already, not tried"
            return f"cut at {CUT} s{already}: more than {times:.0f} times"
        seconds = f"{self.median:8.3f} s, median of {len(self.timed)} {times:8.1f} times"
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

    def timed(self, runner: Runner) -> Run:
        return runner.run(self.url, self.number, self.state, watched=False)

    def watched(self, runner: Runner) -> Run:
        return runner.run(self.url, self.number, self.state, watched=True)


def entities(new_database: NewDatabase, most: int = LARGEST, rounds: int = ROUNDS) -> list[Result]:
    """Up to that many of them. What was cut with fewer is not tried with more."""
    peers = [each for each in PEERS if each.is_there]
    print("PostgreSQL 18: entities, of which each compares these kinds, set up as it documents")
    print(*(f"  {each}" for each in (STOCK, ALONE, OURS, *PEERS)), sep="\n", flush=True)
    results: list[Result] = []
    cut: dict[tuple[Peer, State], Cell] = {}
    with ExitStack() as runners:
        running = [runners.enter_context(runner(each)) for each in (STOCK, ALONE, OURS, *peers)]
        for case in _cases(new_database, most):
            there = [each for each in running if case.number < LARGEST or each.peer not in PEERS]
            cells = _cells(case, [each for each in there if (each.peer, case.state) not in cut], rounds)
            cut |= {(peer, case.state): cell for peer, cell in cells.items() if cell.is_cut}
            cells |= {each.peer: cut[each.peer, case.state] for each in there if each.peer not in cells}
            said = (f"    {peer.name:<34}{cell.said(case, cells[OURS])}" for peer, cell in cells.items())
            print(f"  {case}", *said, sep="\n", flush=True)
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
    """In turn: timed first, for what has ended once may be watched for as long as that takes."""
    timed = {each: [case.timed(each)] for each in runners}
    well = [each for each, (run,) in timed.items() if not run.is_cut and not run.failed]
    short = [each for each in well if timed[each][0].seconds < LONG]
    for _ in range(rounds - 1):
        for each in short:
            timed[each].append(case.timed(each))
    watched = {each: case.watched(each) if each in well else timed[each][0] for each in runners}
    return {each.peer: Cell(case.number, timed[each], watched[each]) for each in runners}


def _results(cells: dict[Peer, Cell], case: Case) -> Iterator[Result]:
    number, state, what = case.number, case.state, str(case)
    stock, alone, ours = cells[STOCK], cells[ALONE], cells[OURS]
    failed = [each for each in (stock, alone, ours) if each.failed or each.is_cut]
    yield Result(f"{what}: comparisons that did not end", len(failed), 0, "of 3")
    if failed:
        return
    more = ours.watched.statements - alone.watched.statements
    yield Result(f"{what}: statements for them", more, STATEMENTS[state], "statements")
    yield Result(f"{what}: strongest lock, {LOCKS[ours.lock]}", ours.lock, 1, "of 8")
    wrong = abs(ours.watched.ops - len(differing(number, state)))
    yield Result(f"{what}: ops too many or too few", wrong, 0, "ops")
    net = ours.median - stock.median
    if (number, state) == (1000, "unchanged"):
        yield Result(f"{what}: net time", net, SECONDS, "s")
    if times := TIMES.get((number, state)):
        ratio = net / (cells[PEERS[0]].median - stock.median)
        yield Result(f"{what}: net time, of that of alembic-utils", ratio, 1 / times, "times")
