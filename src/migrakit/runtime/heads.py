"""What the version table holds: before anything runs, and afterwards."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from functools import cached_property
from typing import TYPE_CHECKING

from alembic.script.revision import ResolutionError, RevisionError
from sqlalchemy import String, column, inspect, select, table
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from migrakit.catalog.autocommit import is_autocommit
from migrakit.errors import Problem, VersionTableError
from migrakit.versions.naming import SHARED_NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from sqlalchemy import Connection

__all__ = ["WIDTH", "VersionState"]

_ALEMBICS_WIDTH = 32
WIDTH = 128
"""Of a new version table's column: Alembic's own is 32, which many ids made by hand are longer than."""


class VersionState:
    """A version table in a database; what it holds is read when it is needed."""

    def __init__(self, connection: Connection, name: str, schema: str | None, visible: Iterable[str]) -> None:
        self._connection = connection
        self._name = name
        self._schema = schema
        self._visible = visible

    @cached_property
    def exists(self) -> bool:
        """Whether it was there when that was first asked."""
        return inspect(self._connection).has_table(self._name, self._schema)

    @property
    def shown(self) -> str:
        """Its name for a message."""
        return f"{self._schema}.{self._name}" if self._schema else self._name

    def read(self) -> tuple[str, ...]:
        """The revisions as they are now."""
        return _revisions(self._connection, self._name, self._schema)

    def create(self, migration: MigrationContext, scripts: ScriptDirectory) -> None:
        """As Alembic would, but wide enough for the longest id there is."""
        made = migration.impl.version_table_impl(
            version_table=self._name,
            version_table_schema=self._schema,
            version_table_pk=migration.opts.get("version_table_pk", True),
        )
        version = made.c.version_num
        if isinstance(version.type, String) and self._connection.dialect.name != "sqlite":  # which takes any length
            version.type = String(max([WIDTH, *(len(script.revision) for script in scripts.walk_revisions())]))
        with nullcontext() if self._connection.in_transaction() else self._connection.begin():
            made.create(self._connection)

    def require_place(self) -> None:
        """See that there is a schema for what is named without one."""
        if self._schema is None and self._connection.dialect.name == "postgresql":
            raise VersionTableError(_NO_SCHEMA)

    def require_schema(self, *, create: bool) -> None:
        """See that the version table's schema is there, or make it."""
        self.require_place()
        if self.exists or self._schema is None or inspect(self._connection).has_schema(self._schema):
            return
        if not create:
            raise VersionTableError(
                Problem(
                    f"The version table is to be in schema {self._schema!r}, which is not there.",
                    "Alembic creates the table, and not its schema.",
                    "Create it, or pass Environment(session=SessionSettings(create_version_schema=True)).",
                )
            )
        from sqlalchemy.schema import CreateSchema  # noqa: PLC0415 - seldom needed

        self._connection.execute(CreateSchema(self._schema, if_not_exists=True))

    def require_known(self, scripts: ScriptDirectory, heads: Iterable[str]) -> None:
        """Refuse a revision that these scripts don't have, before anything is done about it."""
        unknown = [revision for revision in heads if not _is_known(scripts, revision)]
        if unknown:
            others = self._others_with(unknown)
            whose = (
                f"{' and '.join(others)} has it too, so it is probably that service's."
                if others
                else "It may be another service's, which uses this table too, or of a newer release of this one."
            )
            raise VersionTableError(
                Problem(
                    f"The version table {self.shown} holds revision {', '.join(map(repr, unknown))}, which none of the "
                    f"scripts in {scripts.dir} is. {whose}",
                    "What is applied to this database can't be told, nor what is still to be.",
                    "Give each service a version table of its own (service=...); deploy the release that has this "
                    "revision, since no other can downgrade from it; or, if you know what is applied, say so: "
                    "alembic stamp --purge REVISION.",
                )
            )

    def require_not_moved(self, scripts: ScriptDirectory) -> None:
        """Refuse to begin anew while this service's revisions may stand in another table."""
        elsewhere = self._elsewhere()
        if not elsewhere or self.exists:
            return
        for name, schema in elsewhere:
            held = [revision for revision in self._read_if_allowed(name, schema) if _is_known(scripts, revision)]
            if held:
                raise VersionTableError(_moved(self.shown, name, schema, held))

    def _elsewhere(self) -> list[tuple[str, str | None]]:
        """Where it was until now, if it was: by its name or Alembic's own, here or wherever search_path leads."""
        schemas = dict.fromkeys([self._schema, *self._visible])
        names = dict.fromkeys([self._name, SHARED_NAME])
        return [(name, schema) for schema in schemas for name in names if (name, schema) != (self._name, self._schema)]

    def _read_if_allowed(self, name: str, schema: str | None) -> tuple[str, ...]:
        """What a table holds that may be another's, which not every role may read."""
        savepoint = nullcontext() if is_autocommit(self._connection) else self._connection.begin_nested()
        with suppress(SQLAlchemyError), savepoint:
            if inspect(self._connection).has_table(name, schema):
                return _revisions(self._connection, name, schema)
        return ()

    def require_room(self, revisions: Iterable[str]) -> None:
        """Refuse ids that the column would cut or refuse, before the first of them is applied."""
        long = [each for each in revisions if len(each) > _ALEMBICS_WIDTH]
        if long and (problem := _too_wide(long, self._width(), self.shown)):
            raise VersionTableError(problem)

    def _width(self) -> int | None:
        """How many characters an id may have; ``None`` if any number."""
        if self._connection.dialect.name == "sqlite":
            return None
        if not inspect(self._connection).has_table(self._name, self._schema):
            return WIDTH
        columns = inspect(self._connection).get_columns(self._name, self._schema)
        (type_,) = (each["type"] for each in columns if each["name"] == "version_num")
        length: int | None = getattr(type_, "length", None)
        return length

    def _others_with(self, revisions: Collection[str]) -> list[str]:
        """Other version tables beside this one that hold one of these."""
        columns = inspect(self._connection).get_multi_columns(self._schema)
        tables = [
            name for (_, name), several in columns.items() if [each["name"] for each in several] == ["version_num"]
        ]
        with suppress(DBAPIError):  # not every role may read them
            return [
                name
                for name in tables
                if name != self._name and set(_revisions(self._connection, name, self._schema)) & set(revisions)
            ]
        return []


_NO_SCHEMA = Problem(
    "None of the schemas in search_path is there, or none that this role may use.",
    "There is no place for the version table, nor for anything else that is named without a schema.",
    "Create the schema, grant USAGE on it, or mend search_path.",
)


def _moved(table: str, name: str, schema: str | None, held: list[str]) -> Problem:
    other = f"{schema}.{name}" if schema else name
    keep = f"VersionTable({name!r}, schema={schema!r})" if schema else f"VersionTable({name!r})"
    return Problem(
        f"There is no version table {table} yet, and {other} holds {', '.join(map(repr, held))}, "
        "a revision of these scripts.",
        "All of them would be applied again.",
        f"If {other} was this service's until now, keep it, with version_table={keep}, or move: "
        f"alembic stamp {' '.join(held)}. If it is another's, which has a revision of the same name: "
        "alembic ensure_version. Then run again.",
    )


def _too_wide(revisions: Iterable[str], width: int | None, table: str) -> Problem | None:
    """What is wrong with ids that are longer than the column is wide."""
    long = [each for each in revisions if width is not None and len(each) > width]
    if not long:
        return None
    longest = max(map(len, long))
    return Problem(
        f"Revision {', '.join(map(repr, long))} has {longest} characters, and {table}.version_num takes {width}.",
        "Its upgrade would fail at the very end, or be noted under another name.",
        f"Give it a shorter id, or widen the column: ALTER TABLE {table} with version_num VARCHAR({longest}).",
    )


def _revisions(connection: Connection, name: str, schema: str | None) -> tuple[str, ...]:
    return tuple(connection.scalars(select(column("version_num", String())).select_from(table(name, schema=schema))))


def _is_known(scripts: ScriptDirectory, revision: str) -> bool:
    if not revision:
        return False
    try:
        # An exact id: what is looked up otherwise may be a part of one, a label, or "heads".
        found = scripts.revision_map.get_revision(revision)
    except (RevisionError, ResolutionError):
        return False
    return found is not None and found.revision == revision
