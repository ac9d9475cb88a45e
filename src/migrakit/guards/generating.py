"""Guards where revisions are generated: as Alembic's ``process_revision_directives``."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from alembic import context
from alembic.autogenerate import renderers
from alembic.operations import ops
from alembic.script import ScriptDirectory

from migrakit.catalog.live import Live
from migrakit.errors import GuardError
from migrakit.guards.command import is_check
from migrakit.guards.operation import flattened
from migrakit.guards.review import Review
from migrakit.guards.rules.no_empty_revisions import EMPTY
from migrakit.guards.saying import comment_of, listed, problem_of_generated
from migrakit.guards.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.migration import MigrationContext

    from migrakit.guards.finding import Finding
    from migrakit.guards.guard import Guard

__all__ = ["Generating"]

log = logging.getLogger("migrakit")

_LIFTS = {"MK201": "metadata=complete"}
"""What is said with ``-x`` about findings that no file can accept."""


class Comment(ops.OpContainer):
    """What a reader of the next op has to know. It holds no ops, and so is none for ``alembic check``."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__(())
        self.lines = lines


class Generating:
    """The service's own hook, and after it the guards: it may add and remove revisions and ops.

    declared: how many tables the service's metadata declares.
    """

    def __init__(self, guards: Sequence[Guard], own: Callable[..., None] | None, *, declared: int) -> None:
        self._guards = guards
        self._own = own
        self._declared = declared

    def __call__(self, migration: MigrationContext, revision: Any, directives: list[ops.MigrationScript]) -> None:
        if self._own is not None:
            self._own(migration, revision, directives)
        command = _Command.of(migration)
        if command.writes_changes and any(each.code == EMPTY for each in self._guards):
            _leave_out_empty(directives)
        live = Live(migration.connection) if migration.connection is not None else None
        for directive in directives:
            review = self._prepared(directive, self._review(directive, migration, live), command)
            self._look(directive, review, command)

    def _prepared(self, directive: ops.MigrationScript, review: Review, command: _Command) -> Review:
        """With the id that it is to have, unless a person gave it one."""
        is_first = len(directive.upgrade_ops_list) == 1  # of several databases of one env.py
        if is_first and not command.is_check and not command.has_id:
            for guard in self._guards:
                if guard.prepare is not None:
                    guard.prepare(directive, review)
        return replace(review, revision=str(directive.rev_id))

    def _look(self, directive: ops.MigrationScript, review: Review, command: _Command) -> None:
        findings = [found for guard in self._guards for found in guard.findings(review)]
        stops = [each for each in findings if not each.acceptable and not _is_lifted(each)]
        if command.is_check:  # which writes no revision that could be named or placed wrongly
            stops = [each for each in stops if each.code in _LIFTS]
        if stops:
            raise GuardError(*map(problem_of_generated, stops))
        named = [each for each in findings if each.acceptable]
        if named and not command.is_check:
            _comment(directive, named, review.live)
            log.warning(listed(review.revision, named, review.live))

    def _review(self, directive: ops.MigrationScript, migration: MigrationContext, live: Live | None) -> Review:
        standing = Standing(live, migration.dialect.default_schema_name, from_nothing=False)
        found = list(flattened(_of_this_database(directive).ops))
        new = sum(isinstance(step.op, ops.CreateTableOp) for step in found)
        gone = sum(isinstance(step.op, ops.DropTableOp) for step in found)
        scripts = _scripts(migration)
        return Review(
            operations=tuple(map(standing.seen, found)),
            revision=str(directive.rev_id),
            parents=_parents(directive, scripts),
            is_upgrade=True,
            is_generated=True,
            scripts=scripts,
            dialect=migration.dialect,
            live=live,
            own_tables=self._declared - new + gone,
        )


class _Command(NamedTuple):
    """What is under way."""

    is_check: bool
    writes_changes: bool
    """Whether it writes a revision of what a comparison found."""
    has_id: bool
    """Whether a person gave its id."""

    @classmethod
    def of(cls, migration: MigrationContext) -> _Command:
        checks = is_check(migration.opts)
        given = getattr(migration.opts.get("revision_context"), "command_args", {})
        return cls(checks, bool(given.get("autogenerate")) and not checks, bool(given.get("rev_id")))


def _scripts(migration: MigrationContext) -> ScriptDirectory:
    scripts = migration.opts.get("script")
    return scripts if scripts is not None else ScriptDirectory.from_config(context.config)


def _parents(directive: ops.MigrationScript, scripts: ScriptDirectory) -> tuple[str, ...]:
    # There may be several heads for check, which writes no revision that would have to follow one.
    head = "heads" if directive.head in (None, "head") else directive.head
    return tuple(each.revision for each in scripts.get_revisions(head) if each)


def _is_lifted(finding: Finding) -> bool:
    return _LIFTS.get(finding.code) in context.get_x_argument()


def _leave_out_empty(directives: list[ops.MigrationScript]) -> None:
    kept = [each for each in directives if any(not found.is_empty() for found in each.upgrade_ops_list)]
    if len(kept) < len(directives):
        log.warning("Nothing has changed: no revision is written.")
    directives[:] = kept


def _of_this_database(directive: ops.MigrationScript) -> ops.UpgradeOps:
    """One for each database of an env.py that has several; Alembic asks after each."""
    return directive.upgrade_ops_list[-1]


def _comment(directive: ops.MigrationScript, findings: Iterable[Finding], live: Live | None) -> None:
    renderers.dispatch_for(Comment, replace=True)(_written)
    above: dict[int | None, list[str]] = {}
    for each in findings:
        above.setdefault(None if each.at is None else id(each.at.op), []).extend(comment_of(each, live))
    found = _of_this_database(directive)
    _put(found, above)
    if None in above:
        found.ops.insert(0, Comment(above[None]))


def _put(container: ops.OpContainer, above: Mapping[int | None, list[str]]) -> None:
    with_comments: list[ops.MigrateOperation] = []
    for op in container.ops:
        if id(op) in above:
            with_comments.append(Comment(above[id(op)]))
        elif isinstance(op, ops.OpContainer):
            _put(op, above)
        with_comments.append(op)
    container.ops = with_comments


def _written(_: AutogenContext, comment: Comment) -> list[str]:
    return [f"# {line}" for line in comment.lines]
