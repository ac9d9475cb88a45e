"""The same decision about enums, where alembic-postgresql-enum is in use.

Its own ``include_name`` is asked with a bare name, and its comparator runs before those of plugins that are as late as
itself. So what it proposes is judged here, schema and all, and neither its configuration nor its registry is touched.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import replace
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any

from alembic.util import DispatchPriority, PriorityDispatchResult
from sqlalchemy import Enum

from migrakit import catalog
from migrakit.autogenerate.renames import pending
from migrakit.autogenerate.report import hooks_of
from migrakit.autogenerate.types import creates, schemas_of_new, unwrapped
from migrakit.filters import Answer
from migrakit.filters.comparison import protected
from migrakit.target import NOWHERE, Reader, Target

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import MigrateOperation, UpgradeOps
    from alembic.runtime.plugins import Plugin
    from sqlalchemy import Column

    from migrakit.filters import Filter

__all__ = ["setup"]

log = logging.getLogger("migrakit")

_Name = tuple[str | None, str]
"""Schema and name, the default schema by its real name."""


def _leave_foreign_enums(
    context: AutogenContext,
    upgrade_ops: UpgradeOps,
    schemas: set[str | None],  # noqa: ARG001 - a comparator's signature
) -> PriorityDispatchResult:
    hooks = hooks_of(context)
    if hooks is not None and any(map(_is_about_an_enum, upgrade_ops.ops)):
        judge = _Judge(hooks.owns, context)
        ops: list[MigrateOperation] = []
        for is_about_an_enum, group in groupby(upgrade_ops.ops, _is_about_an_enum):
            run = list(group)  # of enums schema by schema, and schemas come from a set
            ops.extend(filter(judge.lets_in, sorted(run, key=_by_name)) if is_about_an_enum else run)
        upgrade_ops.ops = ops
    return PriorityDispatchResult.CONTINUE


def _is_about_an_enum(op: MigrateOperation) -> bool:
    return type(op).__module__.startswith("alembic_postgresql_enum.")


def _by_name(op: Any) -> tuple[str, str]:
    return op.schema, op.name


class _Judge:
    """Asks the filter about types, in one comparison."""

    def __init__(self, owns: Filter, context: AutogenContext) -> None:
        database = catalog.current()
        self._said = owns
        self._owns = protected(owns, database)
        self._reader = Reader(database or NOWHERE)
        self._connection = context.connection
        self._renames = pending(context)
        self._default_schema = context.dialect.default_schema_name
        self._tables = {self._key(table.schema, table.name): table for table in context.table_key_to_table.values()}
        self._declared: defaultdict[_Name, list[Column[Any]]] = defaultdict(list)
        for column in (column for table in self._tables.values() for column in table.columns):
            if (enum := _enum_of(column.type)) is not None:
                self._declared[self._key(enum.schema, enum.name)].append(column)

    def lets_in(self, op: Any) -> bool:
        """Whether the service may do this. One that its columns can't do without is created, whatever it is called."""
        target = self._target(op)
        answer = self._owns.decide(target)
        if answer is Answer.YES or (answer is Answer.UNKNOWN and target.declared):
            return self._leaves_others_alone(op, target)
        if answer is Answer.UNKNOWN:
            because = "; ".join(f"{rule.filter}: {rule.because}" for rule in self._owns.explain(target).deciding)
            log.warning("Left alone, as nothing says whether it is this service's: %s (%s).", target, because)
        elif target.declared:
            return self._says_so(target, created=not target.exists)
        return False

    def _target(self, op: Any) -> Target:
        own = filter(self._is_own, self._declared[op.schema, op.name])
        return Target(
            "type",
            op.name,
            schema=op.schema,
            default_schema=self._default_schema,
            declared=any(creates(unwrapped(column.type)) for column in own),
            exists=op.operation_name != "create_enum",
        )

    def _says_so(self, target: Target, *, created: bool) -> bool:
        done = "created for the columns that need it, and left alone from then on" if created else "left out"
        log.warning("Declared, but not owned by %r, and so %s: %s.", self._said, done, target)
        return created

    def _leaves_others_alone(self, op: Any, target: Target) -> bool:
        """Whether this can be done without touching columns that are another's."""
        declared = self._declared[op.schema, op.name]
        own = [column for column in declared if self._is_own(column)]
        if declared and not own:
            return False
        if op.operation_name == "add_enum_value":
            self._name_only(own, op)
        elif op.operation_name in ("drop_enum", "change_enum_variants"):
            other = next(self._columns_of_others(op.schema, op.name), None)
            if other is not None:
                why = "Left alone, as what is not this service's has it for a type: %s (column %s of %s)."
                log.warning(why, target, other.name, other.table)
                return False
        return True

    def _name_only(self, own: Sequence[Column[Any]], op: Any) -> None:
        """Of the columns that the way back would alter, those alone."""
        named = {(*self._key(column.table.schema, column.table.name), column.name) for column in own}
        op.affected_columns = [
            each for each in op.affected_columns if (each.table_schema, each.table_name, each.column_name) in named
        ]

    def _columns_of_others(self, schema: str, enum: str) -> Iterator[Target]:
        for each in self._in_database:
            if (each.enum_schema, each.enum) == (schema, enum):
                column = self._found(each)
                answer = self._owns.decide(column)
                if answer is Answer.NO or (answer is Answer.UNKNOWN and not column.declared):
                    yield column
        yield from (self._part(column) for column in self._declared[schema, enum] if not self._is_own(column))

    @cached_property
    def _in_database(self) -> list[catalog.EnumColumn]:
        return [] if self._connection is None else catalog.enum_columns(self._connection)

    def _found(self, each: catalog.EnumColumn) -> Target:
        where: dict[str, Any] = {"schema": each.schema, "default_schema": self._default_schema, "exists": True}
        name = self._renames.new_table(each.schema, each.relation)
        declared = self._tables.get((each.schema, name))
        table = self._reader.from_declared(declared) if declared is not None else None
        relation = table or Target(each.kind, name, declared=False, **where)
        column = self._renames.of_columns(each.schema, name).get(each.column, each.column)
        return Target("column", column, table=relation, declared=relation.declared, **where)

    def _is_own(self, column: Column[Any]) -> bool:
        return self._owns.decide(self._part(column)) is not Answer.NO

    def _part(self, column: Column[Any]) -> Target:
        table = self._reader.from_declared(column.table)
        return replace(table, kind="column", name=column.name, table=table, object=column)

    def _key(self, schema: str | None, name: str) -> _Name:
        return schema or self._default_schema, name


def _enum_of(type_: Any) -> Any:
    type_ = unwrapped(type_)
    return type_ if isinstance(type_, Enum) else None


def _look_where_types_will_be(
    context: AutogenContext, upgrade_ops: UpgradeOps, schemas: set[str | None]
) -> PriorityDispatchResult:
    """Types may be in a schema that is still missing: Alembic doesn't list it, and their comparator wouldn't look."""
    is_ours = context.migration_context.dialect.name == "postgresql" and hooks_of(context) is not None
    if is_ours and (new := schemas_of_new(upgrade_ops.ops)):
        schemas |= new.difference(context.inspector.get_schema_names())
    return PriorityDispatchResult.CONTINUE


def setup(plugin: Plugin) -> None:
    plugin.add_autogenerate_comparator(_look_where_types_will_be, "schema", "enums")
    plugin.add_autogenerate_comparator(_leave_foreign_enums, "schema", "enums", priority=DispatchPriority.LAST)
