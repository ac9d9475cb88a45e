"""``owned_by("billing")``: what a role of the database owns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.errors import FilterError, Problem
from migrakit.filters.algebra import Answer, Filter
from migrakit.filters.arguments import require_words
from migrakit.filters.rules.from_catalog import CatalogRule

if TYPE_CHECKING:
    from migrakit.catalog import Database
    from migrakit.target import Target

__all__ = ["owned_by"]


class _OwnedBy(CatalogRule):
    __slots__ = ()
    word = "owned_by"
    given: tuple[str, ...]

    def _without_catalogs(self, database: Database) -> tuple[Answer, str]:
        return Answer.UNKNOWN, f"{database.dialect} doesn't know who owns a table"

    def _look_up(self, target: Target, database: Database) -> tuple[Answer, str]:
        (role,) = self.given
        if not database.has_role(role):
            raise FilterError(_no_role(role))
        if database.is_overloaded(target, role):
            return Answer.UNKNOWN, f"{role} owns one function of this name, and another role another"
        owned = database.is_owned(target, role)
        if not owned and not target.exists:
            return Answer.UNKNOWN, "it may not be in the database yet"
        return Answer.of(owned), f"{role} {'owns' if owned else 'does not own'} it"


def owned_by(role: str) -> Filter:
    """What this role owns in PostgreSQL's catalogs: tables, views, functions, sequences and types.

    What isn't there yet is owned by nobody: if it is declared, it is the service's, and will be the role's that
    creates it. Functions are told by their names, without their arguments. Databases without owners can't tell.
    """
    require_words("owned_by", (role,), example="owned_by('billing')")
    return _OwnedBy((role,))


def _no_role(role: str) -> Problem:
    return Problem(
        f"owned_by({role!r}): the database has no such role.",
        "Everything would look like another's.",
        "Name the role that creates the service's tables, in its own upper and lower case.",
    )
