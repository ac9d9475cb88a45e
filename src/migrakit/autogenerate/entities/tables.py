"""Tables that the same revision makes or changes, as views and functions will find them."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import ARRAY, Enum, String, bindparam, text
from sqlalchemy.dialects.postgresql import DOMAIN

from migrakit.autogenerate.types import unwrapped
from migrakit.entities.kinds.kind import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Dialect
    from sqlalchemy.types import TypeEngine

__all__ = ["Name", "Surroundings", "surroundings"]

Name = tuple[str, str]
"""Schema and name."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What this revision makes or changes before its entities, as far as they name it."""

    dialect: Dialect
    tables: Mapping[Name, ops.CreateTableOp | ops.ModifyTableOps] = MappingProxyType({})
    types: Mapping[Name, Any] = MappingProxyType({})
    dropped: frozenset[Name] = frozenset()
    """Tables."""

    @property
    def names(self) -> set[Name]:
        """All of it."""
        return {*self.tables, *self.types}

    @property
    def altered(self) -> set[Name]:
        """Tables that are there already."""
        return {name for name, op in self.tables.items() if not isinstance(op, ops.CreateTableOp)}

    def statements(self, scratch: Mapping[str, str]) -> Iterator[str]:
        """What makes all of it in these schemas."""
        for (schema, name), type_ in self.types.items():
            yield self._made(type_, f"{scratch[schema]}.{quoted(name)}")
        for (schema, name), op in self.tables.items():
            table = f"{scratch[schema]}.{quoted(name)}"
            if isinstance(op, ops.CreateTableOp):
                yield f"CREATE TABLE {table} ({', '.join(self._columns(op, scratch))})"
            else:
                yield f"CREATE TABLE {table} (LIKE {quoted(schema)}.{quoted(name)} INCLUDING INDEXES)"
                yield from (f"ALTER TABLE {table} {change}" for change in self._changes(op, scratch))

    def _columns(self, op: ops.CreateTableOp, scratch: Mapping[str, str]) -> Iterator[str]:
        table = op.to_table()
        yield from (f"{quoted(column.name)} {self._type(column.type, scratch)}" for column in table.columns)
        # Without it a view may not group by the key and show the rest.
        if key := [quoted(column.name) for column in table.primary_key.columns]:
            yield f"PRIMARY KEY ({', '.join(key)})"

    def _changes(self, op: ops.ModifyTableOps, scratch: Mapping[str, str]) -> Iterator[str]:
        for change in op.ops:
            if isinstance(change, ops.AddColumnOp):
                yield f"ADD COLUMN {quoted(change.column.name)} {self._type(change.column.type, scratch)}"
            elif isinstance(change, ops.DropColumnOp):
                yield f"DROP COLUMN {quoted(change.column_name)}"
            elif isinstance(change, ops.AlterColumnOp) and change.modify_type is not None:
                type_ = self._type(change.modify_type, scratch)
                yield f"ALTER COLUMN {quoted(change.column_name)} TYPE {type_} USING NULL"
            if isinstance(change, ops.AlterColumnOp) and change.modify_name is not None:
                yield f"RENAME COLUMN {quoted(change.column_name)} TO {quoted(change.modify_name)}"

    def _made(self, type_: Any, called: str) -> str:
        if isinstance(type_, DOMAIN):
            return f"CREATE DOMAIN {called} AS {self._said(type_.data_type)}"
        labels = ", ".join("'" + label.replace("'", "''") + "'" for label in type_.enums)
        return f"CREATE TYPE {called} AS ENUM ({labels})"

    def _type(self, type_: TypeEngine[Any], scratch: Mapping[str, str]) -> str:
        said = self._said(type_)
        named = _named(type_, self.dialect)
        if named is None or (key := _name_of(named, self.dialect)) not in self.types:
            return said
        return said.replace(self._said(named), f"{scratch[key[0]]}.{quoted(key[1])}", 1)

    def _said(self, type_: TypeEngine[Any]) -> str:
        """As the server is to read it: for some drivers each % in a name is doubled."""
        said = str(self.dialect.type_compiler_instance.process(type_))
        return said.replace("%%", "%") if "%%" in self.dialect.identifier_preparer.quote("%") else said


def surroundings(
    found: Sequence[ops.MigrateOperation], connection: Connection, *, named: Collection[str]
) -> Surroundings:
    """Of what these ops do, what entities that say these names can tell."""
    dialect = connection.dialect
    default_schema = str(dialect.default_schema_name)
    all_tables = {
        (op.schema or default_schema, op.table_name): op
        for op in found
        if isinstance(op, (ops.CreateTableOp, ops.ModifyTableOps)) and _changes_columns(op)
    }
    tables = {key: op for key, op in all_tables.items() if key[1] in named}
    types = {
        _name_of(type_, dialect): type_
        for key, op in all_tables.items()
        for type_ in _types(op, dialect)
        if key in tables or type_.name in named
    }
    dropped = {(op.schema or default_schema, op.table_name) for op in found if isinstance(op, ops.DropTableOp)}
    return Surroundings(dialect, tables, _missing(types, connection), frozenset(dropped))


def _changes_columns(op: ops.CreateTableOp | ops.ModifyTableOps) -> bool:
    if isinstance(op, ops.CreateTableOp):
        return True
    return any(
        isinstance(change, (ops.AddColumnOp, ops.DropColumnOp))
        or (
            isinstance(change, ops.AlterColumnOp) and (change.modify_type is not None or change.modify_name is not None)
        )
        for change in op.ops
    )


def _types(op: ops.CreateTableOp | ops.ModifyTableOps, dialect: Dialect) -> Iterator[Any]:
    if isinstance(op, ops.CreateTableOp):
        types = [column.type for column in op.to_table().columns]
    else:
        types = [change.column.type for change in op.ops if isinstance(change, ops.AddColumnOp)]
        types += [
            change.modify_type for change in op.ops if isinstance(change, ops.AlterColumnOp) and change.modify_type
        ]
    yield from (named for each in types if (named := _named(each, dialect)) is not None)


def _named(type_: Any, dialect: Dialect) -> Any:
    """The enum or the domain in it, if that is a type of its own."""
    impl = unwrapped(type_.dialect_impl(dialect))
    if impl is not type_ and hasattr(impl, "item_type"):
        return _named(impl, dialect)
    is_named = isinstance(impl, DOMAIN) or (isinstance(impl, Enum) and impl.native_enum)
    return impl if is_named and impl.name else None


def _name_of(type_: Any, dialect: Dialect) -> Name:
    schema: str | None = getattr(type_, "schema", None)
    return schema or str(dialect.default_schema_name), str(type_.name)


_TYPES = text(
    "SELECT ARRAY(SELECT to_regtype(n) IS NOT NULL "
    "FROM unnest(CAST(:names AS text[])) WITH ORDINALITY AS t(n, i) ORDER BY i)"
).bindparams(bindparam("names", type_=ARRAY(String)))


def _missing(enums: Mapping[Name, Any], connection: Connection) -> dict[Name, Any]:
    """Those that are not there yet; what is there is found where it is."""
    if not enums:
        return {}
    there = connection.execute(_TYPES, {"names": [".".join(map(quoted, key)) for key in enums]}).scalar_one()
    return {key: enum for (key, enum), is_there in zip(enums.items(), there, strict=True) if not is_there}
