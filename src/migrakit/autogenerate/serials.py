"""What Alembic asks about serial columns one by one, asked at once.

To leave the default of a serial column out of the comparison, Alembic sends a statement for each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BIGINT, INTEGER

from migrakit import catalog

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["leave_out_defaults"]

Columns = dict[tuple[str | None, str], list[dict[str, Any]]]


def leave_out_defaults(connection: Connection, columns: Columns) -> None:
    """Take the default away from each column that draws from a sequence of its own, as Alembic would."""
    database = catalog.current()
    counting = {table for table, facts in columns.items() if any(_draws(column) for column in facts)}
    if database is None or database.dialect != "postgresql" or not counting:
        return
    serial = catalog.serial_columns(connection, sorted({name for _, name in counting}))
    for schema, name in counting:
        home = schema or database.home_of(name)
        for column in columns[schema, name]:
            if _draws(column) and (home, name, column["name"]) in serial:
                column["default"] = None


def _draws(column: dict[str, Any]) -> bool:
    default = column.get("default") or ""
    if not isinstance(column["type"], (INTEGER, BIGINT)):  # Alembic compares smallserial's default
        return False
    return default.startswith("nextval('") and default.endswith("'::regclass)")
