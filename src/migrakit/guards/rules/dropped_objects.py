"""MK108: what holds no data of its own is dropped."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from alembic_utils.reversible_op import CreateOp, DropOp, ReplaceOp

from migrakit.guards.finding import Finding
from migrakit.guards.guard import Guard, guard
from migrakit.guards.keys import dropped_key, index_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrakit.guards.operation import Operation
    from migrakit.guards.review import Review

__all__ = ["dropped_objects", "no_dropped_objects"]


@guard("MK108")
def dropped_objects(review: Review) -> Iterator[Finding]:
    """Named and not refused: it can be made again from its declaration."""
    made = {each for step in review.operations if _makes(step) for each in _identities(step, review)}
    gone = {(step.schema, step.table) for step in review.operations if isinstance(step.op, ops.DropTableOp)}
    new = {name for _, name in made} | {review.name(step) for step in review.operations if _creates_table(step)}
    for step in review.operations:
        if _drops(step, review) and (step.schema, step.table) not in gone:
            (kind, name), *others = _identities(step, review)
            # What roles may do with what is new is no loss of theirs.
            if made.isdisjoint([(kind, name), *others]) and not (kind == "grant" and name in new):
                yield Finding(
                    object=name,
                    what=f"The {kind} {name} is dropped. It holds no data of its own.",
                    at=step,
                    refuses=False,
                )


def no_dropped_objects() -> Guard:
    """Refuse to drop a view, a function, a trigger or an index too, until the revision's file accepts it."""
    return Guard("MK108", lambda review: (replace(each, refuses=True) for each in dropped_objects.check(review) or ()))


def _drops(step: Operation, review: Review) -> bool:
    if isinstance(step.op, ops.DropIndexOp):
        return dropped_key(step, review) is None
    return isinstance(step.op, DropOp)


def _creates_table(step: Operation) -> bool:
    return isinstance(step.op, ops.CreateTableOp)


def _makes(step: Operation) -> bool:
    return isinstance(step.op, (CreateOp, ReplaceOp, ops.CreateIndexOp))


def _identities(step: Operation, review: Review) -> list[tuple[str, str]]:
    """What it is called, and of an index also what it is on: with another name it is the same."""
    op: Any = step.op
    if not isinstance(op, (ops.DropIndexOp, ops.CreateIndexOp)):
        return [_entity(op.target, review)]
    index = index_of(step, review)
    on = [("index on", review.name(step, *index.columns))] if index is not None else []
    return [("index", review.name(step, op.index_name)), *on]


def _entity(entity: Any, review: Review) -> tuple[str, str]:
    """An entity of ours, or one of alembic-utils' own."""
    if hasattr(entity, "kind"):  # to import what entities are made of takes longer than all that guards do
        return entity.kind.replace("_", " "), review.dotted(entity.schema, entity.table, entity.name)
    return str(entity.type_), review.dotted(entity.schema, str(entity.signature).partition("(")[0])
