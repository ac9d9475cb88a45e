"""MK102: a table is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops

from migrakit.guards.finding import Finding
from migrakit.guards.guard import guard
from migrakit.guards.standing import depending

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrakit.guards.review import Review

__all__ = ["dropped_tables"]


@guard("MK102")
def dropped_tables(review: Review) -> Iterator[Finding]:
    """A table that goes takes its rows along."""
    for step in review.operations:
        if isinstance(step.op, ops.DropTableOp):
            name = review.name(step)
            yield Finding(
                object=name,
                what=f"Table {name} is dropped, and what is in it.{depending(review, step)}",
                hint=f"If it only gets another name, declare that: info=renamed_from({step.table!r}) on the new table.",
                at=step,
                at_stake=(step,),
            )
