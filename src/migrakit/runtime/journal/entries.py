"""The journal's rows: written, and read again."""

from __future__ import annotations

import getpass
import os
import socket
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any

from alembic.runtime.migration import RevisionStep
from sqlalchemy import func, inspect, literal_column, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable

from migrakit.catalog.autocommit import is_autocommit
from migrakit.catalog.said import is_lock_timeout
from migrakit.errors import ConfigurationError, Problem
from migrakit.versions import journal_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alembic.runtime.migration import MigrationStep
    from sqlalchemy import ColumnElement, Connection, Row

__all__ = ["Attempt", "Entries", "listed", "named"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One step in one direction, from when it was begun."""

    revision: str
    direction: str
    begun: datetime


def named(step: MigrationStep) -> tuple[str, str]:
    """The revision that a step is about, and what is done with it."""
    if isinstance(step, RevisionStep):
        return step.revision.revision, "upgrade" if step.is_upgrade else "downgrade"
    return listed(step.to_revisions_no_deps), "stamp"


def listed(revisions: Iterable[str]) -> str:
    """Several revisions in one column."""
    return ", ".join(sorted(revisions)) or "base"


class Entries:
    """Those of one version table, in the journal that stands beside it."""

    def __init__(self, connection: Connection, *, schema: str | None, version_table: str, service: str | None) -> None:
        self._connection = connection
        self._table = journal_table(schema)
        self._whose = {"service": service, "version_table": version_table}

    @cached_property
    def exists(self) -> bool:
        """Whether the journal was there when that was first asked, or has been made since."""
        return inspect(self._connection).has_table(self._table.name, self._table.schema)

    @property
    def name(self) -> str:
        """As a statement has it."""
        return self._connection.dialect.identifier_preparer.format_table(self._table)

    def now(self) -> datetime:
        """As the column takes it: what has no time zones takes UTC without saying so."""
        now = datetime.now(timezone.utc)
        return now if self._connection.dialect.name == "postgresql" else now.replace(tzinfo=None)

    def create(self) -> None:
        """Make it, unless another service of the schema is just doing so."""
        if self.exists:
            return
        try:
            with self._connection.begin_nested() if self._has_savepoints() else nullcontext():
                self._connection.execute(CreateTable(self._table, if_not_exists=True))
        except DBAPIError as error:
            if is_lock_timeout(error):  # by whoever is just making it, in a transaction that takes long
                raise
            if not inspect(self._connection).has_table(self._table.name, self._table.schema):
                raise ConfigurationError(self._refused(error)) from error
        self.exists = True

    def last(self) -> Sequence[Row[Any]]:
        """From where a step was last begun, in order."""
        table = self._table
        mine = table.c.version_table == self._whose["version_table"]
        begun = select(func.max(table.c.id)).where(mine, table.c.statement == 0, table.c.finished.is_(None))
        wanted = select(table).where(mine, table.c.id >= begun.scalar_subquery()).order_by(table.c.id)
        try:
            return self._connection.execute(wanted).all() if self.exists else ()
        except DBAPIError as error:
            raise ConfigurationError(self._refused(error)) from error

    def add(
        self,
        attempt: Attempt,
        *,
        statement: int = 0,
        finished: datetime | None = None,
        did: str | None = None,
        digest: str | None = None,
    ) -> None:
        """One more row."""
        values = {
            **self._whose,
            "revision": attempt.revision,
            "direction": attempt.direction,
            "begun": attempt.begun,
            "finished": finished,
            "statement": statement,
            "did": did,
            "digest": digest,
            "by_whom": _user_of(self._connection.dialect.name),
            "from_where": f"{socket.gethostname()}, process {os.getpid()}",
        }
        try:
            self._connection.execute(self._table.insert().values(values))
        except DBAPIError as error:
            if is_lock_timeout(error):
                raise
            raise ConfigurationError(self._refused(error)) from error

    def _has_savepoints(self) -> bool:
        """Whether what fails can be taken back by itself."""
        return self._connection.dialect.name == "postgresql" and not is_autocommit(self._connection)

    def _refused(self, error: DBAPIError) -> Problem:
        return Problem(
            f"The journal {self._table.fullname} can't be used: {str(error.orig).strip()}.",
            "It says how far a run came that was cut off, and no revision is run without it here.",
            "It is shared by the services of its schema: grant SELECT and INSERT on it to this one's role, "
            "or have it created by one that may.",
        )


def _user_of(dialect: str) -> ColumnElement[str] | str:
    """Who is at work, as the server knows it."""
    if dialect == "postgresql":
        return literal_column("session_user")
    if dialect in ("mysql", "mariadb"):
        return literal_column("USER()")
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # of a container's number nothing is known
        return f"user {os.getuid()}"
