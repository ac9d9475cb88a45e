"""MK201: autogenerate would drop most of what the service has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops

from migrakit.guards.finding import Finding
from migrakit.guards.guard import guard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrakit.guards.review import Review

__all__ = ["incomplete_metadata"]

_FEW = 3
"""So many drops are nobody's mistake of imports."""


@guard("MK201")
def incomplete_metadata(review: Review) -> Iterator[Finding]:
    """Most likely the models were not imported. ``-x metadata=complete`` says that they were."""
    dropped = [review.name(step) for step in review.operations if isinstance(step.op, ops.DropTableOp)]
    if review.is_generated and review.own_tables and len(dropped) >= _FEW and 2 * len(dropped) > review.own_tables:
        yield Finding(
            acceptable=False,
            object="metadata",
            what=f"{len(dropped)} of the service's {review.own_tables} tables would be dropped: {_several(dropped)}. "
            "Most likely the modules that declare them are not imported.",
            hint="Import all models in env.py before Environment(metadata=...). If these tables are to go, say so: "
            "alembic -x metadata=complete revision --autogenerate.",
        )


def _several(names: list[str], shown: int = 5) -> str:
    rest = f", and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(sorted(names)[:shown]) + rest
