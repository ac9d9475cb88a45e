"""A right that the role which connects has not, said by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.catalog.said import is_denied
from migrakit.errors import Problem

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

__all__ = ["denied"]


def denied(error: DBAPIError, table: str) -> Problem | None:
    """What to say of the version table, if the server does not let this role have it."""
    if not is_denied(error):
        return None
    return Problem(
        f"The server does not let this role use the version table {table}: {str(error.orig).strip()}.",
        "Without it nobody can tell what is applied to this database.",
        "Grant the role SELECT on it, and on PostgreSQL USAGE on its schema. That is enough to look: what migrates "
        "needs INSERT, UPDATE and DELETE too, and to create it where it is not there.",
    )
