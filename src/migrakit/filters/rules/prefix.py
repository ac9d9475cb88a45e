"""``prefix("pycon_")``: what a name begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.errors import FilterError, Problem
from migrakit.filters.algebra import Answer, Filter, Rule
from migrakit.filters.arguments import require_words

if TYPE_CHECKING:
    from migrakit.target import Target

__all__ = ["prefix"]


class _Prefix(Rule):
    __slots__ = ()
    word = "prefix"
    given: tuple[str, ...]

    def _judge(self, target: Target) -> tuple[Answer, str]:
        if target.name is None:
            return Answer.UNKNOWN, "the name isn't known yet"
        begins = target.name.startswith(self.given)
        return Answer.of(begins), f"{target.name!r} {'begins' if begins else 'does not begin'} so"


def prefix(*prefixes: str) -> Filter:
    """What begins with one of these, to the letter: ``prefix("pycon_")``.

    A service whose prefix begins another's says so: ``prefix("shop_") & ~prefix("shop_eu_")``.
    """
    require_words("prefix", prefixes, example="prefix('pycon_')")
    problems = [_pattern(word) for word in prefixes if set(word) & set("*%?.")]
    problems += [_unseparated(word) for word in prefixes if word[-1].isalnum()]
    if problems:
        raise FilterError(*problems)
    return _Prefix(prefixes)


def _pattern(word: str) -> Problem:
    return Problem(
        f"prefix({word!r}) holds a letter of patterns, and is taken to the letter.",
        "It would own nothing.",
        "Write prefix('shop_'), or names('shop_*'), names('archive.*') or schemas('archive').",
    )


def _unseparated(word: str) -> Problem:
    return Problem(
        f"prefix({word!r}) has no separator at its end.",
        f"It would own another service's {word + 'ify_orders'!r} too.",
        f"Write prefix({word + '_'!r}); and & ~prefix({word + '_eu_'!r}) where that is another service's.",
    )
