"""Tables that the same revision makes or changes, as views and functions will find them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import ARRAY, Enum, String, bindparam, text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from sqlalchemy import Connection, Dialect
    from sqlalchemy.types import TypeEngine

__all__ = ["Name", "Surroundings", "surroundings"]

Name = tuple[str, str]
"""Schema and name."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What this revision makes or changes before its entities, as far as they name it."""

    dialect: Dialect
    tables: Mapping[Name, ops.CreateTableOp | ops.ModifyTableOps]
    types: Mapping[Name, Enum]

    @property
    def names(self) -> set[Name]:
        """All of it."""
        return {*self.tables, *self.types}

    def statements(self, scratch: Mapping[str, str]) -> Iterator[str]:
        """What makes all of it in these schemas."""
        quote = self.dialect.identifier_preparer.quote
        for (schema, name), enum in self.types.items():
            labels = ", ".join("'" + label.replace("'", "''") + "'" for label in enum.enums)
            yield f"CREATE TYPE {scratch[schema]}.{quote(name)} AS ENUM ({labels})"
        for (schema, name), op in self.tables.items():
            table = f"{scratch[schema]}.{quote(name)}"
            if isinstance(op, ops.CreateTableOp):
                yield f"CREATE TABLE {table} ({', '.join(self._columns(op, scratch))})"
            else:
                yield f"CREATE TABLE {table} (LIKE {quote(schema)}.{quote(name)} INCLUDING INDEXES)"
                yield from (f"ALTER TABLE {table} {change}" for change in self._changes(op, scratch))

    def _columns(self, op: ops.CreateTableOp, scratch: Mapping[str, str]) -> Iterator[str]:
        quote = self.dialect.identifier_preparer.quote
        table = op.to_table()
        yield from (f"{quote(column.name)} {self._type(column.type, scratch)}" for column in table.columns)
        # Without it a view may not group by the key and show the rest.
        if key := [quote(column.name) for column in table.primary_key.columns]:
            yield f"PRIMARY KEY ({', '.join(key)})"

    def _changes(self, op: ops.ModifyTableOps, scratch: Mapping[str, str]) -> Iterator[str]:
        quote = self.dialect.identifier_preparer.quote
        for change in op.ops:
            if isinstance(change, ops.AddColumnOp):
                yield f"ADD COLUMN {quote(change.column.name)} {self._type(change.column.type, scratch)}"
            elif isinstance(change, ops.DropColumnOp):
                yield f"DROP COLUMN {quote(change.column_name)}"
            elif isinstance(change, ops.AlterColumnOp) and change.modify_type is not None:
                type_ = self._type(change.modify_type, scratch)
                yield f"ALTER COLUMN {quote(change.column_name)} TYPE {type_} USING NULL"

    def _type(self, type_: TypeEngine[Any], scratch: Mapping[str, str]) -> str:
        said = str(self.dialect.type_compiler_instance.process(type_))
        enum = _enum_of(type_)
        if enum is None or (key := _name_of(enum, self.dialect)) not in self.types:
            return said
        alone = str(self.dialect.type_compiler_instance.process(enum))
        return said.replace(alone, f"{scratch[key[0]]}.{self.dialect.identifier_preparer.quote(key[1])}", 1)


def surroundings(
    found: Iterable[ops.MigrateOperation], connection: Connection, *, named: Collection[str]
) -> Surroundings:
    """Of what these ops do, what entities that say these names can tell."""
    default_schema = str(connection.dialect.default_schema_name)
    tables = {
        (op.schema or default_schema, op.table_name): op
        for op in found
        if isinstance(op, (ops.CreateTableOp, ops.ModifyTableOps)) and op.table_name in named and _changes_columns(op)
    }
    enums = {_name_of(enum, connection.dialect): enum for op in tables.values() for enum in _enums(op)}
    return Surroundings(connection.dialect, tables, _missing(enums, connection))


def _changes_columns(op: ops.CreateTableOp | ops.ModifyTableOps) -> bool:
    if isinstance(op, ops.CreateTableOp):
        return True
    return any(
        isinstance(change, (ops.AddColumnOp, ops.DropColumnOp))
        or (isinstance(change, ops.AlterColumnOp) and change.modify_type is not None)
        for change in op.ops
    )


def _enums(op: ops.CreateTableOp | ops.ModifyTableOps) -> Iterator[Enum]:
    if isinstance(op, ops.CreateTableOp):
        types = [column.type for column in op.to_table().columns]
    else:
        types = [change.column.type for change in op.ops if isinstance(change, ops.AddColumnOp)]
        types += [
            change.modify_type for change in op.ops if isinstance(change, ops.AlterColumnOp) and change.modify_type
        ]
    yield from (enum for each in types if (enum := _enum_of(each)) is not None)


def _enum_of(type_: Any) -> Enum | None:
    inner = getattr(type_, "item_type", type_)
    return inner if isinstance(inner, Enum) and inner.native_enum and inner.name else None


def _name_of(enum: Enum, dialect: Dialect) -> Name:
    schema: str | None = getattr(enum, "schema", None)
    return schema or str(dialect.default_schema_name), str(enum.name)


_TYPES = text(
    "SELECT ARRAY(SELECT to_regtype(n) IS NOT NULL FROM unnest(:names) WITH ORDINALITY AS t(n, i) ORDER BY i)"
).bindparams(bindparam("names", type_=ARRAY(String)))


def _missing(enums: Mapping[Name, Enum], connection: Connection) -> dict[Name, Enum]:
    """Those that are not there yet; what is there is found where it is."""
    if not enums:
        return {}
    quote = connection.dialect.identifier_preparer.quote
    there = connection.execute(_TYPES, {"names": [".".join(map(quote, key)) for key in enums]}).scalar_one()
    return {key: enum for (key, enum), is_there in zip(enums.items(), there, strict=True) if not is_there}
