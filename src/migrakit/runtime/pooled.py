"""Behind a transaction pooler, where the next transaction may be with another process of the server."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from migrakit.catalog.autocommit import is_autocommit
from migrakit.errors import LockError, Problem
from migrakit.runtime.locks.postgresql import pooled_lock_of
from migrakit.runtime.taking import take

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from migrakit.runtime.plan import Plan

__all__ = ["begin_pooled"]


def begin_pooled(connection: Connection, plan: Plan, schema: str | None, *, migrates: bool) -> None:
    """Begin the one transaction that all of it is in, with the migration lock of the transaction's."""
    _require_one_transaction(connection, plan)
    _leave_no_prepared_statements(connection)
    if migrates and plan.lock_wait is not None:
        # Whoever connects to the server itself takes the lock when search_path is set, and it has to be the same one.
        table = replace(plan.version_table, schema=plan.version_table.schema or schema)
        take(pooled_lock_of(connection, table), connection, table, plan.lock_wait)
    else:
        connection.begin()


def _require_one_transaction(connection: Connection, plan: Plan) -> None:
    if is_autocommit(connection):
        raise LockError(
            _pooled(
                "the isolation level is AUTOCOMMIT",
                "There is no transaction then that the migration lock could last for.",
                "Leave sqlalchemy.isolation_level out for migrations, or connect to the server itself.",
            )
        )
    if plan.options.get("transaction_per_migration"):
        raise LockError(
            _pooled(
                "transaction_per_migration is asked for",
                "The migration lock would not last from one transaction to the next.",
                "Connect to the server itself for migrations.",
            )
        )


def _leave_no_prepared_statements(connection: Connection) -> None:
    """They would stay with the server's process, and meet the next client's of the same names."""
    driver: Any = connection.connection.driver_connection
    if hasattr(driver, "prepare_threshold"):
        driver.prepare_threshold = None
    elif connection.dialect.driver == "asyncpg":
        raise LockError(
            _pooled(
                "asyncpg prepares all statements",
                "They would stay with the server's process and meet those of the pooler's next client.",
                "Name another driver for migrations, such as postgresql+psycopg, or connect to the server itself.",
            )
        )


def _pooled(what: str, why: str, do: str) -> Problem:
    return Problem(f"There is a connection pooler between here and the server, and {what}.", why, do)
