"""One decision for both of Alembic's questions."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypedDict

from migrakit import catalog
from migrakit.errors import ConfigurationError, Problem
from migrakit.filters.algebra import Answer, Filter
from migrakit.filters.rules.version_tables import version_tables
from migrakit.target import NOWHERE, Reader, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from migrakit.target import Place

__all__ = ["HookOptions", "Hooks"]

log = logging.getLogger("migrakit")


class HookOptions(TypedDict):
    """The two keywords of ``context.configure()`` that a filter answers."""

    include_name: Callable[[str | None, Any, Mapping[Any, str | None]], bool]
    include_object: Callable[[Any, str | None, Any, bool, Any], bool]


class Hooks:
    """Asks one filter, for ``include_name`` and for ``include_object``, and keeps count of what was left alone."""

    def __init__(self, owns: Filter, *, looks_into: Callable[[Target], bool] = lambda _: True) -> None:
        self._said = owns
        self.owns = owns & ~version_tables()
        self._looks_into = looks_into
        self._run = _Run(NOWHERE)

    def options(self) -> HookOptions:
        """What ``context.configure()`` takes."""
        return {"include_name": self.include_name, "include_object": self.include_object}

    def include_name(self, name: str | None, type_: str, parent_names: Mapping[Any, str | None]) -> bool:
        """Before reflection: leave out what is definitely not the service's, and nothing else."""
        run = self._run_of(type_)
        asked = (type_, name, *parent_names.values())
        answer = run.answered.get(asked)  # a database has many tables, and both the inspector's cache and Alembic ask
        if answer is None:
            target = run.reader.from_name(name, type_, parent_names)
            answer = run.answered[asked] = self._answer_name(target, run)
        return answer

    def include_object(
        self,
        object_: Any,
        name: str | None,
        type_: str,
        reflected: bool,  # noqa: FBT001 - Alembic's signature
        compare_to: Any,
    ) -> bool:
        """The last question, object in hand: what can't be told is the service's if it is declared."""
        run = self._run_of(type_)
        target = run.reader.from_object(object_, name, type_, reflected, compare_to)
        answer = Answer.NO if run.was_refused(target) else self.owns.decide(target)
        if answer is Answer.NO and target.declared and target.kind == "table":
            run.not_owned.append(target)
            log.info("Declared, but not owned, and so left out: %s", target)
        mine = self._settle(target, run) if answer is Answer.UNKNOWN else answer is Answer.YES
        if mine and target.kind == "table":
            run.require_sight(target)
        return mine

    def report(self) -> Iterator[str]:
        """What a person should know of what the last comparison left out, a sentence each."""
        run = self._run
        if run.not_owned:
            yield f"Declared, but not owned by {self._said!r}, and so left out: {_several(run.not_owned)}."
        for why, targets in run.left_alone.items():
            yield (
                f"Left alone, as only the database has it and nothing says whether it was this service's: "
                f"{_several(targets)} ({why})."
            )

    def _answer_name(self, target: Target, run: _Run) -> bool:
        if run.is_second_sight(target):
            return False
        looked_into = target.kind != "schema" or self._looks_into(target)
        mine = looked_into and self.owns.decide(target) is not Answer.NO
        if not mine:
            run.refused.add(_key(target))
        return mine

    def _settle(self, target: Target, run: _Run) -> bool:
        # A part follows its root: where the root is the service's by being declared, so is a column of it that isn't.
        by_root = self.owns.decide(target.root) is Answer.UNKNOWN
        if (target.root if by_root else target).declared:
            return True
        deciding = "; ".join(f"{rule.filter}: {rule.because}" for rule in self.owns.explain(target).deciding)
        run.left_alone.setdefault(deciding, []).append(target)
        log.info("Left alone: %s (%s)", target, deciding)
        return False

    def _run_of(self, type_: str) -> _Run:
        # Alembic asks about schemas before all else: one after other questions begins the next comparison.
        if type_ != "schema" and self._run.begun:
            return self._run
        place = catalog.current() or NOWHERE
        if self._run.begun or self._run.reader.place is not place:
            self._run = _Run(place)
        self._run.begun = type_ != "schema"
        return self._run


_Key = tuple[str, str | None, str | None, str | None]


class _Run:
    """What was asked and answered in one comparison, so that of several databases none reaches the next."""

    def __init__(self, place: Place) -> None:
        self.reader = Reader(place)
        self.database = place if isinstance(place, catalog.Database) else None
        self.begun = False
        self.answered: dict[tuple[str | None, ...], bool] = {}
        self.refused: set[_Key] = set()
        self.not_owned: list[Target] = []
        self.left_alone: dict[str, list[Target]] = {}

    def is_second_sight(self, table: Target) -> bool:
        """Whether this is a table that Alembic sees under another spelling too, and compares under that."""
        if self.database is None or table.kind != "table" or table.name is None or table.question is None:
            return False
        _, _, parents = table.question
        return self.database.is_second_sight(parents.get("schema_name"), table.name)

    def was_refused(self, target: Target) -> bool:
        """Whether ``include_name`` said no: what was left out there looks new here, and would be created again."""
        return _key(target) in self.refused or ("schema", target.schema, None, None) in self.refused

    def require_sight(self, table: Target) -> None:
        """Refuse a declared table where Alembic doesn't look: it would be created again in every revision."""
        if self.database is None or self.database.include_schemas or table.in_default_schema or not table.declared:
            return
        if table.object.schema is not None:
            raise ConfigurationError(
                Problem(
                    f"The metadata declares {table}, and Alembic was not told to look into schema {table.schema!r}.",
                    "It would create the table again in every revision.",
                    "Pass include_schemas=True to context.configure().",
                )
            )


def _several(targets: Sequence[Target], named: int = 5) -> str:
    names = ", ".join(sorted(str(target) for target in targets)[:named])
    return f"{names}, and {len(targets) - named} more" if len(targets) > named else names


def _key(target: Target) -> _Key:
    return target.kind, target.schema, target.name, target.table.name if target.table else None
