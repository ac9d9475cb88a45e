"""Which table of the database a revision means, after all that the steps before it do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from migrakit.guards.operation import Past

if TYPE_CHECKING:
    from migrakit.catalog.live import Live, TableName
    from migrakit.guards.finding import Finding
    from migrakit.guards.operation import Operation
    from migrakit.guards.review import Review

__all__ = ["Standing", "depending", "is_at_stake", "rows_at_stake"]


class Standing:
    """Follows tables through revisions that are not applied yet.

    live: the database before all of them; ``None`` where there is none to be asked.
    from_nothing: whether none of the service's revisions is applied, so that what is not there is still to be made.
    """

    def __init__(self, live: Live | None, default_schema: str | None, *, from_nothing: bool) -> None:
        self._live = live
        self._default_schema = default_schema
        self._from_nothing = from_nothing
        self._sources: dict[TableName, TableName | None] = {}
        self._left: set[TableName] = set()
        """Names that something was called until a step dropped or renamed it."""
        self._pasts: dict[TableName, Past] = {}
        self._filling: set[TableName] = set()

    def seen(self, step: Operation) -> Operation:
        """The step, with what its table is in the database; what it does counts from now on."""
        if step.table is None and isinstance(step.op, ops.DropIndexOp) and self._live is not None:
            step = replace(step, table=self._live.table_of_index(step.schema, str(step.op.index_name)))
        if step.table is None:
            return step
        name = self._name(step.schema, step.table)
        found = replace(step, source=self._source(name), is_new=self._is_new(name), past=self._past(name))
        self._advance(name, step.op)
        return found

    def end_revision(self) -> None:
        """What a revision fills is its own business until it is done: it may be a table to work with."""
        for name in self._filling:
            self._pasts[name] = replace(self._past(name), is_filled=not self._from_nothing)
        self._filling.clear()

    def _name(self, schema: str | None, table: str) -> TableName:
        return None if schema == self._default_schema else schema, table

    def _source(self, name: TableName) -> TableName | None:
        if name in self._sources:
            return self._sources[name]
        return name if self._live is not None and self._live.has(name) else None

    def _is_new(self, name: TableName) -> bool:
        if name in self._sources:
            return self._sources[name] is None
        return self._from_nothing and self._source(name) is None

    def _past(self, name: TableName) -> Past:
        return self._pasts.get(name, _NO_PAST)

    def _advance(self, name: TableName, op: Any) -> None:
        if isinstance(op, ops.CreateTableOp):
            self._create(name)
        elif isinstance(op, ops.DropTableOp):
            self._left.add(name)
            self._pasts.pop(name, None)
        elif isinstance(op, ops.RenameTableOp):
            self._rename(name, (name[0], op.new_table_name))
        elif isinstance(op, ops.BulkInsertOp) and not op.rows:
            self._filling.add(name)
        else:
            self._change(name, op)

    def _create(self, name: TableName) -> None:
        # One that is there already is not made: IF NOT EXISTS, or a question before it, leaves it as it is.
        if name in self._left or self._source(name) is None:
            self._sources[name] = None
            self._left.discard(name)

    def _rename(self, name: TableName, new: TableName) -> None:
        if self._source(name) is None and not self._is_new(name):
            return
        self._sources[new] = self._source(name)
        self._pasts[new] = self._pasts.pop(name, _NO_PAST)
        if name in self._filling:
            self._filling.add(new)
        self._left.add(name)
        self._left.discard(new)

    def _change(self, name: TableName, op: Any) -> None:
        past = self._past(name)
        if isinstance(op, ops.CreateIndexOp):
            past = replace(past, indexes=past.indexes | {str(op.index_name)})
        elif isinstance(op, ops.AlterColumnOp):
            present = op.modify_name or op.column_name
            if op.modify_type is not None:
                past = replace(past, retyped=past.retyped | {present})
            if op.modify_name is not None:
                past = replace(past, renamed={**past.renamed, past.stored_name(op.column_name): present})
        self._pasts[name] = past


_NO_PAST = Past()


def is_at_stake(finding: Finding, live: Live | None) -> bool:
    """Whether rows may be lost, or nobody can tell."""
    if finding.at_stake is None:
        return True
    return any(step.past.is_filled or not (step.is_new or _is_empty(step, live)) for step in finding.at_stake)


def rows_at_stake(finding: Finding, live: Live | None) -> str:
    """A sentence about the rows, where they are known."""
    sources = [step.source for step in finding.at_stake or () if step.source is not None]
    if live is None or not sources:
        return ""
    several = [live.rows(each) for each in sources]
    return (
        f"Here it holds {several[0]}." if len(several) == 1 else f"Here its tables hold {', '.join(map(str, several))}."
    )


def depending(review: Review, step: Operation, column: str | None = None) -> str:
    """A sentence about what reads the table or the column, where that is known."""
    if review.live is None or step.source is None:
        return ""
    found = review.live.dependents(step.source, None if column is None else step.past.stored_name(column))
    return f" What needs it: {', '.join(found)}." if found else ""


def _is_empty(step: Operation, live: Live | None) -> bool:
    return live is not None and step.source is not None and live.rows(step.source).is_empty
