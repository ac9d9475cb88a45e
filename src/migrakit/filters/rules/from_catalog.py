"""What rules have in common that ask the database's catalogs."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from migrakit.filters.algebra import Answer, Rule
from migrakit.filters.present import present_database

if TYPE_CHECKING:
    from migrakit.catalog import Database
    from migrakit.target import Target

__all__ = ["CatalogRule"]


class CatalogRule(Rule):
    """A rule that can tell by the name alone, as soon as there is a name and a database to ask."""

    __slots__ = ()

    def _judge(self, target: Target) -> tuple[Answer, str]:
        database = present_database()
        if database is None:
            return Answer.UNKNOWN, "there is no database to ask"
        if not database.has_catalogs:
            return self._without_catalogs(database)
        if target.name is None:
            return Answer.UNKNOWN, "the name isn't known yet"
        return self._look_up(target, database)

    @abstractmethod
    def _without_catalogs(self, database: Database) -> tuple[Answer, str]:
        """The answer on a database that doesn't have the notion."""

    @abstractmethod
    def _look_up(self, target: Target, database: Database) -> tuple[Answer, str]:
        """The answer by the catalogs."""
