"""A look at the database as it will be once the renames are done, on PostgreSQL."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from migrakit.autogenerate.renames.ops import statements_of

if TYPE_CHECKING:
    from collections.abc import Generator

    from sqlalchemy import Connection

    from migrakit.autogenerate.renames.pending import Renames

__all__ = ["done"]


@contextmanager
def done(renames: Renames, connection: Connection) -> Generator[None]:
    """They are done inside of the block, and undone after it.

    Views, policies and the like follow a rename, and only the server knows in which words. This takes what the revision
    will take: the right to rename, and the tables' locks.
    """
    if not renames:
        yield
        return
    savepoint = connection.begin_nested()
    try:
        for statement in statements_of(renames, connection.dialect):
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
        yield
    finally:
        savepoint.rollback()
