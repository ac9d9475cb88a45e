"""PostgreSQL's SQL as tokens, by the rules of its own ``scan.l``, and a text as the statements that it holds.

What a token means is left to the server: this tells a name from a string, and a semicolon that ends a statement from
one that doesn't.
"""

from __future__ import annotations

import re
import sys
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Token", "TokenKind", "UnterminatedError", "joined", "line_of", "pieces", "tokenize", "tokens_of"]

TokenKind: TypeAlias = Literal[
    "space", "comment", "string", "dollar", "quoted", "word", "parameter", "number", "operator", "punctuation"
]


class UnterminatedError(ValueError):
    """A string, comment, dollar quote or quoted identifier that has no end."""

    def __init__(self, what: str, offset: int, line: int) -> None:
        super().__init__(f"line {line}: {what} that begins here has no end")
        self.what = what
        self.offset = offset
        self.line = line


class Token(NamedTuple):
    """A part of a text, exactly as it stands there: the texts of all tokens, joined, are the text.

    ``dollar`` is a dollar-quoted string, ``quoted`` an identifier in double quotes, ``word`` a keyword or any other
    identifier. A string that goes on after a line break (``'a'\\n'b'``) is one token.
    """

    kind: TokenKind
    text: str
    offset: int

    @property
    def is_blank(self) -> bool:
        """Whether it is white space or a comment."""
        return self.kind in ("space", "comment")

    @property
    def keyword(self) -> str | None:
        """The word in upper case; ``None`` for whatever can't be a keyword."""
        return self.text.upper() if self.kind == "word" else None

    @property
    def identifier(self) -> str | None:
        """The name that this stands for: folded if it has no quotes. ``None`` for what can't be a name."""
        if self.kind == "word":
            return self.text.lower() if self.text.isascii() else _folded(self.text)
        if self.kind == "quoted":
            return _unquoted(self.text)
        return None


# As in PostgreSQL, every letter beyond ASCII may stand in an identifier, and so may a no-break space.
_LETTER = "A-Za-z_\x80-\U0010ffff"
_DIGITS = "[0-9](?:_?[0-9])*"

_REST_OF_STRING = re.compile(r"[^']*(?:''[^']*)*'")
_REST_OF_ESCAPED = re.compile(r"[^'\\]*(?:(?:''|\\.)[^'\\]*)*'", re.DOTALL)
_REST_OF_QUOTED = re.compile(r'[^"]*(?:""[^"]*)*"')

# A comment is held to the end of its line: otherwise there would be exponentially many ways to read a row of dashes.
_COMMENT = r"--[^\n\r]*(?=[\n\r])"
_CONTINUATION = re.compile(rf"(?:[ \t\f\v]|{_COMMENT})*[\n\r](?:[ \t\n\r\f\v]|{_COMMENT})*'")
_EDGE_OF_COMMENT = re.compile(r"/\*|\*/")


def tokenize(text: str) -> tuple[Token, ...]:
    """All tokens of a text, which need not be SQL: only what has no end is an ``UnterminatedError``."""
    return tuple(_tokens(text))


def tokens_of(text: str) -> tuple[Token, ...]:
    """All but the blanks, and kept: a comparison wants those of each statement several times."""
    found = _kept.get(text)
    return _keep(text, _tokens(text)) if found is None else found


def joined(parts: Iterable[tuple[TokenKind, str]]) -> str:
    """The text of tokens that were read already, which are kept for it."""
    tokens: list[Token] = []
    offset = 0
    for kind, text in parts:
        if text:
            tokens.append(Token(kind, text, offset))
            offset += len(text)
    whole = "".join(token.text for token in tokens)
    _keep(whole, tokens)
    return whole


def _keep(text: str, tokens: Iterable[Token]) -> tuple[Token, ...]:
    if len(_kept) >= _MOST:
        _kept.clear()
    found = _kept[text] = tuple(token for token in tokens if not token.is_blank)
    return found


_kept: dict[str, tuple[Token, ...]] = {}
_MOST = 16_384
"""Statements: more than a service has."""


def _tokens(text: str) -> Iterator[Token]:
    match_at = _pattern().match
    offset = 0
    while match := match_at(text, offset):
        kind, end_of = _BEGUN[match.lastgroup or ""]
        stop = end_of(text, match) if end_of else match.end()
        yield Token(kind, text[offset:stop], offset)
        offset = stop


@cache
def _pattern() -> re.Pattern[str]:
    """Compiled when it is needed: all the letters there are take 15 ms."""
    return re.compile(
        rf"""
          (?P<space>[ \t\n\r\f\v]+)
        | (?P<comment>--[^\n\r]*)
        | (?P<block>/\*)
        | (?P<escaped>[eE]')
        | (?P<string>(?:[bBxXnN]|[uU]&)?')
        | (?P<quoted>(?:[uU]&)?")
        | (?P<dollar>\$(?:[{_LETTER}][{_LETTER}0-9]*)?\$)
        | (?P<word>[{_LETTER}][{_LETTER}0-9$]*)
        | (?P<parameter>\$[0-9]+)
        | (?P<number>
              0[xX](?:_?[0-9A-Fa-f])+ | 0[oO](?:_?[0-7])+ | 0[bB](?:_?[01])+
            | (?:{_DIGITS}(?:\.(?!\.)(?:{_DIGITS})?)? | \.{_DIGITS})(?:[eE][-+]?{_DIGITS})?
          )
        | (?P<operator>(?:(?!--|/\*)[-~!@\#^&|`?+*/%<>=])+)
        | (?P<punctuation>::|\.\.|:=|.)
        """,
        re.VERBOSE | re.DOTALL,
    )


def _end_of_comment(text: str, match: re.Match[str]) -> int:
    depth = 0
    for edge in _EDGE_OF_COMMENT.finditer(text, match.start()):
        depth += 1 if edge[0] == "/*" else -1
        if not depth:
            return edge.end()
    raise _unterminated("a comment", text, match.start())


def _end_of_string(text: str, match: re.Match[str]) -> int:
    rest = _REST_OF_ESCAPED if match.lastgroup == "escaped" else _REST_OF_STRING
    stop = _end(rest, "a string", text, match.end(), match)
    while further := _CONTINUATION.match(text, stop):
        stop = _end(rest, "a string", text, further.end(), match)
    return stop


def _end_of_quoted(text: str, match: re.Match[str]) -> int:
    return _end(_REST_OF_QUOTED, "a quoted identifier", text, match.end(), match)


def _end(rest: re.Pattern[str], what: str, text: str, offset: int, begun: re.Match[str]) -> int:
    found = rest.match(text, offset)
    if found is None:
        raise _unterminated(what, text, begun.start())
    return found.end()


def _end_of_dollar(text: str, match: re.Match[str]) -> int:
    found = text.find(match[0], match.end())
    if found < 0:
        raise _unterminated(f"a dollar quote {match[0]}", text, match.start())
    return found + len(match[0])


def _end_of_operator(text: str, match: re.Match[str]) -> int:
    """Without a sign at its end, unless it holds a letter that none of SQL's own operators has."""
    start, stop = match.span()
    while stop - start > 1 and text[stop - 1] in "+-" and not set(text[start : stop - 1]) & set("~!@#^&|`?%"):
        stop -= 1
    return stop


_BEGUN: dict[str, tuple[TokenKind, Callable[[str, re.Match[str]], int] | None]] = {
    "space": ("space", None),
    "comment": ("comment", None),
    "block": ("comment", _end_of_comment),
    "escaped": ("string", _end_of_string),
    "string": ("string", _end_of_string),
    "quoted": ("quoted", _end_of_quoted),
    "dollar": ("dollar", _end_of_dollar),
    "word": ("word", None),
    "parameter": ("parameter", None),
    "number": ("number", None),
    "operator": ("operator", _end_of_operator),
    "punctuation": ("punctuation", None),
}


def _unterminated(what: str, text: str, offset: int) -> UnterminatedError:
    return UnterminatedError(what, offset, line_of(text, offset))


def line_of(text: str, offset: int) -> int:
    """The line, counted from 1, in which this offset is."""
    return 1 + text.count("\n", 0, offset) + text.count("\r", 0, offset) - text.count("\r\n", 0, offset)


def _folded(word: str) -> str:
    """Lower case as PostgreSQL has it, which leaves letters beyond ASCII alone."""
    return "".join(each.lower() if each.isascii() else each for each in word)


_ESCAPED_LETTER = re.compile(r"\\(?:(\\)|\+([0-9A-Fa-f]{6})|([0-9A-Fa-f]{4}))")


def _unquoted(text: str) -> str:
    prefix, _, inner = text[:-1].partition('"')
    name = inner.replace('""', '"')
    return _ESCAPED_LETTER.sub(_letter, name) if prefix else name


def _letter(match: re.Match[str]) -> str:
    code = int(match[2] or match[3] or "5c", 16)
    return chr(code) if code <= sys.maxunicode else match[0]


def pieces(tokens: Iterable[Token]) -> Iterator[tuple[Token, ...]]:
    """The tokens of one statement after another, each with the semicolon that ends it and the blanks before it.

    What is after the last semicolon is a piece too. A semicolon in parentheses, as in CREATE RULE, ends nothing, nor
    does one in the BEGIN ATOMIC ... END of a function.
    """
    piece = _Piece()
    for token in tokens:
        if piece.ends_with(token):
            yield tuple(piece.tokens)
            piece = _Piece()
    if piece.tokens:
        yield tuple(piece.tokens)


_ROUTINES = {("CREATE", *replaced, kind) for replaced in ((), ("OR", "REPLACE")) for kind in ("FUNCTION", "PROCEDURE")}


class _Piece:
    """A statement of which more is to come.

    In a body, an END is that of the body only where a statement could begin: the END of a CASE, or one that is a
    column's name, stands inside a statement.
    """

    def __init__(self) -> None:
        self.tokens: list[Token] = []
        self._heading: tuple[str | None, ...] = ()
        self._is_routine = False
        self._depth = 0
        self._in_body = False
        self._previous: str | None = None

    def ends_with(self, token: Token) -> bool:
        """Take one token more."""
        self.tokens.append(token)
        if token.is_blank:
            return False
        keyword = token.keyword
        self._read_heading(keyword)
        if token.text in ("(", ")"):
            self._depth = max(self._depth + (1 if token.text == "(" else -1), 0)
        elif not self._depth and self._is_routine:
            keyword = self._read_body(keyword)
        self._previous = ";" if token.text == ";" and not self._depth else keyword
        return token.text == ";" and not self._depth and not self._in_body

    def _read_heading(self, keyword: str | None) -> None:
        if len(self._heading) < len(("CREATE", "OR", "REPLACE", "FUNCTION")):
            self._heading += (keyword,)
            self._is_routine = self._is_routine or self._heading in _ROUTINES

    def _read_body(self, keyword: str | None) -> str | None:
        """The keyword, or ``";"`` where the next statement of a body can begin."""
        if not self._in_body and (self._previous, keyword) == ("BEGIN", "ATOMIC"):
            self._in_body = True
            return ";"
        if self._in_body and (self._previous, keyword) == (";", "END"):
            self._in_body = False
        return keyword
