"""SQL that the database gives for checks, indexes and computed columns, with columns' new names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migrakit.autogenerate.statements import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Dialect

__all__ = ["renamed"]

# What follows a dot is a field, what follows "::" a type, and before a parenthesis stands a function.
_WORDS = re.compile(
    r"""(?P<text>'(?:[^']|'')*')|(?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`)"""
    r"""|(?P<other>(?:::|\.)\s*["\w$]+|[^\W\d][\w$]*(?=\())|(?P<word>[^\W\d][\w$]*)"""
)


def renamed(sql: str, columns: Mapping[str, str], dialect: Dialect) -> str:
    """The same expression, once these columns are called otherwise."""
    if not columns:
        return sql

    def told(found: re.Match[str]) -> str:
        new = columns.get(_identifier(found))
        return found[0] if new is None else quoted(new, dialect)

    return _WORDS.sub(told, sql)


def _identifier(found: re.Match[str]) -> str:
    if (name := found["quoted"]) is not None:
        mark = name[0]
        return name[1:-1].replace(mark * 2, mark)
    return found["word"] or ""
