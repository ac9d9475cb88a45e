"""What a person is told of a step that was cut off."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from alembic.script.revision import RevisionError
from alembic.util import CommandError, to_tuple

from migrakit.errors import Problem
from migrakit.runtime.journal.seeing import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alembic.script import ScriptDirectory

    from migrakit.runtime.journal.entries import Attempt
    from migrakit.runtime.journal.torn import Torn

__all__ = ["cut_off", "goes_elsewhere", "is_another", "ways"]


def ways(attempt: Attempt, scripts: ScriptDirectory, heads: Iterable[str]) -> dict[str, str]:
    """The command that goes on, and what to stamp without the step and with it."""
    revision, now = attempt.revision, set(heads)
    below = _below(revision, scripts)
    if attempt.direction == "upgrade":
        return {"run": f"upgrade {revision}", "before": _shown(now), "after": _shown((now - below) | {revision})}
    to = min(below, default="base")
    return {"run": f"downgrade {to}", "before": _shown(now), "after": _shown((now - {revision}) | below)}


def _below(revision: str, scripts: ScriptDirectory) -> set[str]:
    with suppress(CommandError, RevisionError):  # another release's
        if script := scripts.get_revision(revision):
            return set(to_tuple(script.down_revision, default=()))
    return set()


def _shown(revisions: set[str]) -> str:
    return " ".join(sorted(revisions)) or "base"


def goes_elsewhere(attempt: Attempt) -> Problem:
    """What is asked for does not begin with the step that was cut off."""
    return Problem(
        f"The {attempt.direction} of revision {attempt.revision!r} was cut off, and this command begins with another.",
        "What comes before or instead would run on a half of it.",
        f"Finish it first, by itself: alembic -x resume={attempt.revision} {attempt.direction} ..., and nothing else.",
    )


def is_another(number: int, is_now: str, was: str | None) -> Problem:
    """The revision's file has changed in what is done already."""
    return Problem(
        f"Statement {number} of the revision was {was or 'there'} when it was cut off, and is {is_now} now"
        f"{' with other words' if was == is_now else ''}.",
        "Which of its statements are done can't be told by their number any more.",
        "Restore the revision's file as far as it was done; or finish it by hand, and say so with alembic stamp.",
    )


def cut_off(torn: Torn, states: dict[int, State], *, run: str, before: str, after: str) -> Problem:
    """``run`` is the command that goes on; ``before`` and ``after`` are what to stamp without it and with it."""
    attempt = torn.attempt
    return Problem(
        f"The {attempt.direction} of revision {attempt.revision!r} was begun at {attempt.begun:%Y-%m-%d %H:%M:%S} UTC "
        f"by {torn.by_whom}, and not finished. {' '.join(_found(torn, states))}",
        "Run again from its beginning, it would fail on what is there already or apply data twice.",
        f"{_first(states)} {_way_on(torn, states, run)} If you finish it by hand, say so: alembic stamp {after}. "
        f"If you take it back by hand: alembic stamp {before}.",
    )


def _found(torn: Torn, states: dict[int, State]) -> Iterator[str]:
    if torn.is_of_script:
        yield "A script was at it, so how far it came is not known."
        return
    at_work = torn.at_work
    yield f"Of its statements {_up_to(torn.done)} done{f', and {at_work.statement} was at work' if at_work else ''}."
    for number, row in torn.recorded.items():
        if number in states:
            yield f"{number}, {row.did}: {states[number].value}."
    if at_work and at_work.statement not in states:
        yield f"{at_work.statement}, {at_work.did}: the catalog can't tell."


def _up_to(number: int) -> str:
    return {0: "none is", 1: "1 is"}.get(number, f"1 to {number} are")


def _first(states: dict[int, State]) -> str:
    if State.INVALID in states.values():
        return "Drop the invalid index (DROP INDEX CONCURRENTLY)."
    return "Look at the database."


def _way_on(torn: Torn, states: dict[int, State], run: str) -> str:
    revision = torn.attempt.revision
    start = torn.next(states)
    if start is not None:
        return f"To go on with statement {start}: alembic -x resume={revision} {run}."
    return f"To go on with its N-th statement, by what you see: alembic -x resume={revision}:N {run}."
