"""What a person is told of a step that was cut off."""

from __future__ import annotations

from contextlib import suppress
from datetime import timezone
from typing import TYPE_CHECKING

from alembic.script.revision import RevisionError
from alembic.util import CommandError, to_tuple

from migrakit.errors import Problem
from migrakit.runtime.journal.seeing import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from alembic.script import ScriptDirectory

    from migrakit.runtime.journal.entries import Attempt
    from migrakit.runtime.journal.torn import Torn

__all__ = [
    "cut_off",
    "goes_elsewhere",
    "is_another",
    "is_another_before",
    "is_of_another_session",
    "shown_time",
    "ways",
]


_BY_NUMBER = "Which of its statements are done can't be told by their number any more."
_RESTORE = "Restore the revision's file as far as it was done; or finish it by hand, and say so with alembic stamp."


def ways(attempt: Attempt, scripts: ScriptDirectory, heads: Iterable[str]) -> dict[str, str]:
    """The command that goes on, and what to stamp without the step and with it."""
    revision, now = attempt.revision, set(heads)
    down, needed = _beneath(revision, scripts)
    if attempt.direction == "upgrade":
        after = _tops(now | {revision}, scripts)
        return {"run": f"upgrade {revision}", "before": _shown(now), "after": _shown(after, now)}
    after = _tops((now - {revision}) | down | needed, scripts)
    # Without its name it would take down other branches too.
    return {
        "run": f"downgrade {revision}@{min(down, default='base')}",
        "before": _shown(now),
        "after": _shown(after, now),
    }


def _beneath(revision: str, scripts: ScriptDirectory) -> tuple[set[str], set[str]]:
    """What comes before it, and what it depends on."""
    with suppress(CommandError, RevisionError):  # another release's
        if script := scripts.get_revision(revision):
            needed = scripts.get_revisions(to_tuple(script.dependencies, default=()))
            return set(to_tuple(script.down_revision, default=())), {each.revision for each in needed if each}
    return set(), set()


def _tops(revisions: set[str], scripts: ScriptDirectory) -> set[str]:
    """Those that no other implies: what a version table holds."""
    with suppress(CommandError, RevisionError):
        return {each for each in revisions if each not in _implied(revisions - {each}, scripts)}
    return revisions


def _implied(revisions: set[str], scripts: ScriptDirectory) -> set[str]:
    return {script.revision for script in scripts.iterate_revisions(tuple(revisions), "base")} if revisions else set()


def _shown(revisions: set[str], now: set[str] | None = None) -> str:
    """As ``alembic stamp`` takes them: of several branches it would take one for another."""
    purge = "--purge " if max(len(revisions), len(now or revisions)) > 1 else ""
    return purge + (" ".join(sorted(revisions)) or "base")


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
        _BY_NUMBER,
        _RESTORE,
    )


def is_another_before(number: int, did: str) -> Problem:
    """The same, in statements that have no rows of their own; or it did other things by what it found."""
    return Problem(
        f"What the revision executes before its statement {number}, which was {did}, "
        "is not what it executed until it was cut off.",
        _BY_NUMBER,
        _RESTORE,
    )


def is_of_another_session(start: int) -> Problem:
    """What it had put there is not to be had any more."""
    return Problem(
        f"Before statement {start}, which is to be the next, the revision makes a temporary table or sets a variable, "
        "which was gone with the session that was cut off.",
        "What comes later would take it for empty.",
        "Finish it by hand, and say so with alembic stamp.",
    )


def cut_off(
    torn: Torn, states: dict[int, State], *, mends: Sequence[str], run: str, before: str, after: str
) -> Problem:
    """What to say of it.

    ``mends`` are statements to execute first, ``run`` the command that goes on; ``before`` and ``after`` are what to
    stamp without the step and with it.
    """
    attempt = torn.attempt
    return Problem(
        f"The {attempt.direction} of revision {attempt.revision!r} was begun at {shown_time(attempt.begun)} "
        f"by {torn.by_whom}, and not finished. {_found(torn, states)}",
        "Run again from its beginning, it would fail on what is there already or apply data twice.",
        f"{'; '.join(mends) or 'Look at the database'}. {_way_on(torn, states, run)} "
        f"If you finish it by hand, say so: alembic stamp {after}. "
        f"If you take it back by hand: alembic stamp {before}.",
    )


def shown_time(when: datetime) -> str:
    """PostgreSQL gives it in the session's time zone; where there are none it is UTC."""
    utc = when.astimezone(timezone.utc) if when.tzinfo else when
    return f"{utc:%Y-%m-%d %H:%M:%S} UTC"


def _found(torn: Torn, states: dict[int, State]) -> str:
    if torn.is_of_script:
        return "A script was at it, so how far it came is not known."
    at_work = torn.at_work
    was_at_work = f", and statement {at_work.statement} was at work" if at_work else ""
    seen = [f"{number} ({row.did}) {states[number].value}" for number, row in torn.recorded.items() if number in states]
    if at_work and at_work.statement not in states:
        seen.append(f"whether {at_work.statement} ({at_work.did}) is done, the catalog can't tell")
    held = f" By what the database holds, {', '.join(seen)}." if seen else ""
    return f"{_up_to(torn.done)} done{was_at_work}.{held}"


def _up_to(number: int) -> str:
    return {0: "None of its statements is", 1: "Its first statement is"}.get(
        number, f"Its first {number} statements are"
    )


def _way_on(torn: Torn, states: dict[int, State], run: str) -> str:
    if State.INVALID in states.values():
        return "Then run again, to be told how to go on."
    revision, start = torn.attempt.revision, torn.next(states)
    number = "" if start is not None else ":N"
    which = f"statement {start}" if start is not None else "its N-th statement, by what you see"
    return f"To go on with {which}: alembic -x resume={revision}{number} {run}. Once it is whole, it can be taken back."
