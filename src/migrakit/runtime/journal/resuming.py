"""``-x resume=REV``, and ``-x resume=REV:4``: to go on with a step that was cut off."""

from __future__ import annotations

from dataclasses import dataclass

from alembic import context

from migrakit.errors import ConfigurationError, Problem

__all__ = ["Resume", "asked_resume"]


@dataclass(frozen=True, slots=True)
class Resume:
    """The revision, and the statement to go on with where that has to be said."""

    revision: str
    statement: int | None = None


def asked_resume() -> Resume | None:
    """What stands on the command line."""
    given = context.get_x_argument(as_dictionary=True).get("resume")
    if given is None:
        return None
    revision, colon, number = given.rpartition(":")
    if not colon:
        return Resume(given)
    if not revision or not number.isdecimal() or int(number) < 1:
        raise ConfigurationError(
            Problem(
                f"-x resume={given} is not understood.",
                "It says which revision to go on with, and with which of its statements.",
                "Write -x resume=REVISION, or -x resume=REVISION:4 for its fourth statement.",
            )
        )
    return Resume(revision, int(number))
