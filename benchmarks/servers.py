"""Servers of this run alone, each started when it is first asked for."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, TypeAlias

from tests.databases import mariadb, postgresql
from tests.databases.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.databases import Database

    NewDatabase: TypeAlias = Callable[[str], Database]

__all__ = ["NewDatabase", "new_databases"]


@contextmanager
def new_databases() -> Iterator[NewDatabase]:
    """A function that makes a database of a kind; all of them, and the servers, are gone afterwards."""
    session = Session.start()
    with ExitStack() as databases:
        databases.callback(session.stop)

        def new_database(kind: str) -> Database:
            directory = session.directory / kind
            if kind == "mariadb":
                return databases.enter_context(mariadb.server(directory).new_database())
            return databases.enter_context(postgresql.server("postgresql-18", directory).new_database())

        yield new_database
