"""What is executed for an entity, to the letter: neither colons nor percent signs are anybody's placeholders."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import DDL

from migrakit.entities.kinds import KINDS
from migrakit.entities.lexing import tokenize

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrakit.entities.lexing import Token
    from migrakit.entities.value import Entity

__all__ = ["body_of", "creating", "dropping", "replacing", "without_tabs"]


def creating(entity: Entity) -> DDL:
    """What makes it, and fails where there is one already."""
    return _exactly(KINDS[entity.kind].create(entity))


def replacing(entity: Entity) -> list[DDL]:
    """What puts it in the place of the one that is there, statement by statement."""
    return [_exactly(each) for each in KINDS[entity.kind].replace(entity)]


def dropping(entity: Entity, *, cascade: bool) -> DDL:
    """What removes it."""
    kind = KINDS[entity.kind]
    return _exactly(kind.drop(entity) + (" CASCADE" if cascade and kind.cascades(entity) else ""))


def _exactly(sql: str) -> DDL:
    return DDL(without_tabs(sql).replace("%", "%%"))  # type: ignore[no-untyped-call]


def without_tabs(sql: str) -> str:
    """The same said otherwise: in scripts Alembic makes four spaces of a tab."""
    if "\t" not in sql:
        return sql
    tokens = tokenize(sql)
    said = [token for token in tokens if not token.is_blank]
    # What begins the escapes of a string may be said after it.
    escapes = {
        each.offset: letter.text[1:-1]
        for each, after, letter in zip(said, said[1:], said[2:], strict=False)
        if after.keyword == "UESCAPE"
    }
    return "".join(_without_tab(token, escapes.get(token.offset, "\\")) for token in tokens)


# A string may go on after a line break: only what is in quotes is part of it.
_PARTS = re.compile(r"('(?:[^']|'')*')")
_ESCAPED_PARTS = re.compile(r"([eE]?'(?:[^'\\]|''|\\.)*')", re.DOTALL)


def _without_tab(token: Token, escape: str) -> str:
    text = token.text
    if "\t" not in text or token.kind not in ("string", "dollar", "quoted"):
        return text
    if text[0] in "uU":
        return text.replace("\t", f"{escape}0009")
    if token.kind == "quoted":
        return "U&" + text.replace("\\", r"\\").replace("\t", r"\0009")
    if token.kind == "dollar":
        return _escaped("'" + body_of(token).replace("'", "''") + "'")
    if text[0] in "eE":
        return _in_parts(text, _ESCAPED_PARTS, lambda part: part.replace("\t", r"\t"))
    return "E" + _in_parts(text, _PARTS, lambda part: _escaped(part)[1:]) if text[0] == "'" else text


def _escaped(literal: str) -> str:
    return "E" + literal.replace("\\", r"\\").replace("\t", r"\t")


def _in_parts(text: str, parts: re.Pattern[str], change: Callable[[str], str]) -> str:
    pieces = parts.split(text)
    return "".join(change(piece) if at % 2 else piece.replace("\t", " ") for at, piece in enumerate(pieces))


def body_of(token: Token) -> str:
    """What a string or a dollar-quoted text holds."""
    if token.kind == "dollar":
        length = token.text.index("$", 1) + 1
        return token.text[length:-length]
    return token.text[token.text.index("'") + 1 : -1].replace("''", "'")
