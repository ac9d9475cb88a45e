"""``--sql``: what a run would do, as a script that changes nothing on a database which it was not written for."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from alembic import context
from alembic.operations import Operations
from alembic.runtime.migration import RevisionStep
from alembic.util import to_tuple
from sqlalchemy import String
from sqlalchemy.schema import CreateSchema

from migrakit.runtime.guarding import Needed, guard_of
from migrakit.runtime.heads import WIDTH
from migrakit.runtime.journal import ScriptedJournal
from migrakit.runtime.output import GuardedOutput
from migrakit.runtime.quiet import quietly
from migrakit.runtime.reviewing import Reviewing
from migrakit.runtime.sessions import require_available
from migrakit.runtime.sessions.scripted import scripted
from migrakit.runtime.steps import Steps
from migrakit.runtime.url import dialect_of, find

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from alembic.runtime.migration import MigrationContext, MigrationStep
    from alembic.script import ScriptDirectory

    from migrakit.runtime.plan import Plan

__all__ = ["run"]


def run(plan: Plan) -> None:
    """Write the script."""
    url = find(plan.url, plan.url_variable).url()
    dialect_of(url)
    options: dict[str, Any] = {
        "url": url,
        "literal_binds": True,
        "dialect_opts": {"paramstyle": "named"},
        **plan.options,
    }
    context.configure(**options)
    migration = context.get_context()
    require_available(migration.dialect, plan.session)
    passed = dict(migration.opts)
    try:
        if "destination_rev" in passed:
            _Script(plan, migration).write(options)
        else:
            _write_plainly(plan, migration)
    finally:
        # Alembic keeps options from one configure() to the next, for another database of the same env.py.
        migration.opts.clear()
        migration.opts.update(passed)


def _write_plainly(plan: Plan, migration: MigrationContext) -> None:
    """What migrates nothing, such as ``ensure_version``."""
    for statement in _terminated(scripted(migration.dialect, plan.session).at_the_head()):
        context.static_output(statement)
    with context.begin_transaction():
        context.run_migrations()


class _Script:
    """That of an upgrade, a downgrade or a stamp."""

    def __init__(self, plan: Plan, migration: MigrationContext) -> None:
        self._plan = plan
        self._dialect = migration.dialect
        self._session = scripted(migration.dialect, plan.session)
        self._guard = guard_of(migration.dialect, plan.version_table)
        self._scripts: ScriptDirectory = migration.opts["script"]
        self._output = GuardedOutput(migration.output_buffer, self)
        self._heads = migration.get_current_heads()
        # Asked for now, so that what is wrong with the revisions is said before anything is written.
        self._steps: list[MigrationStep] = list(migration.opts["fn"](self._heads, migration))
        Reviewing(plan.guards, migration, self._scripts, self._heads).require(self._steps)
        self._applied = 0
        self._guards = 0
        self._widens = False
        self._session_of_step: Mapping[str, float] | None = None
        is_kept = plan.journal or not migration.impl.transactional_ddl
        self._journal = ScriptedJournal(plan, self._dialect.name) if is_kept else None

    def write(self, options: Mapping[str, Any]) -> None:
        """The session's settings, and then what Alembic writes, with guards in between."""
        self._output.put(self._head())
        with quietly():
            context.configure(**self._wrapped(options))
        with context.begin_transaction():
            context.run_migrations()
        if self._guard is not None:
            self._output.put(self._guard.at_the_end())

    def _wrapped(self, options: Mapping[str, Any]) -> dict[str, Any]:
        # What is beneath the output encodes already, where that is asked for.
        context.get_context().opts.pop("output_encoding", None)
        return {
            **{name: value for name, value in options.items() if name != "output_encoding"},
            "fn": Steps(lambda *_: self._steps, self),
            "output_buffer": self._output,
            "on_version_apply": [*to_tuple(options.get("on_version_apply"), default=()), self._note_applied],
        }

    def _head(self) -> Iterator[str]:
        if self._guard is not None:
            yield from self._guard.first_lines()
            yield self._comment(self._guard.advice())
        yield from _terminated(self._session.at_the_head())

    def _comment(self, advice: str) -> str:
        begins = _shown(self._heads)
        ends = _shown(self._steps[-1].to_revisions_no_deps) if self._steps else begins
        lines = [
            f"migrakit: from {begins} to {ends}, noted in {self._plan.version_table.name}.",
            f"On a database that is not at {begins} it changes nothing.",
            f"Apply it with: {advice}",
        ]
        return "\n".join(f"-- {line}" for line in lines)

    def begin(self, heads: tuple[str, ...]) -> None:
        """From nothing, the script begins with the version table, as narrow as Alembic always writes it."""
        self._widens = not heads and self._dialect.name != "sqlite"

    def see(self, steps: list[MigrationStep]) -> None:
        """They are known."""

    def before(self, step: MigrationStep) -> None:
        """Nothing: what comes before a step waits for its first statement."""

    @contextmanager
    def around(self, step: MigrationStep, timeouts: dict[str, float]) -> Generator[None]:
        """A revision with its own timeouts."""
        self._session_of_step = timeouts
        self._execute(self._session.before(timeouts))
        if self._widens:
            self._widen()
        if self._journal is not None:
            for statement in self._journal.begin(step):
                context.execute(statement)
        yield
        self._execute(self._session.after(timeouts))
        self._session_of_step = None

    def guards(self, *, in_transaction: bool) -> Iterator[str]:
        """At the beginning of a transaction, and of what is in none."""
        if in_transaction:
            yield from _terminated(self._session.in_transaction())
        self._guards += 1
        if self._guard is not None:
            needed = self._needed()
            yield from self._guard.inside(needed) if in_transaction else self._guard.outside(needed)
        if self._guards == 1:
            yield from self._schema()
        if self._session_of_step is not None and in_transaction:
            yield from _terminated(self._session.again(self._session_of_step))

    def _needed(self) -> Needed:
        return Needed(
            heads=tuple(sorted(self._heads)),
            coming=_coming(self._scripts, self._heads, self._steps[self._applied :]),
            has_table=bool(self._heads) or self._guards > 1,
            number=self._guards,
        )

    def _schema(self) -> Iterator[str]:
        """Where the version table is still to be made, its schema may be too."""
        schema = self._plan.version_table.schema
        if not self._heads and schema is not None and self._plan.session.create_version_schema:
            yield f"{CreateSchema(schema, if_not_exists=True).compile(dialect=self._dialect)};"

    def _note_applied(self, *, heads: set[str], **_: Any) -> None:
        self._heads = tuple(heads)
        if self._journal is not None:
            context.execute(self._journal.finish(self._steps[self._applied]))
        self._applied += 1
        self._output.end_step()

    def _execute(self, statements: Iterable[str]) -> None:
        for statement in _terminated(statements):
            context.static_output(statement)

    def _widen(self) -> None:
        self._widens = False
        longest = max((len(each) for step in self._steps for each in step.to_revisions_no_deps), default=0)
        Operations(context.get_context()).alter_column(
            self._plan.version_table.name,
            "version_num",
            existing_type=String(32),
            existing_nullable=False,
            type_=String(max(WIDTH, longest)),
            schema=self._plan.version_table.schema,
        )


def _coming(scripts: ScriptDirectory, heads: Iterable[str], steps: Iterable[MigrationStep]) -> tuple[str, ...]:
    """Revisions of other branches that would be applied a second time if the database were at them.

    What descends from the heads is left out: a database is at one of these, or at the heads.
    """
    applied = {
        revision
        for step in steps
        if isinstance(step, RevisionStep) and step.is_upgrade
        for revision in step.to_revisions_no_deps
    }
    return tuple(sorted(_with_descendants(scripts, applied) - _with_descendants(scripts, heads))) if heads else ()


def _with_descendants(scripts: ScriptDirectory, revisions: Iterable[str]) -> set[str]:
    found: set[str] = set()
    left = list(revisions)
    while left:
        revision = left.pop()
        script = None if revision in found else scripts.get_revision(revision)
        if script is not None:
            found.add(revision)
            left.extend(script.nextrev)
    return found


def _terminated(statements: Iterable[str]) -> Iterator[str]:
    return (f"{statement};" for statement in statements)


def _shown(revisions: Iterable[str]) -> str:
    return " ".join(", ".join(sorted(revisions)).split()) or "base"
