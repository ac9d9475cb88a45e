"""Renames that one comparison has found to be due."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from alembic.autogenerate.api import AutogenContext

__all__ = ["NAME", "NONE", "ColumnRename", "PartRename", "Rename", "Renames", "TableRename", "pending"]

Name = tuple[str | None, str]
"""Schema and table, the default schema as Alembic spells it: ``None``."""

NAME = "migrakit_renames"
"""What an inspector that tells new names keeps the renames under."""


@dataclass(frozen=True, slots=True)
class TableRename:
    """A table that gets another name in its schema."""

    schema: str | None
    old: str
    new: str

    @property
    def is_inherited(self) -> Literal[False]:
        return False


@dataclass(frozen=True, slots=True)
class ColumnRename:
    """A column that gets another name. Its table is called by the new name."""

    schema: str | None
    table: str
    old: str
    new: str
    is_inherited: bool = False
    """Whether it is renamed with the column of the table that this one inherits from, and can't be alone."""


@dataclass(frozen=True, slots=True)
class PartRename:
    """A constraint or an index whose name is made of names that change. Its table is called by the new name."""

    schema: str | None
    table: str
    kind: Literal["constraint", "index"]
    old: str
    new: str
    is_inherited: bool = False


Rename: TypeAlias = TableRename | ColumnRename | PartRename


@dataclass(frozen=True)
class Renames:
    """All of them, in the order in which they are done. False if there are none."""

    default_schema: str | None = None
    tables: tuple[TableRename, ...] = ()
    columns: tuple[ColumnRename, ...] = ()
    parts: tuple[PartRename, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.tables or self.columns or self.parts)

    def __iter__(self) -> Iterator[Rename]:
        yield from self.tables
        yield from self.columns
        yield from self.parts

    def old_table(self, schema: str | None, new: str) -> str:
        """What the database calls the table that will have this name."""
        return self._old_tables.get((self._spelled(schema), new), new)

    def new_table(self, schema: str | None, old: str) -> str:
        """What the table that has this name will be called."""
        return self._new_tables.get((self._spelled(schema), old), old)

    def of_columns(self, schema: str | None, table: str) -> Mapping[str, str]:
        """The new names of a table's columns by their old ones; the table is called by its new name."""
        return self._new_columns.get((self._spelled(schema), table), {})

    def of_parts(self, schema: str | None, table: str) -> Mapping[str, str]:
        """The same of its constraints and indexes."""
        return self._new_parts.get((self._spelled(schema), table), {})

    def touches(self, schema: str | None, table: str) -> bool:
        """Whether the table or one of its columns is renamed."""
        name = self._spelled(schema), table
        return name in self._old_tables or name in self._new_columns

    def _spelled(self, schema: str | None) -> str | None:
        return None if schema == self.default_schema else schema

    @cached_property
    def _old_tables(self) -> dict[Name, str]:
        return {(each.schema, each.new): each.old for each in self.tables}

    @cached_property
    def _new_tables(self) -> dict[Name, str]:
        return {(each.schema, each.old): each.new for each in self.tables}

    @cached_property
    def _new_columns(self) -> dict[Name, dict[str, str]]:
        return _by_table(self.columns)

    @cached_property
    def _new_parts(self) -> dict[Name, dict[str, str]]:
        return _by_table(self.parts)


def _by_table(found: tuple[ColumnRename, ...] | tuple[PartRename, ...]) -> dict[Name, dict[str, str]]:
    names: dict[Name, dict[str, str]] = {}
    for each in found:
        names.setdefault((each.schema, each.table), {})[each.old] = each.new
    return names


NONE = Renames()


def pending(context: AutogenContext) -> Renames:
    """The renames of the comparison that is under way, from when it has begun."""
    found: Renames = getattr(context.inspector, NAME, NONE)
    return found
