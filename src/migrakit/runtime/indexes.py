"""INVALID indexes, which CREATE INDEX CONCURRENTLY leaves behind where it is cut off."""

from __future__ import annotations

import inspect
import re
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from migrakit.errors import Problem, TornRevisionError
from migrakit.runtime.listening import listening
from migrakit.runtime.statements import statement_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from alembic.runtime.migration import MigrationStep
    from sqlalchemy import Connection

__all__ = ["InvalidIndex", "invalid_indexes", "refusing_invalid_indexes", "require_valid_indexes"]

_INVALID = text("""
    SELECT n.nspname, i.relname, t.relname
    FROM pg_catalog.pg_index x
    JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
    JOIN pg_catalog.pg_class t ON t.oid = x.indrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = i.relnamespace
    WHERE NOT x.indisvalid AND i.relkind = 'i' AND n.nspname !~ '^pg_'
    ORDER BY 1, 2
""")
# Of a partitioned table's, which are of another kind, ones that wait for their parts are invalid rightly.

_CONCURRENTLY = re.compile(r"concurrently", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class InvalidIndex:
    """One, where it is, and the statement that removes it."""

    schema: str
    name: str
    table: str
    mended_by: str


def invalid_indexes(connection: Connection) -> list[InvalidIndex]:
    """All of this database that are not valid."""
    quote = connection.dialect.identifier_preparer.quote
    return [
        InvalidIndex(schema, name, table, f"DROP INDEX CONCURRENTLY {quote(schema)}.{quote(name)}")
        for schema, name, table in connection.execute(_INVALID)
    ]


def require_valid_indexes(connection: Connection, steps: Iterable[MigrationStep]) -> None:
    """Before anything is done: what these steps are to build is not there as the ruin of an earlier attempt."""
    if connection.dialect.name != "postgresql":
        return
    sources = {_name(step): source for step in steps if _CONCURRENTLY.search(source := _source_of(step))}
    if not sources:
        return
    for index in invalid_indexes(connection):
        for revision, source in sources.items():
            if _builds(source, index.name):
                raise TornRevisionError(_left_behind(index, f"Revision {revision!r}"))


@contextmanager
def refusing_invalid_indexes(connection: Connection) -> Generator[None]:
    """While a revision runs: with IF NOT EXISTS the statement would succeed, and the index stay invalid."""
    if connection.dialect.name != "postgresql":
        yield
        return
    with listening(connection, {"before_cursor_execute": _refuse}):
        yield


def _refuse(connection: Connection, _cursor: Any, statement: Any, *_: Any) -> None:
    if not isinstance(statement, str) or not _CONCURRENTLY.search(statement):
        return
    made = recognised.makes if (recognised := statement_of(statement)) else None
    if made is None or made.kind != "index":
        return
    for index in invalid_indexes(connection):
        if index.name == made.name and index.schema == (made.schema or index.schema):
            raise TornRevisionError(_left_behind(index, "The revision"))


def _builds(source: str, name: str) -> bool:
    """Whether the name stands there, and is not dropped or built anew by the revision itself."""
    quoted = re.escape(name)
    is_named = re.search(rf"\b{quoted}\b", source) is not None
    is_mended = re.search(rf"(drop_index\(|DROP INDEX|REINDEX)[^;]*?\b{quoted}\b", source, re.IGNORECASE) is not None
    return is_named and not is_mended


def _source_of(step: MigrationStep) -> str:
    with suppress(OSError, TypeError):
        return inspect.getsource(step.migration_fn)
    return ""


def _name(step: MigrationStep) -> str:
    return str(getattr(getattr(step, "revision", None), "revision", ""))


def _left_behind(index: InvalidIndex, who: str) -> Problem:
    return Problem(
        f"{who} builds index {index.name!r} on {index.schema}.{index.table}, which is there and INVALID: "
        "CREATE INDEX CONCURRENTLY was cut off, or is still at work in another session.",
        "No query uses it, each write pays for it, and IF NOT EXISTS would leave it so.",
        f"See that nobody is building it (pg_stat_progress_create_index), remove it with {index.mended_by}, "
        "and run again.",
    )
