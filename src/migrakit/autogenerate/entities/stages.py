"""Ops on entities, in two stages: what comes before the tables' own changes, and what comes after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from alembic.operations import ops
from alembic_utils.reversible_op import CreateOp, DropOp, ReplaceOp

from migrakit.autogenerate.entities.steps import Does
from migrakit.entities.statements import without_tabs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from migrakit.autogenerate.entities.steps import Step

__all__ = ["Create", "Drop", "Note", "Replace", "Run", "Stage"]


class Create(CreateOp):
    """alembic-utils' own, which is written otherwise."""


class Replace(ReplaceOp):
    """alembic-utils' own, which is written otherwise."""


class Drop(DropOp):
    """alembic-utils' own, which is written otherwise."""


class Run(ops.ExecuteSQLOp):
    """A statement about what is no entity."""


class Note(ops.OpContainer):
    """What a reader of the next op has to know."""

    def __init__(self, said: str) -> None:
        super().__init__(())
        self.said = said


_OPS = {Does.CREATES: Create, Does.REPLACES: Replace, Does.DROPS: Drop}


class Stage(ops.OpContainer):
    """Ops, and those of the way back, which are not the same reversed: a view may gain columns, and lose none."""

    def __init__(self, there: Iterable[Step], back: Iterable[Step]) -> None:
        self._there, self._back = tuple(there), tuple(back)
        super().__init__([op for step in self._there for op in _ops(step)])

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to do, neither there nor back."""
        return not (self._there or self._back)

    def reverse(self) -> Stage:
        return Stage(self._back, self._there)


def _ops(step: Step) -> list[ops.MigrateOperation]:
    notes: list[ops.MigrateOperation] = [Note(each) for each in step.notes]
    if step.does is not None:
        return [*notes, _OPS[step.does](cast("Any", step.entity))]
    return [*notes, Run(without_tabs(step.sql))] if step.sql else notes
