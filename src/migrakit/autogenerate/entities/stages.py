"""Ops on entities, in two stages: what comes before the tables' own changes, and what comes after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from alembic.operations import ops
from alembic_utils.reversible_op import CreateOp, DropOp, ReplaceOp

from migrakit.autogenerate.entities.planning import Does

if TYPE_CHECKING:
    from collections.abc import Iterable

    from migrakit.autogenerate.entities.planning import Step

__all__ = ["Create", "Drop", "Replace", "Stage"]


class Create(CreateOp):
    """alembic-utils' own, which is written otherwise."""


class Replace(ReplaceOp):
    """alembic-utils' own, which is written otherwise."""


class Drop(DropOp):
    """alembic-utils' own, which is written otherwise."""


_OPS = {Does.CREATES: Create, Does.REPLACES: Replace, Does.DROPS: Drop}


class Stage(ops.OpContainer):
    """Ops, and those of the way back, which are not the same reversed: a view may gain columns, and lose none."""

    def __init__(self, there: Iterable[Step], back: Iterable[Step]) -> None:
        self._there, self._back = tuple(there), tuple(back)
        super().__init__([op for step in self._there for op in _ops(step)])

    def reverse(self) -> Stage:
        return Stage(self._back, self._there)


def _ops(step: Step) -> list[ops.MigrateOperation]:
    op = _OPS[step.does](cast("Any", step.entity))
    if not step.is_ahead:
        return [op]
    # Functions that call each other: the server would look for what is yet to come.
    return [ops.ExecuteSQLOp(_UNCHECKED), op, ops.ExecuteSQLOp(_CHECKED)]


_UNCHECKED = "SET LOCAL check_function_bodies = off"
_CHECKED = "SET LOCAL check_function_bodies TO DEFAULT"
