"""Constraints and indexes whose names are made of names that change, as those of a naming convention are."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint

from migrakit.autogenerate.renames.ops import MYSQL
from migrakit.autogenerate.renames.ownership import Ownership
from migrakit.autogenerate.renames.pending import PartRename
from migrakit.target import is_external

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Constraint, Index, Inspector, Table

    from migrakit.autogenerate.renames.pending import Renames

__all__ = ["renamed_parts"]

_Kind = Literal["constraint", "index"]

# Of these only names can tell which is which.
_CHECK = ("check", ())


def renamed_parts(context: AutogenContext, renames: Renames, inspector: Inspector) -> list[PartRename]:
    """Those that this dialect can rename; the others are Alembic's to drop and to create, and hold no rows.

    The inspector tells tables and columns by their new names already.
    """
    dialect = context.migration_context.dialect
    if dialect.name not in ("postgresql", *MYSQL):
        return []
    tables = [table for table in context.table_key_to_table.values() if not is_external(table)]
    tables.sort(key=lambda table: (table.schema or "", table.name))
    finder = _Finder(renames, inspector, dialect, Ownership(context))
    return [part for table in tables if finder.concerns(table) for part in finder.of(table)]


@dataclass(frozen=True, slots=True)
class _Part:
    """A constraint or an index, here or there: parts are the same if all but their names is."""

    kind: _Kind
    name: str
    is_what: tuple[Any, ...]
    on: tuple[str | None, ...] = ()
    """The columns; of an index ``None`` for an expression."""


@dataclass(frozen=True)
class _Finder:
    """Holds what is there against what is declared."""

    renames: Renames
    inspector: Inspector
    dialect: Any
    ownership: Ownership

    def concerns(self, table: Table) -> bool:
        """Whether names in this table may be made of names that change. It is there already."""
        schema = self._schema(table.schema)
        is_touched = self.renames.touches(schema, table.name) or any(
            self.renames.touches(key.referred_table.schema, key.referred_table.name)
            for key in table.foreign_key_constraints
        )
        return is_touched and table.name in self.inspector.get_table_names(schema=schema)

    def of(self, table: Table) -> Iterator[PartRename]:
        schema = self._schema(table.schema)
        there, declared = [*self._there(table)], [*self._declared(table)]
        taken = {each.name for each in there}
        said = {each.name for each in declared}
        nameless = [each for each in there if each.name not in said and self.ownership.may_change(table, each.on)]
        found = _pairs(
            nameless,
            [each for each in declared if each.name not in taken],
            lambda name: self._renamed(name, table),
        )
        names = {**self._named_by_server(nameless, table, taken), **{old: new.name for old, new in found}}
        for old, new in sorted(names.items(), key=lambda pair: pair[0].name):
            yield PartRename(schema, table.name, old.kind, old.name, new)

    def _named_by_server(self, nameless: Iterable[_Part], table: Table, taken: set[str]) -> dict[_Part, str]:
        """MariaDB and MySQL call a nameless key's index as its first column, and Alembic knows it by that."""
        if not self._has_indexes_alone:
            return {}
        columns = self.renames.of_columns(table.schema, table.name)
        found = {each: columns.get(each.name, each.name) for each in nameless}
        return {each: new for each, new in found.items() if new not in taken and new == each.on[0]}

    def _there(self, table: Table) -> Iterator[_Part]:
        schema, name, inspector = self._schema(table.schema), table.name, self.inspector
        for index in inspector.get_indexes(name, schema=schema):
            if "duplicates_constraint" not in index:
                yield from _index(index["name"], index["column_names"], unique=index["unique"])
        if self._has_indexes_alone:
            return
        key = inspector.get_pk_constraint(name, schema=schema)
        yield from _constraint(key.get("name"), "primary key", key["constrained_columns"])
        for unique in inspector.get_unique_constraints(name, schema=schema):
            yield from _constraint(unique["name"], "unique", unique["column_names"])
        for check in inspector.get_check_constraints(name, schema=schema):
            yield from _constraint(check["name"], "check", (), in_order=False)
        for foreign in inspector.get_foreign_keys(name, schema=schema):
            target = self._schema(foreign["referred_schema"]), foreign["referred_table"]
            columns = foreign["constrained_columns"]
            pairs = frozenset(zip(columns, foreign["referred_columns"], strict=True))
            yield from _constraint(foreign["name"], ("foreign key", target, pairs), columns, in_order=False)

    def _declared(self, table: Table) -> Iterator[_Part]:
        for index in table.indexes:
            names = [getattr(each, "name", None) for each in index.expressions]
            yield from _index(self._name(index), names, unique=bool(index.unique))
        for each in table.constraints:
            # A type's own check is the type's to name, and may not be made here at all.
            if getattr(each, "_type_bound", False):
                continue
            columns = [column.name for column in getattr(each, "columns", ())]
            if self._has_indexes_alone and isinstance(each, UniqueConstraint):
                yield from _index(self._name(each), columns, unique=True)
            elif not self._has_indexes_alone:
                what, in_order = self._what(each)
                yield from _constraint(self._name(each), what, columns, in_order=in_order)

    def _what(self, constraint: Constraint) -> tuple[Any, bool]:
        """What is compared of it, and whether the order of its columns is."""
        if isinstance(constraint, ForeignKeyConstraint):
            target = self._schema(constraint.referred_table.schema), constraint.referred_table.name
            pairs = frozenset((key.parent.name, key.column.name) for key in constraint.elements)
            return ("foreign key", target, pairs), False
        if isinstance(constraint, UniqueConstraint):
            return "unique", True
        return ("primary key", True) if isinstance(constraint, PrimaryKeyConstraint) else ("check", False)

    @property
    def _has_indexes_alone(self) -> bool:
        """Whether unique constraints are indexes, and nothing else can be renamed."""
        return self.dialect.name in MYSQL

    def _name(self, part: Constraint | Index) -> str | None:
        """As it is in the database, by the naming convention if there is one."""
        if part.name is None:
            return None
        said: str | None = self.dialect.identifier_preparer.format_constraint(part, _alembic_quote=False)
        return said

    def _renamed(self, name: str, table: Table) -> str:
        """A name that somebody made of those of tables and columns, with the new ones."""
        schema = self._schema(table.schema)
        names = {self.renames.old_table(schema, table.name): table.name, **self.renames.of_columns(schema, table.name)}
        words = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
        return re.sub(rf"(?<![^\W_])(?:{words})(?![^\W_])", lambda found: names[found[0]], name)

    def _schema(self, schema: str | None) -> str | None:
        return None if schema == self.dialect.default_schema_name else schema


def _constraint(name: Any, what: Any, columns: Iterable[str], *, in_order: bool = True) -> Iterator[_Part]:
    if name is not None:
        on = tuple(columns)
        yield _Part("constraint", str(name), (what, on if in_order else ()), on)


def _index(name: Any, columns: Iterable[str | None], *, unique: bool | None) -> Iterator[_Part]:
    if name is not None:
        on = tuple(columns)
        yield _Part("index", str(name), ("index", bool(unique), on), on)


def _pairs(there: list[_Part], declared: list[_Part], renamed: Callable[[str], str]) -> Iterator[tuple[_Part, _Part]]:
    """Those that are each other's only likeness, and of the rest those whose names say so."""
    groups: defaultdict[tuple[Any, ...], tuple[list[_Part], list[_Part]]] = defaultdict(lambda: ([], []))
    for side, parts in enumerate((there, declared)):
        for part in parts:
            groups[part.kind, part.is_what][side].append(part)
    for (_, what), (old, new) in groups.items():
        if len(old) == len(new) == 1 and what != _CHECK:
            yield old[0], new[0]
            continue
        for each in old:
            yield from ((each, other) for other in new if other.name == renamed(each.name))
