"""What is declared against what is live: each change is taken there and back, and held against the whole catalog."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_view import PGView
from sqlalchemy import Column, Enum, Integer, MetaData, Table, Text, text

from migrakit import entities
from tests.entities.checker import there_and_back
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database

WORLD = """
CREATE TABLE invoices (id integer PRIMARY KEY, total numeric(10, 2), paid_at timestamptz, note text);
CREATE DOMAIN amount AS numeric CHECK (VALUE >= 0);
CREATE SCHEMA billing;
CREATE TABLE billing.invoices (id integer PRIMARY KEY, total integer);
"""

OPEN = "CREATE VIEW open AS SELECT id, total FROM invoices WHERE paid_at IS NULL"
SUMS = "CREATE VIEW sums AS SELECT count(*) AS number, sum(total) AS total FROM open"
TOP = "CREATE VIEW top AS SELECT total FROM sums"
ADD = "CREATE FUNCTION add(a integer, b integer DEFAULT 1) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT a + b $$"


ADDED = "CREATE VIEW added AS SELECT add(id) AS id FROM invoices"

BIG_ADD = ADD.replace("RETURNS integer", "RETURNS bigint").replace("a + b", "a::bigint + b")

TWO_SCHEMAS = """
CREATE VIEW v AS SELECT id FROM invoices;
CREATE VIEW billing.v AS SELECT id FROM billing.invoices JOIN public.v USING (id)
"""

LIKE_SCHEMAS = """
CREATE VIEW v AS
    WITH billing AS (SELECT 1 AS v)
    SELECT billing.v, public.v AS w FROM billing, (SELECT 2 AS v) AS public;
CREATE VIEW billing.v AS SELECT 1 AS one
"""

STRANGE_NAMES = r"""
CREATE VIEW "Mixed Case-'%:x" AS SELECT 1 AS "a b", '100% :x \ $$' AS "ü";
CREATE VIEW "Ünïcode" AS SELECT "a b" FROM "Mixed Case-'%:x"
"""

STRANGE_BODY = r"""
CREATE FUNCTION odd(a text DEFAULT '[]', b amount DEFAULT 0, c integer[] DEFAULT '{1,2}') RETURNS text LANGUAGE plpgsql
AS $body$
BEGIN

    RETURN 'a:b' || E'\n' || "a" || '50%' || $$x$$;@
END
$body$
""".replace("@", "   \t")

MUTUAL = """
CREATE FUNCTION even(n integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN n = 0 OR odd(n - 1); END $$;
CREATE FUNCTION odd(n integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN n <> 0 AND even(n - 1); END $$
"""

MUTUAL_IN_SQL = """
CREATE FUNCTION even(n integer) RETURNS boolean LANGUAGE sql AS $$ SELECT n = 0 OR odd(n - 1) $$;
CREATE FUNCTION odd(n integer) RETURNS boolean LANGUAGE sql AS $$ SELECT n <> 0 AND even(n - 1) $$
"""


@dataclass(frozen=True)
class Change:
    """What is live beside the world, what is declared, and what autogenerate is to do, by its directives."""

    name: str
    live: str
    declared: str
    does: tuple[str, ...]
    says: tuple[str, ...] = field(default=())


CHANGES = [
    Change("nothing", f"{OPEN}; {ADD}", f"{OPEN}; {ADD}", ()),
    Change("a new view", "", OPEN, ("create",)),
    Change("a view that goes", OPEN, "", ("drop",)),
    Change("a chain that comes", "", f"{TOP}; {SUMS}; {OPEN}", ("create",) * 3),
    Change("a chain that goes", f"{OPEN}; {SUMS}; {TOP}", "", ("drop",) * 3),
    Change(
        "only the first of a chain",
        f"{OPEN}; {SUMS}; {TOP}",
        f"{OPEN} AND id > 0; {SUMS}; {TOP}",
        ("replace",),
    ),
    Change(
        "a view that gains a column",
        f"{OPEN}; {SUMS}",
        f"{OPEN.replace('total', 'total, note')}; {SUMS}",
        ("replace",),
    ),
    Change(
        "a view that loses a column",
        f"{OPEN.replace('total', 'total, note')}; {SUMS}",
        f"{OPEN}; {SUMS}",
        ("drop", "drop", "create", "create"),
    ),
    Change(
        "a column of another type under a chain",
        f"{OPEN}; {SUMS}; {TOP}",
        f"{OPEN.replace('total', 'total::text AS total')}; {SUMS.replace('sum(total)', 'max(total)')}; {TOP}",
        ("drop",) * 3 + ("create",) * 3,
    ),
    Change(
        "options",
        OPEN,
        OPEN.replace("open AS", "open WITH (security_invoker = true, security_barrier = true) AS"),
        ("replace",),
        ("security_invoker",),
    ),
    Change(
        "options in another order",
        OPEN.replace(" AS", " WITH (security_invoker, security_barrier) AS", 1),
        OPEN.replace(" AS", " WITH (security_barrier = true, security_invoker = true) AS", 1),
        (),
    ),
    Change(
        "overloads",
        ADD,
        f"{ADD}; CREATE FUNCTION add(a text, b text) RETURNS text LANGUAGE sql AS $$ SELECT a || b $$",
        ("create",),
    ),
    Change(
        "one of two overloads",
        f"{ADD}; CREATE FUNCTION add(text, text) RETURNS text LANGUAGE sql AS $$ SELECT $1 $$",
        ADD,
        ("drop",),
    ),
    Change("types by other names", ADD, ADD.replace("integer", "int4"), ()),
    Change(
        "a default with a comma",
        ADD,
        ADD.replace("LANGUAGE", "LANGUAGE").replace("DEFAULT 1", "DEFAULT length('a,b')"),
        ("replace",),
    ),
    Change(
        "an argument's name", ADD, ADD.replace("a integer", "x integer").replace("a + b", "x + b"), ("drop", "create")
    ),
    Change("a result's type", f"{ADD}; {ADDED}", f"{BIG_ADD}; {ADDED}", ("drop", "drop", "create", "create")),
    Change(
        "clauses",
        ADD,
        ADD.replace("IMMUTABLE", "IMMUTABLE SECURITY DEFINER PARALLEL SAFE COST 7 SET search_path = pg_catalog"),
        ("replace",),
    ),
    Change(
        "white space in a literal",
        "CREATE VIEW v AS SELECT 'a b' AS t",
        "CREATE VIEW v AS SELECT 'a  b' AS t",
        ("replace",),
    ),
    Change("white space beside", OPEN, OPEN.replace(" ", "\n  "), ()),
    Change(
        "rows of a declared view",
        "",
        f"{OPEN}; CREATE FUNCTION opened() RETURNS SETOF open LANGUAGE sql AS $$ SELECT * FROM open $$",
        ("create", "create"),
    ),
    Change(
        "a body that names a view",
        "",
        f"CREATE FUNCTION a_first() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM open $$; {OPEN}",
        ("create", "create"),
    ),
    Change(
        "BEGIN ATOMIC",
        "",
        f"{OPEN}; CREATE FUNCTION a() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM public.open; END",
        ("create", "create"),
    ),
    Change(
        "regclass", "", f"{OPEN}; CREATE VIEW named AS SELECT 'public.open'::regclass AS name", ("create", "create")
    ),
    Change("two schemas", "", TWO_SCHEMAS, ("create", "create")),
    Change("names like schemas", "", LIKE_SCHEMAS, ("create", "create")),
    Change("strange names", "", STRANGE_NAMES, ("create", "create")),
    Change("strange bodies", "", STRANGE_BODY, ("create",)),
    Change("mutual recursion", "", MUTUAL, ("create", "create")),
    Change("mutual recursion in SQL", "", MUTUAL_IN_SQL, ("create", "create"), ("check_function_bodies",)),
    Change("mutual recursion that goes", f"SET check_function_bodies = off; {MUTUAL_IN_SQL}", "", ("drop", "drop")),
    Change(
        "domains, arrays and typmods",
        "",
        "CREATE FUNCTION f(a amount, b varchar(5)[], c numeric(4,2)) RETURNS amount LANGUAGE sql AS $$ SELECT a $$",
        ("create",),
    ),
]


def metadata_of(database: Database) -> MetaData:
    metadata = MetaData()
    with database.engine().connect() as connection:
        metadata.reflect(connection)
        metadata.reflect(connection, schema="billing")
    return metadata


def make(database: Database, sql: str) -> None:
    with database.engine().begin() as connection:
        connection.exec_driver_sql((WORLD + sql).replace("%", "%%"))


def directives(code: str) -> tuple[str, ...]:
    upgrade = code.partition("def upgrade()")[2].partition("def downgrade()")[0]
    return tuple(
        line.strip().removeprefix("op.").partition("_entity")[0] for line in upgrade.splitlines() if "_entity(" in line
    )


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_a_change_is_taken_there_and_back(change: Change, postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, change.live)
    declared = entities.sql(change.declared)
    code = there_and_back(postgres18, tmp_path, metadata=metadata_of(postgres18), entities=declared)
    assert directives(code) == change.does
    assert all(word in code for word in change.says)


def test_views_stand_on_what_the_same_revision_makes(postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, "CREATE VIEW stars AS SELECT * FROM invoices")
    metadata = metadata_of(postgres18)
    metadata.tables["invoices"].append_column(Column("reason", Text))
    Table("fresh", metadata, Column("id", Integer, primary_key=True), Column("name", Text), Column("rank", Integer))
    declared = entities.sql("""
        CREATE VIEW stars AS SELECT * FROM invoices;
        CREATE VIEW reasons AS SELECT reason FROM public.invoices;
        CREATE VIEW ranked AS SELECT fresh.*, count(*) FROM fresh GROUP BY fresh.id;
    """)
    code = there_and_back(postgres18, tmp_path, metadata=metadata, entities=declared)
    assert directives(code) == ("create", "create", "replace")


def test_they_know_an_enum_of_the_same_revision(postgres18: Database, tmp_path: Path) -> None:
    """Without the checker, as Alembic's own downgrade leaves the type behind."""
    make(postgres18, "")
    metadata = metadata_of(postgres18)
    mood: Column[str] = Column("mood", Enum("good", "it's bad", name="mood"))
    Table("fresh", metadata, Column("id", Integer, primary_key=True), mood)
    declared = entities.sql("""
        CREATE VIEW moods AS SELECT mood FROM fresh WHERE mood = 'it''s bad';
        CREATE FUNCTION same(one public.mood) RETURNS public.mood LANGUAGE sql AS $$ SELECT one $$;
    """)
    project = Project(
        tmp_path, postgres18.url, attributes={"environment": {"metadata": metadata, "entities": declared}}
    )
    project.revision()
    project.upgrade()
    assert project.ops() == []


def test_objects_of_alembic_utils_mean_what_they_say(postgresql: Database, tmp_path: Path) -> None:
    make(postgresql, "")
    body = r"returns text language plpgsql as $$ BEGIN RETURN 'a\:b' || a\:\:text || b; END $$"
    declared = [
        PGView("public", "colons", "SELECT 'a:b' AS t, '{\"a\": 1}' AS json, id FROM invoices"),
        PGFunction("public", "f(a int, b text default 'x,y')", body),
    ]
    code = there_and_back(postgresql, tmp_path, metadata=metadata_of(postgresql), entities=declared)
    assert directives(code) == ("create", "create")
    with postgresql.engine().connect() as connection:
        assert connection.scalar(text("SELECT f(1)")) == "a:b1x,y"
