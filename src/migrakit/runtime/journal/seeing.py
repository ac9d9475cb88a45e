"""Whether what a statement does is there, by the catalog."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from sqlalchemy.exc import NoSuchTableError

from migrakit.runtime.indexes import invalid_indexes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Inspector

    from migrakit.runtime.statements import Statement, Thing

__all__ = ["State", "seen"]


class State(Enum):
    """As a person reads it."""

    DONE = "is done"
    UNDONE = "is not done"
    INVALID = "left an INVALID index"


def seen(statement: Statement, connection: Connection, inspector: Inspector) -> State:
    """What there is to see of what it makes and removes."""
    is_done = (statement.makes is None or _is_there(statement.makes, inspector)) and (
        statement.removes is None or not _is_there(statement.removes, inspector)
    )
    if is_done and statement.makes is not None and _is_invalid(statement.makes, connection):
        return State.INVALID
    return State.DONE if is_done else State.UNDONE


def _is_there(thing: Thing, inspector: Inspector) -> bool:
    try:
        return thing.name.casefold() in {name.casefold() for name in _names(thing, inspector)}
    except NoSuchTableError:
        return False


def _names(thing: Thing, inspector: Inspector) -> Iterator[str]:
    """What there is of its kind where it would be."""
    if thing.kind == "table":
        yield from inspector.get_table_names(thing.schema)
    elif thing.kind == "view":
        yield from inspector.get_view_names(thing.schema)
    elif thing.kind == "column":
        yield from (column["name"] for column in inspector.get_columns(str(thing.table), thing.schema))
    elif thing.kind == "index" and thing.table is None:
        for table in inspector.get_table_names(thing.schema):
            yield from _of_table(table, thing.schema, inspector)
    else:
        yield from _of_table(str(thing.table), thing.schema, inspector)


def _of_table(table: str, schema: str | None, inspector: Inspector) -> Iterator[str]:
    """Its indexes and constraints; of some databases one is the other."""
    several = (
        inspector.get_indexes(table, schema),
        inspector.get_unique_constraints(table, schema),
        inspector.get_foreign_keys(table, schema),
        inspector.get_check_constraints(table, schema),
        [inspector.get_pk_constraint(table, schema)],
    )
    yield from (each["name"] for found in several for each in found if each["name"])


def _is_invalid(thing: Thing, connection: Connection) -> bool:
    if thing.kind != "index" or connection.dialect.name != "postgresql":
        return False
    return any(index.name == thing.name and index.table == thing.table for index in invalid_indexes(connection))
