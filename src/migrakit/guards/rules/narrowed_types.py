"""MK105: a column gets a type that does not hold all that the old one does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from migrakit.guards.finding import Finding
from migrakit.guards.guard import guard
from migrakit.guards.types import keeps_values, lost_values, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrakit.guards.operation import Operation
    from migrakit.guards.review import Review

__all__ = ["narrowed_types"]


@guard("MK105")
def narrowed_types(review: Review) -> Iterator[Finding]:
    """Values are cut, rounded or refused."""
    for step in review.operations:
        if isinstance(step.op, ops.AlterColumnOp) and step.op.modify_type is not None:
            lossy = [old for old in _old_types(step, review) if not _is_kept(old, step.op, review)]
            if lossy:
                name = review.name(step, step.op.column_name)
                yield Finding(
                    object=name,
                    what=f"Column {name} turns from {_shown(lossy[0], review)} into "
                    f"{_shown(step.op.modify_type, review)}, which may not hold all that is in it.",
                    hint="See that every value fits, or add a column of the new type and copy what does.",
                    at=step,
                    at_stake=(step,),
                )


# What a cast says by itself; anything else may leave something out.
_CAST = re.compile(r"\(?\"?\w+\"?\)?\s*::\s*[\w \"().,\[\]]+", re.IGNORECASE)


def _old_types(step: Operation, review: Review) -> list[Any]:
    """What the file says, and what the database has, unless an earlier step changes it; ``None`` where nobody knows."""
    op: Any = step.op
    known: list[Any] = [] if op.existing_type is None else [op.existing_type]
    if review.live is not None and step.source is not None and op.column_name not in step.past.retyped:
        stored = review.live.columns(step.source).get(step.past.stored_name(op.column_name), {})
        known += [stored["type"]] if "type" in stored else []
    return known or [None]


def _is_kept(old: Any, op: Any, review: Review) -> bool:
    using = op.kw.get("postgresql_using")
    if using is not None and not _CAST.fullmatch(str(using).strip()):
        return False
    if old is None:
        return False
    return keeps_values(old, op.modify_type, review.dialect) or bool(lost_values(old, op.modify_type))


def _shown(type_: Any, review: Review) -> str:
    return "a type that nobody says" if type_ is None else shown(type_, review.dialect)
