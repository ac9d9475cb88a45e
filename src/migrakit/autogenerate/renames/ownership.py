"""Whose what is to be renamed is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from migrakit import catalog
from migrakit.autogenerate.report import hooks_of
from migrakit.filters import Answer, everything
from migrakit.filters.comparison import protected
from migrakit.filters.declarations import column_of
from migrakit.target import NOWHERE, Reader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Column, Table

    from migrakit.target import Target

__all__ = ["Ownership"]


class Ownership:
    """As the filter of one comparison sees it."""

    def __init__(self, context: AutogenContext) -> None:
        hooks, database = hooks_of(context), catalog.current()
        self.owns = everything if hooks is None else hooks.owns
        self._protected = protected(self.owns, database)
        self._reader = Reader(database or NOWHERE)

    def table(self, table: Table, name: str) -> Target:
        """The declared table, by the name that it has in the database."""
        return replace(self._reader.from_declared(table), name=name, exists=True)

    def column(self, column: Column[Any], name: str) -> Target:
        """The same of a column."""
        target = column_of(self._reader.from_declared(column.table), column, declared=True)
        return replace(target, name=name, exists=True)

    def is_anothers(self, target: Target) -> bool:
        """Beyond doubt."""
        return self._protected.decide(target) is Answer.NO

    def may_change(self, table: Table, columns: Iterable[str | None]) -> bool:
        """What stands on these columns: of another's table only what has no other."""
        if not self.is_anothers(self._reader.from_declared(table)):
            return True
        named = {column.name: column for column in table.columns}
        own = [name in named and not self.is_anothers(self.column(named[name], name)) for name in columns if name]
        return bool(own) and all(own)
