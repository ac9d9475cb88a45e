"""What looks like a rename that nobody declared: never guessed, and said in the revision and in the log."""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import ops
from alembic.util import DispatchPriority, PriorityDispatchResult

from migrakit.autogenerate.report import hooks_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.plugins import Plugin
    from sqlalchemy import Column

__all__ = ["Likely", "likely_renames", "setup"]

log = logging.getLogger("migrakit")


@dataclass(frozen=True, slots=True)
class Likely:
    """A column or a table that goes, and the only one like it that comes in its place."""

    kind: str
    old: str
    new: str
    drop: ops.MigrateOperation
    """The op of the upgrade that the drop is, or is a part of."""

    def __str__(self) -> str:
        name = self.old.rpartition(".")[2] if self.kind == "column" else self.old
        return (
            f"The {self.kind} {self.old} goes with all that is in it, and {self.new} comes, which is like it. "
            f'If it is only called otherwise, mark it with info=renamed_from("{name}") and write the revision anew.'
        )


class NoteOp(ops.OpContainer):
    """What a reader of the next op has to know. It does nothing, and on the way back says nothing."""

    def __init__(self, *said: str) -> None:
        super().__init__(())
        self.said = said

    def reverse(self) -> NoteOp:
        return NoteOp()


def likely_renames(upgrade_ops: ops.UpgradeOps, context: AutogenContext) -> list[Likely]:
    """Of all that goes and comes what has one likeness, here as there."""
    return [*_columns(upgrade_ops.ops, context), *_tables(upgrade_ops.ops, context)]


def _columns(found: Sequence[ops.MigrateOperation], context: AutogenContext) -> Iterator[Likely]:
    changes: defaultdict[tuple[str | None, str], list[tuple[ops.ModifyTableOps, Any]]] = defaultdict(list)
    for op in found:
        if isinstance(op, ops.ModifyTableOps):
            changes[op.schema, op.table_name] += [(op, change) for change in op.ops]
    for (_, table), parts in changes.items():
        gone = [(op, each.reverse().column) for op, each in parts if isinstance(each, ops.DropColumnOp)]
        come = [each.column for _, each in parts if isinstance(each, ops.AddColumnOp)]
        for op, old in gone:
            like = [new for new in come if _is_like(old, new, context)]
            if len(like) == 1 and sum(_is_like(each, like[0], context) for _, each in gone) == 1:
                yield Likely("column", f"{table}.{old.name}", f"{table}.{like[0].name}", op)


def _tables(found: Sequence[ops.MigrateOperation], context: AutogenContext) -> Iterator[Likely]:
    gone = [(op, op.to_table()) for op in found if isinstance(op, ops.DropTableOp)]
    come = [op.to_table() for op in found if isinstance(op, ops.CreateTableOp)]
    for op, old in gone:
        like = [new for new in come if _are_like(old, new, context)]
        if len(like) == 1 and sum(_are_like(each, like[0], context) for _, each in gone) == 1:
            yield Likely("table", str(old.name), str(like[0].name), op)


def _are_like(old: Any, new: Any, context: AutogenContext) -> bool:
    names = [column.name for column in old.columns]
    return (
        (old.schema, sorted(names)) == (new.schema, sorted(column.name for column in new.columns))
        and len(names) > 1  # an id alone is like any other
        and all(_is_like(old.columns[name], new.columns[name], context) for name in names)
    )


def _is_like(old: Column[Any], new: Column[Any], context: AutogenContext) -> bool:
    impl: Any = context.migration_context.impl
    return not impl.compare_type(old, new)


def _note_likely(
    context: AutogenContext,
    upgrade_ops: ops.UpgradeOps,
    schemas: set[str | None],  # noqa: ARG001 - a comparator's signature
) -> PriorityDispatchResult:
    if hooks_of(context) is not None:
        for each in likely_renames(upgrade_ops, context):
            log.warning("%s", each)
            upgrade_ops.ops.insert(upgrade_ops.ops.index(each.drop), NoteOp(str(each)))
    return PriorityDispatchResult.CONTINUE


def _written(_: AutogenContext, op: NoteOp) -> list[str]:
    return [f"# {line}" for said in op.said for line in said.replace(". If", ".\nIf").splitlines()]


def setup(plugin: Plugin) -> None:
    plugin.add_autogenerate_comparator(_note_likely, "schema", "likely", priority=DispatchPriority.LAST)
    renderers.dispatch_for(NoteOp)(_written)
