"""What Alembic's ops provide and need, so that they can be put into an order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from enum import Enum, auto
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import Column, Constraint, ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from sqlalchemy import Dialect

__all__ = ["Does", "DropIndexWithTable", "Key", "Step", "is_known", "steps_of"]

Name = tuple[str, str]
"""Schema and table; the default schema is ``""``, however it is spelled."""

Key = tuple[Any, ...]
"""Something that steps provide and need."""

_DROPS = (ops.DropColumnOp, ops.DropConstraintOp, ops.DropIndexOp)
_MAKES = (
    ops.AddColumnOp,
    ops.CreateCheckConstraintOp,
    ops.CreateForeignKeyOp,
    ops.CreateIndexOp,
    ops.CreateUniqueConstraintOp,
)
_COMMENTS = (ops.CreateTableCommentOp, ops.DropTableCommentOp)


class Does(Enum):
    """The direction of a step."""

    DROPS = auto()
    ALTERS = auto()
    MAKES = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """Ops that stay together."""

    does: Does
    ops: tuple[ops.MigrateOperation, ...] = ()
    provides: frozenset[Key] = frozenset()
    needs: frozenset[Key] = frozenset()
    names: frozenset[Key] = frozenset()
    """Constraints' and indexes': there is but one of a name, so the old one goes before the new one comes."""
    rank: tuple[Any, ...] = ()
    """Its place among the other changes of its table, where nothing else decides."""


def is_known(op: ops.MigrateOperation) -> bool:
    """Whether this is of Alembic's own kind, so that it can be read."""
    if type(op) is ops.ModifyTableOps:  # a plugin's may be more than a list of changes
        return all(isinstance(part, (*_DROPS, *_MAKES, *_COMMENTS, ops.AlterColumnOp)) for part in op.ops)
    return isinstance(op, (ops.CreateTableOp, ops.DropTableOp))


def steps_of(found: Sequence[ops.MigrateOperation], dialect: Dialect) -> list[Step]:
    """New tables, tables that go, changes of others, in Alembic's order, and where that is a set's, by name."""
    reader = _Reader(found, dialect)
    made = [reader.table(op, op) for op in found if isinstance(op, ops.CreateTableOp)]
    dropped = [reader.table(op, op.reverse()) for op in found if isinstance(op, ops.DropTableOp)]
    dropped.sort(key=lambda table: table.name)
    changes = list(reader.of_others({table.name for table in (*made, *dropped)}))
    going = {("table", table.name) for table in dropped}
    # Together, so that coming back all these tables are there before anything refers to one of them.
    leaving = {step: None for step in changes if step.does is Does.DROPS and step.needs & going}
    return [
        *reader.of_tables(made, Does.MAKES),
        *leaving,
        *reader.of_tables(dropped, Does.DROPS),
        *(step for step in changes if step not in leaving),
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _ForeignKey:
    """One of a table that is made or dropped as a whole."""

    constraint: ForeignKeyConstraint
    op: ops.CreateForeignKeyOp
    target: Name


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """One that is made or dropped as a whole."""

    name: Name
    op: ops.CreateTableOp | ops.DropTableOp
    made: ops.CreateTableOp
    indexes: tuple[ops.ModifyTableOps, ...]
    foreign_keys: tuple[_ForeignKey, ...]
    parents: tuple[str, ...]
    """The tables that it inherits from, on PostgreSQL. Nobody says in which schema."""

    def lacks_key_of(self, key: _ForeignKey) -> bool:
        """Whether it refers to this table by a key that is an index, and so no part of it yet when it is made."""
        of_table = [each for each in self.made.columns if isinstance(each, (PrimaryKeyConstraint, UniqueConstraint))]
        keys = [{column.name for column in each.columns} for each in of_table]
        return key.target == self.name and set(key.op.remote_cols) not in keys

    def without(self, apart: frozenset[_ForeignKey]) -> ops.CreateTableOp | ops.DropTableOp:
        """The op, without these foreign keys in either direction."""
        left_out = {each.constraint for each in self.foreign_keys if each in apart}
        if not left_out:
            return self.op
        self.made.columns = [each for each in self.made.columns if each not in left_out]
        return self.made.reverse() if isinstance(self.op, ops.DropTableOp) else self.made


class CreateIndexWithTable(ops.CreateIndexOp):
    """A new table's index, on MariaDB and MySQL."""

    def reverse(self) -> ops.DropIndexOp:
        return DropIndexWithTable.from_index(self.to_index())


class DropIndexWithTable(ops.DropIndexOp):
    """Nothing to do: the table, dropped next, takes it along.

    MariaDB and MySQL refuse to drop an index that a foreign key needs.
    """


class _Reader:
    """Reads the ops of one comparison as steps."""

    def __init__(self, found: Sequence[ops.MigrateOperation], dialect: Dialect) -> None:
        self._dialect = dialect
        self._changes: defaultdict[Name, list[ops.ModifyTableOps]] = defaultdict(list)
        for op in found:
            if isinstance(op, ops.ModifyTableOps):
                self._changes[self._name(op.schema, op.table_name)].append(op)

    def table(self, op: ops.CreateTableOp | ops.DropTableOp, made: ops.CreateTableOp) -> _Table:
        name = self._name(op.schema, op.table_name)
        keys = [
            _ForeignKey(each, key, self._name(key.kw.get("referent_schema"), key.referent_table))
            for each in made.columns
            if isinstance(each, ForeignKeyConstraint)
            for key in [ops.CreateForeignKeyOp.from_constraint(each)]
        ]
        keys.sort(key=lambda key: (_text(key.op.constraint_name), key.op.local_cols, key.target, key.op.remote_cols))
        parents = made.kw.get("postgresql_inherits") or ()
        parents = (parents,) if isinstance(parents, str) else tuple(parents)
        return _Table(name, op, made, tuple(self._changes[name]), tuple(keys), parents)

    def of_tables(self, tables: Sequence[_Table], does: Does) -> list[Step]:
        loose = frozenset(_loose(tables))
        # SQLite adds and drops constraints only by copying the table. It doesn't ask whether what a foreign key refers
        # to is there: so there they stay inline, and tables may come in any order.
        apart = loose if self._dialect.supports_alter else frozenset[_ForeignKey]()
        _name_unnamed(tables, apart, self._dialect.max_identifier_length)
        alone = [self._alone(key, table, does) for table in tables for key in table.foreign_keys if key in apart]
        whole = [self._whole(table, does, loose, apart) for table in tables]
        return [*whole, *alone] if does is Does.MAKES else [*alone, *whole]

    def of_others(self, whole: Container[Name]) -> Iterator[Step]:
        """The changes of tables that stay."""
        for name, several in self._changes.items():
            if name not in whole:
                parts = [self._part(op, changes) for changes in several for op in changes.ops]
                yield from sorted(parts, key=lambda step: step.rank)

    def _whole(self, table: _Table, does: Does, loose: frozenset[_ForeignKey], apart: frozenset[_ForeignKey]) -> Step:
        indexes = [op for each in table.indexes for op in self._indexes(each)]
        op = table.without(apart)
        held = [each for each in table.foreign_keys if each not in loose and each.target != table.name]
        return Step(
            does,
            (op, *indexes) if does is Does.MAKES else (*indexes, op),
            provides=frozenset({("table", table.name), ("table called", table.name[1])}),
            needs=frozenset(
                {
                    *(key for each in held for key in _needs(each.op, each.target)),
                    *(("table called", parent) for parent in table.parents),
                }
            ),
            names=frozenset(_names(table)),
        )

    def _indexes(self, changes: ops.ModifyTableOps) -> Iterator[ops.MigrateOperation]:
        if self._dialect.name not in ("mysql", "mariadb"):
            yield changes
            return
        for op in changes.ops:
            if isinstance(op, ops.CreateIndexOp):
                yield CreateIndexWithTable.from_index(op.to_index())
            else:
                yield DropIndexWithTable.from_index(op.to_index()) if isinstance(op, ops.DropIndexOp) else op

    def _alone(self, key: _ForeignKey, table: _Table, does: Does) -> Step:
        op = key.op if does is Does.MAKES else key.op.reverse()
        return self._part(op, ops.ModifyTableOps(table.op.table_name, [], schema=table.op.schema))

    def _part(self, op: ops.MigrateOperation, changes: ops.ModifyTableOps) -> Step:
        table = self._name(changes.schema, changes.table_name)
        step = self._read(op.reverse(), table, Does.DROPS) if isinstance(op, _DROPS) else self._read(op, table)
        return replace(step, ops=(ops.ModifyTableOps(changes.table_name, [op], schema=changes.schema),))

    def _read(self, made: ops.MigrateOperation, table: Name, does: Does = Does.MAKES) -> Step:
        if isinstance(made, ops.AddColumnOp):
            return _column(made.column, table, does)
        if isinstance(made, ops.AlterColumnOp):
            columns = {("column", table, name) for name in (made.column_name, made.modify_name)}
            return Step(Does.ALTERS, provides=frozenset({("columns", table), *columns}), rank=(1,))
        if isinstance(made, ops.CreateForeignKeyOp):
            target = self._name(made.kw.get("referent_schema"), made.referent_table)
            return _foreign_key(made, table, target, does)
        if isinstance(made, _COMMENTS):
            return Step(does, rank=(6,))
        return _index_or_constraint(made, table, does)

    def _name(self, schema: str | None, table: str) -> Name:
        return "" if schema is None or schema == self._dialect.default_schema_name else schema, table


def _loose(tables: Sequence[_Table]) -> Iterator[_ForeignKey]:
    """What can't stand in its table: what closes a cycle or might, needs an index, or is to be added by ALTER."""
    waiting: dict[Name, list[_ForeignKey]] = {}
    heirs = {table.name for table in tables if table.parents}
    for table in tables:
        to_heirs = heirs - {table.name}  # each circle of foreign keys and heirs has one of these
        alone = [
            key
            for key in table.foreign_keys
            if "use_alter" in key.op.kw or table.lacks_key_of(key) or key.target in to_heirs
        ]
        yield from alone
        waiting[table.name] = [key for key in table.foreign_keys if key not in alone]
    done: set[Name] = set()
    for start in waiting:
        path = [start]
        while path:
            if not waiting[path[-1]]:
                done.add(path.pop())
                continue
            key = waiting[path[-1]].pop(0)
            if key.target in path[:-1]:
                yield key
            elif key.target in waiting.keys() - done - {path[-1]}:
                path.append(key.target)


def _name_unnamed(tables: Sequence[_Table], apart: frozenset[_ForeignKey], longest: int) -> None:
    """Name what stands alone as PostgreSQL would: the downgrade needs a name.

    PostgreSQL names what stays in its table, and of those MariaDB and MySQL take each but once in a schema.
    """
    taken = {name for table in tables for name in _names(table)}
    unnamed = [(table, key) for table in tables for key in table.foreign_keys if key.op.constraint_name is None]
    for table, key in sorted(unnamed, key=lambda each: each[1] in apart):
        names = (_foreign_key_name(key.op, number, longest) for number in count())
        name = next(name for name in names if not _named(name, table.name) <= taken)
        taken |= _named(name, table.name)
        if key in apart:
            key.op.constraint_name = name


def _foreign_key_name(op: ops.CreateForeignKeyOp, number: int, longest: int) -> str:
    name, end = f"{op.source_table}_{'_'.join(op.local_cols)}", f"_fkey{number or ''}"
    if len(f"{name}{end}".encode()) > longest:
        end = f"_{sha256(name.encode()).hexdigest()[:8]}{end}"
        name = name.encode()[: longest - len(end)].decode(errors="ignore")
    return name + end


def _column(column: Column[Any], table: Name, does: Does) -> Step:
    of_table = {("column", table, column.name), ("columns", table)}
    computed = column.computed is not None  # from others of the table, and from none that is computed itself
    return Step(
        does,
        provides=frozenset(of_table if computed else {*of_table, ("plain columns", table)}),
        needs=frozenset({("plain columns", table)} if computed else ()),
        rank=(0,) if does is Does.MAKES else (7, -_position(column)),
    )


def _position(column: Column[Any]) -> int:
    # Dropped from the last to the first, columns come back in the order that they had.
    return [each.name for each in column.table.columns].index(column.name)


def _foreign_key(made: ops.CreateForeignKeyOp, table: Name, target: Name, does: Does) -> Step:
    return Step(
        does,
        needs=frozenset({("table", table), ("columns", table), ("indexes", table), *_needs(made, target)}),
        names=_named(made.constraint_name, table),
        rank=(5 if does is Does.MAKES else 2, _text(made.constraint_name), made.local_cols, target, made.remote_cols),
    )


def _needs(key: ops.CreateForeignKeyOp, target: Name) -> Iterator[Key]:
    yield "table", target
    yield "key", target, frozenset(key.remote_cols)
    yield from (("column", target, name) for name in key.remote_cols)


def _index_or_constraint(made: Any, table: Name, does: Does) -> Step:
    is_index = isinstance(made, ops.CreateIndexOp)
    columns = [column.name for column in (made.to_index() if is_index else made.to_constraint()).columns]
    name = made.index_name if is_index else made.constraint_name
    return Step(
        does,
        provides=frozenset({("indexes", table), ("key", table, frozenset(columns))}),
        needs=frozenset({("columns", table)}),
        names=_named(name, table),
        rank=(3 if does is Does.MAKES else 4, _text(name), columns),
    )


def _names(table: _Table) -> Iterator[Key]:
    constraints = [each.name for each in table.made.columns if isinstance(each, Constraint)]
    indexes = [made.index_name for made in _made(table.indexes) if isinstance(made, ops.CreateIndexOp)]
    for name in (*constraints, *indexes):
        yield from _named(name, table.name)


def _made(changes: Sequence[ops.ModifyTableOps]) -> Iterator[ops.MigrateOperation]:
    return (op.reverse() if isinstance(op, _DROPS) else op for each in changes for op in each.ops)


def _named(name: object, table: Name) -> frozenset[Key]:
    return frozenset({("name", table[0], str(name))} if isinstance(name, str) else ())


def _text(name: object) -> str:
    return str(name) if isinstance(name, str) else ""
