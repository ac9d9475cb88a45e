"""Puts Alembic's ops into an order that applies, there and back, and that is the same in every run.

Alembic takes what it drops from sets, and drops tables before it looks at those that stay. Here what is made comes
after what it needs, and what is dropped before; as a downgrade is the upgrade reversed, it applies for the same reason.
Apart from that, ops stay where Alembic has them. An op of another plugin keeps before it what is before it, and after
it what is after it.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING

from alembic.autogenerate import renderers
from alembic.operations import Operations, ops
from alembic.util import DispatchPriority, PriorityDispatchResult

from migrakit.autogenerate.steps import Does, DropIndexWithTable, is_known, steps_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.plugins import Plugin

    from migrakit.autogenerate.steps import Key, Step

__all__ = ["setup"]


def _order(
    context: AutogenContext,
    upgrade_ops: ops.UpgradeOps,
    schemas: set[str | None],  # noqa: ARG001 - a comparator's signature
) -> PriorityDispatchResult:
    dialect = context.migration_context.dialect
    ordered: list[ops.MigrateOperation] = []
    for known, group in groupby(upgrade_ops.ops, is_known):
        run = list(group)
        ordered.extend(_merged(_in_order(steps_of(run, dialect))) if known else run)
    upgrade_ops.ops = ordered
    return PriorityDispatchResult.CONTINUE


def _in_order(steps: Sequence[Step]) -> Iterator[ops.MigrateOperation]:
    """Each where it is; what it has to wait for is pulled before it."""
    before = _waits(steps)
    done: dict[int, None] = {}
    for start in range(len(steps)):
        path = [start]
        while path:
            # One that is on the path is not waited for: two tables called the same are taken for each other's parents.
            waiting = next((each for each in before[path[-1]] if each not in done and each not in path), None)
            if waiting is None:
                done[path.pop()] = None
            else:
                path.append(waiting)
    return (op for at in done for op in steps[at].ops)


def _waits(steps: Sequence[Step]) -> list[list[int]]:
    """For each step those that come before it.

    What is needed makes no cycle: what is made waits for all, what is altered for drops, drops for drops; foreign keys
    wait for tables and keys, keys for columns; and of tables those that would wait for each other have been told apart.
    """
    before: list[set[int]] = [set() for _ in steps]
    provided = _where((key, at) for at, step in enumerate(steps) for key in step.provides)
    dropped = _where((name, at) for at, step in enumerate(steps) if step.does is Does.DROPS for name in step.names)
    for at, step in enumerate(steps):
        for other, is_key in {(each, key[0] == "key") for key in step.needs for each in provided[key] if each != at}:
            # Of two keys on the same columns, a foreign key must not take the one that goes.
            if step.does is Does.MAKES and (is_key or steps[other].does is not Does.DROPS):
                before[at].add(other)
            elif step.does is Does.DROPS and (is_key or steps[other].does is not Does.MAKES):
                before[other].add(at)
        if step.does is Does.MAKES:
            before[at].update(each for name in step.names for each in dropped[name])
    return [sorted(each) for each in before]


def _where(pairs: Iterable[tuple[Key, int]]) -> Mapping[Key, list[int]]:
    found: defaultdict[Key, list[int]] = defaultdict(list)
    for key, at in pairs:
        found[key].append(at)
    return found


def _merged(found: Iterable[ops.MigrateOperation]) -> Iterator[ops.MigrateOperation]:
    """Neighbours that change one table as one, as Alembic has them: in batch mode each is a copy of the table."""
    for table, group in groupby(found, _changed_table):
        if table is None:
            yield from group
        else:
            changes = [op for each in group if isinstance(each, ops.ModifyTableOps) for op in each.ops]
            schema, name = table
            yield ops.ModifyTableOps(name, changes, schema=schema)


def _changed_table(op: ops.MigrateOperation) -> tuple[str | None, str] | None:
    return (op.schema, op.table_name) if isinstance(op, ops.ModifyTableOps) else None


def _nothing(*_: object) -> list[str]:
    return []


def setup(plugin: Plugin) -> None:
    plugin.add_autogenerate_comparator(_order, "schema", "order", priority=DispatchPriority.LAST)
    renderers.dispatch_for(DropIndexWithTable)(_nothing)
    Operations.implementation_for(DropIndexWithTable)(_nothing)
