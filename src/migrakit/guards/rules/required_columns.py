"""MK106: a column has to hold something, and nothing says what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from migrakit.guards.finding import Finding
from migrakit.guards.guard import guard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrakit.guards.operation import Operation
    from migrakit.guards.review import Review

__all__ = ["required_columns"]


@guard("MK106")
def required_columns(review: Review) -> Iterator[Finding]:
    """Where there are rows, PostgreSQL and SQLite refuse it; MariaDB and MySQL may fill in what nobody wrote."""
    for step in review.operations:
        if (name := _required(step)) is not None and not _is_required_already(step, name, review):
            yield Finding(
                object=review.name(step, name),
                what=f"Column {review.name(step, name)} becomes NOT NULL and has no default.",
                hint="Give it a server_default; or let it be NULL, fill it, and accept this where it is required.",
                at=step,
                at_stake=(step,),
            )


def _required(step: Operation) -> str | None:
    op: Any = step.op
    if isinstance(op, ops.AddColumnOp):
        column = op.column
        fills_itself = column.server_default is not None or column.computed is not None or column.identity is not None
        return None if column.nullable or fills_itself else str(column.name)
    if isinstance(op, ops.AlterColumnOp) and op.modify_nullable is False and op.existing_nullable is not False:
        default = op.existing_server_default if op.modify_server_default is False else op.modify_server_default
        return op.column_name if default in (None, False) else None
    return None


def _is_required_already(step: Operation, name: str, review: Review) -> bool:
    """Not every file says it; of a new column the database knows nothing."""
    if review.live is None or step.source is None or isinstance(step.op, ops.AddColumnOp):
        return False
    return review.live.columns(step.source).get(step.past.stored_name(name), {}).get("nullable") is False
