"""What statements name, in their strings too: the server reads those when they are run, and notes nothing of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.entities.lexing import UnterminatedError, tokens_of
from migrakit.entities.statements import body_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["named_in_bodies", "names_in"]


def named_in_bodies(sql: str) -> Iterator[str]:
    """What a function's text names, and what the types of its arguments are taken from."""
    tokens = tokens_of(sql)
    for at, token in enumerate(tokens):
        if token.kind in ("string", "dollar"):
            yield from _names_in(body_of(token))
        elif token.text == "%" and tokens[at + 1 : at + 2] and tokens[at + 1].keyword == "TYPE":
            # "view.column%TYPE"
            yield from (name for each in tokens[max(at - 5, 0) : at] if (name := each.identifier))


def names_in(sql: str) -> set[str]:
    """All that a statement names."""
    tokens = tokens_of(sql)
    names = {name for token in tokens if (name := token.identifier)}
    return names.union(*(_names_in(body_of(token)) for token in tokens if token.kind in ("string", "dollar")))


def _names_in(body: str) -> Iterator[str]:
    try:
        yield from (name for each in tokens_of(body) if (name := each.identifier))
    except UnterminatedError:  # it is no SQL
        return
