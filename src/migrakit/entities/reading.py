"""From a text of SQL to the entities that it declares."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from migrakit.entities.kinds import KINDS, Head, UnreadableError, refusal
from migrakit.entities.lexing import UnterminatedError, joined, line_of, pieces, tokenize
from migrakit.entities.value import Entity, Position
from migrakit.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from migrakit.entities.kinds import Identity, Kind
    from migrakit.entities.lexing import Token

__all__ = ["Source", "read", "read_statements"]

_LINE_BREAK = r"\r\n|\r|\n"
_BLANK_LINE = re.compile(r"(?<=[\r\n])[ \t\f\v]+(?=[\r\n])")


@dataclass(frozen=True, slots=True)
class Source:
    """A text, and where it comes from: the whole of a file, or an argument of a call."""

    text: str
    place: Position
    is_file: bool = False

    def position(self, offset: int) -> Position:
        """Where a statement is declared that begins here."""
        return Position(self.place.file, line_of(self.text, offset)) if self.is_file else self.place

    def said(self, offset: int) -> str:
        """Where to look for what is wrong here."""
        if self.is_file or not self.text[:offset].strip():
            return f"{self.position(offset)}"
        return f"{self.place}, line {line_of(self.text, offset)} of the text"


def read(source: Source) -> Iterator[Entity | Problem]:
    """What the statements declare, and what is wrong with those that declare nothing."""
    for statement in read_statements(source):
        yield from statement


def read_statements(source: Source) -> Iterator[Sequence[Entity | Problem]]:
    """Each statement as the entities that it declares, or as what is wrong with it."""
    nul = source.text.find("\0")
    if nul >= 0:
        why, do = "PostgreSQL takes none.", "Take it out; if the file is in UTF-16, save it in UTF-8."
        yield [Problem(f"{source.said(nul)}: There is a NUL.", why, do)]
        return
    try:
        tokens = tokenize(source.text)
    except UnterminatedError as error:
        what = f"{source.said(error.offset)}: {error.what.capitalize()} that begins here has no end."
        yield [Problem(what, "What it holds, and what comes after it, can't be told.", "Close it.")]
        return
    for piece in pieces(tokens):
        if statement := _statement(piece):
            yield _read_statement(statement, source)


def _statement(piece: Sequence[Token]) -> tuple[Token, ...]:
    """From its first word to its last: what is around it is no part of it, nor is the semicolon."""
    telling = [index for index, token in enumerate(piece) if not token.is_blank]
    if telling and piece[telling[-1]].text == ";":
        telling.pop()
    return tuple(piece[telling[0] : telling[-1] + 1]) if telling else ()


def _read_statement(statement: Sequence[Token], source: Source) -> Sequence[Entity | Problem]:
    begun = statement[0].offset
    try:
        return _entities(statement, source)
    except UnreadableError as error:
        found = error.problem
        return [Problem(f"{source.said(begun)}: {found.what}", found.why, found.do)]


def _entities(statement: Sequence[Token], source: Source) -> list[Entity]:
    head = Head(statement)
    for kind in KINDS.values():
        if identity := kind.read(head.again()):
            several = kind.one_by_one(statement)
            if len(several) > 1:
                return [entity for each in several for entity in _entities(each, source)]
            return [_entity(kind, identity, statement, source)]
    raise UnreadableError(refusal(head.again()))


def _entity(kind: Kind, identity: Identity, statement: Sequence[Token], source: Source) -> Entity:
    return Entity(
        kind.name,
        identity.name,
        schema=identity.schema,
        arguments=identity.arguments,
        table=identity.table,
        on=identity.on,
        sql=_as_written(statement, source.text),
        place=source.position(statement[0].offset),
    )


def _as_written(statement: Sequence[Token], text: str) -> str:
    """Without the indentation that all its lines share; those that begin inside a string are left as they are."""
    begun = statement[0].offset
    line = text[max(text.rfind("\n", 0, begun), text.rfind("\r", 0, begun)) + 1 : begun]
    indents = [line[: len(line) - len(line.lstrip())], *map(_indent, _line_breaks(statement))]
    margin = sum(1 for _ in takewhile(lambda letters: len(set(letters)) == 1, zip(*indents, strict=False)))
    return joined((token.kind, _moved(token, margin) if token.is_blank else token.text) for token in statement)


def _line_breaks(statement: Sequence[Token]) -> Iterator[Token]:
    return (token for token in statement if token.kind == "space" and re.search(_LINE_BREAK, token.text))


def _indent(space: Token) -> str:
    return re.split(_LINE_BREAK, space.text)[-1]


def _moved(blank: Token, margin: int) -> str:
    if len(blank.text) == 1:
        return blank.text
    text = _BLANK_LINE.sub("", blank.text) if blank.kind == "space" else blank.text
    return re.sub(rf"({_LINE_BREAK})[ \t\f\v]{{0,{margin}}}", r"\1", text)
