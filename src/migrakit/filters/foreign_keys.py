"""Foreign keys, compared whatever the spelling of the default schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ForeignKeyConstraint, Table

__all__ = ["is_only_spelled_differently", "stands_on"]


def is_only_spelled_differently(
    constraint: ForeignKeyConstraint, others: Iterable[ForeignKeyConstraint], default_schema: str | None
) -> bool:
    """Whether one of the others is the same, but says ``None`` for the default schema where this one names it.

    Alembic takes them for two: it would drop the one and create the other in every revision.
    """
    said = _specification(constraint, default_schema)
    return any(
        _specification(other, default_schema) == said and _schema(other) != _schema(constraint) for other in others
    )


def stands_on(constraint: ForeignKeyConstraint) -> list[str]:
    """The names of the columns that refer."""
    return [column.name for column in constraint.columns]


def _schema(constraint: ForeignKeyConstraint) -> str | None:
    return _referred(constraint).schema


def _referred(constraint: ForeignKeyConstraint) -> Table:
    return constraint.referred_table


def _specification(constraint: ForeignKeyConstraint, default_schema: str | None) -> tuple[Any, ...]:
    table = _referred(constraint)
    return (
        stands_on(constraint),
        table.schema or default_schema,
        table.name,
        [element.column.name for element in constraint.elements],
        _action(constraint.ondelete),
        _action(constraint.onupdate),
        constraint.deferrable or False,
        constraint.initially,
    )


def _action(action: str | None) -> str | None:
    return None if action is None or action.upper() == "NO ACTION" else action.upper()
