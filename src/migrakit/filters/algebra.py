"""Three answers, and what ``&``, ``|`` and ``~`` make of them."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrakit.filters.hooks import HookOptions
    from migrakit.target import Target

__all__ = ["Answer", "Explanation", "Filter", "Rule"]

log = logging.getLogger("migrakit")


class Answer(Enum):
    """What a filter says of a target: ``YES``, it is mine; ``NO``, it is not; ``UNKNOWN``, that can't be told yet."""

    NO = 0
    UNKNOWN = 1
    YES = 2

    @classmethod
    def of(cls, truth: object) -> Answer:
        """``YES`` for what is true and ``NO`` for what is false."""
        return cls.YES if truth else cls.NO

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "An answer is one of three, and UNKNOWN is neither true nor false: "
            "compare it, as in 'answer is Answer.YES'."
        )

    def __and__(self, other: Answer) -> Answer:
        return self if self is Answer.NO or other is Answer.YES else other

    def __or__(self, other: Answer) -> Answer:
        return self if self is Answer.YES or other is Answer.NO else other

    def __invert__(self) -> Answer:
        return Answer(2 - self.value)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Which answer a filter gave, which of its parts decided, and why. ``str()`` shows it as a tree."""

    answer: Answer
    filter: str
    because: str = ""
    parts: tuple[Explanation, ...] = ()
    decisive: tuple[Explanation, ...] = ()
    """The parts among ``parts`` without which the answer would have been another."""

    @property
    def deciding(self) -> tuple[Explanation, ...]:
        """The rules, down the tree, that decided."""
        if not self.parts:
            return (self,)
        return tuple(rule for part in self.decisive for rule in part.deciding)

    def __str__(self) -> str:
        return "\n".join(self._lines(0, self.deciding))

    def _lines(self, depth: int, deciding: tuple[Explanation, ...]) -> Iterator[str]:
        because = f": {self.because}" if self.because else ""
        mark = "   <- decides" if depth and any(self is rule for rule in deciding) else ""
        yield f"{'  ' * depth}{_WORDS[self.answer]:<10} {self.filter}{because}{mark}"
        for part in self.parts:
            yield from part._lines(depth + 1, deciding)  # noqa: SLF001 - its own kind


_WORDS = {Answer.YES: "yes", Answer.NO: "no", Answer.UNKNOWN: "can't tell"}


class Filter(ABC):
    """What a service says is its own: a predicate over targets, with three answers.

    Filters compose with ``&``, ``|`` and ``~``, and read in ``repr`` as they were written.
    """

    __slots__ = ()

    @abstractmethod
    def decide(self, target: Target) -> Answer:
        """Whether the target is the service's."""

    @abstractmethod
    def explain(self, target: Target) -> Explanation:
        """The same answer, with the rules that decided it: ``print(owns.explain(Target("table", "talks")))``."""

    @abstractmethod
    def rules(self, *, claiming: bool = True) -> Iterator[Rule]:
        """The rules by which this filter owns something, from left to right: not those by which ``~`` takes it away."""

    def hooks(self) -> HookOptions:
        """``include_name`` and ``include_object`` for ``context.configure()``, from this one decision.

        Version tables, this service's and every other's, are never anybody's to migrate, and are left out as well.
        """
        from migrakit.filters.hooks import Hooks  # noqa: PLC0415 - hooks are made of filters

        for rule in self.rules():
            if rule.needs_plugins:
                log.warning("hooks() alone compares the comments of %r's tables: use Environment.options().", rule)
        return Hooks(self).options()

    def __and__(self, other: Filter) -> Filter:
        return _Both(_parts(_Both, self, other)) if isinstance(other, Filter) else NotImplemented

    def __or__(self, other: Filter) -> Filter:
        return _Either(_parts(_Either, self, other)) if isinstance(other, Filter) else NotImplemented

    def __invert__(self) -> Filter:
        return _Not(self)

    def __bool__(self) -> NoReturn:
        raise TypeError(
            f"{self!r} is a rule, neither true nor false: compose filters with '&', '|' and '~' "
            "instead of 'and', 'or' and 'not', and compare what they may be with 'is None'."
        )


@dataclass(frozen=True, slots=True, repr=False)
class Rule(Filter):
    """A filter that is not made of others. Rules differ in what they make of what they were given."""

    given: Any

    word: ClassVar[str]
    """What its author writes."""
    needs_plugins: ClassVar[bool] = False
    """Whether the two hooks alone can't do all that it says."""

    @abstractmethod
    def _judge(self, target: Target) -> tuple[Answer, str]:
        """The answer, and why, as the end of a sentence that the target begins."""

    def speaks_of_schema(self, schema: str | None, *, is_default: bool) -> bool:  # noqa: ARG002 - for the overriding
        """Whether this rule names the schema, so that it has to be looked into, used by the metadata or not."""
        return False

    @property
    def speaks_of_schemas(self) -> bool:
        """Whether this rule names any schema at all."""
        return False

    def _subject(self, target: Target) -> Target:
        """Whom the rule is asked about: what a column or an index stands on, unless the rule speaks of parts."""
        return target.root

    def shares(self, table: Target) -> bool:  # noqa: ARG002 - for the overriding
        """Whether this rule speaks of parts of the table, which may be another service's as a whole."""
        return False

    def decide(self, target: Target) -> Answer:
        return self._judge(self._subject(target))[0]

    def explain(self, target: Target) -> Explanation:
        if not hasattr(target, "root"):
            raise TypeError(
                f"explain() takes a Target, not {target!r}: write Target('table', 'talks', schema='public')."
            )
        answer, because = self._judge(self._subject(target))
        return Explanation(answer, repr(self), because)

    def rules(self, *, claiming: bool = True) -> Iterator[Rule]:
        if claiming:
            yield self

    def __repr__(self) -> str:
        return f"{self.word}({', '.join(map(repr, self.given))})"


@dataclass(frozen=True, slots=True, repr=False)
class _Compound(Filter):
    filters: tuple[Filter, ...]

    word: ClassVar[str]

    def rules(self, *, claiming: bool = True) -> Iterator[Rule]:
        for part in self.filters:
            yield from part.rules(claiming=claiming)

    def explain(self, target: Target) -> Explanation:
        parts = tuple(part.explain(target) for part in self.filters)
        answer = self.decide(target)
        return Explanation(answer, repr(self), "", parts, tuple(part for part in parts if part.answer is answer))

    def __repr__(self) -> str:
        return f" {self.word} ".join(_nested(part, self) for part in self.filters)


class _Both(_Compound):
    __slots__ = ()
    word = "&"

    def decide(self, target: Target) -> Answer:
        answer = Answer.YES
        for part in self.filters:
            answer &= part.decide(target)
            if answer is Answer.NO:
                break
        return answer


class _Either(_Compound):
    __slots__ = ()
    word = "|"

    def decide(self, target: Target) -> Answer:
        answer = Answer.NO
        for part in self.filters:
            answer |= part.decide(target)
            if answer is Answer.YES:
                break
        return answer


@dataclass(frozen=True, slots=True, repr=False)
class _Not(Filter):
    filter: Filter

    def decide(self, target: Target) -> Answer:
        return ~self.filter.decide(target)

    def explain(self, target: Target) -> Explanation:
        inner = self.filter.explain(target)
        return Explanation(~inner.answer, repr(self), "", (inner,), (inner,))

    def rules(self, *, claiming: bool = True) -> Iterator[Rule]:
        yield from self.filter.rules(claiming=not claiming)

    def __invert__(self) -> Filter:
        return self.filter

    def __repr__(self) -> str:
        return f"~{_nested(self.filter, self)}"


def _parts(compound: type[_Compound], *filters: Filter) -> tuple[Filter, ...]:
    """The filters side by side, so that ``a & b & c`` is one list and not a list in a list."""
    return tuple(part for each in filters for part in (each.filters if isinstance(each, compound) else (each,)))


def _nested(part: Filter, whole: Any) -> str:
    binds_weaker = isinstance(part, _Either) or (isinstance(part, _Both) and isinstance(whole, _Not))
    return f"({part!r})" if binds_weaker else repr(part)
