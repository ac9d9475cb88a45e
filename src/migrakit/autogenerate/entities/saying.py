"""What a person is told of entities that can't be compared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from migrakit.catalog.said import code_of
from migrakit.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from migrakit.autogenerate.entities.dependents import Dependent
    from migrakit.autogenerate.entities.identity import Identity
    from migrakit.autogenerate.entities.scratch import Said
    from migrakit.entities import Entity
    from migrakit.filters import Filter

__all__ = [
    "goes_with_table",
    "granted_on",
    "in_a_circle",
    "name_taken",
    "not_compared",
    "not_owned",
    "not_postgresql",
    "nothing_left",
    "refused",
    "stands_on",
]


def refused(entity: Entity, said: Said, role: str) -> Problem:
    """The server's own words."""
    more = "".join(f" {each.rstrip('.')}." for each in (said.detail, said.hint) if each)
    return Problem(
        f"{_at(entity)}: the server does not take {entity}: {said.message.rstrip('.')}.{more}",
        "What it would be there can't be told, so nothing is compared.",
        _grant_for(said.message, role) or "Mend the statement, or declare what it needs.",
    )


_DENIED = re.compile(r"permission denied for ([a-z ]+?) (\S.*)")
_RIGHTS = {
    "table": "SELECT ON",
    "view": "SELECT ON",
    "materialized view": "SELECT ON",
    "foreign table": "SELECT ON",
    "sequence": "SELECT ON SEQUENCE",
    "function": "EXECUTE ON FUNCTION",
    "procedure": "EXECUTE ON PROCEDURE",
    "schema": "USAGE ON SCHEMA",
    "type": "USAGE ON TYPE",
    "language": "USAGE ON LANGUAGE",
    "database": "CREATE ON DATABASE",
}


def _grant_for(message: str, role: str) -> str | None:
    """The right that the server names, as a statement; in other languages than English it is not told."""
    match = _DENIED.search(message)
    right = _RIGHTS.get(match[1]) if match else None
    return f"GRANT {right} {match[2].rstrip('.')} TO {role}" if match and right else None


def not_owned(entity: Entity, owns: Filter) -> Problem:
    """Declared, and by the filter another's."""
    return Problem(
        f"{_at(entity)}: {entity} is declared, and not owned by {owns!r}.",
        "It would be created again in every revision, or be changed under its owner's feet.",
        "Widen owns=, or take it out of the declarations.",
    )


def stands_on(each: Dependent) -> Problem:
    """What is not this service's, or of no kind that is compared."""
    owner = f", which {each.owner} owns," if each.owner else ""
    what = (
        f"The {each.described_base} has to go, for good or to be made anew, "
        f"and the {each.described}{owner} stands on it."
    )
    if each.part is not None:
        do = "Declare the new one by another name and use that there; the old one can go in the next revision."
        return Problem(what, "The server would refuse the revision.", do)
    return Problem(
        what,
        "The server would refuse the revision, or that would be lost, and it is not this service's to make again.",
        "Declare it, if it is yours. Otherwise leave what it stands on as it is and declare the new one by another "
        "name, until its owner has moved.",
    )


def goes_with_table(identity: Identity, each: Dependent) -> Problem:
    """Declared on what the same revision drops."""
    return Problem(
        f"The {identity} is declared, and stands on the {each.described_base}, which this revision drops.",
        "The server would refuse the revision.",
        "Change the declaration, or keep what it stands on in the metadata.",
    )


def in_a_circle(those: Iterable[Identity]) -> Problem:
    """Declared on one another, so that none can be made first."""
    return Problem(
        f"These are declared, and each stands on another of them: {', '.join(map(str, sorted(those)))}.",
        "Nothing can be made before what it stands on.",
        "Let one of them stand on something else.",
    )


def granted_on(entity: Entity, role: str, word: str) -> Problem:
    """What is taken from a role that let others have it."""
    return Problem(
        f"{_at(entity)}: {entity} takes {word} from {role}, or the right to grant it, and {role} granted it to others.",
        "The server would refuse the revision: what they may do depends on it, and is not the owner's to take.",
        f"Declare it for {role} WITH GRANT OPTION, or have {role} revoke it from the others first.",
    )


def name_taken(identity: Identity, index: Identity) -> Problem:
    """Declared by the name of what stays."""
    return Problem(
        f"The {identity} is declared, and the {index}, which is kept, has its name.",
        "Views and indexes of one schema share their names, and the server would refuse the revision.",
        "Declare it by another name, or declare the indexes of that materialized view.",
    )


def nothing_left(identity: Identity, base: Identity) -> Problem:
    """Declared on an entity that isn't."""
    return Problem(
        f"The {identity} is declared, and stands on the {base}, which is not.",
        "What is not declared is dropped, and the server would refuse that.",
        "Declare both, or neither.",
    )


_WAYS = {
    "42501": "Grant the role what the server names.",
    "25006": "Connect where the session may write; nothing of it stays.",
    "25P01": "Leave AUTOCOMMIT out for migrations: it takes a savepoint.",
    "53200": "Raise max_locks_per_transaction on the server: each declaration takes a place in its lock table.",
    "55P03": "Run again when whoever holds the lock is done.",
}


def not_compared(error: DBAPIError, connection: Connection) -> Problem:
    """What the server has against it as a whole."""
    message, *more = str(error.orig).strip().splitlines()
    return Problem(
        f"The entities can't be compared: {message.rstrip('.')}.",
        "Declared ones are made for a moment, in schemas that are taken back, and read again in the server's words.",
        _way_on(str(code_of(error)), message, more, connection),
    )


_EVENT_TRIGGERS = "SELECT quote_ident(evtname) FROM pg_event_trigger WHERE evtenabled <> 'D' ORDER BY 1"


def _way_on(state: str, message: str, more: list[str], connection: Connection) -> str:
    if message.startswith("must be owner of"):
        return "Compare as its owner: what is to be renamed is renamed meanwhile, and the revision has to as well."
    if state == "42501":
        role = _asked("SELECT quote_ident(current_user)", connection)
        grants = [grant for each in role if (grant := _grant_for(message, each))]
        hints = [line.partition(":")[2].strip() for line in more if line.startswith("HINT:")]
        return f"{'; or else '.join([*grants, *hints]) or _WAYS[state]}."
    if state not in _WAYS and (triggers := _asked(_EVENT_TRIGGERS, connection)):
        which = f"event trigger{'s' if len(triggers) > 1 else ''} {', '.join(triggers)}"
        return f"See what the server says. The {which} of this database fire for what is made meanwhile."
    return _WAYS.get(state, "See what the server says.")


def _asked(query: str, connection: Connection) -> list[str]:
    """The answer, or none: what failed may have been outside of the savepoint, and then nothing can be asked."""
    try:
        return [str(each) for each in connection.scalars(text(query))]
    except DBAPIError:
        return []


def not_postgresql(dialect: str) -> Problem:
    """Another database's entities can't be read."""
    return Problem(
        f"Environment(entities=...) is given, and the database is {dialect}.",
        "Entities are compared on PostgreSQL alone.",
        "Leave entities out for this database.",
    )


def _at(entity: Entity) -> str:
    return "Somewhere" if entity.place is None else str(entity.place)
