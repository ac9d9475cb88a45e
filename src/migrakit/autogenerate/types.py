"""The types of columns that the database has to know by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import Column
from sqlalchemy.types import SchemaType, TypeDecorator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["creates", "schemas_of_new", "unwrapped"]


def unwrapped(type_: Any) -> Any:
    """What an array or a decorator is made of."""
    type_ = getattr(type_, "item_type", type_)
    return type_.impl_instance if isinstance(type_, TypeDecorator) else type_


def creates(type_: Any) -> bool:
    """Whether a column would create its type: its author may say that the type is there."""
    return bool(getattr(type_, "create_type", True))


def schemas_of_new(found: Iterable[ops.MigrateOperation]) -> set[str]:
    """The schemas, spelled out, that types of new columns are in; on PostgreSQL, where types have names."""
    types = (unwrapped(column.type) for column in _new_columns(found))
    named = (each for each in types if isinstance(each, SchemaType) and getattr(each, "native_enum", True))
    return {schema for each in named if creates(each) and (schema := getattr(each, "schema", None)) is not None}


def _new_columns(found: Iterable[ops.MigrateOperation]) -> Iterator[Column[Any]]:
    for op in found:
        if isinstance(op, ops.CreateTableOp):
            yield from (each for each in op.columns if isinstance(each, Column))
        elif isinstance(op, ops.ModifyTableOps):
            yield from (each.column for each in op.ops if isinstance(each, ops.AddColumnOp))
