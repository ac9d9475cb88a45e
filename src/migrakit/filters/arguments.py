"""What the rules require of the words they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.errors import FilterError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["close_matches", "closest", "require_words"]


def require_words(rule: str, words: tuple[object, ...], *, example: str) -> None:
    """Refuse no words at all, empty ones, and what isn't a word: each would claim everything or nothing."""
    problems = [_problem(rule, word, example) for word in words if not (isinstance(word, str) and word)]
    if not words:
        problems.append(Problem(f"{rule}() got nothing.", "It would own nothing at all.", f"Write {example}."))
    if problems:
        raise FilterError(*problems)


def _problem(rule: str, word: object, example: str) -> Problem:
    if isinstance(word, (list, tuple, set, frozenset)):
        return Problem(
            f"{rule}() got {word!r} as one argument.", "It takes its words one by one.", f"Write {rule}(*{word!r})."
        )
    if word == "":
        return Problem(f"{rule}() got ''.", "An empty word fits everything.", f"Write {example}.")
    return Problem(f"{rule}() got {word!r}, not a string.", "It compares names.", f"Write {example}.")


def close_matches(word: str, known: Iterable[str], *, likeness: float = 0.6) -> list[str]:
    """The word that was meant, if there is one so like it."""
    from difflib import get_close_matches  # noqa: PLC0415 - for a slip alone

    return get_close_matches(word, tuple(known), n=1, cutoff=likeness)


def closest(word: str, known: Iterable[str]) -> str:
    """A hint at the word that was meant, as the end of a sentence, or nothing."""
    matches = close_matches(word, known)
    return f": did you mean {matches[0]!r}?" if matches else "."
