"""A right that the role which connects has not, said by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migrakit.errors import Problem

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

__all__ = ["denied"]

_SQLSTATE = "42501"
# Of a database, a table and a column.
_NUMBERS = (1044, 1142, 1143)


def denied(error: DBAPIError, table: str) -> Problem | None:
    """What to say of the version table, if the server does not let this role have it."""
    cause: Any = error.orig
    state = getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None)
    if state != _SQLSTATE and next(iter(cause.args), None) not in _NUMBERS:
        return None
    return Problem(
        f"The server does not let this role use the version table {table}: {str(cause).strip()}.",
        "Without it nobody can tell what is applied to this database.",
        "Grant the role SELECT on it, and on PostgreSQL USAGE on its schema. That is enough to look: what migrates "
        "needs INSERT, UPDATE and DELETE too, and to create it where it is not there.",
    )
