"""``external_tables()``: what the metadata marks as another service's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.filters.algebra import Answer, Filter, Rule
from migrakit.filters.present import present_database
from migrakit.target import is_external

if TYPE_CHECKING:
    from migrakit.target import Target

__all__ = ["external_tables"]


class _ExternalTables(Rule):
    __slots__ = ()
    word = "external_tables"

    def _subject(self, target: Target) -> Target:
        return target

    def _judge(self, target: Target) -> tuple[Answer, str]:
        table, database = target.root, present_database()
        if table.name is None or (target.object is None and table.declared is None and database is None):
            return Answer.UNKNOWN, "there is no declaration to look at yet"
        declared = table.object if table.declared else database and database.declaration_of(table)
        marked = table.kind == "table" and declared is not None and is_external(declared)
        return Answer.of(marked), f"the metadata {'marks it so' if marked else 'does not mark it so'}"


def external_tables() -> Filter:
    """Tables that are declared with ``info=external()``. Every set of hooks leaves them out without being told."""
    return _ExternalTables(())
