"""``partitions()``: the parts of partitioned tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.filters.algebra import Answer, Filter
from migrakit.filters.rules.from_catalog import CatalogRule

if TYPE_CHECKING:
    from migrakit.catalog import Database
    from migrakit.target import Target

__all__ = ["partitions"]


class _Partitions(CatalogRule):
    __slots__ = ()
    word = "partitions"

    def _without_catalogs(self, database: Database) -> tuple[Answer, str]:
        return Answer.NO, f"the partitions of {database.dialect} are no tables"

    def _look_up(self, target: Target, database: Database) -> tuple[Answer, str]:
        if target.kind != "table" or (target.schema, target.name) not in database.relations.partitions:
            return Answer.NO, "it is not a partition"
        if database.declaration_of(target) is not None:
            return Answer.NO, "it is a partition, and in the metadata"
        return Answer.YES, "it is a partition, and not in the metadata"


def partitions() -> Filter:
    """Partitions that the metadata doesn't declare by themselves: they come and go with their partitioned table.

    An ``Environment``, and hooks that run in Alembic's context, leave them out without being told.
    """
    return _Partitions(())
