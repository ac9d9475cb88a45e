"""Every error that migrakit raises, as one tree.

All are Alembic's ``CommandError``, so that its command line prints the message and no traceback.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic.util import CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ConfigurationError",
    "ConnectionFailedError",
    "EntityError",
    "FilterError",
    "GuardError",
    "LockError",
    "LockTimeoutError",
    "MigrakitError",
    "NotComparedError",
    "Problem",
    "RuleError",
    "TornRevisionError",
    "VersionTableError",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: what it is, why it matters, and what to do about it, a sentence each."""

    what: str
    why: str
    do: str

    def __str__(self) -> str:
        return " ".join(filter(None, (self.what, self.why, self.do)))


class MigrakitError(CommandError):
    """The base of all: ``problems`` holds what is wrong, and the message says all of it at once."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__(_message(problems))


class FilterError(MigrakitError):
    """A filter was written in a way that can't mean what it says."""


class RuleError(FilterError):
    """A rule of the service's own failed, or gave an answer that is none of the three."""


class EntityError(MigrakitError):
    """A view, a function or another entity was declared in a way that can't be read, or twice."""


class NotComparedError(MigrakitError):
    """What is declared and what is there could not be compared: for want of a right, most likely."""


class GuardError(MigrakitError):
    """A revision would destroy what nobody has accepted, or does not hold to a rule of the service's."""


class VersionTableError(MigrakitError):
    """A version table that can't be used: by its name or schema, or for what it holds or can't hold."""


class ConfigurationError(MigrakitError):
    """An ``Environment`` that contradicts itself, or lacks what it needs."""


class ConnectionFailedError(MigrakitError):
    """No connection to the database. The message holds no password."""


class LockError(MigrakitError):
    """The migration lock was not had: another holds it, or there is none to be had here."""


class LockTimeoutError(MigrakitError):
    """A statement of a revision waited too long for a lock, each time that it was tried."""


class TornRevisionError(MigrakitError):
    """A revision was cut off, and a part of it is in the database."""


def _message(problems: Sequence[Problem]) -> str:
    # Alembic folds the lines into one paragraph on a terminal, so numbers and not line breaks part the problems.
    if len(problems) == 1:
        return str(problems[0])
    numbered = "\n".join(f"({number}) {problem}" for number, problem in enumerate(problems, start=1))
    return f"{len(problems)} problems.\n{numbered}"
