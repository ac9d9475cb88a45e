"""Operators, where they are known to give something of a reasonable size."""

from __future__ import annotations

import ast
import operator
import re
from typing import TYPE_CHECKING, Any, Final

from migrakit.guards.reading.outside import attempt
from migrakit.guards.reading.values import UNKNOWN, is_a, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["applied", "is_too_long", "is_wide"]

_LONGEST: Final = 1_000_000
_MOST_BITS: Final = 10_000
_WIDE: Final = re.compile(r"\d{5}")


def _is_in(item: Any, items: Any) -> bool:
    return item in items


_OF_ANYTHING: Any = operator  # typeshed leaves these without types


_OPERATORS: Final[dict[type[ast.AST], Callable[..., Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _OF_ANYTHING.truediv,
    ast.FloorDiv: _OF_ANYTHING.floordiv,
    ast.Mod: operator.mod,
    ast.BitOr: _OF_ANYTHING.or_,
    ast.BitAnd: _OF_ANYTHING.and_,
    ast.BitXor: _OF_ANYTHING.xor,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: _is_in,
    ast.NotIn: lambda *sides: not _is_in(*sides),
}


def is_too_long(op: ast.operator, left: Any, right: Any) -> bool:
    """Whether nobody would wait for what it gives."""
    if is_a(left, int) and is_a(right, int):
        return left.bit_length() + right.bit_length() > _MOST_BITS
    if isinstance(op, ast.Mod) and isinstance(left, str):
        return is_wide(left)
    return _length(left) * (_length(right) if isinstance(op, ast.Mult) else 1) + _length(right) > _LONGEST


def _length(value: Any) -> int:
    """How long it is, or how much longer something becomes that is multiplied by it."""
    if is_a(value, int):
        return abs(value)
    is_long: bool = kind_of(value) in (str, bytes, list, tuple)
    return len(value) if is_long else 1


def is_wide(text: str) -> bool:
    """Whether a width in it would fill the memory."""
    return bool(_WIDE.search(text))


def applied(op: ast.AST, *values: Any) -> Any:
    """What it gives for these."""
    how = _OPERATORS.get(type(op))
    return UNKNOWN if how is None else attempt(lambda: how(*values))
