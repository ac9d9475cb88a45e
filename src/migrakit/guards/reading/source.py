"""A revision's file, as it was loaded."""

from __future__ import annotations

import ast
import inspect
import warnings
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Def", "File", "first_line", "name_of", "opened"]

Def = ast.FunctionDef | ast.AsyncFunctionDef

_NOT_AT_ONCE = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


@dataclass(frozen=True, slots=True, eq=False)
class File:
    """What stands in it, and what its functions see as globals."""

    path: str
    globals: dict[str, Any]
    defs: Mapping[tuple[str, int], Def]
    """By name and first line: of two functions with one name, each is found."""

    def node_of(self, function: object) -> Def | None:
        """A function as it is written here; ``None`` where it comes from elsewhere, or doesn't run when called."""
        if type(function) is not FunctionType or function.__globals__ is not self.globals:
            return None
        code = function.__code__
        if code.co_filename != self.path or code.co_flags & _NOT_AT_ONCE:
            return None
        return self.defs.get((code.co_name, code.co_firstlineno))


def opened(function: object) -> File | None:
    """The file of a function; ``None`` where there is none, or it can't be read."""
    if type(function) is not FunctionType or _is_wrapped_elsewhere(function):
        return None
    path = function.__code__.co_filename
    home = function.__globals__.get("__file__")
    if not isinstance(home, str) or not home.endswith(".py") or Path(home).absolute() != Path(path).absolute():
        return None
    try:
        tree = _tree(Path(path))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return File(path, function.__globals__, _defs(tree))


def _tree(path: Path) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whoever imported it has been told
        return ast.parse(path.read_bytes())


def _is_wrapped_elsewhere(function: FunctionType) -> bool:
    """Whether a decorator from another module is around it: then that is what its code would be."""
    wrapped = vars(function).get("__wrapped__")
    return type(wrapped) is FunctionType and wrapped.__globals__ is not function.__globals__


def _defs(tree: ast.Module) -> dict[tuple[str, int], Def]:
    found = (node for node in ast.walk(tree) if isinstance(node, Def))
    return {(node.name, min(each.lineno for each in (node, *node.decorator_list))): node for node in found}


def first_line(function: object) -> int:
    """Where it stands, as far as that is known without asking it."""
    written = _written(function)
    return written.__code__.co_firstlineno if written is not None else 1


def name_of(function: object) -> str:
    """What to call it."""
    return function.__name__ if type(function) is FunctionType else type(function).__name__


def _written(function: object) -> FunctionType | None:
    if type(function) is partial:
        return _written(function.func)
    if type(function) is MethodType:
        return _written(function.__func__)
    if type(function) is FunctionType:
        return _written(vars(function).get("__wrapped__")) or function
    return None
