"""Creates the schemas that new tables and their types need: Alembic has no op for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from alembic.autogenerate import renderers
from alembic.operations import ops
from alembic.util import DispatchPriority, PriorityDispatchResult

from migrakit.autogenerate.report import hooks_of
from migrakit.autogenerate.statements import escaped, quoted
from migrakit.autogenerate.types import schemas_of_new
from migrakit.errors import ConfigurationError, Problem
from migrakit.filters import Answer
from migrakit.target import Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.autogenerate.api import AutogenContext
    from alembic.runtime.plugins import Plugin
    from sqlalchemy import Dialect

    from migrakit.filters import Filter

__all__ = ["CreateSchemaOp", "DropSchemaOp", "LeaveSchemaOp", "is_of_schemas", "setup"]

# SQLite has files attached, Oracle users: these are nobody's to create here.
_DIALECTS = ("postgresql", "mysql", "mariadb")

# PostgreSQL asks whether the role may create schemas before it looks at IF NOT EXISTS.
_CREATE_IF_MISSING = (
    "BEGIN IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = '{literal}') "
    "THEN CREATE SCHEMA {schema}; END IF; END"
)

# RESTRICT, as is the default: one that holds anything at all stays, whoever put it there; and so does another's.
_DROP_IF_EMPTY = (
    "BEGIN DROP SCHEMA {schema}; EXCEPTION WHEN dependent_objects_still_exist "
    "OR insufficient_privilege OR invalid_schema_name THEN NULL; END"
)


_OURS = re.compile(
    r"DO (?P<tag>\$\w*\$) BEGIN (?:IF NOT EXISTS \(SELECT FROM pg_namespace WHERE nspname = '[^;]*; END IF; END"
    r"|DROP SCHEMA [^;]*; EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege "
    r"OR invalid_schema_name THEN NULL; END) (?P=tag)"
)


def is_of_schemas(sql: str) -> bool:
    """Whether a revision's statement is one of these, which drop nothing that holds anything."""
    return _OURS.fullmatch(sql.strip()) is not None


def _create(schema: str, dialect: Dialect) -> str:
    name = quoted(schema, dialect)
    if dialect.name == "postgresql":
        return _block(_CREATE_IF_MISSING.format(schema=name, literal=schema.replace("'", "''")))
    return escaped(f"CREATE SCHEMA IF NOT EXISTS {name}")


def _block(body: str) -> str:
    tags = ("$$", *(f"$do{number}$" for number in range(len(body))))
    tag = next(tag for tag in tags if tag not in body)
    return escaped(f"DO {tag} {body} {tag}")


class CreateSchemaOp(ops.ExecuteSQLOp):
    """Written as a plain ``op.execute()`` by Alembic's own renderer, so that no migration imports anything of ours."""

    def __init__(self, schema: str, dialect: Dialect) -> None:
        # Its reverse leaves what isn't empty, and on MariaDB leaves it always: the next upgrade finds it there.
        super().__init__(_create(schema, dialect))
        self.schema = schema
        self._dialect = dialect

    def reverse(self) -> DropSchemaOp | LeaveSchemaOp:
        if self._dialect.name == "postgresql":
            return DropSchemaOp(self.schema, self._dialect)
        return LeaveSchemaOp(self.schema, self._dialect)

    def to_diff_tuple(self) -> tuple[str, str]:
        return ("add_schema", self.schema)


class DropSchemaOp(ops.ExecuteSQLOp):
    """Drops the schema if nothing is in it."""

    def __init__(self, schema: str, dialect: Dialect) -> None:
        super().__init__(_block(_DROP_IF_EMPTY.format(schema=quoted(schema, dialect))))
        self.schema = schema
        self._dialect = dialect

    def reverse(self) -> CreateSchemaOp:
        return CreateSchemaOp(self.schema, self._dialect)

    def to_diff_tuple(self) -> tuple[str, str]:
        return ("remove_schema", self.schema)


class LeaveSchemaOp(ops.MigrateOperation):
    """Drops nothing: MariaDB's and MySQL's ``DROP SCHEMA`` takes along whatever is in it, and has no other form."""

    def __init__(self, schema: str, dialect: Dialect) -> None:
        self.schema = schema
        self._dialect = dialect

    def reverse(self) -> CreateSchemaOp:
        return CreateSchemaOp(self.schema, self._dialect)

    def to_diff_tuple(self) -> tuple[str, str]:
        return ("leave_schema", self.schema)


def _render_leave(_: AutogenContext, op: LeaveSchemaOp) -> str:
    return f"# schema {op.schema!r} stays: dropping it would drop whatever is in it"


def _create_missing(
    context: AutogenContext,
    upgrade_ops: ops.UpgradeOps,
    schemas: set[str | None],  # noqa: ARG001 - a comparator's signature
) -> PriorityDispatchResult:
    dialect, hooks = context.migration_context.dialect, hooks_of(context)
    if hooks is None or dialect.name not in _DIALECTS:
        return PriorityDispatchResult.CONTINUE
    missing = _missing(context, upgrade_ops, dialect)
    foreign = [schema for schema in missing if not _may_create(schema, hooks.owns, dialect)]
    if foreign:
        _refuse(foreign, hooks.owns)
    upgrade_ops.ops[:0] = [CreateSchemaOp(schema, dialect) for schema in missing]
    return PriorityDispatchResult.CONTINUE


def _missing(context: AutogenContext, upgrade_ops: ops.UpgradeOps, dialect: Dialect) -> list[str]:
    of_types = schemas_of_new(upgrade_ops.ops) if dialect.name == "postgresql" else set[str]()
    of_tables = {op.schema for op in upgrade_ops.ops if isinstance(op, ops.CreateTableOp) and op.schema is not None}
    needed = of_tables | of_types
    return sorted(needed.difference(context.inspector.get_schema_names())) if needed else []


def _may_create(schema: str, owns: Filter, dialect: Dialect) -> bool:
    target = Target("schema", None, schema=schema, default_schema=dialect.default_schema_name)
    return owns.decide(target) is not Answer.NO


def _refuse(schemas: Sequence[str], owns: Filter) -> NoReturn:
    raise ConfigurationError(
        *(
            Problem(
                f"Tables or types are declared in schema {schema!r}, which the database lacks, "
                f"and {owns!r} does not own it.",
                "They can't be created before it, and who owns a schema creates it.",
                "Create it by hand or by its owner's migrations, or let owns= say that it is this service's.",
            )
            for schema in schemas
        )
    )


def setup(plugin: Plugin) -> None:
    plugin.add_autogenerate_comparator(_create_missing, "schema", "schemas", priority=DispatchPriority.LAST)
    renderers.dispatch_for(LeaveSchemaOp)(_render_leave)
