"""What is executed for an entity, to the letter: neither colons nor percent signs are anybody's placeholders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import DDL

from migrakit.entities.kinds import KINDS
from migrakit.entities.lexing import tokenize

if TYPE_CHECKING:
    from migrakit.entities.lexing import Token
    from migrakit.entities.value import Entity

__all__ = ["body_of", "creating", "dropping", "replacing"]


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
    return DDL(_without_tabs(sql).replace("%", "%%"))  # type: ignore[no-untyped-call]


def _without_tabs(sql: str) -> str:
    """The same said otherwise: in scripts Alembic makes four spaces of a tab."""
    return "".join(map(_without_tab, tokenize(sql))) if "\t" in sql else sql


def _without_tab(token: Token) -> str:
    text = token.text
    if "\t" not in text or token.kind not in ("string", "dollar", "quoted"):
        return text
    if text[0] in "uU":
        return text.replace("\t", r"\0009")
    if token.kind == "quoted":
        return "U&" + text.replace("\\", r"\\").replace("\t", r"\0009")
    if text[0] in "eE":
        return text.replace("\t", r"\t")
    doubled = body_of(token).replace("'", "''").replace("\\", r"\\")
    return "E'" + doubled.replace("\t", r"\t") + "'" if text[0] in "'$" else text


def body_of(token: Token) -> str:
    """What a string or a dollar-quoted text holds."""
    if token.kind == "dollar":
        length = token.text.index("$", 1) + 1
        return token.text[length:-length]
    return token.text[1:-1].replace("''", "'") if token.text.startswith("'") else ""
