"""MK302: revisions that part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.guards.finding import Finding
from migrakit.guards.guard import Guard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrakit.guards.review import Review

__all__ = ["one_head"]


def one_head() -> Guard:
    """Refuse to apply or to add revisions while two of them are the last."""
    return Guard("MK302", _check)


def _check(review: Review) -> Iterator[Finding]:
    heads = sorted(review.scripts.get_heads())
    if review.is_generated and review.revision not in heads:
        left = [each for each in heads if each not in review.parents]
        heads = sorted([*left, review.revision])
    if len(heads) > 1:
        yield Finding(
            acceptable=False,
            object=review.revision if review.is_generated else ",".join(heads),
            what=f"There are {len(heads)} last revisions: {', '.join(heads)}.",
            hint="Join them: alembic merge heads. Or let one follow the other, with its down_revision.",
        )
