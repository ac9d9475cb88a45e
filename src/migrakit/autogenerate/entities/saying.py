"""What a person is told of entities that can't be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.errors import Problem

if TYPE_CHECKING:
    from migrakit.autogenerate.entities.scratch import Said
    from migrakit.entities import Entity
    from migrakit.filters import Filter

__all__ = ["not_owned", "not_postgresql", "refused"]


def refused(entity: Entity, said: Said) -> Problem:
    """The server's own words."""
    more = "".join(f" {each.rstrip('.')}." for each in (said.detail, said.hint) if each)
    return Problem(
        f"{_at(entity)}: the server does not take {entity}: {said.message.rstrip('.')}.{more}",
        "What it would be there can't be told, so nothing is compared.",
        "Mend the statement, or declare what it needs.",
    )


def not_owned(entity: Entity, owns: Filter) -> Problem:
    """Declared, and by the filter another's."""
    return Problem(
        f"{_at(entity)}: {entity} is declared, and not owned by {owns!r}.",
        "It would be created again in every revision, or be changed under its owner's feet.",
        "Widen owns=, or take it out of the declarations.",
    )


def not_postgresql(dialect: str) -> Problem:
    """Another database's entities can't be read."""
    return Problem(
        f"Environment(entities=...) is given, and the database is {dialect}.",
        "Entities are compared on PostgreSQL alone.",
        "Leave entities out for this database.",
    )


def _at(entity: Entity) -> str:
    return "Somewhere" if entity.place is None else str(entity.place)
