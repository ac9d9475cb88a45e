"""``migrakit_journal``: when each revision was begun and finished, by whom and from where. It is only added to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, DateTime, Identity, Integer, MetaData, String, Table

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

__all__ = ["JOURNAL", "is_journal", "journal_table"]

JOURNAL = "migrakit_journal"

_NUMBER: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")


def journal_table(schema: str | None) -> Table:
    """The journal beside the version tables of this schema, whose services share it.

    A step begins with a row that says so. Where its statements are committed before its end, each such has a row
    before it, with what it does (``did``) and a digest of all until then and of itself; a row without says how many are
    done. The last row of a step has the time when it was finished; without one, the step was cut off.
    """
    return Table(
        JOURNAL,
        MetaData(),
        Column("id", _NUMBER, Identity(), primary_key=True),
        Column("service", String(128)),
        Column("version_table", String(128), nullable=False),
        Column("revision", String(255), nullable=False),
        Column("direction", String(16), nullable=False),
        Column("begun", DateTime(timezone=True), nullable=False),
        Column("finished", DateTime(timezone=True)),
        Column("statement", Integer, nullable=False),
        Column("did", String(255)),
        Column("digest", String(64)),
        Column("by_whom", String(255), nullable=False),
        Column("from_where", String(255), nullable=False),
        schema=schema,
    )


def is_journal(table: Table) -> bool:
    """Whether a reflected table is a journal, and not a service's own of that name."""
    return table.name == JOURNAL and {"version_table", "revision", "begun", "finished"} <= set(table.columns.keys())
