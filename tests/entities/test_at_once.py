"""Comparing beside others: it waits for nobody, and nobody waits for it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import produce_migrations
from alembic.migration import MigrationContext
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, event, pool

from migrakit import Environment, entities
from migrakit.errors import NotComparedError
from tests.entities.test_comparing import make

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine

    from tests.databases import Database

VIEWS = 10
TABLE = "CREATE TABLE invoices (id integer PRIMARY KEY, total integer)"
ENTITIES = ";".join(
    [
        "CREATE VIEW v0 AS SELECT id, total FROM invoices",
        *(f"CREATE VIEW v{at} AS SELECT id, total FROM v{at - 1} WHERE id > {at}" for at in range(1, VIEWS)),
        "CREATE FUNCTION same() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        "CREATE TRIGGER keeps BEFORE UPDATE ON invoices FOR EACH ROW EXECUTE FUNCTION same()",
        "CREATE POLICY own ON invoices USING (total > 0)",
        "CREATE MATERIALIZED VIEW m AS SELECT * FROM v9",
        "CREATE UNIQUE INDEX of_m ON m (id)",
    ]
)
CHANGED = ENTITIES.replace("id > 5", "id > 50").replace("SELECT id, total FROM v7", "SELECT id FROM v7")
CHANGED = CHANGED.replace("SELECT id, total FROM v8", "SELECT id FROM v8")

# Of a wait for what the other doesn't end: two sessions may wait a moment for each other's growing of a catalog.
LOCK_TIMEOUT = "200ms"
PATIENCE = 30.0

READ = ";".join(f"SELECT * FROM v{at}" for at in range(VIEWS)) + ";SELECT * FROM m"
WRITE = "INSERT INTO invoices VALUES (1, 1); UPDATE invoices SET total = 2; DELETE FROM invoices"
# All others that are as strong get along with these two: only who drops or alters would wait.
LOCK = f"LOCK TABLE invoices, {', '.join(f'v{at}' for at in range(VIEWS))} IN EXCLUSIVE MODE NOWAIT"
REFRESH = "REFRESH MATERIALIZED VIEW CONCURRENTLY m"

WAITING = """
    SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE datname = current_database() AND NOT granted AND locktype <> 'extend'
"""


@pytest.fixture
def database(postgres18: Database) -> Database:
    make(postgres18, f"{TABLE};{ENTITIES}; ALTER TABLE invoices ENABLE ROW LEVEL SECURITY")
    return postgres18


def session(database: Database) -> Engine:
    """An engine whose sessions give up what they would have to wait for."""
    url = database.url.update_query_dict({"options": f"-c lock_timeout={LOCK_TIMEOUT}"})
    return create_engine(url, poolclass=pool.NullPool)


def engine_of(database: Database, meanwhile: Callable[[], None] = lambda: None) -> Engine:
    """Something else is done too after each statement, while the transaction stands still."""
    engine = session(database)
    event.listen(engine, "after_cursor_execute", lambda *_: meanwhile())
    return engine


def compared(engine: Engine) -> list[str]:
    """Without a context, of which a process has one at a time."""
    metadata = MetaData()
    Table("invoices", metadata, Column("id", Integer, primary_key=True), Column("total", Integer))
    options = Environment(metadata=metadata, entities=entities.sql(CHANGED)).options()
    with engine.connect() as connection:
        found = produce_migrations(MigrationContext.configure(connection, opts=options), metadata)
    assert found.upgrade_ops is not None
    return [f"{type(op).__name__} {op.target}" for stage in found.upgrade_ops.ops for op in leaves(stage)]


def leaves(op: Any) -> Iterator[Any]:
    for each in getattr(op, "ops", ()):
        yield from leaves(each) if hasattr(each, "ops") else [each]


def run(connection: Connection, *scripts: str) -> None:
    for script in scripts:
        for statement in script.split(";"):
            connection.exec_driver_sql(statement)


def test_it_waits_for_nobody_who_is_idle_in_a_transaction_that_read_or_wrote_it_all(database: Database) -> None:
    with database.engine().connect() as idle:
        run(idle, READ, WRITE, LOCK)
        assert compared(engine_of(database))


def test_it_does_not_wait_forever_for_whoever_alters_what_it_reads(database: Database) -> None:
    """Without this the others would show nothing."""
    with database.engine().connect() as altering:
        run(altering, "ALTER TABLE invoices ADD note text")
        with pytest.raises(NotComparedError, match="lock timeout"):
            compared(engine_of(database))


def test_nobody_who_reads_writes_or_refreshes_waits_for_it(database: Database) -> None:
    done = []

    def meanwhile() -> None:
        with session(database).connect() as other:
            run(other, READ, WRITE, LOCK, REFRESH)
        done.append(True)

    with database.engine().connect() as idle:
        run(idle, READ)
        assert compared(engine_of(database, meanwhile))
    assert len(done) > 10


def test_two_at_once_do_not_wait_for_each_other(database: Database) -> None:
    """Statement by statement: where one waited for the other, neither would get any further."""
    barrier, waited = Barrier(2), []

    def meanwhile() -> None:
        barrier.wait(PATIENCE)
        with session(database).connect() as other:
            waited.append(other.exec_driver_sql(WAITING).scalar_one())

    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(compared, [engine_of(database, meanwhile) for _ in range(2)])
    assert one == other != []
    assert set(waited) == {0}
    assert len(waited) > 20
