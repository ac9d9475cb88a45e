"""MK107: a constraint is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from migrakit.guards.finding import Finding
from migrakit.guards.guard import guard
from migrakit.guards.keys import Key, dropped_key, made_keys, renamed_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrakit.guards.operation import Operation
    from migrakit.guards.review import Review

__all__ = ["dropped_constraints"]

_WORDS = {
    "unique": "unique constraint",
    "primary": "primary key",
    "foreignkey": "foreign key",
    "check": "check",
    "unique index": "unique index",
}


@guard("MK107")
def dropped_constraints(review: Review) -> Iterator[Finding]:
    """What it kept out gets in from then on. One that is made again, as strict or stricter, is not dropped."""
    made = list(made_keys(review))
    gone = {(*_table(step), _column(step)) for step in review.operations}
    for step in review.operations:
        key = dropped_key(step, review)
        if key is None:
            continue
        renamed = renamed_key(key, review)
        if any(key.is_kept_by(each) or renamed.is_kept_by(each) for each in made):
            continue
        if not gone & {(*_table(step), None), *((*_table(step), column) for column in key.columns)}:
            yield _finding(key, step, review)


def _finding(key: Key, step: Operation, review: Review) -> Finding:
    what, on = _WORDS.get(key.kind or "", "constraint"), f" on {', '.join(key.columns)}" if key.columns else ""
    name = key.name or "(unnamed)"
    return Finding(
        object=review.name(step, name),
        what=f"The {what} {name} of {review.name(step)}{on} is dropped: what it kept out gets in.",
        hint="Drop it when nothing relies on it any more.",
        at=step,
        at_stake=(step,),
    )


def _table(step: Operation) -> tuple[str | None, str | None]:
    return step.schema, step.table


def _column(step: Operation) -> Any:
    """What goes: a column, a whole table (``None``), or nothing of either."""
    if isinstance(step.op, ops.DropColumnOp):
        return step.op.column_name
    return None if isinstance(step.op, ops.DropTableOp) else ()
