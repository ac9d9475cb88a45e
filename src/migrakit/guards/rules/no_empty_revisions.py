"""MK301: a revision that does nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.guards.finding import Finding
from migrakit.guards.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrakit.guards.review import Review

__all__ = ["EMPTY", "no_empty_revisions"]

EMPTY = "MK301"


def no_empty_revisions() -> Guard:
    """Write no revision where autogenerate finds nothing, and apply none that does nothing. One that merges may."""
    return Guard(EMPTY, _check)


def _check(review: Review) -> Iterator[Finding]:
    if review.is_upgrade and review.does_nothing and len(review.parents) < 2 and not review.is_generated:  # noqa: PLR2004 - two are merged
        yield Finding(
            object=review.revision,
            what=f"Revision {review.revision} does nothing.",
            hint="Write what it is to do, or delete its file and let what follows it follow its parent.",
        )
