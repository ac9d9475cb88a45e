"""``version_tables()``: Alembic's own tables, every service's, and the journals beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Table

from migrakit.filters.algebra import Answer, Filter, Rule
from migrakit.filters.present import present_database
from migrakit.versions import is_journal, is_version_table

if TYPE_CHECKING:
    from migrakit.target import Target

__all__ = ["version_tables"]


class _VersionTables(Rule):
    __slots__ = ()
    word = "version_tables"

    def _subject(self, target: Target) -> Target:
        # A trigger or policy comes with no more than the name of what it stands on.
        return target.root if target.root.object is not None else target

    def _judge(self, target: Target) -> tuple[Answer, str]:
        if target.kind not in ("table", "schema"):
            return Answer.NO, "it is no table"
        if _is_own(target):
            return Answer.YES, "it is this service's own version table"
        if target.declared:
            return Answer.NO, "it is in the metadata"
        if not isinstance(target.object, Table):
            return Answer.UNKNOWN, "its columns aren't known yet"
        if is_version_table(target.object):  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
            return Answer.YES, "its only column is version_num"
        is_one = is_journal(target.object)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
        return (
            (Answer.YES, "it is migrakit's journal") if is_one else (Answer.NO, "its columns are not a version table's")
        )


def version_tables() -> Filter:
    """Alembic's version tables, this service's and all others', by whatever name, and journals: nobody's to migrate.

    Every set of hooks leaves them out without being told.
    """
    return _VersionTables(())


def _is_own(target: Target) -> bool:
    database = present_database()
    return database is not None and (target.schema, target.name) == database.version_table
