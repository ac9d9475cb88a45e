"""Keeping the journal while a command runs."""

from __future__ import annotations

import hashlib
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from alembic.runtime.migration import RevisionStep
from sqlalchemy.engine.interfaces import ExecuteStyle
from sqlalchemy.exc import SQLAlchemyError

from migrakit.catalog.autocommit import is_autocommit
from migrakit.errors import ConfigurationError, TornRevisionError
from migrakit.runtime.journal.entries import Attempt, listed, named
from migrakit.runtime.journal.saying import (
    cut_off,
    goes_elsewhere,
    is_another,
    is_another_before,
    is_of_another_session,
    ways,
)
from migrakit.runtime.journal.torn import Torn
from migrakit.runtime.listening import listening
from migrakit.runtime.statements import commits, is_of_session, statement_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from alembic.runtime.migration import MigrationStep
    from alembic.script import ScriptDirectory
    from sqlalchemy import Connection, Row

    from migrakit.runtime.journal.entries import Entries
    from migrakit.runtime.journal.resuming import Resume
    from migrakit.runtime.journal.seeing import State
    from migrakit.runtime.statements import Statement

__all__ = ["Journal", "KeptJournal"]

_NOTHING = "SELECT 1 LIMIT 0"
"""What is sent instead of a statement that is done already."""

_LONGEST = 255

_SQLITE_BEGINS = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)
"""Before what Python's driver begins a transaction; before WITH ... INSERT it does not."""

_LOCKS = re.compile(r"\A\s*LOCK\s+TABLES?\s+", re.IGNORECASE)

_HALF = 32
"""Of a digest: the first is of all the statements before, the second of the statement itself."""


class Journal:
    """One that is not kept."""

    def require_whole(self, scripts: ScriptDirectory, heads: Sequence[str]) -> None:
        """Stop where a step was cut off, unless it is to be gone on with."""

    def expect(self, steps: Sequence[MigrationStep]) -> None:
        """Before the first of these steps."""

    def before(self, step: MigrationStep) -> None:
        """Before the step's own transaction."""

    @contextmanager
    def around(self, step: MigrationStep) -> Generator[None]:  # noqa: ARG002
        """Around what the step does."""
        yield

    def finish(self, **_: Any) -> None:
        """Alembic's ``on_version_apply``: in the transaction of the version table's row."""

    def settle(self, heads: Iterable[str]) -> None:
        """What a person has settled by hand is no longer cut off."""

    def fail(self) -> None:
        """The step raised, and what could be taken back has been: the statement that failed is not done."""


class KeptJournal(Journal):
    """Where DDL is committed by itself the first row of a step is too; elsewhere all are in the step's transaction."""

    def __init__(
        self,
        connection: Connection,
        entries: Entries,
        *,
        is_transactional: bool,
        is_callers_transaction: bool,
        resume: Resume | None,
    ) -> None:
        self._connection = connection
        self._entries = entries
        self._is_transactional = is_transactional
        self._is_callers_transaction = is_callers_transaction
        self._resume = resume
        self._torn: Torn | None = None
        self._attempt: Attempt | None = None
        self._start = 1
        self._count = self._succeeded = 0
        self._so_far = ""
        self._is_writing = self._is_ended = False

    def require_whole(self, scripts: ScriptDirectory, heads: Sequence[str]) -> None:
        torn = Torn.of(self._entries.last())
        if torn is None:
            return
        states = torn.states(self._connection)
        if torn.next(states) == 1:  # nothing of it was done
            return
        start = self._asked_start(torn, states)
        if start is None:
            mends = torn.mends(self._connection)
            raise TornRevisionError(cut_off(torn, states, mends=mends, **ways(torn.attempt, scripts, heads)))
        self._torn, self._start = torn, start

    def expect(self, steps: Sequence[MigrationStep]) -> None:
        if self._torn is not None and not (steps and _is_step_of(steps[0], self._torn.attempt)):
            raise TornRevisionError(goes_elsewhere(self._torn.attempt))
        if steps:
            self._entries.create()

    def before(self, step: MigrationStep) -> None:
        if not self._is_transactional and isinstance(step, RevisionStep):
            self._begin(step)
            self._commit()

    @contextmanager
    def around(self, step: MigrationStep) -> Generator[None]:
        if self._is_transactional or not isinstance(step, RevisionStep):
            self._begin(step)
        self._count = self._succeeded = 0
        self._so_far, self._is_ended = "", False
        connection = self._connection
        after = {"after_cursor_execute": self._note_success, "commit": self._note_done}
        with listening(connection, {"before_cursor_execute": self._note}, retval=True), listening(connection, after):
            yield
        if self._count < self._start - 1:
            raise TornRevisionError(is_another(self._count + 1, "no more statements", None))
        if self._count < self._start:
            self._require_same_before(self._start)
        self._start, self._torn = 1, None

    def finish(self, **_: Any) -> None:
        if self._attempt is not None:
            self._entries.add(self._attempt, finished=self._entries.now())

    def settle(self, heads: Iterable[str]) -> None:
        if Torn.of(self._entries.last()) is not None:
            now = self._entries.now()
            self._entries.add(Attempt(listed(heads), "stamp", now), finished=now)
            if not self._is_transactional:
                self._commit()

    def fail(self) -> None:
        if self._attempt is None or self._is_callers_transaction:
            return
        # A journal that was made by what has just been taken back is gone; and so may the connection be.
        with suppress(SQLAlchemyError, ConfigurationError):
            torn = Torn.of(self._entries.last())
            at_work = torn.at_work if torn is not None else None
            # Of one that was at work in an earlier run, and that this one has not come to, it knows no more.
            if at_work is not None and self._start <= at_work.statement <= self._count:
                number = int(at_work.statement)
                self._write(number if self._succeeded >= number else number - 1)
                self._commit()
        with suppress(SQLAlchemyError):
            self._connection.rollback()

    def _asked_start(self, torn: Torn, states: dict[int, State]) -> int | None:
        if self._resume is None or self._resume.revision != torn.attempt.revision:
            return None
        return self._resume.statement or torn.next(states)

    def _begin(self, step: MigrationStep) -> None:
        if self._torn is not None:
            self._attempt = self._torn.attempt
            return
        self._attempt = Attempt(*named(step), self._entries.now())
        if isinstance(step, RevisionStep):
            self._entries.add(self._attempt)

    def _commit(self) -> None:
        if not self._is_callers_transaction:
            self._connection.commit()

    def _note(
        self, connection: Connection, _cursor: Any, sql: Any, parameters: Any, execution: Any, _is_many: Any
    ) -> tuple[Any, Any]:
        # A driver may take what is no text, such as psycopg.sql.SQL(...).
        said = sql if isinstance(sql, str) else repr(sql)
        statement = None if self._is_writing else statement_of(said)
        if statement is None:
            self._pass(said)
            return self._with_journal(sql), parameters
        self._count += 1
        self._require_same_before(self._count)
        digest = self._so_far = _digest(self._so_far) + _digest(said)
        if self._count < self._start:
            self._require_same(statement, digest)
            # So that who asks for the keys that an INSERT gave is told that there are none.
            execution.isinsert = execution.isupdate = execution.isdelete = False
            if execution.execute_style is ExecuteStyle.EXECUTEMANY:
                return sql, []
            return _NOTHING, () if connection.dialect.positional else {}
        if self._is_committed_by_itself(statement, said):
            self._write(self._count, did=statement.did[:_LONGEST], digest=digest)
            if connection.dialect.name == "sqlite":
                connection.connection.commit()  # beneath SQLAlchemy, whose transaction goes on
        return sql, parameters

    def _pass(self, sql: str) -> None:
        """What changes nothing may still end what is being changed, or hold what is to be changed."""
        if self._is_writing:
            return
        if commits(sql, self._connection.dialect.name):
            self._note_done(self._connection)
            # Of PostgreSQL's drivers some begin no other: they don't know that theirs has ended.
            self._is_ended = self._is_transactional
        if 1 < self._start > self._count and is_of_session(sql):
            raise TornRevisionError(is_of_another_session(self._start))

    def _with_journal(self, sql: Any) -> Any:
        """MariaDB and MySQL refuse to write what LOCK TABLES does not name."""
        if not isinstance(sql, str) or self._connection.dialect.name not in ("mysql", "mariadb"):
            return sql
        return _LOCKS.sub(lambda found: f"{found[0]}{self._entries.name} WRITE, ", sql)

    def _note_done(self, _connection: Connection) -> None:
        """What was done until here is about to be committed; after a failure too, at the end of an autocommit block."""
        self._is_ended = False
        if self._succeeded >= self._start:
            self._write(self._succeeded)

    def _note_success(self, *_: Any) -> None:
        if not self._is_writing:
            self._succeeded = self._count

    def _write(self, statement: int, *, did: str | None = None, digest: str | None = None) -> None:
        if self._attempt is None:
            return
        self._is_writing = True
        try:
            self._entries.add(self._attempt, statement=statement, did=did, digest=digest)
        finally:
            self._is_writing = False

    def _is_committed_by_itself(self, statement: Statement, sql: str) -> bool:
        if self._connection.dialect.name == "sqlite":
            driver: Any = self._connection.connection.driver_connection
            return not driver.in_transaction and (not _SQLITE_BEGINS.match(sql) or is_autocommit(self._connection))
        is_alone = self._is_ended or is_autocommit(self._connection)
        return is_alone or not (self._is_transactional or statement.is_data)

    def _require_same_before(self, number: int) -> None:
        """What came until now is what came before the statement of this number: more than is done is not asked."""
        row = self._recorded(number) if number <= self._start else None
        if row is not None and row.digest[:_HALF] != _digest(self._so_far):
            raise TornRevisionError(is_another_before(number, row.did))

    def _require_same(self, statement: Statement, digest: str) -> None:
        row = self._recorded(self._count)
        if row is not None and row.digest != digest:
            raise TornRevisionError(is_another(self._count, statement.did, row.did))

    def _recorded(self, number: int) -> Row[Any] | None:
        return self._torn.recorded.get(number) if self._torn is not None else None


def _digest(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()[:_HALF]


def _is_step_of(step: MigrationStep, attempt: Attempt) -> bool:
    return named(step) == (attempt.revision, attempt.direction)
