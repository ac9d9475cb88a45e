"""``--sql``: what a run would do, as a script."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from alembic import context
from alembic.operations import Operations
from sqlalchemy import String
from sqlalchemy.schema import CreateSchema

from migrakit.runtime.heads import WIDTH
from migrakit.runtime.quiet import quietly
from migrakit.runtime.sessions import require_available
from migrakit.runtime.sessions.scripted import scripted
from migrakit.runtime.steps import Steps
from migrakit.runtime.url import dialect_of, find

if TYPE_CHECKING:
    from collections.abc import Generator

    from alembic.runtime.migration import MigrationStep

    from migrakit.runtime.plan import Plan

__all__ = ["run"]


def run(plan: Plan) -> None:
    """Write the script."""
    url = find(plan.url, plan.url_variable).url()
    dialect_of(url)
    _Script(plan, {"url": url, "literal_binds": True, "dialect_opts": {"paramstyle": "named"}, **plan.options}).write()


class _Script:
    """One command's script."""

    def __init__(self, plan: Plan, options: dict[str, Any]) -> None:
        self._plan = plan
        self._options = options
        self._widens = False
        self._longest = 0

    def write(self) -> None:
        """The session's settings, and then what Alembic writes."""
        context.configure(**self._options)
        command = context.get_context().opts
        dialect = context.get_context().dialect
        require_available(dialect, self._plan.session)
        self._session = scripted(dialect, self._plan.session)
        self._write_head(migrates="destination_rev" in command)
        passed = command["fn"]
        try:
            with quietly():
                context.configure(**self._options, fn=Steps(passed, self))
            with context.begin_transaction():
                context.run_migrations()
        finally:
            command["fn"] = passed

    def begin(self, heads: tuple[str, ...]) -> None:
        """From nothing, the script begins with the version table, as narrow as Alembic always writes it."""
        self._widens = not heads and context.get_context().dialect.name != "sqlite"

    def see(self, steps: list[MigrationStep]) -> None:
        """The longest id has to fit."""
        self._longest = max((len(each) for step in steps for each in step.to_revisions_no_deps), default=0)

    def before(self, step: MigrationStep) -> None:
        """Nothing: a script has a transaction for all or none."""

    @contextmanager
    def around(self, step: MigrationStep, timeouts: dict[str, float]) -> Generator[None]:  # noqa: ARG002
        """A revision with its own timeouts."""
        for statement in self._session.before(timeouts):
            context.execute(statement)
        if self._widens:
            self._widen()
        yield
        for statement in self._session.after(timeouts):
            context.execute(statement)

    def _write_head(self, *, migrates: bool) -> None:
        for statement in self._session.at_the_head():
            context.execute(statement)
        schema = self._plan.version_table.schema
        if migrates and schema is not None and self._plan.session.create_version_schema:
            context.execute(CreateSchema(schema, if_not_exists=True))

    def _widen(self) -> None:
        self._widens = False
        Operations(context.get_context()).alter_column(
            self._plan.version_table.name,
            "version_num",
            existing_type=String(32),
            existing_nullable=False,
            type_=String(max(WIDTH, self._longest)),
            schema=self._plan.version_table.schema,
        )
