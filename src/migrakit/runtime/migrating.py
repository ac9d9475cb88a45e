"""A command on a connection: the session, the lock, the checks before and after."""

from __future__ import annotations

from asyncio import CancelledError
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from alembic import context
from alembic.script.revision import RevisionError
from alembic.util import CommandError, to_tuple
from sqlalchemy import __version__ as version
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from migrakit.catalog.autocommit import in_real_transaction, is_autocommit
from migrakit.errors import ConfigurationError, Problem, VersionTableError
from migrakit.guards.command import is_check
from migrakit.runtime.heads import VersionState
from migrakit.runtime.indexes import refusing_invalid_indexes, require_valid_indexes
from migrakit.runtime.journal import Entries, Journal, KeptJournal, asked_resume
from migrakit.runtime.locking import migration_lock
from migrakit.runtime.quiet import quietly
from migrakit.runtime.repeating import repeatedly
from migrakit.runtime.reviewing import Reviewing
from migrakit.runtime.rights import denied
from migrakit.runtime.sessions import Session, session_of
from migrakit.runtime.steps import Steps
from migrakit.runtime.transactions import keeping_transaction

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from contextlib import AbstractContextManager

    from alembic.runtime.migration import MigrationStep
    from alembic.script import ScriptDirectory
    from sqlalchemy import Connection

    from migrakit.runtime.plan import Plan

__all__ = ["migrate"]


def migrate(connection: Connection, plan: Plan, *, is_ours: bool) -> None:
    """Run the command that is under way on this connection, in its transaction if it is in one."""
    _require_listening(connection)
    session = session_of(connection, plan.session, plan.name if is_ours else None)
    session.begin()
    if session.is_pooled:
        _migrate_pooled(connection, plan, session.schema)
        return
    try:
        _Migration(connection, plan, session).run()
    except (KeyboardInterrupt, CancelledError):  # which it becomes in an event loop
        if is_ours:
            with suppress(Exception):
                session.interrupt()
        raise
    finally:
        if not is_ours:
            session.end()


def _require_listening(connection: Connection) -> None:
    """See that events of this connection can be listened to: of the engine's options older SQLAlchemys know nothing."""
    try:
        event.contains(connection, "commit", _require_listening)
    except InvalidRequestError:
        raise ConfigurationError(
            Problem(
                f"SQLAlchemy {version} can't listen to the connection of an engine with execution_options().",
                "The session's settings, the lock and the journal are kept by listening.",
                "Pass a connection of the engine itself, or use a newer SQLAlchemy.",
            )
        ) from None


def _migrate_pooled(connection: Connection, plan: Plan, schema: str | None) -> None:
    """All of it in one transaction, and nothing of the session's own; ``schema`` is the default one of its settings."""
    from migrakit.runtime.pooled import begin_pooled  # noqa: PLC0415 - few need it

    begin_pooled(connection, plan, schema, migrates=_migrates(_learned(connection, plan.options)))
    try:
        migrate(connection, replace(plan, lock_wait=None), is_ours=True)
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _learned(connection: Connection, options: Mapping[str, Any]) -> dict[str, Any]:
    """What Alembic knows once it is configured: which command this is, and what that passed."""
    with quietly():
        context.configure(connection=connection, **options)
    known: dict[str, Any] = context.get_context().opts
    return known


def _migrates(command: dict[str, Any]) -> bool:
    """Whether it changes the version table; of ensure_version nothing tells but what Alembic calls its function."""
    return "destination_rev" in command or getattr(command.get("fn"), "__name__", "") == "do_ensure_version"


class _Migration:
    """One run of one command."""

    def __init__(self, connection: Connection, plan: Plan, session: Session) -> None:
        self._connection = connection
        self._plan = plan
        self._session = session
        self._in_transaction = connection.in_transaction()
        self._is_whole_run = in_real_transaction(connection)
        self._applied: tuple[str, ...] = ()
        self._goes_up = False
        self._has_begun = False
        self._command: dict[str, Any] = {}

    def run(self) -> None:
        """Find out which command this is, and run it."""
        self._command = _learned(self._connection, self._options)
        self._state, self._journal = self._new_state(), Journal()
        try:
            self._run()
        except DBAPIError as error:
            if not self._has_begun and (problem := denied(error, self._state.shown)):
                raise VersionTableError(problem) from None
            raise

    def _run(self) -> None:
        if _migrates(self._command):
            with self._locked():
                self._migrate()
        else:
            self._look()

    def begin(self, heads: tuple[str, ...]) -> None:
        """What is in the database is known to these scripts, before anything is done about it."""
        self._has_begun = True
        self._applied = heads
        if not self._command.get("purge"):
            self._state.require_known(self._scripts, heads)
        if not heads and "revision_context" in self._command:
            self._state.require_not_moved(self._scripts)
        if is_check(self._command):
            self._reviewing(heads).check()
        if self._runs_revisions:
            self._journal.require_whole(self._scripts, heads)

    def see(self, steps: list[MigrationStep]) -> None:
        """What is to come destroys nothing that nobody has accepted, and the version table has room for it."""
        if self._runs_revisions:
            self._reviewing(self._applied).require(steps)
        self._goes_up = self._runs_revisions and all(step.is_upgrade for step in steps)
        self._state.require_room(revision for step in steps for revision in step.to_revisions_no_deps)
        require_valid_indexes(self._connection, steps)
        self._journal.expect(steps)

    def before(self, step: MigrationStep) -> None:
        """The journal notes that it begins."""
        self._journal.before(step)

    @contextmanager
    def around(self, step: MigrationStep, timeouts: dict[str, float]) -> Generator[None]:
        """A revision with its own timeouts, in the transaction that its success is noted in."""
        connection = self._connection
        with (
            self._session.changed(timeouts),
            keeping_transaction(connection, is_whole_run=self._is_whole_run),
            refusing_invalid_indexes(connection),
            self._journal.around(step),
        ):
            yield

    def _locked(self) -> AbstractContextManager[None]:
        if self._plan.lock_wait is None:
            return nullcontext()
        return migration_lock(self._connection, self._plan.version_table, wait=self._plan.lock_wait)

    def _migrate(self) -> None:
        """Upgrade, downgrade, stamp, or make the version table."""
        if self._runs_revisions:
            self._state.require_not_moved(self._scripts)
        self._state.require_schema(create=self._plan.session.create_version_schema)
        self._leave_no_transaction(commit=True)
        steps = Steps(self._command["fn"], self)
        with steps.counting(self._connection):
            repeatedly(
                partial(self._attempt, steps), self._connection, self._plan.session, partial(self._why_not, steps)
            )
        self._leave_no_transaction()
        self._require_done()
        self._leave_no_transaction()

    def _attempt(self, steps: Steps) -> None:
        """All that is not committed yet, by what the database holds now."""
        self._journal = self._new_journal()
        own = to_tuple(self._plan.options.get("on_version_apply"), default=())
        try:
            self._run_steps(steps, on_version_apply=[*own, self._note_applied, self._journal.finish], dont_mutate=False)
        except Exception:
            self._journal.fail()
            self._state = self._new_state()  # what was there may have been taken back
            raise

    def _why_not(self, steps: Steps) -> str | None:
        """What keeps an attempt that failed from being repeated."""
        if self._in_transaction:
            return "It can't be repeated from here: the transaction was begun before the run."
        if not context.get_context().impl.transactional_ddl or is_autocommit(self._connection):
            return "It can't be repeated by itself: what the revision did until then is committed."
        if steps.is_split:
            return "It can't be repeated by itself: an autocommit block of the revision has committed a part of it."
        return None

    def _look(self) -> None:
        """Compare or show: nothing is written."""
        self._state.require_place()
        steps = Steps(self._command["fn"], self)
        self._run_steps(steps, dont_mutate=True, process_revision_directives=self._process_directives)

    def _run_steps(self, steps: Steps, **options: Any) -> None:
        passed = self._command["fn"]
        try:
            context.configure(connection=self._connection, **{**self._options, **options}, fn=steps)
            with context.begin_transaction():
                if not options["dont_mutate"] and not self._state.exists:
                    self._state.create(context.get_context(), self._scripts)
                context.run_migrations()
                if self._is_stamp:
                    self._journal.settle(self._applied)
        finally:
            # Alembic keeps options from one configure() to the next, for another database of the same env.py.
            self._command["fn"] = passed

    def _process_directives(self, migration: Any, revision: Any, directives: list[Any]) -> None:
        """The service's own hook, and after it a look at the ids that came of it."""
        hook = self._plan.options.get("process_revision_directives")
        if hook is not None:
            hook(migration, revision, directives)
        self._state.require_room(directive.rev_id for directive in directives if directive.rev_id)

    def _reviewing(self, heads: tuple[str, ...]) -> Reviewing:
        return Reviewing(self._plan.guards, context.get_context(), self._scripts, heads)

    @property
    def _options(self) -> dict[str, Any]:
        return {**self._plan.options, "version_table_schema": self._schema}

    @property
    def _scripts(self) -> ScriptDirectory:
        scripts: ScriptDirectory = self._command["script"]
        return scripts

    @property
    def _is_stamp(self) -> bool:
        return "purge" in self._command

    @property
    def _runs_revisions(self) -> bool:
        return "destination_rev" in self._command and not self._is_stamp

    @property
    def _schema(self) -> str | None:
        return self._plan.version_table.schema or self._session.schema

    def _new_state(self) -> VersionState:
        return VersionState(
            self._connection, self._plan.version_table.name, self._schema, self._session.visible_schemas
        )

    def _new_journal(self) -> Journal:
        is_transactional = context.get_context().impl.transactional_ddl
        if not _migrates(self._command) or (is_transactional and not self._plan.journal):
            return Journal()
        table = self._plan.version_table.name
        return KeptJournal(
            self._connection,
            Entries(self._connection, schema=self._schema, version_table=table, service=self._plan.service),
            is_transactional=is_transactional,
            is_callers_transaction=self._in_transaction,
            resume=asked_resume(),
        )

    def _leave_no_transaction(self, *, commit: bool = False) -> None:
        if not self._in_transaction:
            self._connection.commit() if commit else self._connection.rollback()

    def _note_applied(self, *, heads: set[str], **_: Any) -> None:
        self._applied = tuple(heads)

    def _require_done(self) -> None:
        """No silent success: what was asked for is in the version table, read anew."""
        found = set(self._state.read())
        missing = _asked_for(self._command, found) if self._goes_up else set[str]()
        if found != set(self._applied) or missing:
            raise VersionTableError(_not_done(self._state.shown, set(self._applied) | missing, found))


def _asked_for(command: dict[str, Any], found: set[str]) -> set[str]:
    """Of an upgrade's destination what isn't there; nothing where the destination is said in steps."""
    scripts, destination = command["script"], command["destination_rev"]
    try:
        wanted = {script.revision for script in scripts.get_revisions(destination) if script}
        return wanted - {script.revision for script in scripts.walk_revisions(head=tuple(found))} if found else wanted
    except (CommandError, RevisionError):  # "+1"
        return set()


def _not_done(table: str, expected: set[str], found: set[str]) -> Problem:
    return Problem(
        f"The command has run, and {table} holds {', '.join(sorted(found)) or 'nothing'} and not "
        f"{', '.join(sorted(expected)) or 'nothing'}.",
        "What it did was rolled back, or written to another table.",
        "See what else uses the connection, such as a migration that ends the transaction itself.",
    )
