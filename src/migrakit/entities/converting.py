"""What others have for a declaration: alembic-utils' objects, and SQLAlchemy's ``CreateView``.

They are known by the names of their classes: whoever has none of them need not load their libraries.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from migrakit.entities.declaring import only_entity
from migrakit.entities.kinds import head_of
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


def _materialized_view(given: Any, place: Position) -> str:  # noqa: ARG001
    data = "" if given.with_data else "\nWITH NO DATA"
    name = _quoted(given.signature, given.schema)
    return f"CREATE MATERIALIZED VIEW {name} AS\n{_unescaped(given.definition)}{data}"


def _trigger(given: Any, place: Position) -> str:
    """On the table that its definition names, in the schema that it is given: so does alembic-utils."""
    head = f"CREATE {'CONSTRAINT ' if given.is_constraint else ''}TRIGGER {_quoted(given.signature)}"
    definition = _unescaped(_without_schema(given.definition, given.schema))
    written = only_entity(Source(f"{head}\n{definition}", place), called=type(given).__name__)
    begin, end = head_of(written).table_at or (0, 0)
    return f"{written.sql[:begin]}{_quoted(str(written.table), given.schema)}{written.sql[end:]}"


def _without_schema(definition: str, schema: str) -> str:
    """Where a schema ends that needs quotes and has none can be told by its name alone."""
    on = _ON.search(definition)
    at = len(definition) if on is None else on.end()
    return definition[:at] + definition[at:].removeprefix(f"{schema}.")


def _policy(given: Any, place: Position) -> str:  # noqa: ARG001
    schema, _, table = given.on_entity.partition(".")
    return f"CREATE POLICY {_quoted(given.signature)} ON {_quoted(table, schema)}\n{_unescaped(given.definition)}"


def _extension(given: Any, place: Position) -> str:  # noqa: ARG001
    return f"CREATE EXTENSION {_quoted(given.signature)} WITH SCHEMA {_quoted(given.schema)}"


def _grant_on_table(given: Any, place: Position) -> str:  # noqa: ARG001
    columns = f" ({', '.join(map(_column, given.columns))})" if given.columns else ""
    option = " WITH GRANT OPTION" if given.with_grant_option else ""
    table = _quoted(given.table, given.schema)
    return f"GRANT {given.grant.value}{columns} ON TABLE {table} TO {_quoted(given.role)}{option}"


def _column(name: str) -> str:
    """alembic-utils writes it as it is: whoever has a name that needs quotes has put it into them."""
    return name if name.startswith('"') else _quoted(name)


def _create_view(given: Any, place: Position) -> str:
    from migrakit.entities.selects import create_view  # noqa: PLC0415 - it loads the dialect, for those who need it

    table = given.table
    if given.temporary:
        raise _not_supported(f"CreateView({table.name!r}, temporary=True)", place)
    kind = "MATERIALIZED VIEW" if given.materialized else "VIEW"
    return create_view(table.name, given.selectable, table.schema, {}, place, kind=kind)


_ANY_OF_ALEMBIC_UTILS = "alembic_utils.replaceable_entity.ReplaceableEntity"
_CREATE_VIEW = "sqlalchemy.sql.ddl.CreateView"

_TEXTS: dict[str, Callable[[Any, Position], str]] = {
    "alembic_utils.pg_view.PGView": _view,
    "alembic_utils.pg_function.PGFunction": _function,
    "alembic_utils.pg_materialized_view.PGMaterializedView": _materialized_view,
    "alembic_utils.pg_trigger.PGTrigger": _trigger,
    "alembic_utils.pg_policy.PGPolicy": _policy,
    "alembic_utils.pg_extension.PGExtension": _extension,
    "alembic_utils.pg_grant_table.PGGrantTable": _grant_on_table,
    _CREATE_VIEW: _create_view,
}

_ON = re.compile(r"\bON\s+", re.IGNORECASE)

# alembic-utils runs its SQL as SQLAlchemy's text(), where "\:" is a colon and "::" stands for itself. What its objects
# hold is for text() already: views as their author wrote them, the definitions of functions escaped.
_COLON = re.compile(r"\\:(?!:)")


def _unescaped(text: str) -> str:
    return _COLON.sub(":", text)


def _quoted(name: str, schema: str | None = None) -> str:
    from migrakit.entities.selects import quoted  # noqa: PLC0415 - it loads the dialect, for those who need it

    return quoted(name, schema)
