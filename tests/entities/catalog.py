"""All that a PostgreSQL database says of itself, as lines that can be compared."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from tests.entities.reading import reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection

__all__ = ["difference", "dump"]

Line = tuple[str, str, str]
"""What it is about, what is said of it, and what that is: ``("table shop.orders", "relowner", "alice")``."""

# Names are shown qualified; values are shown the same in every session.
_SETTINGS = """
    SELECT set_config(name, value, true) FROM (VALUES
        ('search_path', 'pg_catalog'), ('quote_all_identifiers', 'off'), ('bytea_output', 'hex'), ('jit', 'off'),
        ('DateStyle', 'ISO, MDY'), ('IntervalStyle', 'postgres'), ('TimeZone', 'UTC'), ('extra_float_digits', '1')
    ) AS settings (name, value)
"""

_STORED = """
    SELECT CAST(CAST(oid AS regclass) AS text), relkind = 'S' FROM pg_class
    WHERE oid >= 16384 AND (relkind IN ('r', 'S') OR relkind = 'm' AND relispopulated)
    AND relpersistence <> 't' AND relnamespace <> CAST('pg_toast' AS regnamespace)
"""


def dump(connection: Connection) -> tuple[Line, ...]:
    """Every row of the catalogs without its numbers, and of the tables and sequences: in an order of their own."""
    looking = connection.begin_nested()  # which takes back the settings
    try:
        connection.execute(text(_SETTINGS))
        return tuple(sorted([*_catalogs(connection), *_contents(connection)]))
    finally:
        looking.rollback()


def difference(before: Iterable[Line], after: Iterable[Line]) -> list[str]:
    """What has gone and what has come, side by side."""
    if before == after:  # as most are, and that takes no counting
        return []
    gone, come = Counter(before), Counter(after)
    changes = [(line, "-") for line in (gone - come).elements()] + [(line, "+") for line in (come - gone).elements()]
    changes.sort(key=lambda change: (change[0][:2], change[1] == "+"))
    return [f"{sign} {subject}: {label} = {value}" for (subject, label, value), sign in changes]


def _catalogs(connection: Connection) -> Iterator[Line]:
    read = reading(connection)
    for catalog, subject, values in _plainly(connection, read.statement):
        for label, value in zip(read.labels[catalog], values, strict=True):
            if value is not None:
                yield subject, label, value


def _contents(connection: Connection) -> Iterator[Line]:
    selects = [_rows(name, is_sequence) for name, is_sequence in connection.execute(text(_STORED))]
    if selects:
        for name, row in _plainly(connection, " UNION ALL ".join(selects)):
            yield name, "row", row


def _rows(name: str, is_sequence: bool) -> str:
    row = "ROW(each.last_value, each.is_called)" if is_sequence else "ROW(each.*)"
    return f"SELECT {_quoted(name)}, CAST({row} AS text) FROM ONLY {name} AS each"


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _plainly(connection: Connection, statement: str) -> Iterable[Any]:
    """Names may have colons and percent signs, which are no parameters."""
    return connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
