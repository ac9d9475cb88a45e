"""MK109: what is dropped and what is added look like one thing with another name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from migrakit.guards.finding import Finding
from migrakit.guards.guard import guard
from migrakit.guards.types import keeps_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import Column

    from migrakit.guards.operation import Operation
    from migrakit.guards.review import Review

__all__ = ["likely_renames"]


@guard("MK109")
def likely_renames(review: Review) -> Iterator[Finding]:
    """Nothing is guessed: which two it may be is said, where there are no more, and how to declare it."""
    if review.is_generated:
        yield from _columns(review)
        yield from _tables(review)


def _columns(review: Review) -> Iterator[Finding]:
    for table in dict.fromkeys((step.schema, step.table) for step in review.operations):
        steps = [step for step in review.operations if (step.schema, step.table) == table]
        gone = [(step, step.op.to_column()) for step in steps if isinstance(step.op, ops.DropColumnOp)]
        come = [step.op.column for step in steps if isinstance(step.op, ops.AddColumnOp)]
        for step, old, new in _pairs(gone, come, lambda old, new: _is_like(old, new, review)):
            yield _finding(step, review.name(step, old.name), str(old.name), f"column {review.name(step, new.name)}")


def _tables(review: Review) -> Iterator[Finding]:
    gone = [(step, step.op.to_table()) for step in review.operations if isinstance(step.op, ops.DropTableOp)]
    come = [step.op.to_table() for step in review.operations if isinstance(step.op, ops.CreateTableOp)]
    for step, old, new in _pairs(gone, come, lambda old, new: _are_like(_names(old.columns), _names(new.columns))):
        yield _finding(step, review.name(step), str(old.name), f"table {review.dotted(new.schema, new.name)}")


def _pairs(
    gone: Sequence[tuple[Operation, Any]], come: Sequence[Any], is_like: Callable[[Any, Any], bool]
) -> Iterator[tuple[Operation, Any, Any]]:
    """Of all that goes and comes what has one likeness, here as there."""
    for step, old in gone:
        like = [new for new in come if is_like(old, new)]
        if len(like) == 1 and sum(is_like(each, like[0]) for _, each in gone) == 1:
            yield step, old, like[0]


def _finding(step: Operation, shown: str, old: str, new: str) -> Finding:
    return Finding(
        object=shown,
        what=f"{shown} is dropped and {new} is added, which looks like one that gets another name.",
        hint=f"If it is, declare it with info=renamed_from({old!r}) on {new}, and generate the revision again.",
        at=step,
        refuses=False,
    )


def _is_like(old: Column[Any], new: Column[Any], review: Review) -> bool:
    return keeps_values(old.type, new.type, review.dialect) and keeps_values(new.type, old.type, review.dialect)


def _are_like(old: set[str], new: set[str]) -> bool:
    """Whether most of what either has, both have. One column is like any other."""
    return len(old & new) > 1 and 2 * len(old & new) > len(old | new)


def _names(columns: Iterable[Any]) -> set[str]:
    return {str(each.name) for each in columns}
