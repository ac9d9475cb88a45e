"""The database that Alembic's context is configured for, as far as it has been asked about."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from alembic import context as alembic_context
from sqlalchemy import MetaData

from migrakit.catalog.relations import Relations, read_owned, read_relations
from migrakit.target import NAMESPACES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import Table

    from migrakit.target import Target

__all__ = ["Database", "current"]


class Database:
    """One database in one run of Alembic; reads what it is asked, at most once."""

    def __init__(self, context: MigrationContext) -> None:
        # Neither the context, which must not be kept alive by what is kept for it, nor its options, which Alembic
        # shares between all the databases of one env.py.
        self._connection = context.bind
        self._owned: dict[str, frozenset[tuple[str, str, str]] | None] = {}
        self._renamed: Mapping[tuple[str | None, str], str] = {}
        self.include_schemas = bool(context.opts.get("include_schemas"))
        self.metadata = _several(context.opts.get("target_metadata"))
        self.default_schema: str | None = context.dialect.default_schema_name
        self.dialect: str = context.dialect.name
        self.version_table: tuple[str | None, str] = (
            context.version_table_schema or self.default_schema,
            context.version_table,
        )

    def rename(self, tables: Mapping[tuple[str | None, str], str]) -> None:
        """From now on tell of these, by schema and old name, under the names that they will have."""
        self._renamed = tables
        self.__dict__.pop("relations", None)

    def declaration_of(self, target: Target) -> Table | None:
        """The table as the metadata has it, in whatever spelling of its schema."""
        spellings = (target.schema, None) if target.in_default_schema else (target.schema,)
        found = (self._declared.get((schema, target.name)) for schema in spellings)
        return next((table for table in found if table is not None), None)

    def home_of(self, table: str) -> str | None:
        """The schema of the table that this bare name finds."""
        return self.relations.strays.get(table, self.default_schema)

    def is_second_sight(self, schema: str | None, table: str) -> bool:
        """Whether Alembic sees this table twice, by its bare name and in its schema, and has to overlook this one.

        The bare name counts where the metadata spells it so, and otherwise the schema.
        """
        home = self.relations.strays.get(table)
        if home is None or not self.include_schemas or schema not in (None, home):
            return False
        spelled_bare = (None, table) in self._declared and (home, table) not in self._declared
        return spelled_bare is not (schema is None)

    @property
    def has_catalogs(self) -> bool:
        """Whether it can tell who owns an object, and what belongs to an extension or is a partition."""
        return self.dialect == "postgresql" and self._connection is not None

    @cached_property
    def relations(self) -> Relations:
        """What every comparison asks of the catalogs."""
        found = self._read_relations
        if not self._renamed:
            return found
        return found._replace(
            strays={self._new_name(schema, name): schema for name, schema in found.strays.items()},
            partitions=frozenset((schema, self._new_name(schema, name)) for schema, name in found.partitions),
        )

    @cached_property
    def _read_relations(self) -> Relations:
        if self._connection is None or not self.has_catalogs:
            return Relations()
        return read_relations(self._connection, self.default_schema)

    def _new_name(self, schema: str, name: str) -> str:
        return self._renamed.get((schema, name), name)

    def has_member(self, target: Target) -> bool:
        """Whether this belongs to an extension."""
        return not self._entries(target).isdisjoint(self.relations.members)

    def has_role(self, role: str) -> bool:
        """Whether there is such a role."""
        return self._owned_by(role) is not None

    def is_owned(self, target: Target, role: str) -> bool:
        """Whether this role owns it."""
        return not self._entries(target).isdisjoint(self._owned_by(role) or ())

    def is_overloaded(self, target: Target, role: str) -> bool:
        """Whether this role owns one of several functions of that name, and others the rest."""
        of_some = ("some functions", target.schema, target.name)
        return NAMESPACES.get(target.kind) == "function" and of_some in (self._owned_by(role) or ())

    def _entries(self, target: Target) -> set[tuple[str | None, str | None, str | None]]:
        """What the catalogs may have it as: by its name, or by the one that it still has."""
        space = NAMESPACES.get(target.kind)
        old = {name for (schema, name), new in self._renamed.items() if (schema, new) == (target.schema, target.name)}
        return {(space, target.schema, name) for name in {target.name, *(old if space == "relation" else ())}}

    def _owned_by(self, role: str) -> frozenset[tuple[str, str, str]] | None:
        if role not in self._owned:
            self._owned[role] = read_owned(self._connection, role) if self._connection is not None else None
        return self._owned[role]

    @cached_property
    def _declared(self) -> dict[tuple[str | None, str | None], Table]:
        """Each table in the metadata by its schema and name, as they are spelled there."""
        return {(table.schema, table.name): table for each in self.metadata for table in each.tables.values()}


def _several(metadata: MetaData | Sequence[MetaData] | None) -> tuple[MetaData, ...]:
    if metadata is None:
        return ()
    return (metadata,) if isinstance(metadata, MetaData) else tuple(metadata)


_known: WeakKeyDictionary[MigrationContext, Database] = WeakKeyDictionary()


def current() -> Database | None:
    """The database of the run that is under way; ``None`` outside of one, as under ``compare_metadata()``."""
    try:
        context = alembic_context.get_context()
    except Exception:  # noqa: BLE001 - a NameError outside of env.py, a bare Exception before configure()
        return None
    database = _known.get(context)
    if database is None:
        database = _known[context] = Database(context)
    return database
