"""``kinds("table", "view")``: what sort of object it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.errors import FilterError, Problem
from migrakit.filters.algebra import Answer, Filter, Rule
from migrakit.filters.arguments import closest, require_words
from migrakit.target import KINDS

if TYPE_CHECKING:
    from migrakit.target import Target

__all__ = ["kinds"]


class _Kinds(Rule):
    __slots__ = ()
    word = "kinds"
    given: tuple[str, ...]

    def _subject(self, target: Target) -> Target:
        return target

    def _judge(self, target: Target) -> tuple[Answer, str]:
        if target.kind == "schema":
            return Answer.UNKNOWN, "what is in the schema isn't known yet"
        if target.kind in self.given:
            return Answer.YES, f"it is {_spoken(target.kind)}"
        if target.root.kind in self.given:
            return Answer.YES, f"it stands on {_spoken(target.root.kind)}"
        return Answer.NO, f"it is {_spoken(target.kind)}"


def kinds(*kinds: str) -> Filter:
    """What is of one of these kinds, and what stands on it: ``kinds("table")`` are tables with columns and indexes.

    A kind of part speaks of the part alone: ``prefix("shop_") & ~kinds("index")`` leaves the indexes to others.
    """
    require_words("kinds", kinds, example="kinds('table', 'view')")
    problems = [_unknown(kind) for kind in kinds if kind not in KINDS]
    if problems:
        raise FilterError(*problems)
    return _Kinds(kinds)


def _unknown(kind: str) -> Problem:
    do = "Write schemas('...') to speak of schemas." if kind == "schema" else f"The kinds are {', '.join(KINDS)}."
    return Problem(f"kinds({kind!r}) names an unknown kind{closest(kind, KINDS)}", "It would fit nothing.", do)


def _spoken(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind.replace('_', ' ')}"
