"""What goes wrong with views and functions where alembic-utils compares and migrates them, and goes right here.

Each harm is shown first: it is noticed here when a version of alembic-utils is without it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_view import PGView
from sqlalchemy import Column, Integer, Table, Text, text

from migrakit import entities, filters
from migrakit.errors import EntityError
from tests.counting import statements
from tests.entities.both import role, tables_of, value, verbs
from tests.entities.stock import stock_process

if TYPE_CHECKING:
    from tests.entities.both import Both
    from tests.project import Project


ONE = PGView("public", "billing_one", "SELECT 1 AS one")
MAKE_ONE = "CREATE VIEW billing_one AS SELECT 1 AS one;"


def test_what_is_anothers_in_a_shared_schema_stays(both: Both) -> None:
    both.make(f"""
        {MAKE_ONE}
        CREATE VIEW shop_orders AS SELECT 1 AS one;
        CREATE FUNCTION shop_f(a integer) RETURNS integer RETURN a;
    """)
    dropped = ["drop_entity PGFunction: public.shop_f(a integer)", "drop_entity PGView: public.shop_orders"]
    assert both.stock([ONE]).ops == dropped
    assert both.found([ONE], owns=filters.prefix("billing_")) == []


def test_what_is_in_another_schema_stays(both: Both) -> None:
    """Of alembic-utils' two ways to name schemas one does nothing, and the other takes them for patterns."""
    both.make("""
        CREATE SCHEMA shop; CREATE VIEW shop.orders AS SELECT 1 AS one;
        CREATE SCHEMA team_a; CREATE VIEW team_a.v AS SELECT 1 AS one;
        CREATE SCHEMA teamxa; CREATE VIEW teamxa.theirs AS SELECT 1 AS one;
    """)
    declared = [PGView("team_a", "v", "SELECT 1 AS one")]
    assert both.stock(declared).ops == ["drop_entity PGView: teamxa.theirs"]
    everywhere = both.stock(
        declared, options={"include_schemas": True}, registering={"exclude_schemas": ["shop", "teamxa"]}
    )
    assert "drop_entity PGView: shop.orders" in everywhere.ops
    assert both.found(declared, owns=filters.schemas("team_a")) == []


def test_the_name_of_a_schema_is_no_code(both: Both) -> None:
    schema = "x';commit;create table pwned(i int);--"
    both.make(f'CREATE SCHEMA "{schema}"')
    both.stock([ONE], options={"include_schemas": True})
    assert value(both.theirs, "SELECT to_regclass('pwned') IS NOT NULL")
    assert verbs(both.migrated([PGView(schema, "v", "SELECT 1 AS one")])) == ["create"]
    assert value(both.ours, "SELECT to_regclass('pwned') IS NULL")


GUARDED = "CREATE VIEW guarded WITH (security_invoker = true) AS SELECT id FROM notes"


def test_a_view_keeps_its_options(both: Both) -> None:
    both.make(f"""
        CREATE TABLE notes (id integer PRIMARY KEY, is_public boolean);
        INSERT INTO notes VALUES (1, true), (2, false);
        ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
        CREATE POLICY public_notes ON notes USING (is_public);
        {GUARDED}
    """)
    rows = "SELECT count(*) FROM guarded"
    with role(both) as visitor:
        both.make(f"GRANT SELECT ON notes, guarded TO {visitor}")
        assert value(both.theirs, rows, visitor) == 1
        run = both.stock([PGView("public", "guarded", "SELECT id FROM notes WHERE id > 0")], upgrades=True)
        assert run.failed is None
        assert value(both.theirs, rows, visitor) == 2
        policy = "CREATE POLICY public_notes ON notes USING (is_public)"
        assert verbs(both.migrated(entities.sql(f"{GUARDED} WHERE id > 0; {policy}"))) == ["replace"]
        assert value(both.ours, rows, visitor) == 1


def test_options_that_somebody_changed_are_noticed(both: Both) -> None:
    both.make(f"CREATE TABLE notes (id integer PRIMARY KEY); {GUARDED}")
    declared = [PGView("public", "guarded", "SELECT id FROM notes")]
    assert both.stock(declared).ops == []
    both.make("ALTER VIEW guarded RESET (security_invoker)")
    run = both.stock(declared)
    assert (run.ops, run.failed) == ([], None)
    assert verbs(both.migrated(entities.sql(GUARDED))) == ["replace"]


def test_tables_and_columns_may_come_in_the_same_revision(both: Both) -> None:
    both.make("CREATE TABLE notes (id integer PRIMARY KEY)")
    metadata = tables_of(both.ours)
    metadata.tables["notes"].append_column(Column("title", Text))
    Table("fresh", metadata, Column("id", Integer, primary_key=True))
    on_a_column = PGView("public", "titles", "SELECT title FROM notes")
    on_a_table = PGFunction("public", "all_fresh()", "RETURNS SETOF fresh LANGUAGE sql AS $$ SELECT * FROM fresh $$")
    failed = [both.stock([each], metadata=metadata).failed or "" for each in (on_a_column, on_a_table)]
    assert ["revision: ProgrammingError" in each for each in failed] == [True, True]
    assert 'column "title" does not exist' in failed[0]
    assert 'type "fresh" does not exist' in failed[1]
    assert verbs(both.migrated([on_a_column, on_a_table], metadata=metadata)) == ["create", "create"]


def test_a_view_that_others_use_may_change(both: Both) -> None:
    both.make("""
        CREATE TABLE notes (id integer PRIMARY KEY, title text);
        CREATE VIEW lower AS SELECT id, title FROM notes;
        CREATE VIEW upper AS SELECT title FROM lower;
    """)
    declared = [
        PGView("public", "lower", "SELECT title, id FROM notes"),
        PGView("public", "upper", "SELECT title FROM lower"),
    ]
    failed = both.stock(declared, upgrades=True).failed or ""
    assert failed.startswith("upgrade: InternalError")
    assert "view upper depends on view lower" in failed
    assert verbs(both.migrated(declared)) == ["drop", "drop", "create", "create"]


RESULT = PGFunction("public", "f(a integer)", "RETURNS bigint LANGUAGE sql AS 'SELECT a::bigint'")
ARGUMENT = PGFunction("public", "f(b integer)", "RETURNS integer LANGUAGE sql AS 'SELECT b'")


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (RESULT, "cannot change return type of existing function"),
        (ARGUMENT, 'function "f" already exists with same argument types'),
    ],
    ids=["result", "argument"],
)
def test_a_function_may_change_its_result_and_its_arguments_names(declared: PGFunction, said: str, both: Both) -> None:
    both.make("CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT a'")
    failed = both.stock([declared], upgrades=True).failed or ""
    assert failed.startswith("upgrade: ProgrammingError")
    assert said in failed
    assert verbs(both.migrated([declared])) == ["drop", "create"]


def test_drops_are_in_the_one_order_that_works(both: Both) -> None:
    """Of two that differ one does not work, at least."""
    schemas = ("one", "two", "three", "four")
    query = "SELECT 1 AS number"
    for schema in schemas:
        both.make(f"CREATE SCHEMA {schema}; CREATE VIEW {schema}.v AS {query}")
        query = f"SELECT number FROM {schema}.v"
    orders = [dropped_by(seed, both) for seed in (1, 2)]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(schemas)
    code = both.migrated([], owns=filters.schemas(*schemas))
    assert re.findall(r"VIEW (\w+)\.v", code.partition("def downgrade()")[0]) == [*reversed(schemas)]


def dropped_by(hash_seed: int, both: Both) -> list[str]:
    with stock_process(hash_seed) as process:
        (run,) = process.run(both.service([], options={"include_schemas": True}))
    return re.findall(r'schema="(\w+)"', run.code.partition("def downgrade()")[0])


def test_colons_stay_as_they_are(both: Both) -> None:
    function = PGFunction("public", "f()", "RETURNS text LANGUAGE sql AS $$ SELECT 'a:b' $$")
    view = PGView("public", "v", """SELECT '{"a":true}'::json AS j""")
    assert "A value is required for bind parameter 'true'" in (both.stock([view]).failed or "")
    assert both.stock([function], upgrades=True).failed is None
    assert value(both.theirs, "SELECT f()") == r"a\:b"
    assert verbs(both.migrated([function, view])) == ["create", "create"]
    assert value(both.ours, "SELECT f() || (SELECT j FROM v)") == 'a:b{"a":true}'


COMMA = PGFunction("public", "comma(a text DEFAULT 'x,y')", "RETURNS text LANGUAGE sql AS 'SELECT a'")
MIXED = PGFunction("public", 'mixed("Name" text)', """RETURNS text LANGUAGE sql AS 'SELECT "Name"'""")
HYPHEN = PGView("my-schema", "v", "SELECT 1 AS one")
SPACE = PGView("public", "open invoices", "SELECT 1 AS one")
MIXED_IN_SQL = """CREATE FUNCTION mixed("Name" text) RETURNS text LANGUAGE sql AS 'SELECT "Name"'"""


def test_defaults_and_names_may_hold_anything(both: Both) -> None:
    both.make('CREATE SCHEMA "my-schema"')
    failed = [both.stock([each]).failed or "" for each in (COMMA, MIXED, HYPHEN, SPACE)]
    assert "unterminated quoted string" in failed[0]
    assert 'column "Name" does not exist' in failed[1]
    assert ["revision: SyntaxError" in each for each in failed[2:]] == [True, True]
    assert verbs(both.migrated([COMMA, entities.sql(MIXED_IN_SQL), HYPHEN, SPACE])) == ["create"] * 4
    assert value(both.ours, "SELECT comma() || mixed('z')") == "x,yz"


def test_a_range_type_is_in_nobodys_way(both: Both) -> None:
    both.make("CREATE TYPE span AS RANGE (subtype = integer)")
    assert "SQLParseFailure: Failed to parse SQL into PGFunction" in (both.stock([ONE]).failed or "")
    assert verbs(both.migrated([ONE])) == ["create"]


def test_views_of_an_extension_stay(both: Both) -> None:
    both.make(f"{MAKE_ONE} CREATE VIEW statistics AS SELECT 1 AS one; ALTER EXTENSION plpgsql ADD VIEW statistics")
    run = both.stock([ONE], upgrades=True)
    assert run.ops == ["drop_entity PGView: public.statistics"]
    assert "extension plpgsql requires it" in (run.failed or "")
    assert both.found([ONE]) == []


def test_two_declarations_of_one_thing_are_refused(both: Both) -> None:
    views = [ONE, PGView("public", "billing_one", "SELECT 2 AS one")]
    functions = [
        PGFunction("public", "f(a int)", "RETURNS int LANGUAGE sql AS 'SELECT 1'"),
        PGFunction("public", "f(a integer)", "RETURNS int LANGUAGE sql AS 'SELECT 2'"),
    ]
    (op,) = both.stock(views).ops
    assert op.endswith("SELECT 2 AS one;")
    run = both.stock(functions, upgrades=True)
    assert len(run.ops) == 2
    assert 'upgrade: ProgrammingError: (psycopg.errors.DuplicateFunction) function "f" already exists' in (
        run.failed or ""
    )
    with pytest.raises(EntityError, match=r"view public\.billing_one is declared twice"):
        both.found(views)
    with pytest.raises(EntityError, match=r"function public\.f\(integer\) is declared twice"):
        both.found(functions)


def test_what_one_database_declares_is_not_made_in_the_next(both: Both) -> None:
    two = PGView("public", "billing_two", "SELECT 2 AS two")
    first = both.service([ONE])
    second = replace(first, path=both.path / "second", url=both.ours.url, entities=[two])
    assert [len(run.ops) for run in both.process.run(first, second)] == [1, 2]
    other = replace(both, ours=both.theirs, path=both.path / "other")
    assert [names_in(both.found([ONE])), names_in(other.found([two]))] == [["billing_one"], ["billing_two"]]


def names_in(ops: list[str]) -> list[str]:
    return re.findall(r"CREATE VIEW public\.(\w+)", "\n".join(ops))


def numbered(number: int) -> list[PGView]:
    return [PGView("public", f"v{each}", f"SELECT id FROM notes WHERE id > {each}") for each in range(number)]


@pytest.mark.parametrize("are_there", [True, False])
def test_ten_cost_no_more_than_five(are_there: bool, both: Both) -> None:
    both.make("CREATE TABLE notes (id integer PRIMARY KEY)")
    theirs: list[int] = []
    ours: list[int] = []
    for declared in (numbered(5), numbered(10)):
        for view in declared if are_there else []:
            both.make(f"CREATE OR REPLACE VIEW {view.signature} AS {view.definition}")
        theirs.append(both.stock(declared).statements)
        ours.append(cost(both.project(declared)))
    assert theirs[1] - theirs[0] > 5 * 30
    assert ours[1] == ours[0] < 40


def cost(project: Project) -> int:
    with statements() as sent:
        project.ops()
    return len(sent)


def test_readers_of_a_view_are_not_in_the_way(both: Both) -> None:
    """Where it may not wait for long, alembic-utils misreads that, and makes the view a second time."""
    both.make(MAKE_ONE)
    assert both.stock([ONE]).failed is None
    impatient = "-c lock_timeout=100"
    with both.theirs.engine().connect() as one, both.ours.engine().connect() as other:
        for reader in (one, other):
            reader.execute(text("SELECT * FROM billing_one")).all()
        assert 'relation "billing_one" already exists' in (both.stock([ONE], impatient).failed or "")
        assert both.found([ONE], impatient) == []


def test_whoever_owns_nothing_may_compare(both: Both) -> None:
    both.make(f"{MAKE_ONE} CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
    assert both.stock([ONE]).failed is None
    with role(both) as visitor:
        for database in (both.theirs, both.ours):
            with database.engine().begin() as connection:
                connection.exec_driver_sql(f"GRANT CREATE ON DATABASE {database.url.database} TO {visitor}")
        both.make(f"GRANT CREATE ON SCHEMA public TO {visitor}; GRANT SELECT ON alembic_version TO {visitor}")
        assert 'relation "billing_one" already exists' in (both.stock([ONE], f"-c role={visitor}").failed or "")
        assert both.found([ONE], f"-c role={visitor}") == []
