"""What a question is about, in one spelling.

Alembic says ``None`` for the default schema, metadata may say ``"public"``, the question about a schema carries its
name in another place, and alembic-utils asks about ``public.f(a integer)`` on a made-up table. This module alone
knows any of that: everything else sees a `Target`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypedDict

from migrakit.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Unpack

__all__ = [
    "KINDS",
    "NAMESPACES",
    "NOWHERE",
    "PART_KINDS",
    "ROOT_KINDS",
    "Place",
    "Reader",
    "Target",
    "external",
    "is_external",
    "old_name_of",
    "renamed_from",
]

ROOT_KINDS = (
    "table",
    "view",
    "materialized_view",
    "function",
    "procedure",
    "sequence",
    "type",
    "extension",
)
"""Kinds that stand by themselves."""

PART_KINDS = (
    "column",
    "index",
    "unique_constraint",
    "foreign_key_constraint",
    "check_constraint",
    "trigger",
    "policy",
    "row_security",
    "grant",
)
"""Kinds that stand on a table or a view, their root."""

KINDS = ROOT_KINDS + PART_KINDS

NAMESPACES = {
    "table": "relation",
    "view": "relation",
    "materialized_view": "relation",
    "sequence": "relation",
    "function": "function",
    "procedure": "function",
    "type": "type",
}
"""Which of PostgreSQL's name spaces a kind's names are in: a table and a view can't share one, a type may."""

# Alembic's own words for parts; whoever asks about another kind is a plugin, with names of its own making.
_ALEMBIC_PARTS = ("column", "index", "unique_constraint", "foreign_key_constraint", "check_constraint")
_PLUGIN_KINDS = {"grant_table": "grant"}


_EXTERNAL = "migrakit.external"


def external() -> dict[str, Any]:
    """Mark a declared table as another service's: ``Table("users", metadata, ..., info=external())``.

    Foreign keys may point to it, and it is never created, altered or dropped. Declare the columns that they point to.
    """
    return {_EXTERNAL: True}


def is_external(table: Any) -> bool:
    """Whether a declared table is marked as another service's, or is a view: SQLAlchemy has these among tables."""
    return bool(table.info.get(_EXTERNAL)) or bool(getattr(table, "is_view", False))


_RENAMED_FROM = "migrakit.renamed_from"


def renamed_from(name: str) -> dict[str, Any]:
    """Say what a column or a table was called: ``mapped_column(String(32), info=renamed_from("market"))``.

    Autogenerate then renames it, rows and all, where it would drop one and add another. Once that is done everywhere
    the mark does nothing, and can go. There is no schema in it: a dot is a part of the name.
    """
    if not (isinstance(name, str) and name):
        raise ConfigurationError(
            Problem(
                f"renamed_from({name!r}) is not a name.",
                "It says what a column or a table was called in the database.",
                "Write renamed_from('market').",
            )
        )
    return {_RENAMED_FROM: name}


def old_name_of(declared: Any) -> str | None:
    """What a declared table or column was called, if it says so."""
    name: str | None = declared.info.get(_RENAMED_FROM)
    return name


@dataclass(frozen=True, slots=True)
class Target:
    """Something in a database, or in a service's metadata, that is somebody's.

    ``kind`` is ``"schema"``, one of ``ROOT_KINDS`` or ``PART_KINDS``, or what another plugin calls it. ``name`` is
    ``None`` where a question comes before the name is known (all that is in a schema), and for a constraint without
    a name. ``schema`` is the schema's real name, the default schema's too; ``None`` only where nobody can tell it,
    without a connection.
    """

    kind: str
    name: str | None
    schema: str | None = field(default=None, kw_only=True)
    default_schema: str | None = field(default=None, kw_only=True)
    """The real name of the schema that Alembic calls ``None``, where it is known."""
    table: Target | None = field(default=None, kw_only=True)
    """What this part stands on; ``None`` for what stands by itself."""
    declared: bool | None = field(default=None, kw_only=True)
    """In the service's metadata or not; ``None`` before that is known, when there is only a name."""
    exists: bool | None = field(default=None, kw_only=True)
    """In the database or not; ``None`` where the question doesn't say."""
    object: Any = field(default=None, kw_only=True, compare=False, repr=False)
    """The SQLAlchemy object, the declared one where there is one; ``None`` when there is only a name."""
    question: tuple[Any, ...] | None = field(default=None, kw_only=True, compare=False, repr=False)
    """Alembic's own arguments to ``include_name`` or ``include_object``, for callables that were written for them."""

    @property
    def root(self) -> Target:
        """The table or view that this is a part of, or else itself: what rules are asked about."""
        return self.table or self

    @property
    def in_default_schema(self) -> bool:
        """Whether this is in the schema that SQLAlchemy calls ``None``."""
        return self.schema in (None, self.default_schema)

    @property
    def alembic_schema(self) -> str | None:
        """The schema as Alembic spells it: ``None`` for the default."""
        return None if self.in_default_schema else self.schema

    def __str__(self) -> str:
        schema = f"{self.schema}." if self.schema else ""
        if self.kind == "schema":
            return f"schema {self.schema or '(default)'}"
        where = f" of {self.table}" if self.table else ""
        name = "(unnamed)" if self.name is None else self.name
        return f"{self.kind.replace('_', ' ')} {'' if self.table else schema}{name}{where}"


class Place(Protocol):
    """What a bare name means depends on the database where it is said."""

    @property
    def default_schema(self) -> str | None:
        """The real name of the default schema, if known."""

    def home_of(self, table: str) -> str | None:
        """The schema of the table that this bare name finds: the default one, or another further on in search_path."""


class _Nowhere:
    """A place of which nothing is known: there is no connection that Alembic's context can reach."""

    default_schema = None

    def home_of(self, table: str) -> str | None:  # noqa: ARG002 - the protocol's
        return None


NOWHERE: Place = _Nowhere()


class _Facts(TypedDict, total=False):
    """What is known of a target beside its name."""

    declared: bool
    exists: bool
    object: Any
    question: tuple[Any, ...]


class Reader:
    """Reads Alembic's questions about one database.

    It remembers the tables that were asked about: their parts are asked about afterwards, and only the question about
    the table itself tells whether it is declared.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self._tables: dict[tuple[str | None, str], Target] = {}

    def from_name(self, name: str | None, type_: str, parents: Mapping[Any, str | None]) -> Target:
        """The target of an ``include_name`` question: a name in the database, and no object yet."""
        schema = parents.get("schema_name")
        facts: _Facts = {"exists": True, "question": (name, type_, parents)}
        if type_ == "schema":
            return self._at(type_, None, schema=name or self.place.default_schema, **facts)
        if type_ == "table":
            return self._found_table(name, schema, **facts)
        if type_ not in _ALEMBIC_PARTS:
            return self._entity(type_, name, schema or self.place.default_schema, table=None, **facts)
        return self._part(type_, name, schema, parents.get("table_name"), **facts)

    def from_object(
        self,
        object_: Any,
        name: str | None,
        type_: str,
        reflected: bool,  # noqa: FBT001 - Alembic's signature
        compare_to: Any,
    ) -> Target:
        """The target of an ``include_object`` question: the object is in hand, from the metadata or the database."""
        question = (object_, name, type_, reflected, compare_to)
        exists = reflected or compare_to is not None
        facts: _Facts = {"declared": not reflected, "exists": exists, "object": object_, "question": question}
        if type_ == "table":
            return self._remembered(object_, **facts)
        if type_ not in _ALEMBIC_PARTS:
            schema = getattr(object_, "schema", None) or self.place.default_schema
            return self._entity(type_, name, schema, table=_table_of_entity(object_), **facts)
        return self._part(type_, name, object_.table.schema, object_.table.name, **facts)

    def from_declared(self, table: Any) -> Target:
        """The target of a table in the metadata that nobody asked about yet."""
        schema = table.schema or self.place.default_schema
        return self._at("table", table.name, schema=schema, declared=True, object=table)

    def referred(self, constraint: Any) -> Target:
        """The table that a foreign key in the database points to."""
        table = constraint.referred_table
        return self._found_table(table.name, table.schema)

    def _remembered(self, table: Any, **facts: Unpack[_Facts]) -> Target:
        if facts.get("exists"):
            target = self._found_table(table.name, table.schema, **facts)
        else:
            target = self._at("table", table.name, schema=table.schema or self.place.default_schema, **facts)
        self._tables[self._key(table.schema, table.name)] = target
        return target

    def _found_table(self, name: str | None, schema: str | None, **facts: Unpack[_Facts]) -> Target:
        if schema is None and name is not None:
            schema = self.place.home_of(name)
        return self._at("table", name, schema=schema, **facts)

    def _part(
        self, kind: str, name: str | None, schema: str | None, table: str | None, **facts: Unpack[_Facts]
    ) -> Target:
        known = self._tables.get(self._key(schema, table)) if table is not None else None
        root = known or self._found_table(table, schema)
        return self._at(kind, name, schema=root.schema, table=root, **facts)

    def _entity(
        self, kind: str, name: str | None, schema: str | None, *, table: str | None, **facts: Unpack[_Facts]
    ) -> Target:
        kind = _PLUGIN_KINDS.get(kind, kind)
        if name is not None:
            name = _bare(name, kind, schema)
        root = self._at("table", table, schema=schema) if kind in PART_KINDS else None
        return self._at(kind, name, schema=schema, table=root, **facts)

    def _at(
        self, kind: str, name: str | None, *, schema: str | None, table: Target | None = None, **facts: Unpack[_Facts]
    ) -> Target:
        return Target(kind, name, schema=schema, default_schema=self.place.default_schema, table=table, **facts)

    def _key(self, schema: str | None, table: str) -> tuple[str | None, str]:
        return (None if schema == self.place.default_schema else schema), table


def _bare(name: str, kind: str, schema: str | None) -> str:
    """The name alone, out of alembic-utils' ``public.f(a integer)``."""
    bare = name.removeprefix(f"{schema}.")
    if kind in ("function", "procedure"):
        bare = bare.partition("(")[0].strip()
    return bare.strip('"')


def _table_of_entity(entity: Any) -> str | None:
    """The table that alembic-utils' trigger, policy or grant stands on, without its schema."""
    table = getattr(entity, "on_entity", None) or getattr(entity, "table", None)
    return table.removeprefix(f"{entity.schema}.") if isinstance(table, str) else None
