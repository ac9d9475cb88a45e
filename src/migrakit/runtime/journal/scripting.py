"""The journal's rows in a script, whose server can't be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.runtime.migration import RevisionStep
from sqlalchemy import literal_column
from sqlalchemy.schema import CreateTable

from migrakit.runtime.journal.entries import named
from migrakit.runtime.journal.torn import SCRIPT
from migrakit.versions import journal_table

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationStep
    from sqlalchemy import ColumnElement, Executable

    from migrakit.runtime.plan import Plan

__all__ = ["ScriptedJournal"]

_NOW = {"postgresql": "now()", "mysql": "UTC_TIMESTAMP()", "mariadb": "UTC_TIMESTAMP()"}
_USER = {"postgresql": "session_user", "mysql": "USER()", "mariadb": "USER()"}


class ScriptedJournal:
    """A script says when it begins a step and when it has finished, and not how far it came in between."""

    def __init__(self, plan: Plan, dialect: str) -> None:
        self._table = journal_table(plan.version_table.schema)
        self._whose = {"service": plan.service, "version_table": plan.version_table.name}
        self._now: ColumnElement[Any] = literal_column(_NOW.get(dialect, "CURRENT_TIMESTAMP"))
        self._user: ColumnElement[Any] = literal_column(_USER.get(dialect, "'unknown'"))
        self._is_made = False

    def begin(self, step: MigrationStep) -> list[Executable]:
        """Before what the step does."""
        making: list[Executable] = [] if self._is_made else [CreateTable(self._table, if_not_exists=True)]
        self._is_made = True
        return [*making, self._row(step, did=SCRIPT)] if isinstance(step, RevisionStep) else making

    def finish(self, step: MigrationStep) -> Executable:
        """After the version table's row."""
        return self._row(step, finished=self._now)

    def _row(self, step: MigrationStep, **said: Any) -> Executable:
        revision, direction = named(step)
        return (
            self._table.insert()
            .inline()
            .values(
                **self._whose,
                revision=revision,
                direction=direction,
                begun=self._now,
                statement=0,
                by_whom=self._user,
                from_where="a script",
                **said,
            )
        )
