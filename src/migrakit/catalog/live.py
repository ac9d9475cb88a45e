"""Tables as they are now: what they are made of, whether anything is in them, and what depends on it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sqlalchemy import Integer, func, inspect, literal_column, select, table, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from migrakit.catalog.autocommit import is_autocommit
from migrakit.catalog.said import is_lock_timeout

if TYPE_CHECKING:
    from sqlalchemy import Connection, Inspector

__all__ = ["Constraint", "Index", "Live", "Rows", "TableName"]

TableName: TypeAlias = "tuple[str | None, str]"
"""Schema and name, as Alembic spells them: ``None`` is the default schema."""

_COUNTED = 1000
"""Up to here rows are counted. Beyond, the server's estimate has to do."""


@dataclass(frozen=True, slots=True)
class Rows:
    """How many there are: ``number`` is exact or an estimate, ``None`` where nobody can tell."""

    number: int | None
    is_exact: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it is certain that there is none."""
        return self.is_exact and self.number == 0

    def __str__(self) -> str:
        if self.number is None:
            return "an unknown number of rows"
        if self.is_exact:
            return {0: "no rows", 1: "1 row"}.get(self.number, f"{self.number:,} rows")
        return f"about {self.number:,} rows"


_UNKNOWN = Rows(None)


class Constraint(NamedTuple):
    """What is told of a constraint: its kind, its columns, and the table that it refers to."""

    kind: str
    columns: tuple[str, ...]
    target: TableName | None = None


class Index(NamedTuple):
    """What is told of an index: whether it is unique, its columns or expressions, whether it is of some rows alone."""

    is_unique: bool
    columns: tuple[str, ...]
    is_partial: bool


class Live:
    """The tables of one database, read when they are asked about."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: dict[TableName, Rows] = {}
        self._names: dict[str | None, frozenset[str]] = {}

    @property
    def default_schema(self) -> str | None:
        """The real name of the schema that ``None`` stands for."""
        return self._connection.dialect.default_schema_name

    def has(self, name: TableName) -> bool:
        """Whether there is such a table."""
        schema, word = name
        names = self._names_in(schema)
        if self._connection.dialect.name == "sqlite":  # to which case is nothing, in quotes or not
            return word.lower() in map(str.lower, names)
        return word in names

    def tables_in(self, schema: str | None) -> list[TableName]:
        """All tables of a schema."""
        return [(schema, each) for each in sorted(self._names_in(schema))]

    def columns(self, name: TableName) -> dict[str, Any]:
        """The columns by their names, as SQLAlchemy reflects them."""
        schema, word = name
        return {each["name"]: each for each in self._inspector.get_columns(word, schema)}

    def constraint(self, name: TableName, constraint: str) -> Constraint | None:
        """The constraint, or the unique index, of that name."""
        schema, word = name
        for kind, found in (
            ("unique", self._inspector.get_unique_constraints(word, schema)),
            ("primary", [self._inspector.get_pk_constraint(word, schema)]),
            ("foreignkey", self._inspector.get_foreign_keys(word, schema)),
            ("check", self._inspector.get_check_constraints(word, schema)),
        ):
            for each in found:
                if each and each.get("name") == constraint:
                    columns: Any = each.get("column_names") or each.get("constrained_columns") or ()
                    target: Any = (each.get("referred_schema"), each.get("referred_table"))
                    return Constraint(kind, tuple(columns), target if target[1] else None)
        index = self.index(name, constraint)
        return Constraint("unique index", index.columns) if index is not None and index.is_unique else None

    def index(self, name: TableName, index: str) -> Index | None:
        """The index of that name."""
        schema, word = name
        for each in self._inspector.get_indexes(word, schema):
            if each["name"] == index:
                parts = each.get("expressions") or each["column_names"]
                is_partial = any(key.endswith("_where") for key in each.get("dialect_options", ()))
                return Index(bool(each["unique"]), tuple(map(str, parts)), is_partial)
        return None

    def table_of_index(self, schema: str | None, index: str) -> str | None:
        """The table that an index of this name is on: PostgreSQL and SQLite drop one without saying."""
        for (_, table_name), indexes in self._inspector.get_multi_indexes(schema).items():
            if any(each["name"] == index for each in indexes):
                return table_name
        return None

    def enum_values(self, schema: str | None, enum: str) -> list[str]:
        """The values of an enum, on PostgreSQL."""
        inspector: Any = self._inspector
        found: list[Any] = inspector.get_enums(schema) if hasattr(inspector, "get_enums") else []
        labels: dict[str, list[str]] = {each["name"]: each["labels"] for each in found}
        return labels.get(enum, [])

    def rows(self, name: TableName) -> Rows:
        """How many rows it holds, or about how many."""
        if name not in self._rows:
            self._rows[name] = self._counted(name)
        return self._rows[name]

    def dependents(self, name: TableName, column_name: str | None = None) -> list[str]:
        """What reads this table or this column: views on PostgreSQL, and foreign keys of other tables everywhere."""
        is_postgresql = self._connection.dialect.name == "postgresql"
        return (self._by_catalogs if is_postgresql else self._foreign_keys)(name, column_name)

    def _names_in(self, schema: str | None) -> frozenset[str]:
        if schema not in self._names:
            is_there = schema is None or self._inspector.has_schema(schema)
            self._names[schema] = frozenset(self._inspector.get_table_names(schema) if is_there else ())
        return self._names[schema]

    @cached_property
    def _inspector(self) -> Inspector:
        return inspect(self._connection)

    def _counted(self, name: TableName) -> Rows:
        schema, word = name
        some = (
            select(literal_column("1", Integer).label("one"))
            .select_from(table(word, schema=schema))
            .limit(_COUNTED + 1)
        )
        count = select(func.count()).select_from(some.subquery())
        try:
            with self._savepoint():
                if self._hides_rows(name):
                    return _UNKNOWN
                number = self._connection.execute(count).scalar_one()
                return Rows(number, is_exact=True) if number <= _COUNTED else self._estimated(name)
        except SQLAlchemyError as error:  # no right to read it, or it is no table
            if isinstance(error, DBAPIError) and is_lock_timeout(error):
                raise
            return _UNKNOWN

    def _savepoint(self) -> Any:
        """On PostgreSQL what fails takes the transaction along, where there is one."""
        takes_along = self._connection.dialect.name == "postgresql" and not is_autocommit(self._connection)
        return self._connection.begin_nested() if takes_along else nullcontext()

    def _hides_rows(self, name: TableName) -> bool:
        """Whether row security shows this role less than there is."""
        if self._connection.dialect.name != "postgresql":
            return False
        active = text("SELECT pg_catalog.row_security_active(CAST(:name AS pg_catalog.regclass))")
        return bool(self._connection.execute(active, {"name": self._quoted(name)}).scalar())

    def _estimated(self, name: TableName) -> Rows:
        statement = _ESTIMATES.get(self._connection.dialect.name)
        if statement is None:
            return _UNKNOWN
        schema, word = name
        given = {"name": self._quoted(name), "schema": schema or self.default_schema, "word": word}
        used = {key: value for key, value in given.items() if f":{key}" in statement}
        number = self._connection.execute(text(statement), used).scalar()
        return Rows(max(int(number), _COUNTED)) if number is not None else _UNKNOWN

    def _quoted(self, name: TableName) -> str:
        schema, word = name
        return ".".join('"' + part.replace('"', '""') + '"' for part in (schema or self.default_schema, word) if part)

    def _by_catalogs(self, name: TableName, column_name: str | None) -> list[str]:
        given = {"name": self._quoted(name), "column_name": column_name}
        return [f"{kind} {shown}" for kind, shown in self._connection.execute(_DEPENDENTS, given)]

    def _foreign_keys(self, name: TableName, column_name: str | None) -> list[str]:
        schema, word = name
        return [
            f"foreign key {key['name'] or '(unnamed)'} of {other}"
            for (_, other), keys in sorted(self._inspector.get_multi_foreign_keys(schema).items(), key=str)
            for key in keys
            if (key["referred_schema"], key["referred_table"]) in ((schema, word), (None, word))
            and other != word
            and (column_name is None or column_name in key["referred_columns"])
        ]


_ESTIMATES = {
    "postgresql": """
        SELECT CAST(sum(greatest(c.reltuples, 0)) AS bigint)
        FROM pg_catalog.pg_class AS c
        WHERE c.relkind <> 'p' AND (
            c.oid = CAST(:name AS pg_catalog.regclass)
            OR c.oid IN (SELECT relid FROM pg_catalog.pg_partition_tree(CAST(:name AS pg_catalog.regclass)))
        )
    """,
    "mysql": "SELECT table_rows FROM information_schema.tables WHERE table_schema = :schema AND table_name = :word",
    "mariadb": "SELECT table_rows FROM information_schema.tables WHERE table_schema = :schema AND table_name = :word",
}

_DEPENDENTS = text("""
    SELECT DISTINCT CASE v.relkind WHEN 'm' THEN 'materialized view' ELSE 'view' END,
           CAST(CAST(v.oid AS pg_catalog.regclass) AS text)
    FROM pg_catalog.pg_depend AS d
    JOIN pg_catalog.pg_rewrite AS r
      ON r.oid = d.objid AND d.classid = CAST('pg_catalog.pg_rewrite' AS pg_catalog.regclass)
    JOIN pg_catalog.pg_class AS v ON v.oid = r.ev_class AND v.oid <> d.refobjid
    LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.refclassid = CAST('pg_catalog.pg_class' AS pg_catalog.regclass)
      AND d.refobjid = CAST(:name AS pg_catalog.regclass)
      AND (CAST(:column_name AS text) IS NULL OR a.attname = CAST(:column_name AS text))
    UNION
    SELECT 'foreign key', k.conname || ' of ' || CAST(CAST(k.conrelid AS pg_catalog.regclass) AS text)
    FROM pg_catalog.pg_constraint AS k
    LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey)
    WHERE k.contype = 'f' AND k.confrelid = CAST(:name AS pg_catalog.regclass) AND k.conrelid <> k.confrelid
      AND (CAST(:column_name AS text) IS NULL OR a.attname = CAST(:column_name AS text))
    ORDER BY 1, 2
""")
