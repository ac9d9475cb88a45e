"""``regex(r"(talk|room)s?_.*")``: what a name matches from end to end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrakit.errors import FilterError, Problem
from migrakit.filters.algebra import Answer, Filter, Rule
from migrakit.filters.arguments import require_words

if TYPE_CHECKING:
    from migrakit.target import Target

__all__ = ["regex"]


@dataclass(frozen=True, slots=True, repr=False)
class _Regex(Rule):
    pattern: re.Pattern[str]

    def _judge(self, target: Target) -> tuple[Answer, str]:
        if target.name is None:
            return Answer.UNKNOWN, "the name isn't known yet"
        matches = self.pattern.fullmatch(target.name)
        return Answer.of(matches), f"{target.name!r} {'matches' if matches else 'does not match'}"

    def __repr__(self) -> str:
        return f"regex({self.pattern.pattern!r})"


def regex(pattern: str) -> Filter:
    """What the regular expression matches from the name's first letter to its last."""
    require_words("regex", (pattern,), example="regex(r'(talk|room)s?_.*')")
    try:
        return _Regex(re.compile(pattern))
    except re.error as error:
        problem = Problem(
            f"regex({pattern!r}) is not a regular expression: {error}.", "It can match nothing.", "Mend it."
        )
        raise FilterError(problem) from error
