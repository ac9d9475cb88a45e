"""Guards where revisions are applied: before the first statement of the first of them, by reading them all."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from alembic.runtime.migration import RevisionStep
from alembic.util import to_tuple

from migrakit.catalog.live import Live
from migrakit.errors import GuardError, Problem
from migrakit.guards.accepting import Accepted, accepted_by
from migrakit.guards.review import Review
from migrakit.guards.saying import problem_of
from migrakit.guards.standing import Standing, is_at_stake
from migrakit.runtime.raw import seen_through

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from alembic.runtime.migration import MigrationContext, MigrationStep
    from alembic.script import Script, ScriptDirectory

    from migrakit.guards import Finding, Guard

__all__ = ["Reviewing"]

log = logging.getLogger("migrakit")

_OF_THEIR_TIME = ("MK104", "MK105", "MK107")
"""What these find depends on what the database held before the revision, and can't be found again afterwards."""

_USUAL_SCHEMAS = {"postgresql": "public", "sqlite": "main"}

_NAMED = 10


class _Step(NamedTuple):
    """A revision in one direction."""

    script: Script
    is_upgrade: bool


class _Reviewed(NamedTuple):
    """What guards found in it, and what its file accepts."""

    review: Review
    findings: Sequence[Finding]
    accepted: Accepted
    file: str


class Reviewing:
    """The guards of one run.

    migration: the context of the run; without a connection where a script is written.
    heads: what is applied.
    """

    def __init__(
        self, guards: Sequence[Guard], migration: MigrationContext, scripts: ScriptDirectory, heads: Iterable[str]
    ) -> None:
        self._guards = guards
        self._migration = migration
        self._scripts = scripts
        self._heads = tuple(heads)
        self._live = None if migration.as_sql or migration.connection is None else Live(migration.connection)

    def require(self, steps: Iterable[MigrationStep]) -> None:
        """Refuse all of them where one would destroy what is there and nobody has accepted that."""
        if not self._guards:
            return
        wanted = [_Step(step.revision, step.is_upgrade) for step in steps if isinstance(step, RevisionStep)]
        reviewed = list(self._reviewed(wanted))
        _say_what_is_unchecked([each.review for each in reviewed])
        problems = [
            problem
            for each in reviewed
            for problem in self._problems(each, [f for f in each.findings if is_at_stake(f, self._live)])
        ]
        if problems:
            raise GuardError(*dict.fromkeys(problems))

    def check(self) -> None:
        """Refuse what is pending and not accepted, rows or none, and what is accepted and nowhere found."""
        if not self._guards:
            return
        applied = self._with_all_before(self._heads)
        scripts = list(reversed(list(self._scripts.walk_revisions())))
        pending = [_Step(each, is_upgrade=True) for each in scripts if each.revision not in applied]
        problems = [problem for each in self._reviewed(pending) for problem in self._problems(each, each.findings)]
        problems += [
            problem for each in scripts for problem in self._useless(each, is_applied=each.revision in applied)
        ]
        if problems:
            raise GuardError(*dict.fromkeys(problems))

    def _reviewed(self, steps: Iterable[_Step]) -> Iterator[_Reviewed]:
        standing = Standing(self._live, self._default_schema, from_nothing=not self._heads)
        for step in steps:
            review = self._review(step, standing)
            found = [each for guard in self._guards for each in guard.findings(review)]
            module = step.script.module
            accepted = accepted_by(module, self._default_schema, is_upgrade=step.is_upgrade)
            yield _Reviewed(review, found, accepted, Path(step.script.path).name)

    def _review(self, step: _Step, standing: Standing) -> Review:
        from migrakit.guards.reading import read  # noqa: PLC0415 - only what migrates reads revisions, and it costs

        script = step.script
        function = getattr(script.module, "upgrade" if step.is_upgrade else "downgrade", None)
        reading = seen_through(read(function, self._migration), self._migration.dialect) if function else None
        operations = tuple(map(standing.seen, reading.operations)) if reading else ()
        standing.end_revision()
        return Review(
            operations=operations,
            unchecked=reading.unchecked if reading else (),
            revision=script.revision,
            parents=to_tuple(script.down_revision, default=()),
            is_upgrade=step.is_upgrade,
            is_generated=False,
            scripts=self._scripts,
            dialect=self._migration.dialect,
            live=self._live,
        )

    def _problems(self, reviewed: _Reviewed, findings: Iterable[Finding]) -> Iterator[Problem]:
        review = reviewed.review
        for each in findings:
            if each.refuses and each not in reviewed.accepted:
                yield problem_of(each, review.revision, reviewed.file, self._live, is_upgrade=review.is_upgrade)

    def _useless(self, script: Script, *, is_applied: bool) -> Iterator[Problem]:
        """What its file accepts and it does not do, neither there nor back."""
        accepted = accepted_by(script.module, self._default_schema, is_upgrade=True)
        if not accepted:
            return
        both = [_Step(script, is_upgrade=True), _Step(script, is_upgrade=False)]
        found = [finding for each in both for reviewed in self._reviewed([each]) for finding in reviewed.findings]
        looking = {guard.code for guard in self._guards} - set(_OF_THEIR_TIME)
        for key in accepted.without(found):
            if not is_applied or key.split()[0] in looking:
                yield Problem(
                    f"Revision {script.revision} accepts {key!r}, and does nothing of the kind.",
                    "Whoever reads it takes it for looked at.",
                    f"Mend its spelling or remove it, in {Path(script.path).name}.",
                )

    @property
    def _default_schema(self) -> str | None:
        """Who writes a script has asked no server: it is what it is called unless somebody changes that."""
        dialect = self._migration.dialect
        return dialect.default_schema_name or _USUAL_SCHEMAS.get(dialect.name)

    def _with_all_before(self, heads: Iterable[str]) -> set[str]:
        found: set[str] = set()
        left = list(heads)
        while left:
            for script in self._scripts.get_revisions(left.pop()):
                if script.revision not in found:
                    found.add(script.revision)
                    left += [*to_tuple(script.down_revision, default=()), *to_tuple(script.dependencies, default=())]
        return found


def _say_what_is_unchecked(reviews: Sequence[Review]) -> None:
    """In one line, however many there are."""
    blind = [each for each in reviews if each.unchecked]
    if blind:
        named = [f"{each.revision} ({_lines(each)})" for each in blind[:_NAMED]]
        rest = [f"{len(blind) - _NAMED} more"] if len(blind) > _NAMED else []
        log.warning("Not checked by any guard, as only running it would tell: %s.", ", ".join([*named, *rest]))


def _lines(review: Review) -> str:
    lines = sorted({each.line for each in review.unchecked})
    return (
        f"line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines[:_NAMED]))}{', ...' if lines[_NAMED:] else ''}"
    )
