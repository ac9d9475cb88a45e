"""What Alembic asks about serial columns one by one, asked at once.

To leave the default of a serial column out of the comparison, Alembic sends a statement for each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BIGINT, INTEGER

from migrakit import catalog

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from migrakit.autogenerate.renames import Renames

__all__ = ["leave_out_defaults"]

Columns = dict[tuple[str | None, str], list[dict[str, Any]]]


def leave_out_defaults(connection: Connection, columns: Columns, renames: Renames) -> None:
    """Take the default away from each column that draws from a sequence of its own, as Alembic would.

    The columns are told by their new names, and the catalogs know the old ones.
    """
    database = catalog.current()
    counting = {table for table, facts in columns.items() if any(_draws(column) for column in facts)}
    if database is None or database.dialect != "postgresql" or not counting:
        return
    old_names = {renames.old_table(schema, name) for schema, name in counting}
    serial = {_told(each, renames) for each in catalog.serial_columns(connection, sorted(old_names))}
    for schema, name in counting:
        home = schema or database.home_of(name)
        for column in columns[schema, name]:
            if _draws(column) and (home, name, column["name"]) in serial:
                column["default"] = None


def _told(column: tuple[str, str, str], renames: Renames) -> tuple[str, str, str]:
    schema, old, name = column
    table = renames.new_table(schema, old)
    return schema, table, renames.of_columns(schema, table).get(name, name)


def _draws(column: dict[str, Any]) -> bool:
    default = column.get("default") or ""
    if not isinstance(column["type"], (INTEGER, BIGINT)):  # Alembic compares smallserial's default
        return False
    return default.startswith("nextval('") and default.endswith("'::regclass)")
