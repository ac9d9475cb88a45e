"""A session whose settings are changed for a while. This one has nothing to set."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from migrakit.catalog.autocommit import in_real_transaction
from migrakit.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from sqlalchemy import Connection

    from migrakit.runtime.settings import SessionSettings

__all__ = ["Session"]


class Session:
    """What ``SessionSettings`` says, on one connection. In a caller's transaction nothing outlasts that.

    ``name`` is what a connection of our own is called on the server; a caller's has none from us.
    """

    def __init__(self, connection: Connection, settings: SessionSettings, name: str | None = None) -> None:
        self._connection = connection
        self._name = name
        self._settings = settings
        self._timeouts: dict[str, float] = settings.timeouts()
        self._in_transaction = connection.in_transaction()
        # With AUTOCOMMIT there is none on the server, which would forget at once what is set for it.
        self._is_local = in_real_transaction(connection)
        self.is_pooled = False
        """Whether the next transaction may be with another process of the server; then nothing is set."""
        self.visible_schemas: tuple[str, ...] = ()
        """All that are looked into for what is named without a schema, as far as that is known."""
        self.schema: str | None = None
        """Where what is named without a schema is, in so far as that has to be said to find it and nothing else."""

    def begin(self) -> None:
        """Set all of it, and leave nothing uncommitted."""
        try:
            self._set()
        except (DBAPIError, ConfigurationError) as error:
            self.end()
            if isinstance(error, ConfigurationError):
                raise
            raise ConfigurationError(_refused(error)) from None
        if not self._in_transaction:
            self._connection.commit()

    def end(self) -> None:
        """Set it back, as far as the connection still takes statements: it is the caller's."""
        with suppress(SQLAlchemyError):
            if not self._in_transaction:
                self._connection.rollback()
            self._set_back()
            if not self._in_transaction:
                self._connection.commit()

    def interrupt(self) -> None:
        """End what the server is doing for this connection, where the driver doesn't when it is interrupted."""

    @contextmanager
    def changed(self, timeouts: Mapping[str, float]) -> Generator[None]:
        """These timeouts instead, as long as the block."""
        kept = self._timeouts
        if not timeouts:
            yield
            return
        self._timeouts = {**kept, **timeouts}
        try:
            self._set_timeouts(timeouts)
            yield
        finally:
            self._timeouts = kept
        # Where it failed, the transaction that takes it back takes these back too.
        self._set_timeouts({name: kept.get(name) for name in timeouts})

    def _set(self) -> None:
        """Set all, and note what was there before."""

    def _set_back(self) -> None:
        """As it was before."""

    def _set_timeouts(self, timeouts: Mapping[str, float | None]) -> None:
        """Set these; ``None`` is what was there before."""


def _refused(error: DBAPIError) -> Problem:
    return Problem(
        f"The server does not take the session's settings: {str(error.orig).strip()}.",
        "Without them the migrations would run otherwise than they were meant to.",
        "Mend SessionSettings(...), or have the right granted to the role that connects.",
    )
