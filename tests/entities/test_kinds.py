"""Each kind's statements are read as PostgreSQL reads them, and what makes, replaces and drops it does so there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, Integer, MetaData, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from migrakit.entities import Entities, Entity, entity, row_security, sql
from migrakit.entities.kinds import KINDS, UnreadableError, head_of, is_populated, without_data
from migrakit.entities.lexing import tokenize
from migrakit.entities.value import Position
from migrakit.errors import EntityError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from tests.databases import Database

WORLD = r"""
CREATE ROLE "Some Role";
CREATE ROLE "to";
CREATE SCHEMA billing;
CREATE SCHEMA "function";
CREATE SCHEMA "Odd ""S"" %:x	";
CREATE TABLE billing.invoices (id int PRIMARY KEY, a int, "on" int, note text);
CREATE TABLE "Odd ""S"" %:x	"."On %:x" (id int, "on" int);
CREATE TABLE function.f (id int);
CREATE TABLE schema (id int);
CREATE TABLE enable (id int);
CREATE TABLE parts (id int) PARTITION BY LIST (id);
CREATE TABLE part PARTITION OF parts FOR VALUES IN (1);
CREATE VIEW billing.open AS SELECT * FROM billing.invoices;
CREATE MATERIALIZED VIEW billing.m AS SELECT id FROM billing.invoices;
CREATE MATERIALIZED VIEW "Odd ""S"" %:x	"."M m" AS SELECT id FROM billing.invoices;
CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION billing."Net %"(numeric(10, 2), VARIADIC text[]) RETURNS int RETURN 1;
CREATE PROCEDURE billing.close(a int, OUT b int) LANGUAGE plpgsql AS 'BEGIN END';
CREATE SEQUENCE billing.numbers;
CREATE TRIGGER there AFTER INSERT ON billing.invoices EXECUTE FUNCTION log();
CREATE TRIGGER "all" AFTER INSERT ON enable EXECUTE FUNCTION log();
CREATE TRIGGER each AFTER INSERT ON parts FOR EACH ROW EXECUTE FUNCTION log();
CREATE TABLE secured (id int);
ALTER TABLE secured ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
"""

SNAPSHOT = """
SELECT 'relation', c.oid::regclass::text, relkind::text || relrowsecurity::text || relforcerowsecurity::text,
    ARRAY(
        SELECT unnest(coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, relowner)))::text
        ORDER BY 1
    )
FROM pg_class c WHERE relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
UNION ALL
SELECT 'column', attrelid::regclass::text, attname, attacl::text[] FROM pg_attribute WHERE attacl <> '{}'
UNION ALL
SELECT 'routine', oid::regprocedure::text, prokind::text,
    ARRAY(SELECT unnest(coalesce(proacl, acldefault('f', proowner)))::text ORDER BY 1)
FROM pg_proc WHERE pronamespace::regnamespace::text !~ '^(pg_|information_schema)'
UNION ALL
SELECT 'schema', nspname, '', ARRAY(SELECT unnest(coalesce(nspacl, acldefault('n', nspowner)))::text ORDER BY 1)
FROM pg_namespace
UNION ALL
SELECT 'trigger', tgname, tgrelid::regclass::text || tgenabled::text, '{}' FROM pg_trigger
UNION ALL
SELECT 'policy', polname, polrelid::regclass::text, '{}' FROM pg_policy
UNION ALL
SELECT 'extension', extname, extnamespace::regnamespace::text, '{}' FROM pg_extension
ORDER BY 1, 2, 3
"""

FORMS = [
    ("CREATE MATERIALIZED VIEW v AS SELECT 1 AS a", "materialized view v"),
    ('CREATE MATERIALIZED VIEW billing."V %" (a) USING heap WITH (fillfactor = 70) AS SELECT 1',
     "materialized view billing.V %"),
    ("create materialized view if tablespace pg_default as select 1 as a with no data", "materialized view if"),
    ("CREATE INDEX i ON billing.m (id)", "index i on billing.m"),
    ("CREATE UNIQUE INDEX i ON billing.m USING btree (id) INCLUDE (id) WHERE id > 0", "index i on billing.m"),
    ('CREATE INDEX if ON "Odd ""S"" %:x\t"."M m" ((id + 1))', 'index if on Odd "S" %:x\t.M m'),
    ("CREATE PROCEDURE p() LANGUAGE sql AS ''", "procedure p()"),
    (("CREATE OR REPLACE PROCEDURE billing.\"P %\" (a int, OUT b varchar(3), VARIADIC c text[] = '{}') "
     "LANGUAGE plpgsql AS 'BEGIN END'"), "procedure billing.P %(integer, text[])"),
    ("CREATE PROCEDURE p(a int) BEGIN ATOMIC SELECT 1; SELECT 2; END", "procedure p(integer)"),
    ("CREATE TRIGGER t BEFORE INSERT ON billing.invoices EXECUTE FUNCTION log()", "trigger t on billing.invoices"),
    (('CREATE OR REPLACE TRIGGER "T %:x" AFTER UPDATE ON billing . invoices '
     "REFERENCING NEW TABLE AS new_ FOR EACH STATEMENT EXECUTE PROCEDURE log('ON')"),
     "trigger T %:x on billing.invoices"),
    (('CREATE OR REPLACE TRIGGER "T %:x" AFTER DELETE OR UPDATE OF id, "on" ON "Odd ""S"" %:x\t"."On %:x" '
     "FOR EACH ROW WHEN (OLD.\"on\" > 0) EXECUTE PROCEDURE log('ON')"), 'trigger T %:x on Odd "S" %:x\t.On %:x'),
    ("CREATE TRIGGER before AFTER TRUNCATE ON billing.invoices EXECUTE FUNCTION log()",
     "trigger before on billing.invoices"),
    ("CREATE TRIGGER t INSTEAD OF UPDATE ON billing.open FOR EACH ROW EXECUTE FUNCTION log()",
     "trigger t on billing.open"),
    (("CREATE CONSTRAINT TRIGGER t AFTER INSERT ON billing.invoices FROM schema DEFERRABLE INITIALLY DEFERRED "
     "FOR EACH ROW EXECUTE FUNCTION log()"), "trigger t on billing.invoices"),
    ("CREATE TRIGGER t AFTER INSERT ON parts FOR EACH ROW EXECUTE FUNCTION log()", "trigger t on parts"),
    ("ALTER TABLE billing.invoices DISABLE TRIGGER there", "trigger state there on billing.invoices"),
    ("ALTER TABLE ONLY billing.invoices ENABLE REPLICA TRIGGER there", "trigger state there on billing.invoices"),
    ("alter table only (billing.invoices) enable always trigger there", "trigger state there on billing.invoices"),
    ('ALTER TABLE enable * DISABLE TRIGGER "all"', "trigger state all on enable"),
    ("ALTER TABLE ONLY parts DISABLE TRIGGER each", "trigger state each on parts"),
    ("ALTER TABLE parts DISABLE TRIGGER each", "trigger state each on parts"),
    ("CREATE POLICY p ON billing.invoices", "policy p on billing.invoices"),
    (('CREATE POLICY "Own % :rows" ON "Odd ""S"" %:x\t"."On %:x" AS RESTRICTIVE FOR UPDATE TO "to", public '
     "USING (id > 0) WITH CHECK (true)"), 'policy Own % :rows on Odd "S" %:x\t.On %:x'),
    ("CREATE POLICY if ON enable USING (id IN (SELECT id FROM schema))", "policy if on enable"),
    ("ALTER TABLE billing.invoices ENABLE ROW LEVEL SECURITY", "row security of billing.invoices"),
    ("ALTER TABLE ONLY billing.invoices FORCE ROW LEVEL SECURITY", "row security of billing.invoices"),
    ('alter table "Odd ""S"" %:x\t"."On %:x" enable row level security, force row level security',
     'row security of Odd "S" %:x\t.On %:x'),
    ("GRANT SELECT ON billing.invoices TO PUBLIC", "grant on table billing.invoices"),
    ('GRANT SELECT (a, "on"), INSERT (a), DELETE ON TABLE billing.invoices TO GROUP "Some Role", "to"',
     "grant on table billing.invoices"),
    ('GRANT ALL PRIVILEGES (id) ON "Odd ""S"" %:x\t"."On %:x" TO "to" WITH GRANT OPTION',
     'grant on table Odd "S" %:x\t.On %:x'),
    ('GRANT ALL ON schema TO "to"', "grant on table schema"),
    ('GRANT ALL ON function.f TO "to"', "grant on table function.f"),
    ("GRANT USAGE, SELECT ON SEQUENCE billing.numbers TO PUBLIC", "grant on sequence billing.numbers"),
    ("GRANT USAGE ON SCHEMA billing TO PUBLIC", "grant on schema billing"),
    ('GRANT CREATE ON SCHEMA function TO "Some Role"', "grant on schema function"),
    ('GRANT EXECUTE ON FUNCTION log() TO "Some Role"', "grant on function log()"),
    ('GRANT EXECUTE ON FUNCTION billing."Net %"(a numeric, VARIADIC b text[]) TO "to" WITH GRANT OPTION',
     "grant on function billing.Net %(numeric, text[])"),
    ('GRANT EXECUTE ON PROCEDURE billing.close(int) TO "to"', "grant on procedure billing.close(integer)"),
    ('GRANT EXECUTE ON ROUTINE billing."Net %"(numeric, text[]) TO "to"',
     "grant on function billing.Net %(numeric, text[])"),
    ("REVOKE EXECUTE ON FUNCTION log() FROM PUBLIC", "grant on function log()"),
    ("revoke execute on function log ( ) from public", "grant on function log()"),
    ("CREATE EXTENSION vector", "extension vector"),
    ('CREATE EXTENSION IF NOT EXISTS "vector" WITH SCHEMA "Odd ""S"" %:x\t" CASCADE', "extension vector"),
    ("CREATE EXTENSION vector SCHEMA billing", "extension vector"),
]  # fmt: skip
# They say what is so already.
IDLE = [
    ("ALTER TABLE billing.invoices ENABLE TRIGGER there", "trigger state there on billing.invoices"),
    ("ALTER TABLE billing.invoices DISABLE ROW LEVEL SECURITY", "row security of billing.invoices"),
    ("ALTER TABLE billing.invoices NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY",
     "row security of billing.invoices"),
]  # fmt: skip


@pytest.fixture
def world(postgresql: Database) -> Iterator[Connection]:
    """What ``FORMS`` speak of, gone at the end, its roles too."""
    with postgresql.engine().connect() as connection:
        connection.connection.cursor().execute(WORLD)
        yield connection


def problem(text: str) -> str:
    with pytest.raises(EntityError) as raised:
        entity(text)
    (only,) = raised.value.problems
    return str(only).partition(": ")[2]


def snapshot(connection: Connection) -> list[Any]:
    cursor = connection.connection.cursor()
    cursor.execute(SNAPSHOT)
    return list(cursor.fetchall())


@pytest.mark.parametrize(("text", "called"), FORMS + IDLE, ids=[text for text, _ in FORMS + IDLE])
def test_the_head_of_a_statement_tells_what_it_declares(text: str, called: str) -> None:
    found = entity(text)
    assert str(found) == called
    assert called.replace(" ", "_").startswith(found.kind)


@pytest.mark.parametrize(("text", "called"), FORMS + IDLE, ids=[text for text, _ in FORMS + IDLE])
def test_comments_and_line_breaks_stand_between_any_two_words(text: str, called: str) -> None:
    said = (token.text for token in tokenize(text) if not token.is_blank)
    spaced = entity(" /* ON a.b TO c */ -- (\n".join(said))
    found = entity(text)
    names = ("kind", "schema", "name", "table", "arguments", "on")
    assert [getattr(spaced, name) for name in names] == [getattr(found, name) for name in names]


def test_the_server_takes_what_makes_replaces_and_drops_it(world: Connection) -> None:
    op = Operations(MigrationContext.configure(world))
    before = snapshot(world)
    for text, called in FORMS + IDLE:
        declared = entity(text)
        op.execute(declared.to_sql_statement_create())
        after = snapshot(world)
        assert (after == before) is ((text, called) in IDLE), text
        for statement in declared.to_sql_statement_create_or_replace():
            op.execute(statement)
        assert snapshot(world) == after, text
        for cascade in (True, False):
            with world.begin_nested() as savepoint:
                op.execute(declared.to_sql_statement_drop(cascade=cascade))
                assert snapshot(world) == before, text
                savepoint.rollback()
        op.execute(declared.to_sql_statement_drop())


REFUSED = [
    ("CREATE MATERIALIZED VIEW IF NOT EXISTS v AS SELECT 1",
     ("The statement says IF NOT EXISTS. Where there is something of that name already, it would be taken for what is "
     "declared. Leave it out.")),
    ("CREATE INDEX IF NOT EXISTS i ON m (a)", "The statement says IF NOT EXISTS."),
    ("CREATE TRIGGER IF NOT EXISTS t BEFORE INSERT ON t EXECUTE FUNCTION f()", "The statement says IF NOT EXISTS."),
    ("CREATE MATERIALIZED VIEW v", "The statement ends after the name."),
    ("CREATE MATERIALIZED v AS SELECT 1", "CREATE MATERIALIZED is not supported."),
    ("CREATE INDEX CONCURRENTLY i ON m (a)",
     ("The index is made CONCURRENTLY. A migration runs in a transaction, where the server makes no index that way. "
     "Leave it out; an index of a table belongs into the metadata.")),
    ("CREATE UNIQUE INDEX ON m (a)",
     ("The index has no name. The server would make one up, and nobody could tell which. "
     "Write a name after INDEX; an index of a table belongs into the metadata.")),
    ("CREATE INDEX i ON ONLY m (a)",
     ("The index is made on ONLY a table. A materialized view has no partitions. "
     "Leave it out; an index of a table belongs into the metadata.")),
    ("CREATE INDEX s.i ON m (a)",
     "Before the name stands that of a schema, 's'. PostgreSQL takes none there. Leave 's' out."),
    ("CREATE INDEX i m (a)", "After the name comes 'm'. It has to be ON."),
    ("CREATE INDEX i ON m", "The statement ends after the name. It has to be USING or (."),
    ("CREATE PROCEDURE p", "The statement ends after the name. It has to be (."),
    ("CREATE TRIGGER s.t BEFORE INSERT ON t EXECUTE FUNCTION f()", "Before the name stands that of a schema, 's'."),
    ("CREATE TRIGGER t INSERT ON t EXECUTE FUNCTION f()",
     "After the name comes 'INSERT'. It has to be BEFORE or AFTER or INSTEAD."),
    ("CREATE TRIGGER t BEFORE INSERT EXECUTE FUNCTION f()",
     "The trigger 't' has no ON. It stands on no table. Write ON and the table's name."),
    ("CREATE TRIGGER t BEFORE INSERT ON pg_temp.x EXECUTE FUNCTION f()", "What is in 'pg_temp' is temporary."),
    ("ALTER TABLE t ENABLE TRIGGER ALL",
     ("The statement is about all triggers of a table. Which triggers these are changes with each that is made. "
     "Write one statement for each, by name.")),
    ("ALTER TABLE t DISABLE TRIGGER user", "The statement is about all triggers of a table."),
    ("ALTER TABLE t DISABLE TRIGGER a, ENABLE TRIGGER b",
     "The statement goes on with ','. It is about one trigger. Write one statement for each."),
    ("ALTER TABLE IF EXISTS t DISABLE TRIGGER a",
     "The statement says IF EXISTS. Without the table, nothing would be there of what is declared. Leave it out."),
    ("ALTER TABLE ONLY (t ENABLE TRIGGER a", "After the name comes 'ENABLE'. It has to be )."),
    ("ALTER TABLE t ENABLE RULE a", "ALTER TABLE is no declaration."),
    ("ALTER TABLE IF EXISTS t ADD COLUMN a int", "ALTER TABLE is no declaration."),
    ("CREATE POLICY p", "The statement ends after the name. It has to be ON."),
    ("ALTER TABLE IF EXISTS t ENABLE ROW LEVEL SECURITY", "The statement says IF EXISTS."),
    ("ALTER TABLE t ENABLE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY",
     "The statement says twice whether row security is enabled. The last would count. Keep one of them."),
    ("ALTER TABLE t ENABLE ROW LEVEL SECURITY, ADD COLUMN a int",
     "The statement is not about row security alone. What else is done to a table is done once. Write two statements."),
    ("ALTER TABLE t ENABLE ROW LEVEL SECURITY,", "The statement is not about row security alone."),
    ("ALTER TABLE t ENABLE ROW LEVEL SECURITY FORCE", "The statement goes on with 'FORCE'."),
    ("GRANT SELECT ON a, b TO c",
     ("entity() holds a statement about 2 objects. It declares exactly one entity. Write sql(...), which takes any "
     "number.")),
    ("GRANT admin TO alice",
     ("The statement is about membership in a role. Roles are the whole server's, and no one service's. Leave it to "
     "who administers the server; what is on an object is declared: GRANT SELECT ON ...")),
    ("REVOKE ADMIN OPTION FOR admin FROM alice", "The statement is about membership in a role."),
    ("GRANT SELECT ON ALL TABLES IN SCHEMA s TO c",
     ("The statement is about ALL objects of a schema. Which they are changes with each that is made. "
     "Name each of them.")),
    ("GRANT CONNECT ON DATABASE d TO c",
     ("Privileges ON DATABASE are not supported. They could not be compared. Use TABLE, SEQUENCE, FUNCTION, PROCEDURE, "
     "ROUTINE, SCHEMA, or grant it in a revision: op.execute(...).")),
    ("GRANT USAGE ON FOREIGN DATA WRAPPER d TO c", "Privileges ON FOREIGN are not supported."),
    ("GRANT SELECT ON LARGE OBJECT 1 TO c", "Privileges ON LARGE are not supported."),
    ("GRANT USAGE ON TYPE t TO c", "Privileges ON TYPE are not supported."),
    ("GRANT EXECUTE ON FUNCTION f TO c",
     ("After the name of the function 'f' come no types. Which one it is of those with that name can't be told. "
     "Write them in parentheses: f(), f(integer).")),
    ("GRANT USAGE ON SCHEMA a.b TO c", "a.b is no schema. A schema is in no other. Write its name alone."),
    ("GRANT SELECT ON t TO c GRANTED BY d",
     "The statement says GRANTED BY. The server takes none there but the role that runs the migration. Leave it out."),
    ("REVOKE SELECT ON t FROM c CASCADE",
     ("The statement says CASCADE or RESTRICT. It is about what is to be, and not about how to get there. "
     "Leave it out.")),
    ("REVOKE GRANT OPTION FOR SELECT ON t FROM c",
     ("The statement revokes a GRANT OPTION alone. Who may grant on is part of what is granted. "
     "Declare the GRANT without it.")),
    ("REVOKE SELECT ON t TO c", "After the name comes 'TO'. It has to be FROM."),
    ("GRANT SELECT ON t", "The statement ends after the name. It has to be TO."),
    ("GRANT SELECT ON t TO c WITH ADMIN OPTION", "The statement goes on with 'WITH'."),
    ("GRANT SELECT", "The GRANT has no ON. It is about no object. Write ON and the object's name."),
    ("CREATE EXTENSION a FROM unpackaged", "After the name comes 'FROM'. It has to be SCHEMA or VERSION or CASCADE."),
    ("CREATE EXTENSION s.a", "Before the name stands that of a schema, 's'."),
    ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO c", "ALTER DEFAULT is no declaration."),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), REFUSED, ids=[text for text, _ in REFUSED])
def test_what_declares_nothing_for_certain_is_refused_with_what_to_do(text: str, said: str) -> None:
    assert problem(text).startswith(said)


@pytest.mark.parametrize(
    ("text", "create", "name", "table"),
    [
        ('create  or /**/ replace view "S" . v as select 1', "create  or /**/ replace", '"S" . v', None),
        ("CREATE MATERIALIZED VIEW s.m AS SELECT 1", "CREATE", "s.m", None),
        ("CREATE OR REPLACE FUNCTION f(a int) RETURNS int RETURN 1", "CREATE OR REPLACE", "f", None),
        ("CREATE PROCEDURE s.p() LANGUAGE sql AS ''", "CREATE", "s.p", None),
        ("CREATE INDEX i ON s.m (a)", "CREATE", None, "s.m"),
        (
            "CREATE OR REPLACE TRIGGER t AFTER INSERT ON s . t EXECUTE FUNCTION s.t()",
            "CREATE OR REPLACE",
            None,
            "s . t",
        ),
        ("CREATE POLICY p ON t", "CREATE", None, "t"),
        ('ALTER TABLE ONLY (s."T") DISABLE TRIGGER "T"', "", None, 's."T"'),
        ("ALTER TABLE s.t ENABLE ROW LEVEL SECURITY", "", None, "s.t"),
        ("GRANT EXECUTE ON FUNCTION s.f(s.f) TO f", "", None, "s.f"),
        ("CREATE EXTENSION vector SCHEMA s", "", None, None),
    ],
)
def test_the_head_tells_where_the_names_stand(text: str, create: str, name: str | None, table: str | None) -> None:
    declared = entity(f"\n    {text}")
    head = head_of(declared)
    assert declared.sql[: head.create_ends] == create
    assert (head.name_at and declared.sql[slice(*head.name_at)]) == name
    assert (head.table_at and declared.sql[slice(*head.table_at)]) == table
    assert (head.schema, head.name, head.table) == (declared.schema, declared.name, declared.table)


def test_a_statement_of_another_kind_has_no_head_of_this_one() -> None:
    with pytest.raises(UnreadableError, match="CREATE TABLE belongs into the metadata"):
        head_of(Entity("view", "v", sql="CREATE TABLE v ()"))


@pytest.mark.parametrize(
    ("text", "is_filled", "without"),
    [
        ("CREATE MATERIALIZED VIEW v AS SELECT 1", True, "CREATE MATERIALIZED VIEW v AS SELECT 1\nWITH NO DATA"),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1 with /**/ data", True,
         "CREATE MATERIALIZED VIEW v AS SELECT 1\nWITH NO DATA"),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1 With No Data", False,
         "CREATE MATERIALIZED VIEW v AS SELECT 1 With No Data"),
        ("CREATE MATERIALIZED VIEW v AS SELECT x.with data", True,
         "CREATE MATERIALIZED VIEW v AS SELECT x.with data\nWITH NO DATA"),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1 AS no, 2 AS \"with\", 3 AS data", True,
         "CREATE MATERIALIZED VIEW v AS SELECT 1 AS no, 2 AS \"with\", 3 AS data\nWITH NO DATA"),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1;", True, "CREATE MATERIALIZED VIEW v AS SELECT 1\nWITH NO DATA"),
    ],
)  # fmt: skip
def test_a_materialized_view_is_filled_or_not(text: str, is_filled: bool, without: str) -> None:
    assert is_populated(text) is is_filled
    assert without_data(text) == without
    assert not is_populated(without)


def test_without_data_it_is_made_empty(world: Connection) -> None:
    cursor = world.connection.cursor()
    cursor.execute('CREATE TYPE with_ AS ("with" int); CREATE TABLE x (a with_)')
    for text in ("CREATE MATERIALIZED VIEW v AS SELECT (a).with data FROM x WHERE true -- so\n",
                 "CREATE MATERIALIZED VIEW v AS SELECT 1 AS a WITH DATA"):  # fmt: skip
        cursor.execute(without_data(text))
        cursor.execute("SELECT ispopulated FROM pg_matviews WHERE matviewname = 'v'")
        assert cursor.fetchone() == (False,)
        cursor.execute("DROP MATERIALIZED VIEW v")


@pytest.mark.parametrize(
    ("text", "replaced"),
    [
        ("CREATE MATERIALIZED VIEW s.v AS SELECT 1",
         ['DROP MATERIALIZED VIEW "s"."v"', "CREATE MATERIALIZED VIEW s.v AS SELECT 1"]),
        ("CREATE UNIQUE INDEX i ON s.m (a)", ['DROP INDEX "s"."i"', "CREATE UNIQUE INDEX i ON s.m (a)"]),
        ("CREATE TRIGGER t AFTER INSERT ON s.t EXECUTE FUNCTION f()",
         ["CREATE OR REPLACE TRIGGER t AFTER INSERT ON s.t EXECUTE FUNCTION f()"]),
        ("CREATE CONSTRAINT TRIGGER t AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
         ['DROP TRIGGER "t" ON "t"',
          "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()"]),
        ("CREATE POLICY p ON t", ['DROP POLICY "p" ON "t"', "CREATE POLICY p ON t"]),
        ("CREATE EXTENSION vector", []),
        ("CREATE EXTENSION vector SCHEMA s", ['ALTER EXTENSION "vector" SET SCHEMA "s"']),
    ],
)  # fmt: skip
def test_what_replaces_it(text: str, replaced: list[str]) -> None:
    assert [str(each) for each in entity(text).to_sql_statement_create_or_replace()] == replaced


@pytest.mark.parametrize(
    ("text", "drop"),
    [
        ("GRANT SELECT (a), ALL ON s.t TO a, GROUP b WITH GRANT OPTION",
         "REVOKE SELECT (a), ALL ON s.t FROM a, GROUP b CASCADE"),
        ('grant select on "to" to "from"', 'REVOKE select on "to" FROM "from" CASCADE'),
        ("REVOKE EXECUTE ON FUNCTION f(int) FROM PUBLIC", "GRANT EXECUTE ON FUNCTION f(int) TO PUBLIC"),
        ("ALTER TABLE ONLY t FORCE ROW LEVEL SECURITY", 'ALTER TABLE ONLY "t" NO FORCE ROW LEVEL SECURITY'),
        ("ALTER TABLE s.t DISABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
         'ALTER TABLE "s"."t" DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY'),
        ("ALTER TABLE ONLY s.t ENABLE ALWAYS TRIGGER a", 'ALTER TABLE ONLY "s"."t" ENABLE TRIGGER "a"'),
        ("CREATE EXTENSION vector", 'DROP EXTENSION "vector" CASCADE'),
    ],
)  # fmt: skip
def test_what_drops_it(text: str, drop: str) -> None:
    assert str(entity(text).to_sql_statement_drop(cascade=True)) == drop


def test_a_statement_about_several_objects_is_one_entity_for_each() -> None:
    found = sql("""
        GRANT SELECT ON TABLE s.a, /* and */ "B" -- too
            TO reader;
        REVOKE ALL ON FUNCTION f(int, text), s.f() FROM PUBLIC;
        GRANT USAGE ON SCHEMA s, t TO reader
    """)
    assert {each.sql for each in found} == {
        "GRANT SELECT ON TABLE s.a -- too\n    TO reader",
        'GRANT SELECT ON TABLE "B" -- too\n    TO reader',
        "REVOKE ALL ON FUNCTION f(int, text) FROM PUBLIC",
        "REVOKE ALL ON FUNCTION s.f() FROM PUBLIC",
        "GRANT USAGE ON SCHEMA s TO reader",
        "GRANT USAGE ON SCHEMA t TO reader",
    }
    assert {(each.on, each.schema, each.name, each.arguments) for each in found} == {
        ("table", "s", "a", None),
        ("table", None, "B", None),
        ("function", None, "f", "integer, text"),
        ("function", "s", "f", ""),
        ("schema", "s", "s", None),
        ("schema", "t", "t", None),
    }
    assert all(entity(each.sql) == each for each in found)


def at(text: str, line: int) -> Entities:
    return Entities(
        Entity(each.kind, each.name, schema=each.schema, arguments=each.arguments, table=each.table, on=each.on,
               sql=each.sql, place=Position("db.sql", line))
        for each in sql(text)
    )  # fmt: skip


TRIGGER = "CREATE TRIGGER t AFTER INSERT ON %s EXECUTE FUNCTION f()"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (TRIGGER % "a", TRIGGER % "b"),
        (TRIGGER % "a", TRIGGER % "s.a"),
        ("CREATE POLICY p ON a", "CREATE POLICY p ON b"),
        ("CREATE INDEX i ON s.a (a)", "CREATE INDEX i ON t.a (a)"),
        (TRIGGER % "a", "ALTER TABLE a DISABLE TRIGGER t"),
        ("ALTER TABLE a ENABLE ROW LEVEL SECURITY", "ALTER TABLE ONLY a FORCE ROW LEVEL SECURITY"),
        ("GRANT SELECT ON a TO b", "GRANT SELECT ON a TO c"),
        ("GRANT USAGE ON SCHEMA a TO b", "GRANT SELECT ON a TO b"),
    ],
)
def test_these_are_two_things(one: str, other: str) -> None:
    assert len(at(one, 1) + at(other, 2)) == 2


@pytest.mark.parametrize(
    ("one", "other", "called"),
    [
        (TRIGGER % "s.a", "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON s.a EXECUTE FUNCTION g()", "trigger t on s.a"),
        ("CREATE POLICY p ON a", "CREATE POLICY p ON a USING (true)", "policy p on a"),
        ("CREATE INDEX i ON s.a (a)", "CREATE INDEX i ON s.b (a)", "index i on s.a"),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1", "CREATE VIEW v AS SELECT 1", "materialized view v"),
        ("CREATE PROCEDURE f(int) AS ''", "CREATE FUNCTION f(a int) RETURNS int RETURN 1", "function f(integer)"),
        ("ALTER TABLE a DISABLE TRIGGER t", "ALTER TABLE a ENABLE ALWAYS TRIGGER t", "trigger state t on a"),
        ("ALTER TABLE a ENABLE ROW LEVEL SECURITY", "ALTER TABLE a DISABLE ROW LEVEL SECURITY", "row security of a"),
        ("ALTER TABLE a ENABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY",
         "ALTER TABLE a FORCE ROW LEVEL SECURITY", "row security of a"),
        ("GRANT SELECT ON s.a TO b", "GRANT SELECT ON s.a TO b", "grant on table s.a"),
        ("CREATE EXTENSION vector", "CREATE EXTENSION vector SCHEMA s", "extension vector"),
    ],
)  # fmt: skip
def test_two_declarations_of_one_thing_are_refused(one: str, other: str, called: str) -> None:
    with pytest.raises(
        EntityError, match=rf"The {called.replace('(', '.').replace(')', '.')} is declared twice: at db"
    ):
        at(one, 1) + at(other, 2)


class Base(DeclarativeBase):
    pass


class Invoice(Base):
    __tablename__ = "Invoices"
    __table_args__ = ({"schema": "billing"},)
    id: Mapped[int] = mapped_column(primary_key=True)


ON, OFF = "ENABLE ROW LEVEL SECURITY, NO FORCE", "DISABLE ROW LEVEL SECURITY, NO FORCE"


@pytest.mark.parametrize(
    ("table", "options", "said"),
    [
        (Invoice, {}, f'billing."Invoices" {ON}'),
        (Invoice, {"force": True}, 'billing."Invoices" ENABLE ROW LEVEL SECURITY, FORCE'),
        (Invoice.__table__, {"enabled": False}, f'billing."Invoices" {OFF}'),
        (Table("a.b", MetaData(), Column("id", Integer)), {}, f'"a.b" {ON}'),
        ("invoices", {}, f"invoices {ON}"),
        ("billing.Invoices", {}, f"billing.invoices {ON}"),
        ('"My app" . "a.b"', {}, f'"My app"."a.b" {ON}'),
    ],
)
def test_row_security_of_a_table(table: Any, options: dict[str, bool], said: str) -> None:
    found = row_security(table, **options)
    assert found.sql == f"ALTER TABLE {said} ROW LEVEL SECURITY"
    assert found.place is not None
    assert found.place.file == __file__


@pytest.mark.parametrize(
    ("table", "options", "said"),
    [
        (Invoice, {"enabled": False, "force": True},
         ("row_security(enabled=False, force=True) contradicts itself. While it is disabled, nothing is forced on "
         "anybody. Take one of them out.")),
        (Invoice, {"force": "yes"}, "row_security(force='yes') means nothing."),
        (5, {}, ("row_security() got 5 for its table. It is a mapped class, a Table, or a name as SQL has it. "
         "Write row_security(Invoice), or row_security('billing.invoices'), with quotes as in "
         "'billing.\"Odd name\"'.")),
        ("a.b.c", {}, "row_security() got 'a.b.c' for its table."),
        ("a b", {}, "row_security() got 'a b' for its table."),
        ("my-app.a", {}, "row_security() got 'my-app.a' for its table."),
        ('"a', {}, "row_security() got '\"a' for its table."),
        ("", {}, "row_security() got '' for its table."),
    ],
)  # fmt: skip
def test_what_is_no_row_security_is_refused(table: Any, options: dict[str, Any], said: str) -> None:
    with pytest.raises(EntityError) as raised:
        row_security(table, **options)
    assert str(raised.value).partition(": ")[2].startswith(said)


def test_each_kind_is_called_by_its_name() -> None:
    assert {name: kind.name for name, kind in KINDS.items()} == {name: name for name in KINDS}
