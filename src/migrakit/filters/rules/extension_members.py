"""``extension_members()``: what ``CREATE EXTENSION`` made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.filters.algebra import Answer, Filter
from migrakit.filters.rules.from_catalog import CatalogRule
from migrakit.target import NAMESPACES

if TYPE_CHECKING:
    from migrakit.catalog import Database
    from migrakit.target import Target

__all__ = ["extension_members"]


class _ExtensionMembers(CatalogRule):
    __slots__ = ()
    word = "extension_members"

    def _without_catalogs(self, database: Database) -> tuple[Answer, str]:
        return Answer.NO, f"{database.dialect} has no extensions"

    def _look_up(self, target: Target, database: Database) -> tuple[Answer, str]:
        member = database.has_member(target)
        if member and NAMESPACES.get(target.kind) == "function":
            # By its name alone: it may be of other arguments.
            return Answer.UNKNOWN, "an extension has a function of this name"
        return Answer.of(member), f"it {'belongs' if member else 'does not belong'} to an extension"


def extension_members() -> Filter:
    """What belongs to an extension of PostgreSQL: its tables, views, functions, sequences and types.

    A function is told by its name, without its arguments: one that is declared beside an extension's is the service's.
    An ``Environment``, and hooks that run in Alembic's context, leave members out without being told.
    """
    return _ExtensionMembers(())
