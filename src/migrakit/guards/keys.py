"""Constraints and unique indexes that a revision drops and makes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from alembic.operations import ops

from migrakit.catalog.live import Index

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrakit.guards.operation import Operation
    from migrakit.guards.review import Review

__all__ = ["Key", "dropped_key", "index_of", "made_keys", "renamed_key"]

_UNIQUE = ("unique", "unique index", "primary")


@dataclass(frozen=True, slots=True)
class Key:
    """One of a table. ``kind`` is ``None`` where nobody says it."""

    table: str
    kind: str | None
    name: Any
    """What Alembic has for one, which may be none."""
    columns: tuple[str, ...] = ()
    is_partial: bool = False
    target: str | None = None
    """The table that a foreign key refers to, where that is known."""

    def is_kept_by(self, other: Key) -> bool:
        """Whether the other keeps out all that this one did."""
        if self.table != other.table:
            return False
        if self.kind in _UNIQUE and other.kind in _UNIQUE:
            is_strict = (self.kind != "primary" or other.kind == "primary") and (
                self.is_partial or not other.is_partial
            )
            return is_strict and bool(other.columns) and set(other.columns) <= set(self.columns)
        if self.kind == "foreignkey":
            is_same = None in (self.target, other.target) or self.target == other.target
            return other.kind == "foreignkey" and is_same and set(other.columns) == set(self.columns)
        return self.kind == other.kind and self.name == other.name


def dropped_key(step: Operation, review: Review) -> Key | None:
    """What the step drops, if it is one of these."""
    op: Any = step.op
    if isinstance(op, ops.DropConstraintOp):
        return _of_constraint(op, step, review)
    return _of_index(op, step, review) if isinstance(op, ops.DropIndexOp) else None


def made_keys(review: Review) -> Iterator[Key]:
    """All that the revision makes."""
    for step in review.operations:
        if (key := _made(step.op, review.name(step), review)) is not None:
            yield key


def _made(op: Any, table: str, review: Review) -> Key | None:
    """What an op makes, of this revision or of whatever made what it drops."""
    if isinstance(op, ops.CreateUniqueConstraintOp):
        return Key(table, "unique", op.constraint_name, tuple(map(_name, op.columns)))
    if isinstance(op, ops.CreatePrimaryKeyOp):
        return Key(table, "primary", op.constraint_name, tuple(map(_name, op.columns)))
    if isinstance(op, ops.CreateForeignKeyOp):
        target = review.dotted(op.kw.get("referent_schema"), op.referent_table)
        return Key(table, "foreignkey", op.constraint_name, tuple(op.local_cols), target=target)
    if isinstance(op, ops.CreateCheckConstraintOp):
        return Key(table, "check", op.constraint_name)
    if isinstance(op, ops.CreateIndexOp) and op.unique:
        return Key(table, "unique index", op.index_name, tuple(map(_name, op.columns)), _is_partial(op.kw))
    return None


def renamed_key(key: Key, review: Review) -> Key:
    """The same under the names that the revision gives its columns and its table."""
    for step in review.operations:
        op: Any = step.op
        if review.name(step) != key.table:
            continue
        if isinstance(op, ops.RenameTableOp):
            key = replace(key, table=review.dotted(step.schema, op.new_table_name))
        elif isinstance(op, ops.AlterColumnOp) and op.modify_name is not None:
            columns = (op.modify_name if each == op.column_name else each for each in key.columns)
            key = replace(key, columns=tuple(map(str, columns)))
    return key


def _of_constraint(op: ops.DropConstraintOp, step: Operation, review: Review) -> Key | None:
    name, table = op.constraint_name, review.name(step)
    if (made := _seen(op)) is not None:
        return _made(made, table, review) or Key(table, op.constraint_type, name)
    if review.live is None or step.source is None:
        return Key(table, op.constraint_type, name)
    found = review.live.constraint(step.source, str(name))
    if found is not None:
        target = None if found.target is None else review.dotted(*found.target)
        return Key(table, op.constraint_type or found.kind, name, _now(found.columns, step), target=target)
    # MariaDB and MySQL drop an ordinary index by these words, too.
    is_index = review.live.index(step.source, str(name)) is not None
    return None if is_index else Key(table, op.constraint_type, name)


def index_of(step: Operation, review: Review) -> Index | None:
    """The index that is dropped or made; ``None`` where nobody knows it."""
    op: Any = step.op
    made = op if isinstance(op, ops.CreateIndexOp) else _seen(op)
    if made is not None:
        return Index(bool(made.unique), tuple(map(_name, made.columns)), _is_partial(made.kw))
    if review.live is None or step.source is None:
        return None
    found = review.live.index(step.source, str(op.index_name))
    return None if found is None else found._replace(columns=_now(found.columns, step))


def _of_index(op: ops.DropIndexOp, step: Operation, review: Review) -> Key | None:
    index = index_of(step, review)
    if index is None and _is_unknown(op, step, review):
        return Key(review.name(step), "unique index", str(op.index_name))
    if index is None or not index.is_unique:
        return None
    return Key(review.name(step), "unique index", str(op.index_name), index.columns, index.is_partial)


def _is_unknown(op: ops.DropIndexOp, step: Operation, review: Review) -> bool:
    """Whether the table is there, and the index has a name that neither the database nor an earlier step knows."""
    is_known = review.live is None or step.source is None or str(op.index_name) in step.past.indexes
    return not (is_known or op.if_exists)


def _now(columns: tuple[str, ...], step: Operation) -> tuple[str, ...]:
    """As earlier steps call them."""
    return tuple(step.past.renamed.get(each, each) for each in columns)


def _seen(op: Any) -> Any:
    """What autogenerate saw there, which a revision's file does not say."""
    return op._reverse  # noqa: SLF001 - asked for what it made of it, Alembic leaves out whether an index is unique


def _is_partial(given: Any) -> bool:
    return any(key.endswith("_where") for key in given)


def _name(column: Any) -> str:
    return str(getattr(column, "name", column))
