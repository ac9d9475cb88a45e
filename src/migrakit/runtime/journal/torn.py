"""A step that was begun and not finished, and how far it came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect

from migrakit.runtime.indexes import invalid_indexes
from migrakit.runtime.journal.entries import Attempt
from migrakit.runtime.journal.seeing import State, seen
from migrakit.runtime.statements import statement_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from migrakit.runtime.statements import Statement, Thing

__all__ = ["SCRIPT", "Torn"]

SCRIPT = "script"
"""What its first row says where a script is at work, which can't say more."""


@dataclass(frozen=True, slots=True)
class Torn:
    """What the journal holds of it: its rows from the first to the last."""

    rows: Sequence[Row[Any]]

    @classmethod
    def of(cls, rows: Sequence[Row[Any]]) -> Torn | None:
        """The step that these rows begin with, if none of them finishes it."""
        return cls(rows) if rows and all(row.finished is None for row in rows) else None

    @property
    def attempt(self) -> Attempt:
        first = self.rows[0]
        return Attempt(first.revision, first.direction, first.begun)

    @property
    def by_whom(self) -> str:
        return f"{self.rows[0].by_whom} from {self.rows[0].from_where}"

    @property
    def is_of_script(self) -> bool:
        return bool(self.rows[0].did == SCRIPT)

    @property
    def recorded(self) -> dict[int, Row[Any]]:
        """The statements that have rows, by number: all that were committed by themselves, or failed."""
        return {row.statement: row for row in self.rows if row.digest}

    @property
    def at_work(self) -> Row[Any] | None:
        """The statement that had begun when the run was cut off, and of which nothing else is known."""
        last = self.rows[-1]
        return last if last.digest else None

    @property
    def done(self) -> int:
        """How many of its statements are done for certain."""
        return int(self.rows[-1].statement) - (1 if self.at_work else 0)

    def states(self, connection: Connection) -> dict[int, State]:
        """Of each statement that can be looked for, unless a later one was about the same.

        Of one that failed there is nothing to look for but a ruin.
        """
        statements = {
            number: statement for number, row in self.recorded.items() if (statement := statement_of(row.did))
        }
        known = self.done + (1 if self.at_work else 0)
        inspector = inspect(connection)
        states = {
            number: seen(statement, connection, inspector)
            for number, statement in statements.items()
            if statement.things
            and not any(_touches(statements[later], statement) for later in statements if number < later <= known)
        }
        return {number: state for number, state in states.items() if number <= known or state is State.INVALID}

    def mends(self, connection: Connection) -> list[str]:
        """What removes the invalid indexes that it left."""
        if connection.dialect.name != "postgresql":
            return []
        things = [thing for row in self.recorded.values() for thing in _things(row.did)]
        built = {thing.name for thing in things if thing.kind == "index"}
        return [index.mended_by for index in invalid_indexes(connection) if index.name in built]

    def next(self, states: dict[int, State]) -> int | None:
        """The number of the statement to go on with, if that is beyond doubt."""
        if self.is_of_script or State.INVALID in states.values():
            return None
        if any(state is State.UNDONE for number, state in states.items() if number <= self.done):
            return None  # somebody has been at it by hand
        if self.at_work is None:
            return self.done + 1
        state = states.get(self.at_work.statement)
        return None if state is None else self.done + (2 if state is State.DONE else 1)


def _things(did: str) -> tuple[Thing, ...]:
    statement = statement_of(did)
    return statement.things if statement else ()


def _touches(later: Statement, earlier: Statement) -> bool:
    """Whether what one has done tells nothing about the other any more."""
    return any(
        (one.kind, one.name) == (other.kind, other.name) or other.name == one.table
        for one in earlier.things
        for other in later.things
    )
