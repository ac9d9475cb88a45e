"""What a person is told of entities that can't be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.catalog.said import code_of
from migrakit.errors import Problem

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

    from migrakit.autogenerate.entities.scratch import Said
    from migrakit.entities import Entity
    from migrakit.filters import Filter

__all__ = ["not_compared", "not_owned", "not_postgresql", "refused"]


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


_WAYS = {
    "42501": "Grant the role what the server names; to make schemas it takes GRANT CREATE ON DATABASE.",
    "25006": "Connect where the session may write; nothing of it stays.",
    "25P01": "Leave AUTOCOMMIT out for migrations: it takes a savepoint.",
    "53200": "Raise max_locks_per_transaction on the server: each declaration takes a place in its lock table.",
    "55P03": "Run again when whoever holds the lock is done.",
}


def not_compared(error: DBAPIError) -> Problem:
    """What the server has against it as a whole."""
    return Problem(
        f"The entities can't be compared: {str(error.orig).strip().splitlines()[0].rstrip('.')}.",
        "Declared ones are made for a moment, in schemas that are taken back, and read again in the server's words.",
        _WAYS.get(str(code_of(error)), "See what the server says."),
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
