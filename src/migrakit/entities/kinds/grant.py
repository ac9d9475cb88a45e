"""``GRANT ... ON`` and ``REVOKE ... ON``: what roles may do with an object, and what they may not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrakit.entities.kinds.arguments import input_types
from migrakit.entities.kinds.head import Head, Identity, Name, Span, refused
from migrakit.entities.kinds.kind import Key, Kind, as_declared, set_again
from migrakit.entities.lexing import tokenize

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migrakit.entities.lexing import Token
    from migrakit.entities.value import Entity

__all__ = ["GRANT"]

# What each verb says before the roles.
_PREPOSITIONS = {"GRANT": "TO", "REVOKE": "FROM"}

_OPPOSITES = {"GRANT": "REVOKE", "REVOKE": "GRANT"}

_ON = {
    "TABLE": "table",
    "SEQUENCE": "sequence",
    "FUNCTION": "function",
    "PROCEDURE": "procedure",
    "ROUTINE": "function",
    "SCHEMA": "schema",
}
_NOT_ON = ("DATABASE", "DOMAIN", "FOREIGN", "LANGUAGE", "LARGE", "PARAMETER", "TABLESPACE", "TYPE")


@dataclass(frozen=True, slots=True)
class _Object:
    """One of those that a statement names."""

    name: Name
    arguments: str | None
    at: Span


@dataclass(frozen=True, slots=True)
class _Said:
    """A statement, taken apart."""

    verb: str
    verb_ends: int
    on: str
    objects: tuple[_Object, ...]
    preposition_at: Span
    roles_end: int


def _read(head: Head) -> Identity | None:
    if not head.comes(*_PREPOSITIONS):
        return None
    said = _said(head)
    first = said.objects[0]
    schema, name, _ = first.name
    if said.on == "schema":
        schema = name
    return Identity(schema, name, first.arguments, on=said.on, table_at=first.name.at)


def _said(head: Head) -> _Said:
    verb = "GRANT" if head.comes("GRANT") else "REVOKE"
    head.takes(verb)
    verb_ends = head.taken_to
    _go_to_objects(head, verb)
    on = _kind_of_objects(head)
    objects = tuple(_objects(head, on))
    preposition = _PREPOSITIONS[verb]
    head.require(preposition)
    head.takes(preposition)
    preposition_at = head.taken_to - len(preposition), head.taken_to
    _take_roles(head)
    said = _Said(verb, verb_ends, on, objects, preposition_at, head.taken_to)
    if verb == "GRANT":
        head.takes("WITH", "GRANT", "OPTION")
    _require_end(head)
    return said


def _go_to_objects(head: Head, verb: str) -> None:
    """Leave the privileges out. None of these words can be a column's name among them."""
    if head.takes("GRANT", "OPTION", "FOR"):
        why = "Who may grant on is part of what is granted."
        raise refused("The statement revokes a GRANT OPTION alone.", why, "Declare the GRANT without it.")
    found = head.goes_to("ON", "TO", "FROM")
    if found in ("TO", "FROM"):
        why = "Roles are the whole server's, and no one service's."
        do = f"Leave it to who administers the server; what is on an object is declared: {verb} SELECT ON ..."
        raise refused("The statement is about membership in a role.", why, do)
    if found is None:
        what = f"The {verb} has no ON."
        raise refused(what, "It is about no object.", "Write ON and the object's name.")
    head.takes("ON")


def _kind_of_objects(head: Head) -> str:
    if head.takes("ALL"):
        why = "Which they are changes with each that is made."
        raise refused("The statement is about ALL objects of a schema.", why, "Name each of them.")
    other = head.takes_before_name(*_NOT_ON)
    if other:
        do = f"Use {', '.join(_ON)}, or grant it in a revision: op.execute(...)."
        raise refused(f"Privileges ON {other} are not supported.", "They could not be compared.", do)
    said = head.takes_before_name(*_ON)
    return _ON[said] if said else "table"


def _objects(head: Head, on: str) -> Iterator[_Object]:
    while True:
        name = head.qualified_name()
        if on == "schema" and name.schema is not None:
            raise refused(
                f"{name.schema}.{name.name} is no schema.", "A schema is in no other.", "Write its name alone."
            )
        arguments = _arguments(head, name) if on in ("function", "procedure") else None
        yield _Object(name, arguments, (name.at[0], head.taken_to))
        if not head.takes_sign(","):
            return


def _arguments(head: Head, name: Name) -> str:
    if not head.comes("("):
        what = f"After the name of the function {name.name!r} come no types."
        do = f"Write them in parentheses: {name.name}(), {name.name}(integer)."
        raise refused(what, "Which one it is of those with that name can't be told.", do)
    return input_types(head.parentheses())


def _take_roles(head: Head) -> None:
    while True:
        head.takes("GROUP")
        head.name()
        if not head.takes_sign(","):
            return


def _require_end(head: Head) -> None:
    if head.takes("GRANTED", "BY"):
        why = "The server takes none there but the role that runs the migration."
        raise refused("The statement says GRANTED BY.", why, "Leave it out.")
    if head.comes("CASCADE", "RESTRICT"):
        why = "It is about what is to be, and not about how to get there."
        raise refused("The statement says CASCADE or RESTRICT.", why, "Leave it out.")
    head.require_end("It has to end after the roles.", "Write it as PostgreSQL takes it.")


def _one_by_one(statement: Sequence[Token]) -> list[Sequence[Token]]:
    said = _said(Head(statement))
    begin, end = said.objects[0].at[0], said.objects[-1].at[1]
    return [
        [token for token in statement if not begin <= token.offset < end or each.at[0] <= token.offset < each.at[1]]
        for each in said.objects
    ]


def _drop(entity: Entity) -> str:
    """The opposite, for the same roles."""
    sql, said = entity.sql, _said(Head(tokenize(entity.sql)))
    verb = _OPPOSITES[said.verb]
    begin, end = said.preposition_at
    return f"{verb}{sql[said.verb_ends : begin]}{_PREPOSITIONS[verb]}{sql[end : said.roles_end]}"


def _cascades(entity: Entity) -> bool:
    return _drop(entity).startswith("REVOKE")


def _keys(entity: Entity) -> tuple[Key, ...]:
    return ((entity.on or "", entity.schema or "", entity.name, entity.arguments or "", entity.sql),)


def _called(entity: Entity) -> str:
    schema = "" if entity.schema is None or entity.on == "schema" else f"{entity.schema}."
    arguments = "" if entity.arguments is None else f"({entity.arguments})"
    return f"on {entity.on} {schema}{entity.name}{arguments}"


GRANT = Kind(
    "grant",
    _read,
    as_declared,
    set_again,
    _drop,
    cascades=_cascades,
    keys=_keys,
    called=_called,
    one_by_one=_one_by_one,
)
