"""PostgreSQL: all settings in one statement."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, text

from migrakit.errors import ConfigurationError, LockError, Problem
from migrakit.runtime.locks.postgresql import is_pooled
from migrakit.runtime.sessions.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from migrakit.runtime.settings import SessionSettings

__all__ = ["PostgreSQL", "as_guc"]

_HAS_CHECK_INTERVAL = (14,)
_NAMES = {"check_interval": "client_connection_check_interval"}
_LONGEST_NAME = 63
# What the URL says goes first; the name is not the application's business where it is a caller's connection.
_NAMED = "set_config('application_name', coalesce(nullif(current_setting('application_name'), ''), :own_name), {local})"


class PostgreSQL(Session):
    """Of a session, or where there is a pooler in between, of the transaction alone."""

    def __init__(self, connection: Connection, settings: SessionSettings, name: str | None) -> None:
        super().__init__(connection, settings, name)
        self._before: dict[str, str] = {}
        self._is_lifted = False

    def _set(self) -> None:
        wanted = self._wanted()
        row = self._connection.execute(text(self._statement(list(wanted))), self._values(wanted)).one()
        pid, *before, self.schema, visible = row
        self.visible_schemas = tuple(visible)
        if not self._in_transaction and is_pooled(self._connection, pid):
            self._connection.rollback()
            self.is_pooled = True
            if self._name is None:
                raise LockError(_POOLED)
            return
        self._before = dict(zip(wanted, before, strict=False))
        if not self._is_local:
            event.listen(self._connection, "set_connection_execution_options", self._lift_in_autocommit)
        if self._settings.path or self._settings.role:
            self._tell_dialect()

    def _statement(self, names: list[str]) -> str:
        before = [f"current_setting('{name}')" for name in names]
        changes = [_set_config(name, number, local=self._is_local) for number, name in enumerate(names)]
        named = [_NAMED.format(local=self._is_local)] if self._name is not None else []
        # The schemas last: they depend on the settings.
        schemas = ["current_schema()", "CAST(current_schemas(false) AS text[])"]
        return f"SELECT {', '.join(['pg_backend_pid()', *before, *changes, *named, *schemas])}"

    def _values(self, wanted: Mapping[str, str]) -> dict[str, str]:
        return _values(wanted) | ({"own_name": self._name[:_LONGEST_NAME]} if self._name is not None else {})

    def _set_back(self) -> None:
        if event.contains(self._connection, "set_connection_execution_options", self._lift_in_autocommit):
            event.remove(self._connection, "set_connection_execution_options", self._lift_in_autocommit)
        self._change(self._before)

    def _set_timeouts(self, timeouts: Mapping[str, float | None]) -> None:
        settings = self._settings_of(timeouts)
        for name in settings.keys() - self._before.keys():
            self._before[name] = str(self._connection.scalar(text(f"SELECT current_setting('{name}')")))
        self._change({name: self._before[name] if value is None else value for name, value in settings.items()})

    def _change(self, wanted: Mapping[str, str]) -> None:
        changes = [_set_config(name, number, local=self._is_local) for number, name in enumerate(wanted)]
        if changes:
            self._connection.execute(text(f"SELECT {', '.join(changes)}"), _values(wanted))

    def _wanted(self) -> dict[str, str]:
        """Every setting that is to change. The role comes first: the others are set in its name."""
        given: dict[str, str] = {}
        if self._settings.role is not None:
            given["role"] = self._settings.role
        if self._settings.path:
            quote = self._connection.dialect.identifier_preparer.quote_identifier
            given["search_path"] = ", ".join(quote(name) for name in self._settings.path)
        timeouts = self._settings_of(self._timeouts)
        return given | {name: value for name, value in timeouts.items() if value is not None}

    def _settings_of(self, timeouts: Mapping[str, float | None]) -> dict[str, str | None]:
        """What the server calls them, and how it reads them; what it has not is left out."""
        version = self._connection.dialect.server_version_info or ()
        return {
            _NAMES.get(name, name): None if seconds is None else as_guc(seconds)
            for name, seconds in timeouts.items()
            if name != "check_interval" or version >= _HAS_CHECK_INTERVAL
        }

    def _tell_dialect(self) -> None:
        """SQLAlchemy took the default schema from the session as it was when it first connected."""
        dialect: Any = self._connection.dialect
        if dialect.default_schema_name == self.schema:
            return
        if self._name is None:
            raise ConfigurationError(_of_another_schema(dialect.default_schema_name, self.schema))
        dialect.default_schema_name = self.schema

    def _lift_in_autocommit(self, connection: Connection, options: dict[str, Any]) -> None:
        """A concurrent build of an index waits for all transactions, and must not be cancelled half-way."""
        level = options.get("isolation_level")
        if connection.in_transaction():  # it is about to be refused, and nothing may be committed here
            return
        if level == "AUTOCOMMIT" and "lock_timeout" in self._timeouts:
            self._is_lifted = True
            _run(connection, "SET lock_timeout = 0")
        elif level is not None and self._is_lifted:
            self._is_lifted = False
            with suppress(connection.dialect.loaded_dbapi.Error):  # a broken connection; what broke it is being raised
                _run(connection, f"SET lock_timeout = '{as_guc(self._timeouts['lock_timeout'])}'")


def as_guc(seconds: float) -> str:
    """Milliseconds as PostgreSQL reads them; the least that isn't *no limit* is one."""
    return f"{max(1, round(seconds * 1000)) if seconds else 0}ms"


def _set_config(name: str, number: int, *, local: bool) -> str:
    return f"set_config('{name}', :v{number}, {local})"


def _values(wanted: Mapping[str, str]) -> dict[str, str]:
    return {f"v{number}": value for number, value in enumerate(wanted.values())}


def _run(connection: Connection, statement: str) -> None:
    """Beneath SQLAlchemy, which is about to change the isolation level and must find no transaction."""
    dbapi = connection.connection
    cursor = dbapi.cursor()
    cursor.execute(statement)
    cursor.close()
    dbapi.commit()


_POOLED = Problem(
    "There is a connection pooler between here and the server, and the connection is in no transaction.",
    "What the session is set to would stay with the pooler's next client, and a lock might not be this one's.",
    "Begin a transaction and pass the connection then, or connect to the server itself.",
)


def _of_another_schema(before: str | None, now: str | None) -> Problem:
    return Problem(
        f"With this search_path the default schema is {now!r}, and the caller's engine takes it for {before!r}.",
        "Tables would be looked for in one schema and found in the other.",
        "Have the engine connect with it: create_engine(..., connect_args={'options': '-csearch_path=...'}).",
    )
