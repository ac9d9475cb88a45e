"""The types of a function's input arguments, in PostgreSQL's own words where a lexer can tell them.

``f(a int, b varchar(20) = ',', OUT c text)`` is ``integer, character varying``. A type by any other name is left as it
is written: only the server knows what it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migrakit.entities.kinds.kind import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from migrakit.entities.lexing import Token

__all__ = ["input_types"]

_MODES = ("IN", "OUT", "INOUT", "VARIADIC")

# No argument can be called so: these words begin a type.
_BEGIN_TYPES = (
    *("BIGINT", "BIT", "BOOLEAN", "CHAR", "CHARACTER", "DEC", "DECIMAL", "FLOAT", "INT", "INTEGER", "INTERVAL", "JSON"),
    *("NATIONAL", "NCHAR", "NUMERIC", "REAL", "SETOF", "SMALLINT", "TIME", "TIMESTAMP", "VARCHAR"),
)

_OF_SQL = {
    "char": "character",
    "char varying": "character varying",
    "dec": "numeric",
    "decimal": "numeric",
    "float": "double precision",
    "int": "integer",
    "national char": "character",
    "national char varying": "character varying",
    "national character": "character",
    "national character varying": "character varying",
    "nchar": "character",
    "nchar varying": "character varying",
}

_OF_CATALOG = {
    "bool": "boolean",
    "bpchar": "character",
    "float4": "real",
    "float8": "double precision",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "time": "time without time zone",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "timetz": "time with time zone",
    "varbit": "bit varying",
    "varchar": "character varying",
}

_LONGEST_REAL = 24


def input_types(tokens: Iterable[Token]) -> str:
    """The types of what stands in a function's parentheses."""
    types = (_input_type(_without_default(argument)) for argument in _arguments(tokens))
    return ", ".join(each for each in types if each)


def _arguments(tokens: Iterable[Token]) -> Iterator[list[Token]]:
    argument: list[Token] = []
    depth = 0
    for token in tokens:
        depth += _deeper(token)
        if token.text == "," and not depth:
            yield argument
            argument = []
        else:
            argument.append(token)
    yield argument


def _deeper(token: Token) -> int:
    return 1 if token.text in ("(", "[") else -1 if token.text in (")", "]") else 0


def _without_default(argument: list[Token]) -> list[Token]:
    begun = (index for index, token in enumerate(argument) if token.text == "=" or token.keyword == "DEFAULT")
    return argument[: next(begun, len(argument))]


def _input_type(argument: list[Token]) -> str | None:
    """``None`` for one that is for output alone."""
    modes = {token.keyword for token in argument[:3] if token.keyword in _MODES}
    if modes == {"OUT"}:
        return None
    is_named = bool(modes) and argument[0].keyword not in _MODES
    rest = [token for index, token in enumerate(argument) if index >= len(_MODES) or token.keyword not in _MODES]
    return _type(rest[1:] if is_named or _begins_with_name(rest) else rest)


def _begins_with_name(argument: Sequence[Token]) -> bool:
    if len(argument) < len(("name", "type")) or argument[0].keyword in _BEGIN_TYPES:
        return False
    first, second = argument[:2]
    is_two_words = (first.keyword, second.keyword) == ("DOUBLE", "PRECISION")
    return second.identifier is not None and second.keyword != "ARRAY" and not is_two_words


def _type(tokens: Sequence[Token]) -> str:
    words: list[Token] = []
    depth = 0
    for token in tokens:
        depth += _deeper(token)
        if not depth and token.text not in (")", "]") and token.keyword != "ARRAY":
            words.append(token)
    is_array = any(token.text == "[" or token.keyword == "ARRAY" for token in tokens)
    name = "real" if _is_short_float(tokens) else _name(words)
    return f"{name}[]" if is_array else name


def _is_short_float(tokens: Sequence[Token]) -> bool:
    match [token.keyword or token.text for token in tokens[:3]]:
        case ["FLOAT", "(", bits]:
            return bits.isdigit() and int(bits) <= _LONGEST_REAL
        case _:
            return False


def _name(words: Sequence[Token]) -> str:
    parts = [part for word in words if (part := word.identifier) is not None]
    if any(word.text == "." for word in words):
        in_catalog = parts[0] == "pg_catalog" and len(parts) > 1
        return _of_catalog(parts[1]) if in_catalog else "".join(_plain(word) for word in words)
    if len(parts) == 1 and words[0].kind == "quoted":
        return _OF_CATALOG.get(parts[0]) or quoted(parts[0])
    spelled = _spelled(words)
    if spelled.startswith("interval "):
        return "interval"
    return _OF_SQL.get(spelled) or _OF_CATALOG.get(spelled, spelled)


def _of_catalog(name: str) -> str:
    return _OF_CATALOG.get(name) or (f'"{name}"' if name in ("char", *_OF_SQL) else _plain_name(name))


def _spelled(words: Sequence[Token]) -> str:
    return " ".join(_plain(word) for word in words)


def _plain(token: Token) -> str:
    """A name keeps its quotes, since without them it may be a keyword."""
    name = token.identifier
    if name is None:
        return token.text
    return _plain_name(name) if token.kind == "word" else quoted(name)


def _plain_name(name: str) -> str:
    return name if re.fullmatch("[a-z_][a-z0-9_]*", name) else quoted(name)
