from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from migrakit.entities import Entities, entity, sql
from migrakit.entities.lexing import tokenize
from migrakit.errors import EntityError

if TYPE_CHECKING:
    from tests.databases import Database


def line() -> int:
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


def problem(text: str) -> str:
    with pytest.raises(EntityError) as raised:
        entity(text)
    (only,) = raised.value.problems
    return str(only).partition(": ")[2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CREATE VIEW v AS SELECT 1", "view v"),
        ("create or replace view V as select 1", "view v"),
        ('CREATE VIEW "Billing"."Open; Invoices" (id) AS SELECT 1', "view Billing.Open; Invoices"),
        ("CREATE VIEW billing . v WITH (security_invoker) AS SELECT 1", "view billing.v"),
        ("CREATE RECURSIVE VIEW public.nums (n) AS VALUES (1)", "view public.nums"),
        ("CREATE /* a */ VIEW -- b\n v AS SELECT 1", "view v"),
        ("CREATE FUNCTION f() RETURNS int RETURN 1", "function f()"),
        ("CREATE OR REPLACE FUNCTION s.f(a int) RETURNS int RETURN 1", "function s.f(integer)"),
    ],
)
def test_the_head_of_a_statement_tells_what_it_creates(text: str, said: str) -> None:
    assert str(entity(text)) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "entity() holds no statement. It declares exactly one entity. Write the statement that creates it."),
        (" ; -- nothing", "entity() holds no statement."),
        ("CREATE VIEW a AS SELECT 1; CREATE VIEW b AS SELECT 1", "entity() holds 2 statements."),
        ("CREATE TABLE t (id int)", "CREATE TABLE belongs into the metadata."),
        ("CREATE UNLOGGED TABLE t (id int)", "CREATE TABLE belongs into the metadata."),
        ("CREATE UNIQUE INDEX ON t (id)", "The index has no name."),
        ("CREATE AGGREGATE a (int) (sfunc = f, stype = int)", "CREATE AGGREGATE is not supported."),
        ("CREATE EVENT TRIGGER t ON ddl_command_start", "CREATE EVENT TRIGGER is not supported."),
        ("CREATE", "CREATE what?"),
        ("ALTER TABLE t ADD a int", "ALTER TABLE is no declaration."),
        ("SELECT 1", "SELECT is no declaration."),
        ("\\i other.sql", "This is no declaration."),
        ("CREATE TEMP VIEW v AS SELECT 1", "The view 'v' is temporary."),
        ("CREATE OR REPLACE LOCAL TEMPORARY RECURSIVE VIEW v (a) AS SELECT 1", "The view 'v' is temporary."),
        ("CREATE FUNCTION pg_temp.f() RETURNS int RETURN 1", "What is in 'pg_temp' is temporary."),
        ("CREATE VIEW a.b.c AS SELECT 1", "a.b.c has 3 parts."),
        ("CREATE VIEW", "Where a name was expected, the statement ends."),
        ("CREATE VIEW 'v' AS SELECT 1", "Where a name was expected, stands 'v'."),
        ('CREATE VIEW "" AS SELECT 1', 'Where a name was expected, stands "".'),
        ("CREATE VIEW IF NOT EXISTS v AS SELECT 1", "The statement says IF NOT EXISTS."),
        ("CREATE FUNCTION f", "The statement ends after the name."),
        ("CREATE FUNCTION f(a int", "A parenthesis after the name has no end."),
        ("CREATE VIEW U&\"d!0061\" UESCAPE '!' AS SELECT 1", "After 'd!0061' comes UESCAPE."),
        (f"CREATE VIEW {'é' * 32} AS SELECT 1", f"The name {'é' * 32!r} is 64 bytes long."),
        ("CREATE VIEW v AS SELECT 'a", "A string that begins here has no end."),
        ("CREATE VIEW v AS SELECT '\0'", "There is a NUL."),
    ],
)
def test_what_is_no_entity_is_refused_with_the_reason(text: str, said: str) -> None:
    assert problem(text).startswith(said)


def test_a_name_that_is_too_long_is_refused_with_what_postgresql_makes_of_it() -> None:
    assert f"'{'é' * 31}' is what PostgreSQL makes of it." in problem(f"CREATE VIEW {'é' * 32} AS SELECT 1")


def test_the_place_is_that_of_the_call() -> None:
    here = line() + 1
    one = entity(
        """
        CREATE VIEW v AS SELECT 1
        """
    )
    (other,) = sql("CREATE VIEW w AS SELECT 1")

    assert str(one.place) == f"{__file__}:{here}"
    assert str(other.place) == f"{__file__}:{here + 5}"


def test_an_error_says_where_in_a_text_it_is() -> None:
    here = line() + 2
    with pytest.raises(EntityError) as raised:
        sql("CREATE VIEW a AS SELECT 1;\n\nSELECT 1; CREATE TABLE\nt ()")

    at = f"{__file__}:{here}, line 3 of the text: "
    assert [problem.what for problem in raised.value.problems] == [
        f"{at}SELECT is no declaration.",
        f"{at}CREATE TABLE belongs into the metadata.",
    ]


@pytest.mark.parametrize(
    ("given", "do"),
    [(None, "Write a string."), (text("CREATE VIEW v"), "view(name, ...)"), (b"CREATE VIEW v", "Write a string.")],
    ids=str,
)
def test_only_text_is_read(given: Any, do: str) -> None:
    for declare in (entity, sql):
        with pytest.raises(EntityError, match=r"\(\) got .*, not a string\. It takes SQL as text\.") as raised:
            declare(given)
        assert do in str(raised.value)


def test_a_text_of_any_number_of_statements_is_a_collection() -> None:
    both = sql("CREATE VIEW b AS SELECT 1;\n CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END;")
    assert list(map(str, both)) == ["function f()", "view b"]
    assert sql(" -- nothing yet") == Entities()
    with pytest.raises(EntityError, match="view v is declared twice"):
        sql("CREATE VIEW v AS SELECT 1; CREATE VIEW v AS SELECT 2")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("CREATE VIEW v AS SELECT 1;", "CREATE VIEW v AS SELECT 1"),
        ("\n\n    CREATE VIEW v AS\n      SELECT 1\n    ;\n", "CREATE VIEW v AS\n  SELECT 1"),
        ("\n\tCREATE VIEW v AS\n\tSELECT 1", "CREATE VIEW v AS\nSELECT 1"),
        ("\n    CREATE VIEW v AS\n    \n    SELECT 1", "CREATE VIEW v AS\n\nSELECT 1"),
        ("\n    CREATE VIEW v AS\nSELECT 1", "CREATE VIEW v AS\nSELECT 1"),
        ("CREATE VIEW v AS\n    SELECT 1", "CREATE VIEW v AS\n    SELECT 1"),
        ("\n  CREATE VIEW v AS\n  SELECT 'a\n  b'", "CREATE VIEW v AS\nSELECT 'a\n  b'"),
        ("\n  CREATE VIEW v AS\n  SELECT 'a'\n  'b'", "CREATE VIEW v AS\nSELECT 'a'\n  'b'"),
        ("\n  CREATE VIEW v AS\n  SELECT $$a\n$$", "CREATE VIEW v AS\nSELECT $$a\n$$"),
        ("\n  CREATE VIEW v AS -- one\n  /* two\n    three\n four */\n  SELECT 1",
         "CREATE VIEW v AS -- one\n/* two\n  three\nfour */\nSELECT 1"),
        ("-- about v\n/* too */ CREATE VIEW v AS SELECT 1 -- the end\n;", "CREATE VIEW v AS SELECT 1"),
        ("  /* a */ CREATE VIEW v AS\n  SELECT 1", "CREATE VIEW v AS\nSELECT 1"),
    ],
)  # fmt: skip
def test_the_statement_stays_as_it_is_written_but_for_its_indentation(text: str, written: str) -> None:
    assert entity(text).sql == written
    assert entity(written).sql == written


indents = st.text(st.sampled_from(" \t"), max_size=4)
words = st.sampled_from(["a", "'b\n   c'", "$$\n  d\n$$", '"e\n "', "-- f\n", "/* g\n   h */", "'i'\n  'j'", ","])
lines = st.tuples(indents, st.lists(words, max_size=3).map(" ".join)).map("".join)


@given(st.lists(lines, max_size=6), indents)
def test_no_token_changes_with_the_indentation(several: list[str], indent: str) -> None:
    given_text = "\n".join([f"{indent}CREATE VIEW v AS", *several, "SELECT 1"])
    written = entity(given_text).sql

    assert telling(written) == telling(given_text)
    assert entity(written).sql == written


def telling(text: str) -> list[str]:
    return [token.text for token in tokenize(text) if not token.is_blank]


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ("a text = ',', b text DEFAULT concat('(', f(1, 2), '[]')", "text, text"),
        ("a int[] = ARRAY[1, 2], OUT b int", "integer[]"),
        ("a invoices.id%TYPE", "invoices.id%type"),
        ("a s.t.id%TYPE, b int", "s.t.id%type, integer"),
        ("a money_ -- , b int\n", "money_"),
        ("/* nothing */", ""),
    ],
)
def test_defaults_and_types_by_reference(listed: str, said: str) -> None:
    assert entity(f"CREATE FUNCTION f({listed}) RETURNS int RETURN 1").arguments == said


types = st.sampled_from(
    [
        "int", "INTEGER", "int4", '"int4"', "pg_catalog.int4", "bigint", "bool", "text", '"char"', "char", "char(3)",
        "varchar", "character varying(20)", "national character varying (3)", "nchar", "numeric(10, 2)", "dec",
        "double precision", "DOUBLE  PRECISION", "float", "float(3)", "float(25)", "real", "timestamptz",
        "timestamp(3) with time zone", "timestamp without time zone", "time", "time with time zone", "bit varying(3)",
        "varbit", "interval day to second(3)", "interval", "date", "json", "bpchar",
        "s.money_", 's."Money"', '"s".money_',
    ]
)  # fmt: skip
arrays = st.sampled_from(["", "", "[]", "[3][]", " ARRAY", " ARRAY[4]", " [ ]"])


@st.composite
def arguments(draw: st.DrawFn) -> str:
    several = []
    kinds = draw(st.lists(st.sampled_from(["", "IN", "OUT", "INOUT", "IN OUT"]), max_size=5))
    for number, mode in enumerate(kinds):
        type_ = draw(types) + draw(arrays)
        plain = draw(st.sampled_from([None, f"a{number}", f'"B, {number}"', f"é{number}"]))
        name = draw(st.sampled_from([plain, "double", "type"])) if number == 0 else plain
        parts = [name, mode] if name and draw(st.booleans()) else [mode, name]
        several.append(" ".join(part for part in (*parts, type_) if part))
    if kinds and all("OUT" not in mode for mode in kinds):
        several[-1] += draw(st.sampled_from(["", " DEFAULT NULL", " /* , */ DEFAULT (NULL)"]))
    if draw(st.booleans()) and not any("DEFAULT" in each or " = " in each for each in several):
        several.append("VARIADIC v int[]")
    return draw(st.sampled_from([", ", " ,\n", ","])).join(several)


INPUT_TYPES = """
SELECT coalesce((SELECT string_agg(format_type(t, NULL), ', ' ORDER BY n)
                 FROM unnest(proargtypes) WITH ORDINALITY AS u (t, n)), '')
FROM pg_proc WHERE proname = 'f'
"""


def test_the_input_types_are_told_as_the_server_tells_them(postgres18: Database) -> None:
    with postgres18.engine().begin() as connection:
        for statement in ("CREATE SCHEMA s", "CREATE DOMAIN s.money_ AS int", 'CREATE TYPE s."Money" AS (a int)'):
            connection.exec_driver_sql(statement)

        @settings(deadline=None, max_examples=300)
        @given(arguments())
        def check(listed: str) -> None:
            is_out = "OUT" in listed
            returns = "" if is_out else "RETURNS int"
            statement = f"CREATE FUNCTION f({listed}) {returns} LANGUAGE plpgsql AS 'BEGIN END'"
            with connection.begin_nested() as savepoint:
                connection.exec_driver_sql(statement)
                said = connection.exec_driver_sql(INPUT_TYPES).scalar()
                savepoint.rollback()
            # What was quoted stays so: without, it might be a keyword.
            assert (entity(statement).arguments or "").replace('"s".', "s.") == said

        check()
