"""MK101: a column is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops

from migrakit.guards.finding import Finding
from migrakit.guards.guard import guard
from migrakit.guards.standing import depending

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrakit.guards.operation import Operation
    from migrakit.guards.review import Review

__all__ = ["dropped_columns"]


@guard("MK101")
def dropped_columns(review: Review) -> Iterator[Finding]:
    """A column that goes takes its values along. What is computed from others holds none."""
    for step in review.operations:
        if isinstance(step.op, ops.DropColumnOp) and not _is_computed(step, review):
            name = step.op.column_name
            yield Finding(
                object=review.name(step, name),
                what=f"Column {review.name(step, name)} is dropped, and what is in it.{depending(review, step, name)}",
                hint=f"If it only gets another name, declare that: info=renamed_from({name!r}) on the new column.",
                at=step,
                at_stake=(step,),
            )


def _is_computed(step: Operation, review: Review) -> bool:
    if review.live is None or step.source is None or not isinstance(step.op, ops.DropColumnOp):
        return False
    return "computed" in review.live.columns(step.source).get(step.past.stored_name(step.op.column_name), {})
