"""MK104: a value of an enum is removed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from alembic.operations import ops

from migrakit.guards.finding import Finding
from migrakit.guards.guard import guard
from migrakit.guards.types import lost_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migrakit.guards.operation import Operation
    from migrakit.guards.review import Review

__all__ = ["removed_enum_values"]


class _Removed(NamedTuple):
    enum: str
    values: Sequence[str]
    at_stake: tuple[Operation, ...]


@guard("MK104")
def removed_enum_values(review: Review) -> Iterator[Finding]:
    """Rows that hold the value can't stay as they are."""
    for step in review.operations:
        for enum, values, at_stake in _removed(step, review):
            for value in values:
                yield Finding(
                    object=f"{enum}.{value}",
                    what=f"The value {value!r} of {enum} is removed.",
                    hint="Give the rows that hold it another one first.",
                    at=step,
                    at_stake=at_stake,
                )


def _removed(step: Operation, review: Review) -> Iterator[_Removed]:
    op: Any = step.op
    if isinstance(op, ops.AlterColumnOp):
        yield _Removed(review.name(step, op.column_name), lost_values(op.existing_type, op.modify_type), (step,))
    elif getattr(op, "operation_name", "") == "change_enum_variants":  # alembic-postgresql-enum's
        renamed = [old for old, _ in op.info.get("enum_values_to_rename", ())]
        lost = [each for each in _values(op, review) if each not in (*op.new_values, *renamed)]
        yield _Removed(review.dotted(op.schema, op.name), lost, _columns(op.affected_columns, step))


def _values(op: Any, review: Review) -> Sequence[str]:
    """A revision's file names the new ones alone."""
    if op.old_values or review.live is None:
        return list(op.old_values)
    return review.live.enum_values(op.schema, op.name)


def _columns(affected: Any, step: Operation) -> tuple[Operation, ...]:
    """The tables that hold the enum. alembic-postgresql-enum speaks of these in two ways."""
    names: list[tuple[Any, Any]] = [
        (None, each[0]) if isinstance(each, tuple) else (each.table_schema, each.table_name) for each in affected
    ]
    return tuple(replace(step, schema=schema, table=name, source=(schema, name)) for schema, name in names)
