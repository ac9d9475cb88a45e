"""How long readers stall behind a migration that waits for a session which is idle in a transaction."""

from __future__ import annotations

import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import MetaData, create_engine, pool, text
from sqlalchemy.exc import OperationalError

from benchmarks.result import Result
from migrakit import SessionSettings
from tests.project import STOCK_ENV, Project

if TYPE_CHECKING:
    from benchmarks.servers import NewDatabase
    from tests.databases import Database

__all__ = ["stalling"]

LOCK_TIMEOUT = 1.0
IDLE = 4.0
ALTERS = """
from alembic import op

revision = "r1"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE talks ADD COLUMN note text")
"""


def stalling(new_database: NewDatabase) -> list[Result]:
    """Stock Alembic stalls them for as long as the session is idle."""
    print(f"PostgreSQL 18: a session is idle in a transaction for {IDLE:g} s, and a migration alters its table")
    with tempfile.TemporaryDirectory() as directory:
        database = new_database("postgresql-18")
        attributes = {"metadata": MetaData(), "options": {}}
        stock = _longest_stall(Project(Path(directory) / "stock", database.url, STOCK_ENV, attributes), database)
        database = new_database("postgresql-18")
        given = {"metadata": MetaData(), "session": SessionSettings(lock_timeout=LOCK_TIMEOUT)}
        environment = {"environment": given}
        ours = _longest_stall(Project(Path(directory) / "ours", database.url, attributes=environment), database)
    print(f"  readers stall for {stock:.2f} s with stock Alembic, for {ours:.2f} s with lock_timeout={LOCK_TIMEOUT:g}")
    return [
        Result("longest stall of a reader, of lock_timeout", ours / LOCK_TIMEOUT, 1.25, "times"),
        Result("the same, of that with stock Alembic", ours / stock, 0.5, "times"),
    ]


def _longest_stall(project: Project, database: Database) -> float:
    (project.path / "migrations" / "versions" / "r1.py").write_text(ALTERS)
    engine = create_engine(database.url, poolclass=pool.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as reader, database.engine().connect() as idle:
        reader.execute(text("CREATE TABLE talks (id integer)"))
        idle.execute(text("SELECT * FROM talks")).all()
        threading.Timer(IDLE, idle.rollback).start()
        migration = threading.Thread(target=_upgrade, args=(project,))
        migration.start()
        stalls = []
        while migration.is_alive():
            begun = time.perf_counter()
            reader.execute(text("SELECT * FROM talks")).all()
            stalls.append(time.perf_counter() - begun)
            time.sleep(0.01)
        migration.join()
        time.sleep(max(0.0, IDLE - sum(stalls)))
    return max(stalls)


def _upgrade(project: Project) -> None:
    with suppress(OperationalError):
        project.upgrade()
