"""``@rule``: a service's own rule, one function."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, overload

from migrakit.errors import FilterError, Problem, RuleError
from migrakit.filters.algebra import Answer, Filter, Rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrakit.target import Target

__all__ = ["rule"]


class _UserRule(Rule):
    __slots__ = ()
    given: Callable[[Target], bool | Answer]

    def _judge(self, target: Target) -> tuple[Answer, str]:
        if target.name is None and target.object is None:
            return Answer.UNKNOWN, "the name isn't known yet"
        answer = self._ask(target)
        if isinstance(answer, Answer):
            return answer, f"it returned {answer.name}"
        if isinstance(answer, bool):
            return Answer.of(answer), f"it returned {answer}"
        raise RuleError(self._no_answer(answer, target))

    def _ask(self, target: Target) -> object:
        try:
            return self.given(target)
        except Exception as error:
            problem = Problem(
                f"The rule {self!r} raised {type(error).__name__} when asked about {target}: {error}.",
                "Without its answer nobody can tell whose that is.",
                "Before reflection 'object' and 'declared' are None: return filters.UNKNOWN then.",
            )
            raise RuleError(problem) from error

    def _no_answer(self, answer: object, target: Target) -> Problem:
        return Problem(
            f"The rule {self!r} returned {answer!r} when asked about {target}.",
            "That is none of the three answers, and a guess could drop another service's table.",
            "Return True (mine), False (not mine) or filters.UNKNOWN (can't tell yet) on every path.",
        )

    def __repr__(self) -> str:
        return getattr(self.given, "__name__", repr(self.given))


class _UserRuleOfParts(_UserRule):
    __slots__ = ()

    def _subject(self, target: Target) -> Target:
        return target


@overload
def rule(function: Callable[[Target], bool | Answer], /) -> Filter: ...
@overload
def rule(*, parts: bool) -> Callable[[Callable[[Target], bool | Answer]], Filter]: ...
def rule(
    function: Callable[[Target], bool | Answer] | None = None, /, *, parts: bool = False
) -> Filter | Callable[[Callable[[Target], bool | Answer]], Filter]:
    """Make a filter of a function that takes a `Target`: ``True`` is mine, ``False`` is not, ``UNKNOWN`` can't tell.

    It is asked about tables and other things that stand by themselves, and never before the name is known; with
    ``@rule(parts=True)`` about columns, indexes and constraints too, each by itself: a constraint may have no name.
    """
    kind = _UserRuleOfParts if parts else _UserRule
    return partial(_made, kind) if function is None else _made(kind, function)


def _made(kind: type[_UserRule], function: Callable[[Target], bool | Answer]) -> Filter:
    given: object = function
    if not callable(given):
        problem = Problem(f"rule({function!r}) is given no function.", "It has nothing to ask.", "Decorate a function.")
        raise FilterError(problem)
    return kind(function)
