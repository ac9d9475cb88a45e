"""All that a database holds, down to its catalogs: what changes nothing leaves it equal."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, NullPool, create_engine, event, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from tests.databases import Database

__all__ = ["dump", "transaction_ids"]

# Shared catalogs are the server's: other tests change them meanwhile.
_STORED = """
    SELECT CAST(CAST(c.oid AS regclass) AS text) AS name, c.oid >= 16384 AS is_made
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm', 'S') AND NOT c.relisshared AND n.nspname <> 'pg_toast' ORDER BY c.oid
"""

# What came with the template was written before the database was; of that it is enough to count it.
_NEWER = """
    SELECT '{name}', CAST(each.xmin AS text), CAST(ROW(each.*) AS text) FROM {name} AS each
    WHERE {is_made} OR CAST(CAST(each.xmin AS text) AS bigint) >= :begun
    UNION ALL SELECT '{name}', 'rows', CAST(count(*) AS text) FROM {name}
"""
_BEGUN = "SELECT CAST(CAST(xmin AS text) AS bigint) FROM pg_catalog.pg_database WHERE datname = current_database()"

_TABLES = """
    SELECT table_name, table_type, create_time FROM information_schema.tables
    WHERE table_schema = DATABASE() ORDER BY table_name
"""


def dump(database: Database) -> Any:
    """On PostgreSQL every row of every catalog and table, and which transaction wrote it; on SQLite the files."""
    if database.dialect == "sqlite":
        path = Path(database.url.database or "")
        return {each.name: each.read_bytes() for each in path.parent.glob(f"{path.name}*")}
    read = _postgresql if database.dialect == "postgresql" else _mariadb
    with create_engine(database.url, poolclass=NullPool).connect() as connection:
        return dict(read(connection))


def _postgresql(connection: Connection) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    stored = [_NEWER.format(**each._mapping) for each in connection.execute(text(_STORED))]
    begun = connection.scalar(text(_BEGUN))
    rows = connection.execute(text(" UNION ALL ".join(stored)), {"begun": begun})
    yield "rows", sorted(tuple(row) for row in rows)


def _mariadb(connection: Connection) -> Iterator[tuple[str, Any]]:
    for name, kind, created in connection.exec_driver_sql(_TABLES).all():
        definition = connection.exec_driver_sql(f"SHOW CREATE TABLE `{name}`").one()
        yield name, (kind, created, tuple(definition), sorted(connection.exec_driver_sql(f"SELECT * FROM `{name}`")))
    yield "grants", sorted(connection.exec_driver_sql("SELECT * FROM mysql.db WHERE Db = DATABASE()").all())


@contextmanager
def transaction_ids() -> Iterator[set[str]]:
    """Those that PostgreSQL gives to what is sent meanwhile: a transaction that only reads has none."""
    given: set[str] = set()

    def look(connection: Connection, *_: Any) -> None:
        cursor = connection.connection.cursor()
        cursor.execute("SELECT CAST(pg_current_xact_id_if_assigned() AS text)")
        given.update(number for (number,) in cursor.fetchall() if number is not None)
        cursor.close()

    event.listen(Engine, "after_cursor_execute", look)
    try:
        yield given
    finally:
        event.remove(Engine, "after_cursor_execute", look)
