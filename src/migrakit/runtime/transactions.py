"""A revision must not end the transaction that its success is noted in."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from migrakit.errors import Problem, VersionTableError

if TYPE_CHECKING:
    from collections.abc import Generator

    from sqlalchemy import Connection

__all__ = ["keeping_transaction"]

_ENDS_IT = re.compile(r"\s*(ROLLBACK|ABORT)\b(?!\s+((WORK|TRANSACTION)\s+)?TO\b)(?!\s+PREPARED\b)", re.IGNORECASE)
# What is between quotes, and what is said beside.
_TEXT = re.compile(r"\$(\w*)\$.*?\$\1\$|'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
# A routine's body may hold one of its own.
_MAKES = re.compile(r"\s*(CREATE|ALTER|DO)\b", re.IGNORECASE)


@contextmanager
def keeping_transaction(connection: Connection) -> Generator[None]:
    """Refuse a ROLLBACK: the revision would be noted as applied, and what it did before would be gone."""
    event.listen(connection, "before_cursor_execute", _refuse)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", _refuse)


def _refuse(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
    if _ends_transaction(statement):
        raise VersionTableError(
            Problem(
                f"The revision executes {statement.strip()!r}.",
                "It would be noted as applied, and what it did until then would be gone.",
                "Raise an error if it can't go on; try things out in a savepoint: op.get_bind().begin_nested().",
            )
        )


def _ends_transaction(sql: str) -> bool:
    if "rollback" not in sql.lower() and "abort" not in sql.lower():
        return False
    plain = _TEXT.sub(" ", sql)
    return not _MAKES.match(plain) and any(_ENDS_IT.match(each) for each in plain.split(";"))
