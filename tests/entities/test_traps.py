"""Traps that an earlier engine fell into: each is taken there and back, or refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest
from alembic_utils.pg_view import PGView
from alembic_utils.replaceable_entity import register_entities, registry
from sqlalchemy import CheckConstraint, Column, Enum, Integer, MetaData, String, Table, Text, text
from sqlalchemy.dialects.postgresql import DOMAIN

from migrakit import entities, filters
from migrakit.autogenerate.entities.sorting import sorted_by_need
from migrakit.errors import EntityError
from tests.entities.catalog import difference
from tests.entities.changes import directives
from tests.entities.checker import seen, there_and_back
from tests.project import Project
from tests.share import share

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.databases import Database

WORLD = """
CREATE TABLE invoices (id integer PRIMARY KEY, total numeric(10, 2), paid_at timestamptz, note text);
CREATE SCHEMA billing;
CREATE TABLE billing.invoices (id integer PRIMARY KEY, total integer);
"""


def metadata_of(database: Database) -> MetaData:
    metadata = MetaData()
    with database.engine().connect() as connection:
        metadata.reflect(connection)
        metadata.reflect(connection, schema="billing")
    return metadata


@dataclass(frozen=True)
class Case:
    """What is live beside the world, what is declared, and what autogenerate is to do, where that is told."""

    name: str
    live: str
    declared: str
    does: tuple[str, ...] | None = None


ROWS = """
CREATE VIEW v AS SELECT id FROM invoices;
CREATE FUNCTION f(x v) RETURNS int LANGUAGE sql AS $$ SELECT x.id $$;
CREATE VIEW w AS SELECT f(v) AS n FROM v
"""
ARRAYS = (
    ROWS.replace("x v)", "x v[])").replace("x.id", "1").replace("f(v) AS n FROM v", "f(ARRAY(SELECT v FROM v)) AS n")
)
OUT = "CREATE FUNCTION f(OUT a int, OUT b int) LANGUAGE sql AS $$ SELECT 1, 2 $$"
OPTIONAL = "CREATE FUNCTION f(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql AS $$ SELECT a $$"
ONE = "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS $$ SELECT a $$"
CALLS = "CREATE FUNCTION a() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT f(1); END"
UNQUALIFIED = "CREATE VIEW z AS SELECT 1 AS x; CREATE VIEW a AS SELECT * FROM z"
QUALIFIED = (
    "CREATE VIEW c AS SELECT 1 AS n; CREATE VIEW b AS SELECT * FROM public.c; CREATE VIEW a AS SELECT * FROM public.b"
)
SET_OF = """
CREATE VIEW v AS SELECT 1 AS a;
CREATE FUNCTION f() RETURNS SETOF v LANGUAGE sql AS $$ SELECT * FROM v $$;
CREATE VIEW w AS SELECT * FROM f()
"""
OPEN = "CREATE VIEW open AS SELECT 1 AS n"
MANY = ";".join(f"CREATE VIEW s{n:02}.v AS SELECT {n} AS n" for n in range(12))
MANY = f"{MANY}; CREATE VIEW s11.w AS SELECT n FROM s10.v"
SCHEMAS = ";".join(f"CREATE SCHEMA s{n:02}" for n in range(12))
QUOTED_REG = """CREATE VIEW "it's".v AS SELECT 1 AS n; CREATE VIEW "it's".w AS SELECT '"it''s".v'::regclass AS r"""
COUNTED = "CREATE FUNCTION counted() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT count(*) FROM public.v $$"
RULE = "CREATE RULE r AS ON DELETE TO v DO INSTEAD NOTHING"


def schema_case(name: str) -> Case:
    views = f"CREATE VIEW {name}.v AS SELECT 1 AS n; CREATE VIEW {name}.w AS SELECT n FROM {name}.v"
    return Case(f"schema {name}", f"CREATE SCHEMA {name}; {views}", views, ())


def function(arguments: str, rest: str = "LANGUAGE sql AS $$ SELECT 1 $$") -> str:
    return f"CREATE FUNCTION f({arguments}) RETURNS int {rest}"


CASES = [
    Case("rows, unqualified, unchanged", ROWS, ROWS, ()),
    Case(
        "arrays of rows, unqualified, unchanged",
        ARRAYS,
        ARRAYS,
        (),
    ),
    Case("star, unqualified", UNQUALIFIED, UNQUALIFIED.replace("AS x", "AS x, 2 AS y"), ("replace",) * 2),
    Case("star, qualified", QUALIFIED, QUALIFIED.replace("AS n", "AS n, 2 AS m"), ("replace",) * 3),
    Case("star over a set of rows", SET_OF, SET_OF.replace("AS a", "AS a, 2 AS b")),
    Case("an optional argument more, in use", f"{ONE}; {CALLS}", f"{OPTIONAL}; {CALLS}"),
    Case("an optional argument more, to be used", ONE, f"{OPTIONAL}; {CALLS}"),
    Case(
        "an overload goes, another comes",
        f"{function('a int')}; CREATE VIEW v AS SELECT f(1) AS n",
        f"{function('a bigint')}; CREATE VIEW v AS SELECT f(1) AS n",
    ),
    Case("default goes", OPTIONAL, OPTIONAL.replace(" DEFAULT 1", "")),
    Case("default comes", OPTIONAL.replace(" DEFAULT 1", ""), OPTIONAL),
    Case("type of an OUT argument", OUT, OUT.replace("b int", "b text").replace("2", "'2'")),
    Case("view with percent goes", 'CREATE VIEW "a%b" AS SELECT 1 AS n', ""),
    Case("view with percent changes", 'CREATE VIEW "a%b" AS SELECT 1 AS n', 'CREATE VIEW "a%b" AS SELECT 2 AS n'),
    *map(schema_case, ('"values"', "over", "a$b", '"100%"')),
    Case("regclass in a schema with a quote", f"""CREATE SCHEMA "it's"; {QUOTED_REG}""", QUOTED_REG, ()),
    Case("twelve schemas", f"{SCHEMAS}; {MANY}", MANY, ()),
    Case("row of a table named by a keyword", 'CREATE TABLE "order" (id int)', function('o "order"')),
    Case("array of them", 'CREATE TABLE "user" (id int)', function('VARIADIC u "user"[]')),
    Case("continued string with a tab", "", "CREATE VIEW v AS SELECT 'a'\n\t'b' AS t"),
    Case("continued escaped string with a tab", "", "CREATE VIEW v AS SELECT E'a'\n\t'b' AS t"),
    Case(
        "tabs in what hangs on a view",
        "CREATE VIEW v AS SELECT id, note FROM invoices; COMMENT ON VIEW v IS E'a\\tb';"
        "CREATE RULE r AS ON INSERT TO v DO INSTEAD SELECT E'a\\t%:b' AS t;"
        "ALTER VIEW v ALTER id SET DEFAULT ascii(E'\\t')",
        "CREATE VIEW v AS SELECT id FROM invoices",
    ),
    Case("tab beside UESCAPE", "", "CREATE VIEW v AS SELECT U&'x\ty!0041' UESCAPE '!' AS t"),
    Case(
        "rule",
        f"CREATE VIEW v AS SELECT id, total FROM invoices; {RULE}",
        "CREATE VIEW v AS SELECT id FROM invoices",
    ),
    Case("cast to regclass", "", f"{OPEN}; CREATE VIEW v AS SELECT CAST('public.open' AS regclass) AS r"),
    Case("typed regclass", "", f"{OPEN}; CREATE VIEW v AS SELECT regclass 'public.open' AS r"),
    Case("qualified type", "", f"{OPEN}; CREATE VIEW v AS SELECT 'public.open'::pg_catalog.regclass AS r"),
    Case(
        "alias that is a schema",
        "",
        "CREATE VIEW billing.total AS SELECT 1 AS n; CREATE VIEW open AS SELECT 1 AS total;"
        "CREATE VIEW v AS SELECT billing.total FROM public.open AS billing",
    ),
    Case(
        "alias that is a schema beside a view made anew",
        "CREATE VIEW w AS SELECT id, note FROM invoices",
        "CREATE VIEW billing.total AS SELECT 1 AS n; CREATE VIEW open AS SELECT 1 AS total;"
        "CREATE VIEW v AS SELECT billing.total FROM public.open AS billing; CREATE VIEW w AS SELECT id FROM invoices",
    ),
    Case(
        "rows come out of a body that stays, of a view made anew",
        f"CREATE VIEW v AS SELECT id, note FROM invoices; {COUNTED}",
        f"CREATE VIEW v AS SELECT id FROM invoices; {COUNTED}; CREATE MATERIALIZED VIEW a AS SELECT counted()",
        ("drop", "create", "create"),
    ),
    Case("internal", "", "CREATE FUNCTION f(int) RETURNS int LANGUAGE internal AS 'int4abs'"),
]


def make(database: Database, sql: str) -> None:
    with database.engine().begin() as connection:
        connection.exec_driver_sql((WORLD + sql).replace("%", "%%"))


def project(database: Database, directory: Path, **environment: Any) -> Project:
    return Project(directory, database.url, attributes={"environment": environment})


@pytest.mark.parametrize("case", share(CASES), ids=lambda case: case.name)
def test_a_change_is_taken_there_and_back(case: Case, postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, case.live)
    code = there_and_back(postgres18, tmp_path, metadata=metadata_of(postgres18), entities=entities.sql(case.declared))
    assert case.does is None or directives(code) == case.does


def without(metadata: MetaData, column: str) -> None:
    table = metadata.tables["invoices"]
    table._columns.remove(table.c[column])


def retyped(metadata: MetaData) -> None:
    column = metadata.tables["invoices"].c.note
    column.type, column.autoincrement = String(50), "auto"


def with_column(metadata: MetaData) -> None:
    metadata.tables["invoices"].append_column(Column("gone", Text))


def with_table(metadata: MetaData, *more: Any) -> None:
    Table("fresh", metadata, Column("id", Integer, primary_key=True, autoincrement=False), *more)


def with_default(metadata: MetaData) -> None:
    default = Column("id", Integer, primary_key=True, server_default=text("next_id()"), autoincrement=False)
    Table("fresh", metadata, default)


PAID = "CREATE VIEW v AS SELECT id FROM invoices WHERE paid_at IS NULL"
ALL = "CREATE VIEW v AS SELECT id FROM invoices"
COUNT = "CREATE FUNCTION f() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(note) FROM invoices; END"
NEXT = "CREATE FUNCTION next_id() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$"
NOTE = "CREATE VIEW v AS SELECT id, note FROM invoices"

REVISIONS: dict[str, tuple[str, str, Callable[[MetaData], None]]] = {
    "column of a condition goes": (PAID.replace("paid_at", "note"), ALL, lambda found: without(found, "note")),
    "column of a condition comes": (ALL, ALL + " WHERE gone IS NULL", with_column),
    "column of a function goes": (COUNT, COUNT.replace("note", "id"), lambda found: without(found, "note")),
    "table goes": (
        "CREATE TABLE gone (id int); CREATE VIEW v AS SELECT id FROM gone",
        ALL,
        lambda found: found.remove(found.tables["gone"]),
    ),
    "table comes": (ALL, "CREATE VIEW v AS SELECT id FROM fresh", with_table),
    "view becomes a table": (
        "CREATE VIEW fresh AS SELECT 1 AS id; CREATE VIEW v AS SELECT id FROM fresh",
        "CREATE VIEW v AS SELECT id FROM fresh",
        with_table,
    ),
    "column is retyped": (NOTE, NOTE, retyped),
    "default": ("", NEXT, with_default),
    "check": ("", function("i int"), lambda found: with_table(found, CheckConstraint("f(id) = 1", name="c"))),
    "regclass of a new table": ("", "CREATE VIEW v AS SELECT 'fresh'::regclass AS r", with_table),
}


@pytest.mark.parametrize("name", REVISIONS)
def test_a_revision_of_tables_is_taken_there_and_back(name: str, postgres18: Database, tmp_path: Path) -> None:
    live, declared, change = REVISIONS[name]
    make(postgres18, live)
    metadata = metadata_of(postgres18)
    change(metadata)
    there_and_back(postgres18, tmp_path, metadata=metadata, entities=entities.sql(declared))


def test_what_goes_hides_nothing(postgres18: Database, tmp_path: Path) -> None:
    views = "CREATE VIEW billing.v AS SELECT 1 AS n; CREATE VIEW w AS SELECT n FROM v"
    make(postgres18, f"CREATE VIEW public.v AS SELECT 'a' AS n; SET search_path = public, billing; {views}")
    with postgres18.engine().begin() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {postgres18.url.database} SET search_path = public, billing")
    postgres18.engine().dispose()
    service = project(postgres18, tmp_path, metadata=metadata_of(postgres18), entities=entities.sql(views))
    before = seen(postgres18)
    service.revision()
    service.upgrade()
    assert service.ops() == []
    service.downgrade()
    assert difference(before, seen(postgres18)) == []


# Not compared, or refused, where all is well. The upgrade works without the entities.
TYPES: dict[str, Callable[[], Column[Any]]] = {
    "a domain": lambda: Column("e", DOMAIN("amount", Integer())),
    "a variant": lambda: Column("e", String(9).with_variant(Enum("a", "b", name="mood"), "postgresql")),
}


@pytest.mark.parametrize("name", TYPES)
def test_types_of_the_same_revision(name: str, postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, "")
    metadata = metadata_of(postgres18)
    with_table(metadata, TYPES[name]())
    declared = entities.sql("CREATE VIEW v AS SELECT e FROM fresh")
    assert "create_entity" in "".join(project(postgres18, tmp_path, metadata=metadata, entities=declared).ops())


def test_names_with_percent_of_the_same_revision(postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, "")
    metadata = metadata_of(postgres18)
    Table("a%b", metadata, Column("c%d", Integer, primary_key=True))
    declared = entities.sql('CREATE VIEW v AS SELECT "c%d" FROM "a%b"')
    assert "create_entity" in "".join(project(postgres18, tmp_path, metadata=metadata, entities=declared).ops())


def test_an_enum_that_only_a_function_names(postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, "")
    metadata = metadata_of(postgres18)
    with_table(metadata, Column("e", Enum("a", "b", name="mood")))
    declared = entities.sql(function("m mood"))
    assert "create_entity" in "".join(project(postgres18, tmp_path, metadata=metadata, entities=declared).ops())


def test_a_function_of_anothers_on_the_row_of_a_changed_table(postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, function("i invoices"))
    metadata = metadata_of(postgres18)
    with_column(metadata)
    declared = entities.sql("CREATE VIEW v AS SELECT f(i), gone FROM invoices i")
    mine = ~filters.names("f")
    there_and_back(postgres18, tmp_path, metadata=metadata, owns=mine, entities=declared)


REFUSED = {
    "on what goes": ("CREATE VIEW v AS SELECT 1 AS n", "CREATE VIEW w AS SELECT n FROM v"),
    "on a table that goes": ("CREATE TABLE gone (id int)", "CREATE VIEW w AS SELECT id FROM gone"),
    "circle": (
        "CREATE VIEW a AS SELECT 1 AS n; CREATE VIEW b AS SELECT 1 AS n",
        "CREATE VIEW a AS SELECT n FROM b; CREATE VIEW b AS SELECT n FROM a",
    ),
    "no such schema": ("", "CREATE VIEW api.v AS SELECT 1 AS n"),
    "a materialized view of this name": (
        "CREATE MATERIALIZED VIEW v AS SELECT 1 AS n",
        "CREATE VIEW v AS SELECT 1 AS n",
    ),
    "a procedure of this name": ("CREATE PROCEDURE f() LANGUAGE sql AS ''", function("")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_apply_is_refused_or_applies(name: str, postgres18: Database, tmp_path: Path) -> None:
    live, declared = REFUSED[name]
    make(postgres18, live)
    metadata = metadata_of(postgres18)
    if "gone" in metadata.tables:
        metadata.remove(metadata.tables["gone"])
    service = project(postgres18, tmp_path, metadata=metadata, entities=entities.sql(declared))
    try:
        service.revision()
    except EntityError:
        return
    service.upgrade()


def test_messages_name_no_scratch_schema(postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, "")
    declared = entities.sql(f"{function('t text')}; CREATE VIEW public.v AS SELECT public.f(now()) AS n")
    with pytest.raises(EntityError) as refused:
        project(postgres18, tmp_path, metadata=metadata_of(postgres18), entities=declared).ops()
    assert "migrakit_" not in str(refused.value)


def test_twice_with_and_without_schema(postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, "")
    declared = entities.sql("CREATE VIEW v AS SELECT 1 AS n; CREATE VIEW public.v AS SELECT 1 AS n")
    with pytest.raises(EntityError, match="twice"):
        project(postgres18, tmp_path, metadata=metadata_of(postgres18), entities=declared).ops()


def test_a_view_that_stands_on_it_is_called_a_view(postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, "CREATE VIEW b_v AS SELECT 1 AS n, 2 AS m; CREATE VIEW x_v AS SELECT * FROM b_v")
    declared = entities.sql("CREATE VIEW b_v AS SELECT 1 AS n")
    service = project(
        postgres18, tmp_path, service="b", owns=filters.prefix("b_"), metadata=MetaData(), entities=declared
    )
    with pytest.raises(EntityError, match=r"view public\.x_v, which postgres owns, stands on it") as refused:
        service.ops()
    assert "_RETURN" not in str(refused.value)


@pytest.mark.parametrize("sql", ["SELECT 1 AS n", "SELEC 1"])
def test_the_same_object_registered_and_declared(sql: str, postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, "")
    legacy = PGView("public", "legacy", sql)
    register_entities([legacy])
    try:
        service = project(postgres18, tmp_path, metadata=metadata_of(postgres18), entities=[legacy])
        try:
            assert service.ops()
        except EntityError as error:
            assert "declared twice" not in str(error)  # noqa: PT017
            assert "langhelpers.py" not in str(error)  # noqa: PT017
    finally:
        cast("Any", registry).clear()


def test_a_long_chain_in_the_wrong_order_is_made_at_the_first_attempt() -> None:
    """Each attempt that fails would take a transaction id of its own, and each round the time of all."""
    chain = ["CREATE VIEW v0400 AS SELECT 1 AS n"]
    chain += [f"CREATE VIEW public.v{at:04} AS SELECT n FROM public.v{at + 1:04}" for at in range(400)]
    made = [each.name for each in sorted_by_need(entities.sql(";".join(chain)), "public")]
    assert made == [f"v{at:04}" for at in reversed(range(401))]
