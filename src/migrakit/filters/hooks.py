"""One decision for both of Alembic's questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from migrakit import catalog
from migrakit.filters.comparison import Comparison
from migrakit.target import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from migrakit.filters.algebra import Filter
    from migrakit.target import Target

__all__ = ["HookOptions", "Hooks"]


class HookOptions(TypedDict):
    """The two keywords of ``context.configure()`` that a filter answers."""

    include_name: Callable[[str | None, Any, Mapping[Any, str | None]], bool]
    include_object: Callable[[Any, str | None, Any, bool, Any], bool]


class Hooks:
    """Asks one filter, for ``include_name`` and for ``include_object``."""

    def __init__(self, owns: Filter, *, looks_into: Callable[[Target], bool] = lambda _: True) -> None:
        self.owns = owns
        self._looks_into = looks_into
        self._comparison = Comparison(owns, NOWHERE)

    def options(self) -> HookOptions:
        """What ``context.configure()`` takes."""
        return {"include_name": self.include_name, "include_object": self.include_object}

    def include_name(self, name: str | None, type_: str, parent_names: Mapping[Any, str | None]) -> bool:
        """Before reflection: leave out what is definitely not the service's, and nothing else."""
        comparison = self._comparison_of(type_)
        asked = (type_, name, *parent_names.values())
        answer = comparison.answered.get(asked)  # there may be many, and the inspector asks too
        if answer is None:
            target = comparison.reader.from_name(name, type_, parent_names)
            answer = comparison.answered[asked] = self._answer_name(target, comparison)
        return answer

    def include_object(
        self,
        object_: Any,
        name: str | None,
        type_: str,
        reflected: bool,  # noqa: FBT001 - Alembic's signature
        compare_to: Any,
    ) -> bool:
        """The last question, object in hand."""
        comparison = self._comparison_of(type_)
        return comparison.is_mine(comparison.reader.from_object(object_, name, type_, reflected, compare_to))

    def shares(self, schema: str | None, table: str) -> bool:
        """Whether the last comparison took this table for another's with parts that are this service's."""
        target = self._comparison.reader.from_name(table, "table", {"schema_name": schema})
        return self._comparison.shares(target)

    def report(self) -> Iterator[str]:
        """What a person should know of what the last comparison left out, a sentence each."""
        return self._comparison.report()

    def _answer_name(self, target: Target, comparison: Comparison) -> bool:
        if target.kind == "schema" and not self._looks_into(target):
            comparison.refuse(target)
            return False
        return comparison.may_be_mine(target)

    def _comparison_of(self, type_: str) -> Comparison:
        # Alembic asks about schemas before all else: one after other questions begins the next comparison.
        if type_ != "schema" and self._comparison.begun:
            return self._comparison
        place = catalog.current() or NOWHERE
        if self._comparison.begun or self._comparison.reader.place is not place:
            self._comparison = Comparison(self.owns, place)
            self._comparison.check_metadata()
        self._comparison.begun = type_ != "schema"
        return self._comparison
