"""A server that answers: databases are created and dropped in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from uuid import uuid4

from sqlalchemy import URL, Engine, NullPool, create_engine

from tests.databases.database import Database, ServerKind


class UnavailableError(Exception):
    """A server that cannot be had on this machine; the message says what to install."""


@dataclass(frozen=True)
class Server:
    """Where it answers, and its statements that create and drop the database ``{name}``."""

    kind: ServerKind
    url: URL
    create: str
    drop: str

    @contextmanager
    def new_database(self) -> Iterator[Database]:
        name = f"migrakit_{uuid4().hex[:16]}"
        self._execute(self.create.format(name=name))
        try:
            yield Database(self.kind, self.url.set(database=name))
        finally:
            self._execute(self.drop.format(name=name))

    @cached_property
    def _engine(self) -> Engine:
        return create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")

    def _execute(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.exec_driver_sql(statement)
