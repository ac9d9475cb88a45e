"""What alembic-utils' objects and SQLAlchemy's ``CreateView`` come to is what their authors meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy
from alembic_utils.pg_extension import PGExtension
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_grant_table import PGGrantTable
from alembic_utils.pg_materialized_view import PGMaterializedView
from alembic_utils.pg_policy import PGPolicy
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.pg_view import PGView
from alembic_utils.replaceable_entity import ReplaceableEntity
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, literal, select

from migrakit.entities.collecting import as_entities
from migrakit.entities.converting import converted, is_convertible
from migrakit.entities.kinds import is_populated
from migrakit.entities.value import Position
from migrakit.errors import EntityError

if TYPE_CHECKING:
    from migrakit.entities import Entity
    from tests.databases import Database

HERE = Position("db.py", 3)

needs_create_view = pytest.mark.skipif(not hasattr(sqlalchemy, "CreateView"), reason="CreateView came with 2.1")


def convert(given: object) -> Entity:
    return converted(given, HERE)


def run(database: Database, statement: str, question: str) -> Any:
    """What the server answers once the statement has run, as it is."""
    with database.engine().connect() as connection:
        cursor = connection.connection.cursor()
        cursor.execute(statement)
        cursor.execute(question)
        (answer,) = cursor.fetchone() or (None,)
        return answer


def test_a_view_of_alembic_utils() -> None:
    assert convert(PGView("billing", "Legacy", "SELECT 1 AS one;")).sql == (
        'CREATE VIEW billing."Legacy" AS\nSELECT 1 AS one'
    )


def test_a_function_of_alembic_utils() -> None:
    given = PGFunction("public", "to_upper(a text, b int = 1)", "returns text language sql as $$ select upper(a) $$;")
    found = convert(given)
    assert found.sql == (
        "CREATE FUNCTION public.to_upper(a text, b int = 1)\nreturns text language sql as $$ select upper(a) $$"
    )
    assert (found.arguments, found.place) == ("text, integer", HERE)


def test_what_was_read_from_sql_by_alembic_utils() -> None:
    view = PGView.from_sql('create view "my schema"."V 1" as select \'{"a": 1}\'::json as j')
    assert convert(view).sql == 'CREATE VIEW "my schema"."V 1" AS\nselect \'{"a": 1}\'::json as j'
    function = PGFunction.from_sql("create function public.f() returns text language sql as $$ select 'a:b' $$")
    assert convert(function).sql == "CREATE FUNCTION public.f()\nreturns text language sql as $$ select 'a:b' $$"


# What a person may write into the body of a function: a colon, escaped by hand for PL/pgSQL or not, and casts.
snippets = st.lists(st.sampled_from([":", "::", ":=", "\\", "a", "'", " ", "1", "%", "\n"]), max_size=12).map("".join)


@given(snippets)
def test_a_function_in_sql_is_what_its_author_wrote(snippet: str) -> None:
    definition = f"returns text language sql as $$ {snippet} $$"
    assert convert(PGFunction("public", "f()", definition)).sql == f"CREATE FUNCTION public.f()\n{definition}"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("x := 'a:b'", "x := 'a:b'"),
        ("x := 'a\\:b'", "x := 'a:b'"),
        ("x := y::text || '::'", "x := y::text || '::'"),
        ("x \\:= y", "x := y"),
        ("x := '\\::' || ':::'", "x := '\\::' || ':::'"),
    ],
)
@pytest.mark.parametrize("language", ["plpgsql", "'plpgsql'", "PLpgSQL"])
def test_in_plpgsql_a_colon_may_be_escaped_already(written: str, meant: str, language: str) -> None:
    around = f"returns text language {language} as $$ begin %s; end $$"
    found = convert(PGFunction("public", "f()", around % written))
    assert found.sql == f"CREATE FUNCTION public.f()\n{around % meant}"


@pytest.mark.parametrize(
    "body", ["'a:b'", "'{\"a\": 1}'::json ->> 'a'", "'\\:x'::text", "to_char(now(), 'HH24:MI') || ':'"]
)
def test_a_view_is_what_its_author_meant(postgres18: Database, body: str) -> None:
    """With ``\\:`` where text() asks for it, or with plain colons, which alembic-utils fails at."""
    meant = body.replace("\\:", ":")
    declared = convert(PGView("public", "v", f"SELECT {body} AS x"))
    assert run(postgres18, declared.sql, "SELECT x = y FROM v, (SELECT " + meant + " AS y) AS meant") is True


def test_a_function_runs_as_its_author_meant(postgres18: Database) -> None:
    in_sql = PGFunction("public", "f(a int)", "returns text language sql as $$ select 'a:b' || a::text || '\\:' $$")
    assert run(postgres18, convert(in_sql).sql, "SELECT f(a := 1)") == "a:b1\\:"
    body = "declare x text; begin x := 'a:b'; return x || '\\:'; end"
    in_plpgsql = PGFunction("public", "f(a int)", f"returns text language plpgsql as $$ {body} $$")
    assert run(postgres18, convert(in_plpgsql).sql, "SELECT f(1)") == "a:b:"


@pytest.mark.parametrize("name", ["v", "V", "order", "a b", "a-b", "a.b", "é"])
def test_any_name_of_alembic_utils_is_that_name(postgres18: Database, name: str) -> None:
    view, function = PGView("public", name, "SELECT 1"), PGFunction("public", f"{name}(a int)", "returns int return 1")
    assert (convert(view).name, convert(function).name) == (name, name)
    statements = f"{convert(view).sql}; {convert(function).sql}"
    assert (
        run(postgres18, statements, "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace") == name
    )
    assert run(postgres18, statements, "SELECT viewname FROM pg_views WHERE schemaname = 'public'") == name


def test_a_class_of_ones_own_is_what_it_derives_from() -> None:
    class OurView(PGView):
        pass

    assert str(convert(OurView("public", "v", "SELECT 1"))) == "view public.v"


def test_a_materialized_view_of_alembic_utils(postgres18: Database) -> None:
    found = convert(PGMaterializedView("my-app", "M 1", "SELECT 'a\\:b' AS a -- the end", with_data=False))
    assert (str(found), is_populated(found.sql)) == ("materialized view my-app.M 1", False)
    question = "SELECT definition ~ 'a:b' AND NOT ispopulated FROM pg_matviews WHERE matviewname = 'M 1'"
    assert run(postgres18, f'CREATE SCHEMA "my-app"; {found.sql}', question) is True


def test_a_materialized_view_of_alembic_utils_is_filled_by_itself() -> None:
    assert is_populated(convert(PGMaterializedView("public", "m", "SELECT 1")).sql)
    read = PGMaterializedView.from_sql('create materialized view "my-app"."M" as select 1 with data')
    assert convert(read).sql == 'CREATE MATERIALIZED VIEW "my-app"."M" AS\nselect 1'


TABLE = """
CREATE SCHEMA "my-app"; CREATE TABLE "my-app"."My Table" (id int, "on" int, note text);
CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
"""
REST = "FOR EACH ROW WHEN (NEW.note = 'a:b'::text) EXECUTE FUNCTION log()"


@pytest.mark.parametrize(
    ("definition", "is_constraint"),
    [
        (f'AFTER UPDATE OF id, "on" ON "my-app"."My Table" {REST}', False),
        (f'AFTER UPDATE OF id, "on" ON my-app."My Table" {REST}', False),
        (f'AFTER INSERT ON "My Table" {REST}', False),
        (f'AFTER INSERT\n  on\t"my-app"."My Table"\nDEFERRABLE {REST}', True),
    ],
)
def test_a_trigger_of_alembic_utils(postgres18: Database, definition: str, is_constraint: bool) -> None:
    given = PGTrigger("my-app", "Audit 1", definition, on_entity='"my-app"."My Table"', is_constraint=is_constraint)
    found = convert(given)
    assert str(found) == "trigger Audit 1 on my-app.My Table"
    question = "SELECT tgconstraint <> 0 FROM pg_trigger WHERE tgname = 'Audit 1' AND pg_get_triggerdef(oid) ~ 'a:b'"
    assert run(postgres18, f"{TABLE}; {found.sql}", question) is is_constraint


def test_only_the_table_of_a_trigger_is_put_into_its_schema() -> None:
    definition = "BEFORE INSERT ON t EXECUTE FUNCTION f('on my-app.t')"
    found = convert(PGTrigger("my-app", "t", definition, on_entity="my-app.t"))
    assert found.sql == "CREATE TRIGGER t\nBEFORE INSERT ON \"my-app\".t EXECUTE FUNCTION f('on my-app.t')"


def test_a_trigger_of_alembic_utils_read_from_sql() -> None:
    given = PGTrigger.from_sql("create trigger audit before insert on dev.Account for each row execute function f(1)")
    assert convert(given).sql == (
        "CREATE TRIGGER audit\nbefore insert ON dev.account for each row execute function f(1)"
    )


@pytest.mark.parametrize("on_entity", ["my-app.My Table", '"my-app"."My Table"', 'my-app."My Table"'])
def test_a_policy_of_alembic_utils(postgres18: Database, on_entity: str) -> None:
    definition = "as restrictive for select to public using (note = 'a:b'::text)"
    found = convert(PGPolicy("my-app", "Own rows", definition, on_entity=on_entity))
    assert str(found) == "policy Own rows on my-app.My Table"
    question = "SELECT permissive FROM pg_policies WHERE policyname = 'Own rows' AND qual ~ 'a:b'"
    assert run(postgres18, f"{TABLE}; {found.sql}", question) == "RESTRICTIVE"


def test_a_policy_of_alembic_utils_stands_in_public_if_it_says_nothing_else() -> None:
    assert str(convert(PGPolicy("public", "p", "using (true)", on_entity="t"))) == "policy p on public.t"


def test_an_extension_of_alembic_utils(postgres18: Database) -> None:
    found = convert(PGExtension("my-app", "vector"))
    assert found.sql == 'CREATE EXTENSION vector WITH SCHEMA "my-app"'
    question = "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'vector'"
    assert run(postgres18, f'CREATE SCHEMA "my-app"; {found.sql}', question) == '"my-app"'


def test_grants_of_alembic_utils(postgres18: Database) -> None:
    several = [
        PGGrantTable("my-app", "My Table", "public", "SELECT", columns=["id", '"on"', "note"], with_grant_option=False),
        PGGrantTable("my-app", "My Table", "Some Role", "DELETE", with_grant_option=True),
    ]
    in_columns, on_table = map(convert, several)
    assert in_columns.sql == 'GRANT SELECT ("on", id, note) ON TABLE "my-app"."My Table" TO public'
    assert on_table.sql == 'GRANT DELETE ON TABLE "my-app"."My Table" TO "Some Role" WITH GRANT OPTION'
    assert str(on_table) == "grant on table my-app.My Table"
    statements = f'{TABLE}; CREATE ROLE "Some Role"; {in_columns.sql}; {on_table.sql}'
    question = """SELECT has_table_privilege('Some Role', '"my-app"."My Table"', 'DELETE WITH GRANT OPTION')"""
    assert run(postgres18, statements, question) is True


def test_other_classes_of_alembic_utils_are_refused_by_name() -> None:
    class PGRule(ReplaceableEntity):
        """Somebody's own."""

    given = PGRule("public", "r", "ON INSERT TO x DO INSTEAD NOTHING")
    assert is_convertible(given)
    with pytest.raises(EntityError, match=r"^db\.py:3: alembic-utils' PGRule is not supported yet"):
        convert(given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (PGView("public", "v", "SELECT 1; DROP TABLE x"), "PGView holds 2 statements."),
        (PGView("public", "v", "SELECT\n'a"), "line 3 of the text: A string that begins here has no end."),
        (PGFunction("public", "f", "returns int return 1"), "PGFunction's signature 'f' has no parentheses."),
        (PGView("public", "v" * 64, "SELECT 1"), "is 64 bytes long."),
        (PGTrigger("public", "t", "BEFORE INSERT", on_entity="public.x"), "The trigger 't' has no ON."),
        (
            PGTrigger("public", "t", "BEFORE 'INSERT ON x", on_entity="public.x"),
            "A string that begins here has no end.",
        ),
    ],
)
def test_what_is_no_statement_is_refused_with_its_place(given: object, said: str) -> None:
    with pytest.raises(EntityError, match=r"^db\.py:3") as raised:
        convert(given)
    assert said in str(raised.value)


def test_a_class_is_no_declaration() -> None:
    assert not is_convertible(PGView)


@needs_create_view
class TestCreateView:
    @pytest.fixture
    def create_view(self) -> Any:
        return vars(sqlalchemy)["CreateView"]

    def test_it_is_a_view(self, create_view: Any) -> None:
        table = Table("invoices", MetaData(), Column("id", Integer))
        given = create_view(select(table.c.id, literal("a:5%").label("x")), "V", schema="billing", or_replace=True)
        (found,) = as_entities([given])
        assert found.sql == ("CREATE VIEW billing.\"V\" AS\nSELECT invoices.id, 'a:5%' AS x\nFROM invoices")

    def test_it_is_in_the_schema_of_its_metadata(self, create_view: Any) -> None:
        given = create_view(select(literal(1)), "v", metadata=MetaData(schema="billing"))
        assert str(convert(given)) == "view billing.v"

    def test_a_materialized_one_is_one(self, create_view: Any) -> None:
        given = create_view(select(literal(1).label("one")), "V", schema="billing", materialized=True)
        assert convert(given).sql == 'CREATE MATERIALIZED VIEW billing."V" AS\nSELECT 1 AS one'

    def test_a_temporary_one_is_refused(self, create_view: Any) -> None:
        given = create_view(select(literal(1)), "v", temporary=True)
        with pytest.raises(EntityError, match=r"CreateView\('v', temporary=True\) is not supported yet"):
            convert(given)
