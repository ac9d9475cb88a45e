"""MK103: a schema is dropped."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alembic.operations import ops
from sqlalchemy.schema import DropSchema

from migrakit.guards.finding import Finding
from migrakit.guards.guard import guard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrakit.guards.operation import Operation
    from migrakit.guards.review import Review

__all__ = ["dropped_schemas"]


@guard("MK103")
def dropped_schemas(review: Review) -> Iterator[Finding]:
    """A schema that goes may take along whatever is in it, whoever put it there."""
    for step in review.operations:
        if isinstance(step.op, ops.ExecuteSQLOp) and isinstance(step.op.sqltext, DropSchema):
            schema = str(step.op.sqltext.element)
            yield Finding(
                object=schema,
                what=f"Schema {schema} is dropped, and what is in it.",
                hint="Drop what is yours in it, table by table.",
                at=step,
                at_stake=tuple(_tables(schema, step, review)),
            )


def _tables(schema: str, step: Operation, review: Review) -> Iterator[Operation]:
    # What only running it would tell may move something there.
    if review.live is None or review.unchecked:
        yield step
    if review.live is not None:
        yield from (replace(step, source=each) for each in review.live.tables_in(schema))
