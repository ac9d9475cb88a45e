"""A declared entity, and all that a service declares, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, overload

from migrakit.entities.kinds import KINDS
from migrakit.errors import EntityError, Problem
from migrakit.target import NAMESPACES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import DDL

__all__ = ["Entities", "Entity", "Position"]


@dataclass(frozen=True, slots=True)
class Position:
    """Where something is declared; ``line`` is ``None`` where only the file can be told."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, repr=False)
class Entity:
    """A view, a function, a trigger: what is declared by the statement that creates it.

    ``schema`` is ``None`` where the statement doesn't say it. ``arguments`` are the types of a function's input
    arguments, as far as they can be told without a server: for messages, and to find what is declared twice.
    ``table`` is what a trigger, a policy or an index stands on, in the same schema. ``on`` says what a grant is on:
    ``"table"``, ``"sequence"``, ``"function"``, ``"procedure"`` or ``"schema"``; it is called as its object is.
    ``sql`` is the statement as its author wrote it, without indentation and without the semicolon.
    """

    kind: str
    name: str
    schema: str | None = field(default=None, kw_only=True)
    arguments: str | None = field(default=None, kw_only=True)
    table: str | None = field(default=None, kw_only=True)
    on: str | None = field(default=None, kw_only=True)
    sql: str = field(kw_only=True)
    place: Position | None = field(default=None, kw_only=True, compare=False)

    # What alembic-utils' directives ask of what they are given.

    @property
    def identity(self) -> str:
        """What it is called in a message."""
        return str(self)

    def to_sql_statement_create(self) -> DDL:
        """What makes it."""
        from migrakit.entities.statements import creating  # noqa: PLC0415 - only a migration needs it

        return creating(self)

    def to_sql_statement_create_or_replace(self) -> list[DDL]:
        """What puts it in the place of the one that is there."""
        from migrakit.entities.statements import replacing  # noqa: PLC0415

        return replacing(self)

    def to_sql_statement_drop(self, cascade: bool = False) -> DDL:  # noqa: FBT001, FBT002 - their signature
        """What removes it."""
        from migrakit.entities.statements import dropping  # noqa: PLC0415

        return dropping(self, cascade=cascade)

    def __str__(self) -> str:
        return f"{self.kind.replace('_', ' ')} {KINDS[self.kind].called(self)}"

    def __repr__(self) -> str:
        at = "" if self.place is None else f", {self.place}"
        return f"<{self}{at}>"


@dataclass(frozen=True, slots=True, repr=False)
class Entities(Sequence[Entity]):
    """All that is declared, each entity once, in an order that depends on nothing but what they are.

    ``a + b`` is both. The same declaration may be in both; two declarations of one thing are refused.
    """

    _all: tuple[Entity, ...]

    def __init__(self, entities: Iterable[Entity] = ()) -> None:
        object.__setattr__(self, "_all", _once(sorted(entities, key=_order)))

    @overload
    def __getitem__(self, index: int) -> Entity: ...
    @overload
    def __getitem__(self, index: slice) -> Entities: ...
    def __getitem__(self, index: int | slice) -> Entity | Entities:
        return self._all[index] if isinstance(index, int) else Entities(self._all[index])

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Entity]:
        return iter(self._all)

    def __add__(self, other: Entities) -> Entities:
        return Entities((*self, *other)) if isinstance(other, Entities) else NotImplemented

    def __repr__(self) -> str:
        return f"Entities([{', '.join(map(str, self))}])"


def _keys(entity: Entity) -> list[tuple[str, ...]]:
    """What the server has only one of: a view and a materialized view can't share a name."""
    space = NAMESPACES.get(entity.kind, entity.kind)
    return [(space, *key) for key in KINDS[entity.kind].keys(entity)]


def _order(entity: Entity) -> tuple[str, ...]:
    place = entity.place or Position("")
    at = f"{place.file}:{place.line or 0:09}"
    names = (entity.on or "", entity.schema or "", entity.name, entity.arguments or "", entity.table or "")
    return entity.kind, *names, entity.sql, at


def _once(entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """Each declaration once; ``EntityError`` with all that is declared twice."""
    known: dict[tuple[str, ...], Entity] = {}
    once: list[Entity] = []
    problems: list[Problem] = []
    for entity in entities:
        keys = _keys(entity)
        first = next((known[key] for key in keys if key in known), None)
        if first is None:
            known.update(dict.fromkeys(keys, entity))
            once.append(entity)
        elif not _same_declaration(first, entity):
            problems.append(_declared_twice(first, entity))
    if problems:
        raise EntityError(*problems)
    return tuple(once)


def _same_declaration(one: Entity, other: Entity) -> bool:
    """Whether they come from one place, read twice: a package and a package within it were both asked for."""
    return one is other or (one == other and one.place is not None and one.place == other.place)


def _declared_twice(first: Entity, second: Entity) -> Problem:
    return Problem(
        f"The {first} is declared twice: {_at(first)} and {_at(second)}.",
        "The database has room for one.",
        "Keep one of them.",
    )


def _at(entity: Entity) -> str:
    return "somewhere that isn't known" if entity.place is None else f"at {entity.place}"
