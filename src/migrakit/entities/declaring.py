"""``entity(...)``, ``sql(...)``, ``view(...)`` and ``row_security(...)``: what a person writes to declare something."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from migrakit.entities.reading import Source, read, read_statements
from migrakit.entities.value import Entities, Entity, Position
from migrakit.errors import EntityError, Problem

if TYPE_CHECKING:
    from sqlalchemy import FromClause, SelectBase
    from typing_extensions import Unpack

    from migrakit.entities.selects import ViewOptions

__all__ = ["caller", "entity", "only_entity", "row_security", "sql", "view"]


def entity(sql: str) -> Entity:
    """One entity, by the statement that creates it: ``entity("CREATE VIEW open_invoices AS SELECT ...")``.

    The statement is taken as it is written, with every clause that PostgreSQL has.
    """
    return only_entity(_source("entity", sql), called="entity()")


def sql(text: str) -> Entities:
    """All entities of a text, which holds any number of statements: ``sql("CREATE FUNCTION ...; CREATE VIEW ...")``."""
    found = list(read(_source("sql", text)))
    return Entities(_entities(found))


def view(name: str, select: SelectBase, *, schema: str | None = None, **options: Unpack[ViewOptions]) -> Entity:
    """A view, by a ``select()`` of SQLAlchemy: ``view("by_customer", select(...), schema="billing")``.

    What the select is given becomes part of it as literals. ``security_invoker``, ``security_barrier`` and
    ``check_option`` are the view's options.
    """
    from migrakit.entities.selects import create_view  # noqa: PLC0415 - it loads the dialect, for those who need it

    place = caller()
    return only_entity(Source(create_view(name, select, schema, options, place), place), called="view()")


def row_security(table: FromClause | type[Any] | str, *, enabled: bool = True, force: bool = False) -> Entity:
    """Row level security of a table: ``row_security(Invoice, force=True)``. A policy implies that it is enabled.

    The table is a mapped class, a ``Table``, or its name as SQL has it: ``"billing.invoices"``. ``force`` holds its
    owner to the policies too.
    """
    from migrakit.entities.tables import alter_row_security  # noqa: PLC0415 - it loads the dialect

    place = caller()
    statement = alter_row_security(table, place, enabled=enabled, force=force)
    return only_entity(Source(statement, place), called="row_security()")


def only_entity(source: Source, *, called: str) -> Entity:
    """The entity of a text that declares exactly one."""
    statements = list(read_statements(source))
    found = [each for statement in statements for each in statement]
    if len(found) == 1:
        return _entities(found)[0]
    holds = f"{len(statements)} statements" if statements else "no statement"
    if len(statements) == 1:
        holds = f"a statement about {len(found)} objects"
    do = "Write sql(...), which takes any number." if found else "Write the statement that creates it."
    raise EntityError(Problem(f"{source.place}: {called} holds {holds}.", "It declares exactly one entity.", do))


def _entities(found: list[Entity | Problem]) -> list[Entity]:
    problems = [each for each in found if isinstance(each, Problem)]
    if problems:
        raise EntityError(*problems)
    return [each for each in found if isinstance(each, Entity)]


def _source(called: str, given: Any) -> Source:
    place = caller()
    if not isinstance(given, str):
        what = f"{place}: {called}() got {given!r}, not a string."
        do = "A select() of SQLAlchemy goes into view(name, ...)." if hasattr(given, "compile") else "Write a string."
        raise EntityError(Problem(what, "It takes SQL as text.", do))
    return Source(given, place)


def caller() -> Position:
    """The line, outside of this library, that is being run."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "migrakit":
        frame = frame.f_back
    return Position("<unknown>") if frame is None else Position(frame.f_code.co_filename, frame.f_lineno)
