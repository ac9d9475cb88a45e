"""Which of the declared renames are due, by what the database has."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from migrakit.autogenerate.renames.ownership import Ownership
from migrakit.autogenerate.renames.pending import NONE, ColumnRename, Renames, TableRename
from migrakit.autogenerate.renames.saying import ambiguous, claimed_twice, not_owned
from migrakit.errors import ConfigurationError
from migrakit.target import is_external, old_name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Column, Table

    from migrakit.autogenerate.renames.pending import Name
    from migrakit.errors import Problem

__all__ = ["due"]


def due(context: AutogenContext, schemas: set[str | None]) -> Renames:
    """Tables and columns that the database knows by their old names only. Without a mark nothing is asked."""
    finder = _Finder(context, schemas)
    if not finder.marked:
        return NONE
    found = finder.found()
    if finder.problems:
        raise ConfigurationError(*finder.problems)
    return found


class _Finder:
    """Looks into one database."""

    def __init__(self, context: AutogenContext, schemas: set[str | None]) -> None:
        self.problems: list[Problem] = []
        self._context = context
        self._ownership = Ownership(context)
        self._default_schema = context.migration_context.dialect.default_schema_name
        declared = [table for table in context.table_key_to_table.values() if not is_external(table)]
        declared = [table for table in declared if self._schema(table) in schemas]
        declared.sort(key=lambda table: (table.schema or "", table.name))
        self._declared = {(self._schema(table), table.name): table for table in declared}
        self.marked = [table for table in declared if old_name_of(table) or any(map(old_name_of, table.columns))]

    def found(self) -> Renames:
        tables = [found for table in self.marked if (found := self._table(table))]
        self._require_one_claim([(each.schema, each.old, f"table {each.new!r}") for each in tables], "table")
        known = Renames(self._default_schema, tuple(tables))
        return replace(known, columns=tuple(self._columns(known)))

    def _table(self, table: Table) -> TableRename | None:
        schema, old = self._schema(table), old_name_of(table)
        if old is None or table.name in self._live[schema] or old not in self._live[schema]:
            return None
        if (schema, old) in self._declared:
            self.problems.append(ambiguous("table", table.name, old))
        target = self._ownership.table(table, old)
        if self._ownership.is_anothers(target):
            self.problems.append(not_owned(target, table.name, old, self._ownership.owns))
        return TableRename(schema, old, table.name)

    def _columns(self, tables: Renames) -> Iterator[ColumnRename]:
        live = self._live_columns(tables)
        for table in self.marked:
            schema = self._schema(table)
            there = live.get((schema, tables.old_table(schema, table.name)), set[str]())
            marked = [(column, old) for column in table.columns if (old := old_name_of(column)) in there]
            due = [(column, str(old)) for column, old in marked if column.name not in there]
            due = [(column, old) for column, old in due if self._is_due(column, old)]
            self._require_one_claim([(table.fullname, old, f"column {column}") for column, old in due], "column")
            yield from (ColumnRename(schema, table.name, old, column.name) for column, old in due)

    def _is_due(self, column: Column[Any], old: str) -> bool:
        if old in {each.name for each in column.table.columns}:
            self.problems.append(ambiguous("column", str(column), old))
        new = str(column.name)
        targets = [self._ownership.column(column, name) for name in (new, old)]
        strangers = [each for each in targets if self._ownership.is_anothers(each)]
        if len(strangers) == 1:
            self.problems.append(not_owned(strangers[0], new, old, self._ownership.owns))
        return not strangers

    def _require_one_claim(self, claims: Sequence[tuple[Any, str, str]], kind: str) -> None:
        by_old: defaultdict[tuple[Any, str], list[str]] = defaultdict(list)
        for place, old, who in claims:
            by_old[place, old].append(who)
        self.problems += [claimed_twice(kind, old, each) for (_, old), each in by_old.items() if len(each) > 1]

    @cached_property
    def _live(self) -> dict[str | None, set[str]]:
        """Names of tables in the schemas that marked ones are in."""
        schemas = {self._schema(table) for table in self.marked}
        return {schema: set(self._context.inspector.get_table_names(schema=schema)) for schema in schemas}

    def _live_columns(self, tables: Renames) -> dict[Name, set[str]]:
        wanted: defaultdict[str | None, list[str]] = defaultdict(list)
        for table in self.marked:
            schema = self._schema(table)
            name = tables.old_table(schema, table.name)
            if name in self._live[schema] and any(map(old_name_of, table.columns)):
                wanted[schema].append(name)
        return {
            (place, name): {column["name"] for column in columns}
            for schema, names in wanted.items()
            for (place, name), columns in self._context.inspector.get_multi_columns(schema, names).items()
        }

    def _schema(self, table: Table) -> str | None:
        return None if table.schema == self._default_schema else table.schema
