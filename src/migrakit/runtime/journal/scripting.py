"""The journal's rows in a script, whose server can't be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.runtime.migration import RevisionStep
from sqlalchemy import func, literal, literal_column, null, select
from sqlalchemy.schema import CreateTable

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
        self._whose = {"service": literal(plan.service), "version_table": literal(plan.version_table.name)}
        self._now: ColumnElement[Any] = literal_column(_NOW.get(dialect, "CURRENT_TIMESTAMP"))
        self._user: ColumnElement[Any] = literal_column(_USER.get(dialect, "'unknown'"))
        self._is_made = False

    def begin(self, step: MigrationStep) -> list[Executable]:
        """Before what the step does."""
        making: list[Executable] = [] if self._is_made else [CreateTable(self._table, if_not_exists=True)]
        self._is_made = True
        if not isinstance(step, RevisionStep):
            return making
        return [*making, self._table.insert().values(**self._row(step), statement=0, did=SCRIPT)]

    def finish(self, step: MigrationStep) -> Executable:
        """After the version table's row."""
        table = self._table
        if not isinstance(step, RevisionStep):
            return table.insert().values(**self._row(step), statement=0, finished=self._now)
        # When it was begun, only that row knows.
        kept = ("service", "version_table", "revision", "direction", "begun", "statement", "by_whom", "from_where")
        of_table = table.c.version_table == self._whose["version_table"]
        begun = select(func.max(table.c.id)).where(of_table, table.c.did == SCRIPT).scalar_subquery()
        row = select(*(table.c[name] for name in kept), self._now, null()).where(table.c.id == begun)
        return table.insert().from_select([*kept, "finished", "did"], row)

    def _row(self, step: MigrationStep) -> dict[str, Any]:
        if isinstance(step, RevisionStep):
            revision, direction = step.revision.revision, "upgrade" if step.is_upgrade else "downgrade"
        else:
            revision, direction = ", ".join(sorted(step.to_revisions_no_deps)) or "base", "stamp"
        return {
            **self._whose,
            "revision": revision,
            "direction": direction,
            "begun": self._now,
            "by_whom": self._user,
            "from_where": "a script",
        }
