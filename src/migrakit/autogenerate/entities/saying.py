"""What a person is told of entities that can't be compared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS
from sqlalchemy.exc import SQLAlchemyError

from migrakit.catalog.said import code_of
from migrakit.entities.kinds.kind import quoted
from migrakit.entities.lexing import tokens_of
from migrakit.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection
    from sqlalchemy.exc import DBAPIError

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
    "unusable",
]


def refused(entity: Entity, said: Said, role: str, unusable: Sequence[str], connection: Connection) -> Problem:
    """The server's own words. ``unusable`` are schemas of search_path in which it finds nothing for this role."""
    more = "".join(f" {each.rstrip('.')}." for each in (said.detail, said.hint) if each)
    return Problem(
        f"{_at(entity)}: the server does not take {entity}: {said.message.rstrip('.')}.{more}",
        "What it would be there can't be told, so nothing is compared.",
        _grant_for(said.message, role, entity) or _way_past(said, role, unusable, connection),
    )


_RAISED = "P0001"
_NOT_FOUND = ("3F000", "42704", "42883", "42P01")


def _way_past(said: Said, role: str, unusable: Sequence[str], connection: Connection) -> str:
    if said.sqlstate == _RAISED and (fire := _event_triggers(connection)):
        return f"See what raises that. {fire}"
    do = "Mend the statement, or declare what it needs."
    if said.sqlstate in _NOT_FOUND and unusable:
        grants = "; ".join(f"GRANT USAGE ON SCHEMA {each} TO {role}" for each in unusable)
        return f"{do} If it is in a schema of search_path that this role may not use: {grants}."
    return do


_DENIED = re.compile(r"permission denied for ([a-z ]+?) (\S.*)")
_NO_PARAMETER = re.compile(r'permission denied to set parameter "([^"]+)"')
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


def _grant_for(message: str, role: str, entity: Entity | None = None) -> str | None:
    """The right that the server names, as a statement; in other languages than English it is not told."""
    if match := _NO_PARAMETER.search(message):
        return f"GRANT SET ON PARAMETER {match[1]} TO {role}"
    match = _DENIED.search(message)
    right = _RIGHTS.get(match[1]) if match else None
    if match is None or right is None:
        return None
    called = _called(match[2].rstrip("."), entity)
    # It takes no arguments; of other functions the message does not tell which.
    arguments = "()" if match[1] == "function" and entity is not None and entity.kind == "trigger" else ""
    return f"GRANT {right} {called}{arguments} TO {role}"


def _called(name: str, entity: Entity | None) -> str:
    """With its schema, if the statement says that: the server leaves it out, and the quotes too."""
    tokens = tokens_of(entity.sql) if entity is not None else ()
    for first, dot, last in zip(tokens, tokens[1:], tokens[2:], strict=False):
        schema, part = first.identifier, last.identifier
        if dot.text == "." and schema and part and name in (part, f"{schema}.{part}"):
            return f"{_quoted(schema)}.{_quoted(part)}"
    return _quoted(name)


def _quoted(name: str) -> str:
    """Where it has to be."""
    is_plain = re.fullmatch("[a-z_][a-z0-9_$]*", name) and name not in RESERVED_WORDS
    return name if is_plain else quoted(name)


def not_owned(entity: Entity, owns: Filter, unusable: Sequence[str]) -> Problem:
    """Declared, and by the filter another's. ``unusable`` are schemas of search_path that this role may not use."""
    do = "Widen owns=, or take it out of the declarations."
    if unusable:
        schemas = ", ".join(unusable)
        do = f"If it is to be in {schemas}, which search_path names: this role may not use that; GRANT USAGE. Or: {do}"
    return Problem(
        f"{_at(entity)}: {entity} is declared, and not owned by {owns!r}.",
        "It would be created again in every revision, or be changed under its owner's feet.",
        do,
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


_MISSING = "rights are missing: "
"""What is said where scratch objects are made, before the statements that grant them."""


def not_compared(error: DBAPIError, connection: Connection) -> Problem:
    """What the server has against it as a whole."""
    message = (str(error.orig).strip() or "the session has ended").splitlines()[0]
    before, missing, grants = message.partition(_MISSING)
    return Problem(
        f"The entities can't be compared: {(missing or before).rstrip(': .')}.",
        "Declared ones are made for a moment, in schemas that are taken back, and read again in the server's words.",
        f"{grants}." if missing else _way_on(str(code_of(error)), message, connection),
    )


def _way_on(state: str, message: str, connection: Connection) -> str:
    if message.startswith("must be owner of"):
        return "Compare as its owner: what is to be renamed is renamed meanwhile, and the revision has to as well."
    if state == "42501":
        role = _asked("SELECT quote_ident(current_user)", connection)
        return f"{'; '.join(grant for each in role if (grant := _grant_for(message, each))) or _WAYS[state]}."
    if state not in _WAYS and (fire := _event_triggers(connection)):
        return f"See what the server says. {fire}"
    return _WAYS.get(state, "See what the server says.")


def _event_triggers(connection: Connection) -> str | None:
    names = _asked("SELECT quote_ident(evtname) FROM pg_event_trigger WHERE evtenabled <> 'D' ORDER BY 1", connection)
    which = f"event trigger{'s' if len(names) > 1 else ''} {', '.join(names)}"
    return f"The {which} of this database fire for what is made meanwhile." if names else None


_UNUSABLE = """
    SELECT quote_ident(nspname) FROM pg_namespace
    WHERE nspname IN (
        SELECT replace(btrim(each, '" '), '$user', current_user)
        FROM unnest(string_to_array(current_setting('search_path'), ',')) AS s(each)
    ) AND NOT has_schema_privilege(oid, 'USAGE') ORDER BY 1
"""


def unusable(connection: Connection) -> list[str]:
    """Schemas of search_path that this role may not use, which the server passes over."""
    return _asked(_UNUSABLE, connection)


def _asked(query: str, connection: Connection) -> list[str]:
    """The answer, or none: what failed may have been the session, or outside of the savepoint."""
    try:
        return [str(each) for each in connection.scalars(text(query))]
    except SQLAlchemyError:
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
