"""What is known while a function is read: values as they would be, and what stands in for the rest."""

from __future__ import annotations

import datetime
import decimal
import uuid
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeGuard, TypeVar

from sqlalchemy.schema import SchemaItem
from sqlalchemy.sql.elements import ClauseElement, conv, quoted_name
from sqlalchemy.types import TypeEngine

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable, Mapping

    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Dialect

    from migrakit.guards.reading.scopes import Scope

__all__ = [
    "ASKED",
    "CONTAINERS",
    "ENVIRONMENT",
    "MOST_ITEMS",
    "PLAIN",
    "UNKNOWN",
    "Arguments",
    "Asked",
    "Block",
    "Connected",
    "Dialectal",
    "Followed",
    "Globals",
    "Method",
    "Migrating",
    "Several",
    "StandIn",
    "home_of",
    "is_a",
    "is_class",
    "is_describing",
    "is_fit",
    "is_in",
    "is_plain",
    "is_same",
    "items_of",
    "kind_of",
    "truth",
]

T = TypeVar("T")

MOST_ITEMS: Final = 1000


class StandIn:
    """For what can't be had without running something; it is never given to what is called."""

    __slots__ = ()


UNKNOWN: Final = StandIn()


@dataclass(frozen=True, slots=True, eq=False)
class Asked(StandIn):
    """An inspector, a configuration: it is asked for what it knows, and changes nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Environment(StandIn):
    """Alembic's ``context``."""


ASKED: Final = Asked()
ENVIRONMENT: Final = Environment()


@dataclass(frozen=True, slots=True)
class Migrating(StandIn):
    """Alembic's ``op.get_context()``."""

    context: MigrationContext


@dataclass(frozen=True, slots=True)
class Connected(StandIn):
    """A connection, or its engine."""

    dialect: Dialect


@dataclass(frozen=True, slots=True)
class Dialectal(StandIn):
    """A connection's dialect."""

    dialect: Dialect


@dataclass(frozen=True, slots=True, eq=False)
class Block(StandIn):
    """What ``with`` enters without doing anything."""

    entered: Any = UNKNOWN


@dataclass(frozen=True, slots=True, eq=False)
class Globals(StandIn):
    """``globals()``."""


@dataclass(frozen=True, slots=True, eq=False)
class Method(StandIn):
    """An attribute of what stands in."""

    owner: Any
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Followed(StandIn):
    """A function of the file that is read."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    defaults: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Several(StandIn):
    """One of these, and nobody knows which."""

    functions: tuple[Followed, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Arguments:
    """What a call is given; ``are_all`` unless there is more, behind a star."""

    positional: tuple[Any, ...] = ()
    named: Mapping[str, Any] | None = None
    are_all: bool = True

    @property
    def by_name(self) -> Mapping[str, Any]:
        """Those with a name."""
        return self.named or {}

    def values(self) -> Iterable[Any]:
        """All of them."""
        return (*self.positional, *self.by_name.values())


CONTAINERS: Final = (list, tuple, set, frozenset, dict)

PLAIN: Final = (
    *(str, int, float, complex, bool, bytes, type(None), type(...), range, slice, quoted_name, conv),
    *(decimal.Decimal, datetime.date, datetime.datetime, datetime.time, datetime.timedelta, uuid.UUID),
)

# Where classes come from whose objects do nothing but describe.
_HOMES = (
    "sqlalchemy.sql",
    "sqlalchemy.dialects",
    "sqlalchemy.types",
    "alembic.operations.ops",
    "alembic_postgresql_enum",
    "alembic_utils",
    "migrakit.entities",
)


def is_a(value: object, kind: type[T]) -> TypeGuard[T]:
    """``isinstance()``, which would ask an object for its ``__class__``."""
    return issubclass(type(value), kind)


def kind_of(value: object) -> type[Any]:
    """``type()``, for whatever it may be."""
    return type(value)


def is_class(value: object) -> TypeGuard[type[Any]]:
    """Whether it is a class."""
    return issubclass(type(value), type)


def is_in(module: object, homes: Iterable[str]) -> bool:
    """Whether a module is one of these, or inside of one."""
    return isinstance(module, str) and any(module == home or module.startswith(f"{home}.") for home in homes)


def home_of(kind: type[Any]) -> str:
    """A class's module, and nothing where its metaclass could answer with anything."""
    is_ordinary = is_in(kind_of(kind).__module__, ["builtins", "abc", "enum", "sqlalchemy"])
    return kind.__module__ if is_ordinary else ""


def is_describing(kind: type[Any]) -> bool:
    """Whether objects of this class do nothing but describe a part of a schema or of a statement."""
    return home_of(kind) != "" and (
        issubclass(kind, (TypeEngine, SchemaItem, ClauseElement)) or is_in(home_of(kind), _HOMES)
    )


def is_plain(value: Any) -> bool:
    """Whether nobody's code runs when it is compared, formatted or copied."""
    if kind_of(value) is dict:
        return all(is_plain(part) for part in (*value, *value.values()))
    if kind_of(value) in CONTAINERS:
        return all(is_plain(part) for part in value)
    return kind_of(value) in PLAIN


def is_fit(value: Any) -> bool:
    """Whether it may be given to what is called: plain, or one of those that do nothing but describe."""
    if kind_of(value) is dict:
        return all(is_fit(part) for part in (*value, *value.values()))
    if kind_of(value) in CONTAINERS:
        return all(is_fit(part) for part in value)
    if is_class(value):
        return home_of(value) == "builtins" or (home_of(value) != "" and issubclass(value, (TypeEngine, Enum)))
    return kind_of(value) in PLAIN or is_describing(kind_of(value))


def is_same(one: Any, other: Any) -> bool:
    """Whether it makes no difference which of them it is."""
    if one is other:
        return True
    is_comparable = is_a(one, StandIn) or (is_plain(one) and is_plain(other))
    return kind_of(one) is kind_of(other) and is_comparable and bool(one == other)


def truth(value: Any) -> bool | None:
    """``bool(value)``, and ``None`` where that is unknown."""
    return bool(value) if kind_of(value) in (*PLAIN, *CONTAINERS) else None


def items_of(value: Any) -> list[Any] | None:
    """What a loop goes through, and ``None`` where that is unknown, or too much."""
    if kind_of(value) not in (*CONTAINERS, str, range) and home_of(kind_of(value)) != "sqlalchemy.sql.base":
        return None
    try:
        return list(value) if len(value) <= MOST_ITEMS else None
    except (OverflowError, TypeError):
        return None
