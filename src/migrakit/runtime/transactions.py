"""A revision must not end the transaction that its success is noted in."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from migrakit.errors import Problem, VersionTableError
from migrakit.runtime.listening import listening

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from sqlalchemy import Connection

__all__ = ["keeping_transaction"]

_UNDOES_IT = re.compile(r"\s*(ROLLBACK|ABORT)\b(?!\s+((WORK|TRANSACTION)\s+)?TO\b)(?!\s+PREPARED\b)", re.IGNORECASE)
_ENDS_IT = re.compile(r"\s*(COMMIT\b(?!\s+PREPARED\b)|END\s+(WORK|TRANSACTION)\b)", re.IGNORECASE)
# What is between quotes, and what is said beside.
_TEXT = re.compile(
    r"\$(\w*)\$.*?\$\1\$|\be'(?:[^'\\]|\\.)*'|'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/",
    re.DOTALL | re.IGNORECASE,
)
_MYSQLS_TEXT = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`|(?:--\s|#)[^\n]*|/\*.*?\*/", re.DOTALL)
# A routine's body may hold one of its own; PostgreSQL's is between quotes.
_MAKES = re.compile(r"\s*(CREATE|ALTER|DO)\b", re.IGNORECASE)


@contextmanager
def keeping_transaction(connection: Connection, *, is_whole_run: bool) -> Generator[None]:
    """Refuse a ROLLBACK: the revision would be noted as applied, and what it did before would be gone.

    Where the whole run is in one transaction, which was begun before it, a COMMIT is refused too.
    """
    rollbacks: list[Connection] = []

    def note(connection: Connection) -> None:
        # A session that fails rolls back as well, and then its own error is the one to be seen.
        rollbacks.append(connection)

    listeners: dict[str, Callable[..., None]] = {"before_cursor_execute": _refuse_rollback}
    if is_whole_run:
        listeners = {"before_cursor_execute": _refuse_both, "commit": _refuse_commit, "rollback": note}
    with listening(connection, listeners):
        yield
    if rollbacks:
        raise VersionTableError(_undone("calls rollback()"))


def _refuse_rollback(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    if _holds(_UNDOES_IT, ("rollback", "abort"), statement, connection.dialect.name):
        raise VersionTableError(_undone(f"executes {statement.strip()!r}"))


def _refuse_both(connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
    _refuse_rollback(connection, cursor, statement)
    if _holds(_ENDS_IT, ("commit", "end"), statement, connection.dialect.name):
        raise VersionTableError(_ended(f"executes {statement.strip()!r}"))


def _refuse_commit(connection: Connection) -> None:
    # SQLAlchemy takes it for ended whatever is raised here, so it has to be.
    connection.dialect.do_rollback(connection.connection)
    raise VersionTableError(_ended("calls commit()"))


def _holds(wanted: re.Pattern[str], words: Iterable[str], sql: Any, dialect: str) -> bool:
    # A driver may take what is no text, such as psycopg.sql.SQL(...).
    if not isinstance(sql, str) or not any(word in sql.lower() for word in words):
        return False
    plain = (_MYSQLS_TEXT if dialect in ("mysql", "mariadb") else _TEXT).sub(" ", sql)
    if dialect != "postgresql" and _MAKES.match(plain):
        return False
    return any(wanted.match(each) for each in plain.split(";"))


def _undone(what: str) -> Problem:
    return Problem(
        f"The revision {what}.",
        "It would be noted as applied, and what it did until then would be gone.",
        "Raise an error if it can't go on; try things out in a savepoint: op.get_bind().begin_nested().",
    )


def _ended(what: str) -> Problem:
    return Problem(
        f"The revision {what}, and all of this run is in one transaction, which began before it.",
        "The migration lock and the session's settings would be gone with it before the run is over.",
        "Run it on a connection that is in no transaction, and not through a pooler.",
    )
