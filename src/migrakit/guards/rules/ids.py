"""MK303: ids that tell in which order revisions were written."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from migrakit.guards.finding import Finding
from migrakit.guards.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from alembic.operations.ops import MigrationScript

    from migrakit.guards.review import Review

__all__ = ["dated_ids", "sequential_ids"]

# Four letters beside it, as two branches may come to the same number, or minute, and an id is there but once.
_SEQUENTIAL = re.compile(r"(\d{4})_[0-9a-f]{4}")
_DATED = re.compile(r"(\d{8}_\d{4})_[0-9a-f]{4}")


def sequential_ids() -> Guard:
    """Number revisions: ``0007_9c1e``. Those from before the first of these may be called anything."""
    return _guard(_SEQUENTIAL, _next_number)


def dated_ids() -> Guard:
    """Date revisions, in UTC: ``20261121_1830_9c1e``. Those from before the first of these may be called anything."""
    return _guard(_DATED, _now)


def _guard(form: re.Pattern[str], begin: Callable[[Review], str]) -> Guard:
    def suggested(review: Review) -> str:
        return f"{begin(review)}_{secrets.token_hex(2)}"

    def prepare(directive: MigrationScript, review: Review) -> None:
        directive.rev_id = suggested(review)

    def check(review: Review) -> Iterator[Finding]:
        if form.fullmatch(review.revision) is None and (review.is_generated or _follows(form, review)):
            yield Finding(
                acceptable=not review.is_generated,
                object=review.revision,
                what=f"Revision {review.revision} has an id of another form than the revisions before it.",
                hint=f"Name it with --rev-id {suggested(review)}; alembic merge and a plain alembic revision have that "
                "option too. In a file that is there, change revision, and down_revision of what follows it.",
            )

    return Guard("MK303", check, prepare)


def _follows(form: re.Pattern[str], review: Review) -> bool:
    """Whether the guard was in use by then: one of those before it is of its form."""
    if not review.parents:
        return False
    before = review.scripts.iterate_revisions(review.parents, "base")
    return any(form.fullmatch(script.revision) for script in before)


def _next_number(review: Review) -> str:
    found = (_SEQUENTIAL.fullmatch(script.revision) for script in review.scripts.walk_revisions())
    numbers = [int(each[1]) for each in found if each is not None]
    return f"{max(numbers, default=0) + 1:04}"


def _now(_: Review) -> str:
    return datetime.now(timezone.utc).strftime("%Y%m%d_%H%M")
