"""What goes wrong with triggers, policies, materialized views and what hangs on objects, and goes right here.

Each harm is shown first: it is noticed here when a version of alembic-utils is without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic_utils.pg_extension import PGExtension
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_grant_table import PGGrantTable, PGGrantTableChoice
from alembic_utils.pg_materialized_view import PGMaterializedView
from alembic_utils.pg_policy import PGPolicy
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.pg_view import PGView
from sqlalchemy import Column, Integer, MetaData, Numeric, Table, Text

from migrakit import filters
from tests.entities.both import role, tables_of, value, verbs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.entities.both import Both
    from tests.entities.stock import Run

KINDS = (PGExtension, PGFunction, PGMaterializedView, PGPolicy, PGTrigger, PGView)

TABLES = "CREATE TABLE notes (id integer PRIMARY KEY, title text, size integer);"
NOTED = "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;"
ONE = PGView("public", "one", "SELECT 1 AS one")
FUNCTION = PGFunction("public", "noted()", "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$")


def stock(both: Both, declared: Sequence[Any], **more: Any) -> Run:
    """Without migrakit, told of all kinds."""
    return both.stock(declared, registering={"entity_types": KINDS}, **more)


def applied(both: Both, declared: Sequence[Any], **more: Any) -> str:
    """The same in both; what migrakit has written."""
    run = stock(both, declared, upgrades=True, **more)
    assert run.failed is None
    return both.migrated(declared, **more)


def values(both: Both, query: str, role: str = "none") -> list[Any]:
    """Theirs, and ours."""
    return [value(database, query, role) for database in (both.theirs, both.ours)]


def test_what_is_anothers_in_a_shared_schema_stays_of_whatever_kind(both: Both) -> None:
    both.make(f"""
        {NOTED.replace("noted", "shop_noted")} CREATE TABLE shop_t (id integer);
        CREATE TRIGGER shop_trigger BEFORE INSERT ON shop_t FOR EACH ROW EXECUTE FUNCTION shop_noted();
        CREATE POLICY shop_policy ON shop_t USING (true);
        CREATE MATERIALIZED VIEW shop_m AS SELECT 1 AS one;
        CREATE EXTENSION vector;
    """)
    ours = PGView("public", "billing_one", "SELECT 1 AS one")
    kinds = {each.split()[1].removeprefix("PG").rstrip(":") for each in stock(both, [ours]).ops if "drop" in each}
    assert kinds == {"Extension", "Function", "MaterializedView", "Policy", "Trigger"}
    assert len(both.found([ours], owns=filters.prefix("billing_"), metadata=MetaData())) == 1


def test_a_policy_takes_effect(both: Both) -> None:
    both.make(f"{TABLES} INSERT INTO notes VALUES (1, 'mine'), (2, 'theirs')")
    with role(both) as visitor:
        both.make(f"GRANT SELECT ON notes TO {visitor}")
        code = applied(both, [PGPolicy("public", "own", "USING (title = 'mine')", "public.notes")])
        assert values(both, "SELECT count(*) FROM notes", visitor) == [2, 1]
        assert verbs(code) == ["create", "replace"]


def test_a_policy_may_have_any_name(both: Both) -> None:
    both.make(TABLES)
    policy = PGPolicy("public", "own notes", "USING (true)", "public.notes")
    assert "syntax error" in (stock(both, [policy]).failed or "")
    assert verbs(both.migrated([policy])) == ["create", "replace"]


def test_triggers_of_partitions_are_their_tables(both: Both) -> None:
    both.make(f"""
        {NOTED} CREATE TABLE parts (id integer) PARTITION BY LIST (id);
        CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
        CREATE TRIGGER noted AFTER INSERT ON parts FOR EACH ROW EXECUTE FUNCTION noted();
    """)
    trigger = PGTrigger(
        "public", "noted", "AFTER INSERT ON public.parts FOR EACH ROW EXECUTE FUNCTION noted()", "public.parts"
    )
    run = stock(both, [FUNCTION, trigger], upgrades=True)
    assert any("drop_entity PGTrigger" in each for each in run.ops)
    assert "cannot drop trigger noted on table parts_1" in (run.failed or "")
    assert both.found([FUNCTION, trigger]) == []


TRIGGER = "BEFORE UPDATE ON public.notes FOR EACH ROW EXECUTE FUNCTION noted()"


def test_a_disabled_trigger_stays_disabled(both: Both) -> None:
    both.make(f"""
        {TABLES}{NOTED} CREATE TRIGGER noted BEFORE INSERT ON notes FOR EACH ROW EXECUTE FUNCTION noted();
        ALTER TABLE notes DISABLE TRIGGER noted;
    """)
    code = applied(both, [FUNCTION, PGTrigger("public", "noted", TRIGGER, "public.notes")])
    assert values(both, "SELECT tgenabled FROM pg_trigger WHERE tgname = 'noted'") == ["O", "D"]
    assert verbs(code) == ["replace"]


HANGING = """
    SELECT ROW(
        obj_description('sums'::regclass), has_table_privilege('pg_monitor', 'sums', 'SELECT'),
        (SELECT count(*) FROM pg_index WHERE indrelid = 'sums'::regclass),
        (SELECT count(*) FROM pg_trigger WHERE tgrelid = 'sums'::regclass)
    )::text
"""


def test_what_hangs_on_a_materialized_view_is_kept(both: Both) -> None:
    both.make(f"""
        {TABLES} CREATE MATERIALIZED VIEW sums AS SELECT title, sum(size) FROM notes GROUP BY title;
        CREATE UNIQUE INDEX by_title ON sums (title);
        COMMENT ON MATERIALIZED VIEW sums IS 'sums'; GRANT SELECT ON sums TO pg_monitor;
    """)
    applied(both, [PGMaterializedView("public", "sums", "SELECT title, max(size) AS max FROM notes GROUP BY title")])
    assert values(both, HANGING) == ["(,f,0,0)", "(sums,t,1,0)"]


def test_what_hangs_on_a_view_made_anew_is_kept(both: Both) -> None:
    both.make(f"""
        {TABLES}{NOTED} CREATE VIEW sums AS SELECT title, size FROM notes;
        CREATE TRIGGER noted INSTEAD OF INSERT ON sums FOR EACH ROW EXECUTE FUNCTION noted();
        COMMENT ON VIEW sums IS 'sums'; GRANT SELECT ON sums TO pg_monitor;
    """)
    declared = [FUNCTION, PGView("public", "sums", "SELECT size, title FROM notes")]
    instead = "INSTEAD OF INSERT ON public.sums FOR EACH ROW EXECUTE FUNCTION noted()"
    assert both.stock(declared, upgrades=True).failed is None
    both.migrated([*declared, PGTrigger("public", "noted", instead, "public.sums")])
    assert values(both, HANGING) == ["(,f,0,0)", "(sums,t,0,1)"]


STANDING: dict[str, tuple[str, list[Any]]] = {
    "a view": (
        "CREATE VIEW sizes AS SELECT size FROM notes; CREATE VIEW more AS SELECT size FROM sizes",
        [PGView("public", "sizes", "SELECT size FROM notes"), PGView("public", "more", "SELECT size FROM sizes")],
    ),
    "a materialized view": (
        "CREATE MATERIALIZED VIEW sizes AS SELECT size FROM notes",
        [PGMaterializedView("public", "sizes", "SELECT size FROM notes")],
    ),
    "a trigger": (
        f"{NOTED} CREATE TRIGGER big BEFORE UPDATE ON notes FOR EACH ROW WHEN (NEW.size > 9) EXECUTE FUNCTION noted()",
        [FUNCTION, PGTrigger("public", "big", TRIGGER.replace("EXE", "WHEN (NEW.size > 9) EXE"), "public.notes")],
    ),
    "a policy": (
        "CREATE POLICY big ON notes USING (size > 9)",
        [PGPolicy("public", "big", "USING (size > 9)", "public.notes")],
    ),
}


@pytest.mark.parametrize("standing", STANDING)
def test_a_column_under_it_may_change_its_type(standing: str, both: Both) -> None:
    live, declared = STANDING[standing]
    both.make(TABLES + live)
    metadata = MetaData()
    columns = Column("title", Text), Column("size", Numeric(10, 2))
    Table("notes", metadata, Column("id", Integer, primary_key=True), *columns)
    failed = stock(both, declared, upgrades=True, metadata=metadata).failed or ""
    assert failed.startswith("upgrade: ")
    assert "cannot alter type of a column used" in failed
    assert set(verbs(both.migrated(declared, metadata=metadata))) >= {"drop", "create"}


def test_what_stands_on_a_table_may_come_with_it(both: Both) -> None:
    metadata = tables_of(both.ours)
    Table("notes", metadata, Column("id", Integer, primary_key=True), Column("title", Text))
    trigger = PGTrigger("public", "noted", TRIGGER, "public.notes")
    policy = PGPolicy("public", "own", "USING (title <> '')", "public.notes")
    for declared in ([FUNCTION, trigger], [policy]):
        assert 'relation "public.notes" does not exist' in (stock(both, declared, metadata=metadata).failed or "")
    both.migrated([FUNCTION, trigger, policy], metadata=metadata)


def test_grants_on_what_is_anothers_stay(both: Both) -> None:
    both.make(f"""
        {TABLES} GRANT SELECT (title), INSERT (title) ON notes TO pg_monitor;
        CREATE TABLE shop_t (id integer); GRANT SELECT ON shop_t TO pg_monitor;
    """)
    declared = [
        PGGrantTable("public", "notes", "pg_monitor", PGGrantTableChoice.SELECT, columns=["title", "size"]),
        PGGrantTable("public", "notes", "pg_monitor", PGGrantTableChoice.DELETE, with_grant_option=True),
    ]
    run = both.stock(declared, registering={"entity_types": [PGGrantTable]})
    assert "shop_t" in "".join(each for each in run.ops if "drop" in each)
    assert verbs(both.migrated(declared)) == ["drop", "create", "create"]
    of_columns = "SELECT array_agg(attacl::text) FROM pg_attribute WHERE attrelid = c.oid"
    held = f"SELECT ROW(relacl, ({of_columns}))::text FROM pg_class c"
    assert "pg_monitor=r/" in value(both.ours, f"{held} WHERE relname = 'shop_t'")
    assert "pg_monitor=d*/" in value(both.ours, f"{held} WHERE relname = 'notes'")
    assert "pg_monitor=ar/" not in value(both.ours, f"{held} WHERE relname = 'notes'")


def test_extensions_are_moved_and_never_dropped(both: Both) -> None:
    both.make("CREATE SCHEMA more; CREATE EXTENSION vector; CREATE VIEW one AS SELECT 1 AS one")
    assert any("drop_entity PGExtension" in each for each in stock(both, [ONE]).ops)
    assert both.found([ONE]) == []
    assert verbs(both.migrated([ONE, PGExtension("more", "vector")])) == ["replace"]
