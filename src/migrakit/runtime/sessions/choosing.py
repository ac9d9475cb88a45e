"""Which settings a database has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.errors import ConfigurationError, Problem
from migrakit.runtime.sessions.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Dialect

    from migrakit.runtime.settings import SessionSettings

__all__ = ["require_available", "session_of"]


def session_of(connection: Connection, settings: SessionSettings, name: str | None) -> Session:
    """The connection's session, not yet set; ``name`` is what a connection of our own is to be called."""
    require_available(connection.dialect, settings)
    dialect = connection.dialect.name
    if dialect == "postgresql":
        from migrakit.runtime.sessions.postgresql import PostgreSQL  # noqa: PLC0415 - one of them is needed

        return PostgreSQL(connection, settings, name)
    if dialect in ("mysql", "mariadb"):
        from migrakit.runtime.sessions.mysql import MySQL  # noqa: PLC0415

        return MySQL(connection, settings, name)
    if dialect == "sqlite":
        from migrakit.runtime.sessions.sqlite import SQLite  # noqa: PLC0415

        return SQLite(connection, settings, name)
    return Session(connection, settings)


def require_available(dialect: Dialect, settings: SessionSettings) -> None:
    """Refuse what this dialect has not, before anything is done."""
    problems = list(_not_to_be_had(dialect.name, settings, is_mariadb=getattr(dialect, "is_mariadb", False)))
    if problems:
        raise ConfigurationError(*problems)


def _not_to_be_had(dialect: str, settings: SessionSettings, *, is_mariadb: bool) -> Iterator[Problem]:
    has = {
        "role": dialect in ("postgresql", "mysql", "mariadb"),
        "path": dialect == "postgresql",
        "create_version_schema": dialect != "sqlite",
        "statement_timeout": dialect == "postgresql" or is_mariadb,
    }
    for name, is_there in has.items():
        if getattr(settings, name) and not is_there:
            word = {"path": "search_path"}.get(name, name)
            yield Problem(
                f"SessionSettings({word}=...) is not to be had on {dialect}.",
                "Without it the migrations would run otherwise than they were meant to.",
                "Leave it out for this database.",
            )
