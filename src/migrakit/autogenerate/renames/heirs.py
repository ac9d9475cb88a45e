"""Columns and checks that tables have from those that they inherit from, on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from migrakit import catalog

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from migrakit.autogenerate.renames.pending import ColumnRename, PartRename, Renames

__all__ = ["with_heirs"]


def with_heirs(renames: Renames, connection: Connection) -> Renames:
    """With those marked that the server renames by itself, and refuses to rename alone."""
    parts: list[ColumnRename | PartRename] = [*renames.columns, *renames.parts]
    if connection.dialect.name != "postgresql" or not parts:
        return renames
    tables = {renames.old_table(each.schema, each.table) for each in parts}
    inherited = catalog.inherited_names(connection, sorted(tables))

    def is_inherited(found: ColumnRename | PartRename) -> bool:
        table = renames.old_table(found.schema, found.table)
        return (found.schema or _home(table, renames), table, found.old) in inherited

    return replace(
        renames,
        columns=tuple(replace(each, is_inherited=is_inherited(each)) for each in renames.columns),
        parts=tuple(replace(each, is_inherited=is_inherited(each)) for each in renames.parts),
    )


def _home(table: str, renames: Renames) -> str | None:
    database = catalog.current()
    return database.home_of(table) if database else renames.default_schema
