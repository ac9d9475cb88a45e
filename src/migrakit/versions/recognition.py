"""A version table is known by what it is, since any service may call its own whatever it likes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import String

if TYPE_CHECKING:
    from sqlalchemy import Table

__all__ = ["is_version_table"]


def is_version_table(table: Table) -> bool:
    """Whether a reflected table is one of Alembic's: its only column is ``version_num``, a string."""
    columns = list(table.columns)
    if len(columns) != 1 or columns[0].name != "version_num":
        return False
    type_ = columns[0].type
    return isinstance(getattr(type_, "data_type", type_), String)  # a domain says what it is made of
