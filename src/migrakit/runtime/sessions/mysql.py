"""MariaDB and MySQL."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from migrakit.runtime.sessions.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MySQL", "variables_of"]

# Of each of ours theirs, with the highest that they take, which stands for no limit.
_LOCK_VARIABLES = {"lock_wait_timeout": 31536000, "innodb_lock_wait_timeout": 100000000}


class MySQL(Session):
    """Its timeouts of locks are whole seconds, one for tables and one for rows."""

    def interrupt(self) -> None:
        """The server would notice after seconds, or not before the statement ends, and keep the lock until then."""
        if self._number is not None:
            with self._connection.engine.connect() as other:
                other.exec_driver_sql(f"KILL QUERY {int(self._number)}")

    def _set(self) -> None:
        # Asked for now: once it is interrupted the driver has let go of it. Some have a method for it, some the number.
        number: Any = getattr(self._connection.connection.driver_connection, "thread_id", None)
        self._number: Any = number() if callable(number) else number
        self._before: dict[str, float] = {}
        self._changed: dict[str, float | None] = {}  # by a revision that failed, too
        self._role_before = "NONE"
        if self._settings.role is not None:
            if self._is_callers:
                self._role_before = self._role()
            self._connection.exec_driver_sql(f"SET ROLE {self._quoted(self._settings.role)}")
        self._set_timeouts(self._timeouts)

    @property
    def _is_callers(self) -> bool:
        return self._name is None

    def _role(self) -> str:
        """As SET ROLE takes it. MariaDB says its name; MySQL has several at once, and quotes them itself."""
        role: str | None = self._connection.scalar(text("SELECT CURRENT_ROLE()"))
        if role is None or role.upper() == "NONE":
            return "NONE"
        return self._quoted(role) if getattr(self._connection.dialect, "is_mariadb", False) else role

    def _quoted(self, name: str) -> str:
        return self._connection.dialect.identifier_preparer.quote_identifier(name)

    def _set_back(self) -> None:
        if self._settings.role is not None:
            self._connection.exec_driver_sql(f"SET ROLE {self._role_before}")
        self._set_timeouts(dict.fromkeys(self._changed))

    def _set_timeouts(self, timeouts: Mapping[str, float | None]) -> None:
        self._changed |= timeouts
        wanted: dict[str, float | None] = {}
        for name, seconds in timeouts.items():
            wanted |= variables_of(name, seconds)
        if self._is_callers:
            self._remember([name for name in wanted if name not in self._before])
        if wanted:
            values = {
                name: self._before.get(name, "DEFAULT") if value is None else value for name, value in wanted.items()
            }
            changes = (f"SESSION {name} = {value}" for name, value in values.items())
            self._connection.exec_driver_sql(f"SET {', '.join(changes)}")

    def _remember(self, names: list[str]) -> None:
        """What the caller has them set to, before they change for the first time."""
        if names:
            row = self._connection.execute(text(f"SELECT {', '.join(f'@@SESSION.{name}' for name in names)}")).one()
            self._before |= zip(names, row, strict=True)


def variables_of(name: str, seconds: float | None) -> dict[str, float | None]:
    """The server's variables for one of our timeouts; ``None`` is what it has by itself."""
    if name == "check_interval":
        return {}
    if name == "statement_timeout":
        return {"max_statement_time": seconds}
    if seconds is None:
        return dict.fromkeys(_LOCK_VARIABLES)
    return {variable: ceil(seconds) or highest for variable, highest in _LOCK_VARIABLES.items()}
