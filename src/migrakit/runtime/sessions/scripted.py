"""A session's settings in a script, whose server can't be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from migrakit.runtime.sessions.mysql import variables_of
from migrakit.runtime.sessions.postgresql import as_guc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Dialect

    from migrakit.runtime.settings import SessionSettings

__all__ = ["Scripted", "scripted"]


class Scripted(Protocol):
    """How a dialect's script says it."""

    def at_the_head(self) -> list[str]:
        """Statements before the first transaction."""
        ...

    def in_transaction(self) -> list[str]:
        """At the beginning of a transaction, what it must not go without."""
        ...

    def before(self, own: Mapping[str, float]) -> list[str]:
        """At the beginning of a revision, with what it sets for itself."""
        ...

    def again(self, own: Mapping[str, float]) -> list[str]:
        """After an autocommit block in it, at the beginning of the next transaction."""
        ...

    def after(self, own: Mapping[str, float]) -> list[str]:
        """At its end."""
        ...


def scripted(dialect: Dialect, settings: SessionSettings) -> Scripted:
    """How these settings are written for this dialect."""
    kinds = {"postgresql": _PostgreSQL, "mysql": _MySQL, "mariadb": _MySQL}
    return kinds.get(dialect.name, _Nothing)(dialect, settings)


class _Nothing:
    def __init__(self, dialect: Dialect, settings: SessionSettings) -> None:
        self._quote = dialect.identifier_preparer.quote
        self._settings = settings
        self._timeouts = settings.timeouts()

    def at_the_head(self) -> list[str]:
        return []

    def in_transaction(self) -> list[str]:
        return []

    def before(self, own: Mapping[str, float]) -> list[str]:  # noqa: ARG002
        return []

    def again(self, own: Mapping[str, float]) -> list[str]:  # noqa: ARG002
        return []

    def after(self, own: Mapping[str, float]) -> list[str]:  # noqa: ARG002
        return []


class _PostgreSQL(_Nothing):
    """Of locks the timeout is the transaction's own, so that an autocommit block, which is in none, has no limit."""

    def at_the_head(self) -> list[str]:
        settings = self._settings
        path = [f"SET search_path TO {', '.join(map(self._quote, settings.path))}"] if settings.path else []
        return [*self.in_transaction(), *path, *self._statement_timeout(settings.statement_timeout)]

    def in_transaction(self) -> list[str]:
        """Where this fails at the head psql goes on, in the name of whoever has connected."""
        return [f"SET ROLE {self._quote(self._settings.role)}"] if self._settings.role is not None else []

    def before(self, own: Mapping[str, float]) -> list[str]:
        return [*self.again(own), *self._statement_timeout(own.get("statement_timeout"))]

    def again(self, own: Mapping[str, float]) -> list[str]:
        timeouts = {**self._timeouts, **own}
        return [f"SET LOCAL lock_timeout = '{as_guc(timeouts['lock_timeout'])}'"] if "lock_timeout" in timeouts else []

    def after(self, own: Mapping[str, float]) -> list[str]:
        again = [f"SET LOCAL {name} TO DEFAULT" for name in own if name == "lock_timeout"]
        if "statement_timeout" not in own:
            return again
        kept = self._settings.statement_timeout
        return [*again, *(self._statement_timeout(kept) or ["SET statement_timeout TO DEFAULT"])]

    def _statement_timeout(self, seconds: float | None) -> list[str]:
        return [] if seconds is None else [f"SET statement_timeout = '{as_guc(seconds)}'"]


class _MySQL(_Nothing):
    def at_the_head(self) -> list[str]:
        role = [f"SET ROLE {self._quote(self._settings.role)}"] if self._settings.role is not None else []
        return [*role, *_set(self._timeouts)]

    def before(self, own: Mapping[str, float]) -> list[str]:
        return _set(own)

    def after(self, own: Mapping[str, float]) -> list[str]:
        return _set({name: self._timeouts.get(name) for name in own})


def _set(timeouts: Mapping[str, float | None]) -> list[str]:
    values = [each for name, seconds in timeouts.items() for each in variables_of(name, seconds).items()]
    return [f"SET SESSION {name} = {'DEFAULT' if value is None else value}" for name, value in values]
