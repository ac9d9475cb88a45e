"""What a kind of entity is: how it is read, told from others, made, replaced and dropped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from migrakit.entities.kinds.head import Head
from migrakit.entities.lexing import tokenize

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from migrakit.entities.kinds.head import Identity
    from migrakit.entities.lexing import Token
    from migrakit.entities.value import Entity

__all__ = [
    "Key",
    "Kind",
    "anew",
    "as_declared",
    "created",
    "dropped",
    "never",
    "on_table",
    "or_replaced",
    "quoted",
    "set_again",
]

Key: TypeAlias = tuple[str, ...]


def quoted(*parts: str | None) -> str:
    """``"schema"."name"``, whatever they are."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts if part is not None)


def created(entity: Entity) -> str:
    """Its statement, which makes one where there is none."""
    return _with_head(entity.sql, "CREATE")


def or_replaced(entity: Entity) -> tuple[str, ...]:
    """Its statement, which puts it in the place of another."""
    return (_with_head(entity.sql, "CREATE OR REPLACE"),)


def as_declared(entity: Entity) -> str:
    """Its statement, which sets a state whatever it was before."""
    return entity.sql


def set_again(entity: Entity) -> tuple[str, ...]:
    """The same, of whatever state it was before."""
    return (entity.sql,)


def dropped(entity: Entity) -> str:
    """What removes that which is known by its name and its arguments' types."""
    arguments = "" if entity.arguments is None else f"({entity.arguments})"
    return f"DROP {_keyword_of(entity.kind)} {quoted(entity.schema, entity.name)}{arguments}"


def on_table(entity: Entity) -> str:
    """What removes that which stands on a table."""
    table = quoted(entity.schema, entity.table)
    return f"DROP {_keyword_of(entity.kind)} {quoted(entity.name)} ON {table}"


def _keyword_of(kind: str) -> str:
    """What SQL calls it."""
    return kind.replace("_", " ").upper()


def anew(drop: Callable[[Entity], str]) -> Callable[[Entity], tuple[str, ...]]:
    """What the server can't replace is dropped and made again."""
    return lambda entity: (drop(entity), created(entity))


def _by_name(entity: Entity) -> tuple[Key, ...]:
    return ((entity.schema or "", entity.name, entity.arguments or "", entity.table or ""),)


def _named(entity: Entity) -> str:
    arguments = "" if entity.arguments is None else f"({entity.arguments})"
    schema = "" if entity.schema is None else f"{entity.schema}."
    if entity.table is None:
        return f"{schema}{entity.name}{arguments}"
    return f"{entity.name} on {schema}{entity.table}"


def always(entity: Entity) -> bool:  # noqa: ARG001 - others ask it
    """What drops it can take CASCADE."""
    return True


def never(entity: Entity) -> bool:  # noqa: ARG001
    """What drops it takes no CASCADE."""
    return False


def _whole(statement: Sequence[Token]) -> list[Sequence[Token]]:
    return [statement]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of entity. ``read`` tells which one a statement declares, or ``None`` where it declares another kind."""

    name: str
    read: Callable[[Head], Identity | None]
    create: Callable[[Entity], str]
    replace: Callable[[Entity], tuple[str, ...]]
    drop: Callable[[Entity], str]
    cascades: Callable[[Entity], bool] = always
    """Whether what drops it can take CASCADE at its end."""
    keys: Callable[[Entity], tuple[Key, ...]] = _by_name
    """What the server has only one of, of this kind: two declarations that share one contradict each other."""
    called: Callable[[Entity], str] = _named
    """What it is called in messages, after its kind."""
    one_by_one: Callable[[Sequence[Token]], list[Sequence[Token]]] = _whole
    """The statement as one for each entity, where it declares several."""


def _with_head(sql: str, head: str) -> str:
    """The statement with this before its kind, instead of CREATE or CREATE OR REPLACE."""
    return head + sql[Head(tokenize(sql)).takes_create() :]
