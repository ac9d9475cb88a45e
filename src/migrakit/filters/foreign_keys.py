"""Foreign keys, compared whatever the spelling of the default schema and the order of their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy import ForeignKeyConstraint

    from migrakit.target import Target

__all__ = ["is_among", "replaces"]


def is_among(
    constraint: ForeignKeyConstraint,
    others: Iterable[ForeignKeyConstraint],
    referred: Callable[[ForeignKeyConstraint], Target],
) -> bool:
    """Whether one of the others is the same: ``referred`` tells the table that each points to.

    Alembic takes two for different that are only spelled so: it would drop the one and create the other in every
    revision.
    """
    said = _specification(constraint, referred(constraint))
    return any(_specification(other, referred(other)) == said for other in others)


def replaces(one: ForeignKeyConstraint, other: ForeignKeyConstraint) -> bool:
    """Whether the one, which is new, comes in the other's place: by its name, or on a column of it."""
    has_its_name = one.name is not None and one.name == other.name
    return has_its_name or not _columns(one).isdisjoint(_columns(other))


def _columns(constraint: ForeignKeyConstraint) -> set[str]:
    return {column.name for column in constraint.columns}


def _specification(constraint: ForeignKeyConstraint, table: Target) -> tuple[Any, ...]:
    return (
        sorted((element.parent.name, element.column.name) for element in constraint.elements),
        table.schema,
        table.name,
        _action(constraint.ondelete),
        _action(constraint.onupdate),
        constraint.deferrable or False,
        constraint.initially,
    )


def _action(action: str | None) -> str | None:
    return None if action is None or action.upper() == "NO ACTION" else action.upper()
