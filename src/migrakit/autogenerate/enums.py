"""The same decision about enums, where alembic-postgresql-enum is in use.

Its own ``include_name`` is asked with a bare name, and its comparator runs before those of plugins that are as late as
itself. So what it proposes is judged here, schema and all, and neither its configuration nor its registry is touched.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alembic.util import DispatchPriority, PriorityDispatchResult
from sqlalchemy import Enum
from sqlalchemy.types import TypeDecorator

from migrakit import catalog
from migrakit.autogenerate.report import hooks_of
from migrakit.filters import Answer
from migrakit.filters.comparison import protected
from migrakit.target import NOWHERE, Reader, Target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import MigrateOperation, UpgradeOps
    from alembic.runtime.plugins import Plugin
    from sqlalchemy import Column

    from migrakit.filters import Filter

__all__ = ["setup"]

log = logging.getLogger("migrakit")


def _leave_foreign_enums(
    context: AutogenContext,
    upgrade_ops: UpgradeOps,
    schemas: set[str | None],  # noqa: ARG001 - a comparator's signature
) -> PriorityDispatchResult:
    hooks = hooks_of(context)
    if hooks is not None and any(map(_is_about_an_enum, upgrade_ops.ops)):
        judge = _Judge(hooks.owns, context)
        upgrade_ops.ops = [op for op in upgrade_ops.ops if not _is_about_an_enum(op) or judge.lets_in(op)]
    return PriorityDispatchResult.CONTINUE


def _is_about_an_enum(op: MigrateOperation) -> bool:
    return type(op).__module__.startswith("alembic_postgresql_enum.")


class _Judge:
    """Asks the filter about types, in one comparison."""

    def __init__(self, owns: Filter, context: AutogenContext) -> None:
        database = catalog.current()
        self._said = owns
        self._owns = protected(owns, database)
        self._reader = Reader(database or NOWHERE)
        self._default_schema = context.dialect.default_schema_name
        self._declared = set(self._declared_by_own_columns(context))

    def lets_in(self, op: Any) -> bool:
        """Whether the service may do this. One that its columns can't do without is created, whatever it is called."""
        target = self._target(op)
        answer = self._owns.decide(target)
        if answer is Answer.YES or (answer is Answer.UNKNOWN and target.declared):
            return True
        if answer is Answer.UNKNOWN:
            because = "; ".join(f"{rule.filter}: {rule.because}" for rule in self._owns.explain(target).deciding)
            log.warning("Left alone, as nothing says whether it is this service's: %s (%s).", target, because)
        elif target.declared:
            return self._says_so(target, created=not target.exists)
        return False

    def _target(self, op: Any) -> Target:
        return Target(
            "type",
            op.name,
            schema=op.schema,
            default_schema=self._default_schema,
            declared=(op.schema, op.name) in self._declared,
            exists=op.operation_name != "create_enum",
        )

    def _says_so(self, target: Target, *, created: bool) -> bool:
        done = "created for the columns that need it, and left alone from then on" if created else "left out"
        log.warning("Declared, but not owned by %r, and so %s: %s.", self._said, done, target)
        return created

    def _declared_by_own_columns(self, context: AutogenContext) -> Iterator[tuple[str | None, str | None]]:
        for table in context.table_key_to_table.values():
            for column in table.columns:
                enum = _enum_of(column.type)
                if enum is not None and self._is_own(column):
                    yield enum.schema or self._default_schema, enum.name

    def _is_own(self, column: Column[Any]) -> bool:
        table = self._reader.from_declared(column.table)
        part = replace(table, kind="column", name=column.name, table=table, object=column)
        return self._owns.decide(part) is not Answer.NO


def _enum_of(type_: Any) -> Any:
    """The type that such a column would have created: not one of which its author says that it is there."""
    type_ = getattr(type_, "item_type", type_)  # of an array
    type_ = type_.impl_instance if isinstance(type_, TypeDecorator) else type_
    return type_ if isinstance(type_, Enum) and getattr(type_, "create_type", True) else None


def setup(plugin: Plugin) -> None:
    plugin.add_autogenerate_comparator(_leave_foreign_enums, "schema", "enums", priority=DispatchPriority.LAST)
