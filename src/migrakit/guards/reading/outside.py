"""What comes from outside of the function that is read, made harmless to work with."""

from __future__ import annotations

import sys
from importlib import import_module
from inspect import getattr_static
from types import (
    BuiltinFunctionType,
    ClassMethodDescriptorType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
)
from typing import TYPE_CHECKING, Any, Final

import alembic.context
import alembic.op
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Dialect, MetaData, Table
from sqlalchemy.engine import Connection, Engine, Inspector
from sqlalchemy.schema import SchemaItem

from migrakit.guards.reading.recording import RecordingBatch
from migrakit.guards.reading.values import (
    ASKED,
    CONTAINERS,
    ENVIRONMENT,
    MOST_ITEMS,
    PLAIN,
    UNKNOWN,
    Connected,
    Dialectal,
    Method,
    Migrating,
    home_of,
    is_a,
    is_class,
    is_describing,
    is_in,
    kind_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrakit.guards.reading.recording import Recording

__all__ = ["Outside", "attempt"]

_IMPORTED: Final = ("sqlalchemy", "alembic")
"""Where a module does nothing when it is imported for the first time."""

_LIBRARIES: Final = (
    *("sqlalchemy.sql", "sqlalchemy.dialects", "sqlalchemy.types"),
    *("alembic.operations.ops", "alembic_utils", "alembic_postgresql_enum", "migrakit.entities"),
)
"""Whose properties give what an object was made of."""

_BOUND_BY_C = (ClassMethodDescriptorType, GetSetDescriptorType, MemberDescriptorType, MethodDescriptorType)
_METHODS = (FunctionType, classmethod, staticmethod)


def attempt(call: Callable[[], Any]) -> Any:
    """What it gives, and UNKNOWN where it fails: it would fail when it is run, or it isn't understood here."""
    try:
        return call()
    except Exception:  # noqa: BLE001 - of any kind
        return UNKNOWN


class Outside:
    """Lists are copied, so that they aren't changed twice; what could act is replaced by what stands in."""

    def __init__(self, op: Recording) -> None:
        self._op = op
        self._copies: dict[int, tuple[object, Any]] = {}
        self._live: tuple[tuple[type[Any], Callable[[Any], Any]], ...] = (
            (MigrationContext, Migrating),
            (Connection, lambda value: Connected(value.dialect)),
            (Engine, lambda value: Connected(value.dialect)),
            (Dialect, Dialectal),
            (EnvironmentContext, lambda _: ENVIRONMENT),
            (Config, lambda _: ASKED),
            (Inspector, lambda _: ASKED),
            (MetaData, lambda _: UNKNOWN),
        )

    def taken(self, value: Any) -> Any:
        """The value as the function that is read may have it."""
        if value is alembic.op:
            return self._op
        if value is alembic.context:
            return ENVIRONMENT
        if kind_of(value) is FunctionType:
            return self._directive(value)
        for kind, stand_in in self._live:
            if is_a(value, kind):
                return stand_in(value)
        return self._copied(value)

    def _directive(self, function: FunctionType) -> Any:
        name = function.__name__
        if vars(alembic.op).get(name) is function:
            return self.attribute(self._op, name)
        return Method(ENVIRONMENT, name) if vars(alembic.context).get(name) is function else function

    def _copied(self, value: Any) -> Any:
        is_loose = is_a(value, SchemaItem) and not is_a(value, Table)
        if not is_loose and kind_of(value) not in CONTAINERS:
            return value
        if id(value) not in self._copies:
            self._copies[id(value)] = value, UNKNOWN  # one that holds itself
            self._copies[id(value)] = value, attempt(lambda: _loose(value) if is_loose else self._container(value))
        return self._copies[id(value)][1]

    def _container(self, value: Any) -> Any:
        if len(value) > MOST_ITEMS:
            return UNKNOWN
        if kind_of(value) is dict:
            return {self.taken(key): self.taken(each) for key, each in value.items()}
        return kind_of(value)(self.taken(each) for each in value)

    def attribute(self, owner: Any, name: str) -> Any:
        """``owner.name``, without asking anything that could answer with more than a value."""
        if owner is self._op or is_a(owner, RecordingBatch):
            return self._of_directives(owner, name)
        return self.taken(attempt(lambda: _attribute(owner, name)))

    def _of_directives(self, owner: Any, name: str) -> Any:
        if name == "migration_context":
            return Migrating(owner.migration_context)
        method = attempt(lambda: getattr(owner, name))
        return method if kind_of(method) is MethodType and not name.startswith("_") else UNKNOWN

    def module(self, name: str) -> Any:
        """A module that is there already: importing one would run it."""
        if is_in(name, _IMPORTED):
            return self.taken(attempt(lambda: import_module(name)))
        return self.taken(sys.modules.get(name, UNKNOWN))


def _loose(item: Any) -> Any:
    """One that stands in no table yet, made anew, so that it can be put into one by whoever comes next."""
    is_free = getattr(item, "parent", None) is None and getattr(item, "table", None) is None
    return item._copy() if is_free else item  # noqa: SLF001 - what to_metadata() does


def _attribute(owner: Any, name: str) -> Any:
    kind = kind_of(owner)
    if kind is ModuleType:
        return _of_module(owner, name)
    if is_class(owner):
        return _of_class(owner, name)
    if kind in (*PLAIN, *CONTAINERS) or is_in(home_of(kind), _LIBRARIES):
        return UNKNOWN if name.startswith("_") else getattr(owner, name)
    return _of_object(owner, name)


def _of_module(module: ModuleType, name: str) -> Any:
    if is_in(vars(module).get("__name__"), _IMPORTED):
        return getattr(module, name)
    return vars(module).get(name, UNKNOWN)


def _of_class(owner: type[Any], name: str) -> Any:
    if not home_of(owner):
        return UNKNOWN
    if is_in(home_of(owner), [*_LIBRARIES, "builtins"]) and not name.startswith("_"):
        return getattr(owner, name)
    members: dict[str, Any] = vars(owner).get("_member_map_", {})
    return members[name] if name in members else _bound(getattr_static(owner, name, UNKNOWN), None, owner)


def _of_object(owner: Any, name: str) -> Any:
    kind = kind_of(owner)
    if not home_of(kind) or (not is_describing(kind) and _answers_itself(kind)):
        return UNKNOWN
    if "_member_map_" in vars(kind) and name in ("name", "value"):
        return getattr(owner, f"_{name}_")
    return _bound(getattr_static(owner, name, UNKNOWN), owner, kind)


def _answers_itself(kind: type[Any]) -> bool:
    own = (vars(base) for base in kind.__mro__ if base is not object)
    return any("__getattribute__" in names or "__getattr__" in names for names in own)


def _bound(found: Any, owner: Any, kind: type[Any]) -> Any:
    """What an attribute gives: of all that compute it, only those that are known."""
    if kind_of(found) in (*_METHODS, *_BOUND_BY_C, BuiltinFunctionType):
        return found.__get__(owner, kind) if hasattr(found, "__get__") else found
    return UNKNOWN if hasattr(kind_of(found), "__get__") else found
