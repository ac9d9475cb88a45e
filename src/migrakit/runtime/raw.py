"""``op.execute("...")`` as the op that says the same, as far as the statement's first words tell."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import table
from sqlalchemy.schema import DDL, DDLElement, DropSchema, DropTable

from migrakit.autogenerate.schemas import is_of_schemas
from migrakit.guards.operation import Unchecked, operation_of
from migrakit.runtime.statements import plain_of, statement_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Dialect

    from migrakit.guards.operation import Operation
    from migrakit.guards.reading import Reading
    from migrakit.runtime.statements import Statement, Thing

__all__ = ["seen_through"]


def seen_through(reading: Reading, dialect: Dialect) -> Reading:
    """The same reading, where what is executed as text is known or unchecked."""
    found: list[Operation] = []
    unchecked = list(reading.unchecked)
    for each in reading.operations:
        if not isinstance(each.op, ops.ExecuteSQLOp):
            found.append(each)
            continue
        seen = _seen(each.op, dialect)
        if None in seen:
            unchecked.append(Unchecked(each.line or 0, "op.execute(...)"))
        found.extend(operation_of(op, each.line) for op in seen if op is not None)
    return replace(reading, operations=tuple(found), unchecked=tuple(sorted(unchecked, key=lambda each: each.line)))


def _seen(op: ops.ExecuteSQLOp, dialect: Dialect) -> list[ops.MigrateOperation | None]:
    """The ops that it is; ``None`` for what can't be told."""
    said: Any = op.sqltext
    if isinstance(said, DropTable):
        return [ops.DropTableOp.from_table(said.element)]
    if isinstance(said, DDL):
        return _of_text(said.statement, dialect)
    if isinstance(said, DDLElement):
        return [op if isinstance(said, DropSchema) else None]
    try:
        sql = str(said) if isinstance(said, str) else str(said.compile(dialect=dialect))
    except Exception:  # noqa: BLE001 - only the driver knows how to write it
        return [None]
    return _of_text(sql, dialect)


def _of_text(sql: str, dialect: Dialect) -> list[ops.MigrateOperation | None]:
    if is_of_schemas(sql):
        return []
    plain = plain_of(sql)
    if dialect.name == "postgresql" and '"' not in plain:
        plain = plain.lower()
    return [op for each in _parts(plain) for op in _of_one(each, dialect)]


def _parts(plain: str) -> list[str]:
    """What is done to several things at once, one by one."""
    for several, form in _SEVERAL:
        if found := several.fullmatch(plain):
            parts = [each.strip() for each in _COMMA.split(found["parts"])]
            return [form.format(**{**found.groupdict(), "part": each}) for each in parts]
    return [plain]


def _of_one(plain: str, dialect: Dialect) -> list[ops.MigrateOperation | None]:
    if _HARMLESS.fullmatch(plain):
        return []
    found = _DROPS_SCHEMA.fullmatch(plain)
    if found and (found["kind"].upper() == "SCHEMA" or dialect.name in ("mysql", "mariadb")):
        name = found["name"]
        return [ops.ExecuteSQLOp(DropSchema(name[1:-1] if name[0] in '"`' else name))]
    statement = statement_of(_TEMPORARY.sub("CREATE TABLE ", _AS_ALTER.sub(r"ALTER TABLE \1 RENAME TO ", plain)))
    if statement is None:
        return [None] if _MAY_DO_MORE.search(plain) else []
    if statement.is_data:
        return [None, *_filled(statement)]
    return [*_of_statement(statement), *_filled_as_made(statement, plain)] if statement.things else [None]


def _of_statement(statement: Statement) -> list[ops.MigrateOperation | None]:
    made, removed = statement.makes, statement.removes
    if made is not None and removed is not None:
        return _of_rename(statement, removed, made)
    if removed is not None:
        return list(_dropped(removed, statement))
    # A new column may be one that has to hold something.
    return [None] if made is None or made.kind == "column" else list(_made(made))


def _of_rename(statement: Statement, old: Thing, new: Thing) -> list[ops.MigrateOperation | None]:
    if old.kind == "table":
        return [ops.RenameTableOp(old.name, new.name, schema=old.schema)]
    # CHANGE of MariaDB and MySQL says the type anew.
    if "CHANGE" in statement.did.upper().split():
        return [None]
    return [ops.AlterColumnOp(old.table or "", old.name, schema=old.schema, modify_name=new.name)]


def _filled(statement: Statement) -> Iterator[ops.MigrateOperation]:
    """The table gets rows, from wherever: an insertion of none that are known."""
    if statement.table is not None and _FILLS.match(statement.did):
        schema, _, name = statement.table.replace('"', "").replace("`", "").rpartition(".")
        yield ops.BulkInsertOp(table(name, schema=schema or None), [])


def _filled_as_made(statement: Statement, plain: str) -> Iterator[ops.MigrateOperation]:
    made = statement.makes
    if made is not None and made.kind == "table" and _SELECTS.search(plain):
        yield ops.BulkInsertOp(table(made.name, schema=made.schema), [])


def _made(made: Thing) -> Iterator[ops.MigrateOperation]:
    if made.kind == "table":
        yield ops.CreateTableOp(made.name, [], schema=made.schema)
    elif made.kind == "index" and made.table is not None:
        yield ops.CreateIndexOp(made.name, made.table, [], schema=made.schema)


def _dropped(removed: Thing, statement: Statement) -> Iterator[ops.MigrateOperation]:
    table = removed.table or ""
    if removed.kind == "table":
        yield ops.DropTableOp(removed.name, schema=removed.schema)
    elif removed.kind == "column":
        yield ops.DropColumnOp(table, removed.name, schema=removed.schema)
    elif removed.kind == "constraint" and not _DROPS_INDEX.search(statement.did):
        yield ops.DropConstraintOp(removed.name, table, schema=removed.schema)
    elif removed.kind in ("constraint", "index"):
        yield ops.DropIndexOp(removed.name, table_name=removed.table, schema=removed.schema)


_DROPS_SCHEMA = re.compile(
    r"DROP (?P<kind>SCHEMA|DATABASE) (?:IF EXISTS )?(?P<name>\"(?:[^\"]|\"\")+\"|`[^`]+`|[\w$]+)"
    r"(?: CASCADE| RESTRICT)?",
    re.IGNORECASE,
)
_DROPS_INDEX = re.compile(r" DROP (?:INDEX|KEY) ", re.IGNORECASE)
_SEVERAL = tuple(
    (re.compile(pattern, re.IGNORECASE), form)
    for pattern, form in (
        (r"DROP TABLE (?:IF EXISTS )?(?P<parts>[^;]*?)(?: CASCADE| RESTRICT)?", "DROP TABLE {part}"),
        (r"RENAME TABLES? (?:IF EXISTS )?(?P<parts>[^;]*)", "RENAME TABLE {part}"),
        (r"ALTER TABLE (?:IF EXISTS )?(?:ONLY )?(?P<table>[^\s;]+) (?P<parts>[^;]*)", "ALTER TABLE {table} {part}"),
    )
)
_FILLS = re.compile(r"INSERT|REPLACE|MERGE|COPY|LOAD", re.IGNORECASE)
_SELECTS = re.compile(r"\b(?:SELECT|VALUES|TABLE \S+$)\b", re.IGNORECASE)
_COMMA = re.compile(r",(?![^(]*\))")
_AS_ALTER = re.compile(r"^RENAME TABLE (\S+) TO (?=\S+$)", re.IGNORECASE)
# What is dropped afterwards is what was made for the session.
_TEMPORARY = re.compile(r"^CREATE (?:LOCAL |GLOBAL )?TEMP(?:ORARY)? TABLE ", re.IGNORECASE)

# Functions may do anything, and after these names mean other tables.
_MAY_DO_MORE = re.compile(
    r"\b(?!(?:AS|AND|AVG|BY|COALESCE|COUNT|EXISTS|FROM|IN|MAX|MIN|NEXTVAL|NOT|OR|OVER|SETVAL|SUM|VALUES|WHERE)\b)"
    r"\w+ ?\(|^SET (?:LOCAL |SESSION )?(?:SEARCH_PATH|SCHEMA)\b|^USE\b",
    re.IGNORECASE,
)

# One statement that takes nothing away which holds rows. CASCADE may take columns along.
_HARMLESS = re.compile(
    r"(?:"
    r"COMMENT ON|GRANT|REVOKE|ANALYZE|VACUUM|REINDEX|REFRESH"
    r"|ALTER INDEX \S+ RENAME TO|ALTER TABLE \S+ RENAME (?:CONSTRAINT|INDEX)|ALTER \w+(?: VIEW)? \S+ OWNER TO"
    r"|CREATE (?:OR REPLACE )?(?:SCHEMA|EXTENSION|SEQUENCE|TYPE|DOMAIN|ROLE|RULE|POLICY|FUNCTION|PROCEDURE|TRIGGER)"
    r"|DROP (?:MATERIALIZED VIEW|FUNCTION|PROCEDURE|TRIGGER|POLICY|RULE|TYPE|DOMAIN)(?![^;]*\bCASCADE\b)"
    r")\b[^;]*",
    re.IGNORECASE,
)
