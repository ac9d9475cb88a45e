"""Ops that rename. They lose nothing, and their reverse renames back.

They are written as a person would write them, and no migration imports anything of ours. They stand at the top level,
outside of any ``batch_alter_table()``: SQLite renames in place, and a copy would have to know all that uses the name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate import renderers
from alembic.operations import ops

from migrakit.autogenerate.renames.pending import ColumnRename, PartRename, TableRename
from migrakit.autogenerate.statements import escaped, quoted, quoted_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Dialect

    from migrakit.autogenerate.renames.pending import Rename, Renames

__all__ = [
    "MYSQL",
    "RENAMES",
    "RenameColumnBySqlOp",
    "RenameColumnOp",
    "RenamePartOp",
    "RenameTableOp",
    "old_names",
    "ops_of",
    "register_renderers",
    "statement_of",
    "statements_of",
]

MYSQL = ("mysql", "mariadb")


class RenameTableOp(ops.RenameTableOp):
    """``op.rename_table("quotes", "prices")``."""

    def reverse(self) -> RenameTableOp:
        return RenameTableOp(self.new_table_name, self.table_name, schema=self.schema)

    def to_diff_tuple(self) -> tuple[str, str | None, str, str]:
        return ("rename_table", self.schema, self.table_name, self.new_table_name)


class RenameColumnOp(ops.AlterColumnOp):
    """``op.alter_column("prices", "market", new_column_name="mic")``."""

    def __init__(self, rename: ColumnRename) -> None:
        super().__init__(rename.table, rename.old, schema=rename.schema, modify_name=rename.new)
        self.rename = rename

    def reverse(self) -> RenameColumnOp:
        return RenameColumnOp(_column_back(self.rename))

    def to_diff_tuple(self) -> tuple[str, str | None, str, str, str]:
        return _column_diff(self.rename)


class RenameColumnBySqlOp(ops.ExecuteSQLOp):
    """The same on MariaDB and MySQL, where Alembic's would state the column anew and lose what it doesn't state."""

    def __init__(self, rename: ColumnRename, dialect: Dialect) -> None:
        super().__init__(escaped(statement_of(rename, dialect)))
        self.rename = rename
        self._dialect = dialect

    def reverse(self) -> RenameColumnBySqlOp:
        return RenameColumnBySqlOp(_column_back(self.rename), self._dialect)

    def to_diff_tuple(self) -> Any:
        return _column_diff(self.rename)


class RenamePartOp(ops.ExecuteSQLOp):
    """A constraint's or an index's, for which Alembic has no op."""

    def __init__(self, rename: PartRename, dialect: Dialect) -> None:
        super().__init__(escaped(statement_of(rename, dialect)))
        self.rename = rename
        self._dialect = dialect

    def reverse(self) -> RenamePartOp:
        rename = self.rename
        back = PartRename(rename.schema, rename.table, rename.kind, rename.new, rename.old)
        return RenamePartOp(back, self._dialect)

    def to_diff_tuple(self) -> Any:
        rename = self.rename
        return (f"rename_{rename.kind}", rename.schema, rename.table, rename.old, rename.new)


RENAMES = (RenameTableOp, RenameColumnOp, RenameColumnBySqlOp, RenamePartOp)
"""All of them: what each does is done to names alone."""


def ops_of(renames: Renames, dialect: Dialect) -> Iterator[ops.MigrateOperation]:
    """What does them: tables first, as what is in them is called by the table's new name."""
    for table in renames.tables:
        yield RenameTableOp(table.old, table.new, schema=table.schema)
    for column in renames.columns:
        if not column.is_inherited:
            yield RenameColumnBySqlOp(column, dialect) if dialect.name in MYSQL else RenameColumnOp(column)
    yield from (RenamePartOp(part, dialect) for part in renames.parts if not part.is_inherited)


def old_names(found: Collection[ops.MigrateOperation]) -> set[str]:
    """Of tables and columns that these rename."""
    tables = {op.table_name for op in found if isinstance(op, RenameTableOp)}
    return tables | {op.rename.old for op in found if isinstance(op, (RenameColumnOp, RenameColumnBySqlOp))}


def statements_of(renames: Renames, dialect: Dialect) -> list[str]:
    """The same as the database is to read it."""
    return [statement_of(each, dialect) for each in renames if not each.is_inherited]


def statement_of(rename: Rename, dialect: Dialect) -> str:
    """What renames, with the schema spelled as it is in the revision."""
    old, new = quoted(rename.old, dialect), quoted(rename.new, dialect)
    if isinstance(rename, TableRename):
        return f"ALTER TABLE {quoted_table(rename.old, rename.schema, dialect)} RENAME TO {new}"
    table = quoted_table(rename.table, rename.schema, dialect)
    if isinstance(rename, ColumnRename):
        return f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}"
    if dialect.name in MYSQL:
        return f"ALTER TABLE {table} RENAME INDEX {old} TO {new}"
    if rename.kind == "index":
        return f"ALTER INDEX {quoted_table(rename.old, rename.schema, dialect)} RENAME TO {new}"
    return f"ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}"


def _column_back(rename: ColumnRename) -> ColumnRename:
    return ColumnRename(rename.schema, rename.table, rename.new, rename.old)


def _column_diff(rename: ColumnRename) -> tuple[str, str | None, str, str, str]:
    return ("rename_column", rename.schema, rename.table, rename.old, rename.new)


def _rendered_table(context: AutogenContext, op: RenameTableOp) -> str:
    return _call(context, "rename_table", repr(op.table_name), repr(op.new_table_name), schema=op.schema)


def _rendered_column(context: AutogenContext, op: RenameColumnOp) -> str:
    rename = op.rename
    names = repr(rename.table), repr(rename.old), f"new_column_name={rename.new!r}"
    return _call(context, "alter_column", *names, schema=rename.schema)


def _call(context: AutogenContext, function: str, *arguments: str, schema: str | None) -> str:
    where = [f"schema={schema!r}"] if schema else []
    return f"{context.opts['alembic_module_prefix']}{function}({', '.join([*arguments, *where])})"


def register_renderers() -> None:
    """For what Alembic has no words of its own for, or too many."""
    renderers.dispatch_for(RenameTableOp)(_rendered_table)
    renderers.dispatch_for(RenameColumnOp)(_rendered_column)
