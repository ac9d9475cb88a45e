"""The database that Alembic's context is configured for, as far as it has been asked about."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from alembic import context as alembic_context
from sqlalchemy import MetaData, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alembic.runtime.migration import MigrationContext

__all__ = ["Database", "current"]

# Tables that a bare name finds although they are not in the default schema: SQLAlchemy lists whatever search_path makes
# visible as if it were there.
_STRAYS = text("""
    SELECT c.relname, n.nspname
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
      AND n.nspname NOT IN ('pg_catalog', :default_schema) AND pg_catalog.pg_table_is_visible(c.oid)
""")


class Database:
    """One database in one run of Alembic; reads what it is asked, at most once."""

    def __init__(self, context: MigrationContext) -> None:
        # Not the context itself: what is kept for as long as the context lives must not keep it alive.
        self._connection = context.bind
        self._opts = context.opts
        self.default_schema: str | None = context.dialect.default_schema_name
        self.dialect: str = context.dialect.name
        self.version_table: tuple[str | None, str] = (
            context.version_table_schema or self.default_schema,
            context.version_table,
        )

    @property
    def include_schemas(self) -> bool:
        """Whether Alembic was told to look into more schemas than the default one."""
        return bool(self._opts.get("include_schemas"))

    @cached_property
    def declared(self) -> frozenset[tuple[str | None, str]]:
        """Schema and name of each table in the metadata, as it is spelled there."""
        return frozenset((table.schema, table.name) for each in self._metadata() for table in each.tables.values())

    def home_of(self, table: str) -> str | None:
        """The schema of the table that this bare name finds."""
        return self._strays.get(table, self.default_schema)

    def is_second_sight(self, schema: str | None, table: str) -> bool:
        """Whether Alembic sees this table twice, by its bare name and in its schema, and has to overlook this one.

        The bare name counts where the metadata spells it so, and otherwise the schema.
        """
        home = self._strays.get(table)
        if home is None or not self.include_schemas or schema not in (None, home):
            return False
        spelled_bare = (None, table) in self.declared and (home, table) not in self.declared
        return spelled_bare is not (schema is None)

    @cached_property
    def _strays(self) -> Mapping[str, str]:
        if self.dialect != "postgresql" or self._connection is None:
            return {}
        rows = self._connection.execute(_STRAYS, {"default_schema": self.default_schema})
        return {name: schema for name, schema in rows}  # noqa: C416 - rows are typed, dict() of them is not

    def _metadata(self) -> tuple[MetaData, ...]:
        given: MetaData | Sequence[MetaData] = self._opts.get("target_metadata") or ()
        return (given,) if isinstance(given, MetaData) else tuple(given)


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
