"""What others have for a declaration: alembic-utils' objects, and SQLAlchemy's ``CreateView``.

They are known by the names of their classes: whoever has none of them need not load their libraries.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from migrakit.entities.declaring import only_entity
from migrakit.entities.reading import Source
from migrakit.errors import EntityError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrakit.entities.value import Entity, Position

__all__ = ["converted", "is_convertible"]


def is_convertible(given: object) -> bool:
    """Whether this is another library's declaration, of a kind that is supported or not."""
    return bool(_classes(given) & {_ANY_OF_ALEMBIC_UTILS, _CREATE_VIEW})


def converted(given: Any, place: Position) -> Entity:
    """The entity that another library's object declares."""
    classes = _classes(given)
    for name, text_of in _TEXTS.items():
        if name in classes:
            return only_entity(Source(text_of(given, place), place), called=type(given).__name__)
    raise _not_supported(f"alembic-utils' {type(given).__name__}", place)


def _classes(given: object) -> set[str]:
    return {f"{each.__module__}.{each.__qualname__}" for each in type(given).__mro__}


def _not_supported(what: str, place: Position) -> EntityError:
    return EntityError(
        Problem(
            f"{place}: {what} is not supported yet.",
            "It could be neither compared nor dropped.",
            "Create it in a revision: op.execute(...).",
        )
    )


def _view(given: Any, place: Position) -> str:  # noqa: ARG001 - as the others
    return f"CREATE VIEW {_quoted(given.signature, given.schema)} AS\n{_unescaped(given.definition)}"


def _function(given: Any, place: Position) -> str:
    name, parenthesis, arguments = given.signature.partition("(")
    if not parenthesis:
        what = f"{place}: PGFunction's signature {given.signature!r} has no parentheses."
        raise EntityError(Problem(what, "A function is known by its arguments' types.", f"Write '{name.strip()}()'."))
    head = f"CREATE FUNCTION {_quoted(name.strip(), given.schema)}({_unescaped(arguments)}"
    return f"{head}\n{_unescaped(given.definition)}"


def _create_view(given: Any, place: Position) -> str:
    from migrakit.entities.selects import create_view  # noqa: PLC0415 - it loads the dialect, for those who need it

    table = given.table
    for what in ("temporary", "materialized"):
        if getattr(given, what):
            raise _not_supported(f"CreateView({table.name!r}, {what}=True)", place)
    return create_view(table.name, given.selectable, table.schema, {}, place)


_ANY_OF_ALEMBIC_UTILS = "alembic_utils.replaceable_entity.ReplaceableEntity"
_CREATE_VIEW = "sqlalchemy.sql.ddl.CreateView"

_TEXTS: dict[str, Callable[[Any, Position], str]] = {
    "alembic_utils.pg_view.PGView": _view,
    "alembic_utils.pg_function.PGFunction": _function,
    _CREATE_VIEW: _create_view,
}

# alembic-utils runs its SQL as SQLAlchemy's text(), where "\:" is a colon and "::" stands for itself. What its objects
# hold is for text() already: views as their author wrote them, the definitions of functions escaped.
_COLON = re.compile(r"\\:(?!:)")


def _unescaped(text: str) -> str:
    return _COLON.sub(":", text)


def _quoted(name: str, schema: str) -> str:
    from migrakit.entities.selects import quoted  # noqa: PLC0415 - it loads the dialect, for those who need it

    return quoted(name, schema)
