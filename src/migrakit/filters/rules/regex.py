"""``regex(r"(talk|room)s?_.*")``: what a name matches from end to end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migrakit.errors import FilterError, Problem
from migrakit.filters.algebra import Answer, Filter, Rule
from migrakit.filters.arguments import require_words

if TYPE_CHECKING:
    from migrakit.target import Target

__all__ = ["regex"]


class _Regex(Rule):
    __slots__ = ()
    given: re.Pattern[str]

    def _judge(self, target: Target) -> tuple[Answer, str]:
        if target.name is None:
            return Answer.UNKNOWN, "the name isn't known yet"
        matches = self.given.fullmatch(target.name)
        return Answer.of(matches), f"{target.name!r} {'matches' if matches else 'does not match'}"

    def __repr__(self) -> str:
        return f"regex({self.given.pattern!r})"


def regex(pattern: str) -> Filter:
    """What the regular expression matches from the name's first letter to its last."""
    require_words("regex", (pattern,), example="regex(r'(talk|room)s?_.*')")
    try:
        return _Regex(re.compile(pattern))
    except re.error as error:
        problem = Problem(
            f"regex({pattern!r}) is not a regular expression: {error}.",
            "It can match nothing.",
            "Write one such as r'(talk|room)s?_.*'.",
        )
        raise FilterError(problem) from error
