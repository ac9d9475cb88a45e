"""A guard: a rule that looks at a revision and says what a person should know of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from migrakit.errors import ConfigurationError, Problem
from migrakit.guards.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from alembic.operations.ops import MigrationScript

    from migrakit.guards.review import Review

__all__ = ["Guard", "guard"]

Check: TypeAlias = "Callable[[Review], Iterable[Finding] | None]"
Prepare: TypeAlias = "Callable[[MigrationScript, Review], None]"

_CODE = re.compile(r"[A-Z]+[0-9]+")


@dataclass(frozen=True, slots=True)
class Guard:
    """A code, which stays the same for ever, and the function that looks."""

    code: str
    check: Check
    prepare: Prepare | None = None
    """What it does to a revision that is being generated, before it looks."""

    def findings(self, review: Review) -> Iterator[Finding]:
        """What it has to say of this revision."""
        for found in self.check(review) or ():
            if not isinstance(cast("Any", found), Finding):
                raise ConfigurationError(_no_finding(self, found))
            yield replace(found, code=self.code)


def guard(code: str) -> Callable[[Check], Guard]:
    """Make a function a guard: it takes a ``Review``, and yields a ``Finding`` for each thing that it sees.

    ``code`` is letters and a number, such as ``"BILL1"``. Those that begin with ``MK`` are migrakit's own.
    """
    if not isinstance(cast("Any", code), str) or not _CODE.fullmatch(code):
        raise ConfigurationError(
            Problem(
                f"guard({code!r}) is no code.",
                "A revision's file names findings by it.",
                "Write capital letters and a number, as in @guards.guard('BILL1').",
            )
        )

    def made(check: Check) -> Guard:
        return Guard(code, check)

    return made


def _no_finding(guard: Guard, found: Any) -> Problem:
    name = getattr(guard.check, "__qualname__", repr(guard.check))
    return Problem(
        f"The guard {name} ({guard.code}) gave {found!r}, which is no Finding.",
        "What it has seen can't be said.",
        "Yield guards.Finding(object=..., what=..., hint=...), or nothing.",
    )
