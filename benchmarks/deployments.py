"""Eight upgrade one database at once: whether any fails, and whether each revision is applied once."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.result import Result
from tests.databases.fixtures import fresh_database
from tests.databases.session import Session
from tests.deployments import VARIANTS, command_lines, play, together, workers

if TYPE_CHECKING:
    from benchmarks.servers import NewDatabase
    from tests.deployments import Round, Service, Variant, Way

__all__ = ["deployments"]

AT_ONCE = 8
ROUNDS_OF_WORKERS, ROUNDS_OF_COMMAND_LINES = 50, 5
STOCK_ROUNDS_OF_WORKERS, STOCK_ROUNDS_OF_COMMAND_LINES = 10, 2
ROUNDS_ALONE = 5

STOCK_SUCCEEDS = 0.7
"""At most, of its runs: else they did not meet, and that ours succeed shows nothing."""

SHOWN = 3


@dataclass(frozen=True)
class Played:
    """The rounds of one way."""

    rounds: list[Round]

    def __add__(self, other: Played) -> Played:
        return Played(self.rounds + other.rounds)

    def __str__(self) -> str:
        rounds = f"{len(self.rounds):2} rounds, {self.faulty} of them with faults"
        return f"{rounds}; {len(self.errors):3} of {self.runs:3} runs failed; median {self.seconds:.2f} s"

    @property
    def runs(self) -> int:
        return sum(len(each.outcomes) for each in self.rounds)

    @property
    def errors(self) -> list[str]:
        return [error for each in self.rounds for error in each.errors]

    @property
    def faulty(self) -> int:
        return sum(bool(each.faults) for each in self.rounds)

    @property
    def seconds(self) -> float:
        return median(each.seconds for each in self.rounds)


@dataclass(frozen=True)
class Stage:
    """Where a variant is played: its server, which is this run's own, and a directory."""

    variant: Variant
    session: Session
    directory: Path

    def ours(self) -> Played:
        """Shown beside one run alone: what eight at once cost is what the others wait."""
        service = self.variant.service(self.directory / "ours", self.variant.own_env)
        with workers(AT_ONCE) as those:
            by_workers = self._played(ROUNDS_OF_WORKERS, service, together(those))
            one_worker = self._played(ROUNDS_ALONE, service, together(those[:1]))
        by_lines = self._played(ROUNDS_OF_COMMAND_LINES, service, command_lines(AT_ONCE))
        one_line = self._played(ROUNDS_ALONE, service, command_lines(1))
        print(f"    workers:              {by_workers}, {by_workers.seconds / one_worker.seconds:.1f} times one alone")
        print(f"    command lines:        {by_lines}, {by_lines.seconds / one_line.seconds:.1f} times one alone")
        return by_workers + one_worker + by_lines + one_line

    def stock(self) -> Played:
        service = self.variant.service(self.directory / "stock", self.variant.stock_env)
        with workers(AT_ONCE) as those:
            by_workers = self._played(STOCK_ROUNDS_OF_WORKERS, service, together(those))
        by_lines = self._played(STOCK_ROUNDS_OF_COMMAND_LINES, service, command_lines(AT_ONCE))
        print(f"    workers, stock:       {by_workers}")
        print(f"    command lines, stock: {by_lines}")
        return by_workers + by_lines

    def _played(self, number: int, service: Service, way: Way) -> Played:
        return Played([self._round(service, way) for _ in range(number)])

    def _round(self, service: Service, way: Way) -> Round:
        # Dropped before the next is made, for a PostgreSQL database takes 7 MB of what may be memory.
        with fresh_database(self.variant.kind, self.session, self.directory) as database:
            return play(service, database, way)


def deployments(_new_database: NewDatabase) -> list[Result]:
    print(f"{AT_ONCE} upgrades of one database at once")
    session = Session.start()
    try:
        return [result for variant in VARIANTS for result in _judged(variant, session)]
    finally:
        session.stop()


def _judged(variant: Variant, session: Session) -> list[Result]:
    print(f"  {variant.name}")
    with tempfile.TemporaryDirectory() as directory:
        stage = Stage(variant, session, Path(directory))
        ours, stock = stage.ours(), stage.stock()
    for problem in [*ours.errors, *(fault for each in ours.rounds for fault in each.faults)][:SHOWN]:
        print(f"    {problem}")
    return [
        Result(f"{variant.name}: that failed", len(ours.errors), 0, "runs"),
        Result(f"{variant.name}: with faults", ours.faulty, 0, "rounds"),
        Result(f"{variant.name}: stock runs that succeed", 1 - len(stock.errors) / stock.runs, STOCK_SUCCEEDS, "share"),
    ]
