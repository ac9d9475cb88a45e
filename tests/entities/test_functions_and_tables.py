"""Functions that tables use, and tables that functions come and go with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import CheckConstraint, Column, Computed, Index, Integer, MetaData, Table, Text, text

from migrakit import entities
from migrakit.errors import EntityError
from tests.entities.changes import directives
from tests.entities.checker import there_and_back, untouched
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database

NEXT = "CREATE FUNCTION next(a integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT a + 1 $$;"
OTHER = NEXT.replace("a + 1", "a + 2")
ANEW = NEXT.replace("RETURNS integer", "RETURNS bigint").replace("a + 1", "a::bigint")
POLICY = "CREATE POLICY even ON numbers USING (next(id) > 0);"
ROW_SECURITY = "ALTER TABLE numbers ENABLE ROW LEVEL SECURITY;"


def make(database: Database, sql: str) -> None:
    with database.engine().begin() as connection:
        connection.exec_driver_sql(sql)


USES = {
    "default": ("after_id integer DEFAULT next(1)", "", "default value for column after_id of table public.numbers"),
    "generated": (
        "after_id integer GENERATED ALWAYS AS (next(id)) STORED",
        "",
        "default value for column after_id of table public.numbers",
    ),
    "check": (
        "after_id integer, CONSTRAINT positive CHECK (next(id) > 0)",
        "",
        "constraint positive on table public.numbers",
    ),
    "index": ("after_id integer", "CREATE INDEX by_next ON numbers (next(id));", "index public.by_next"),
}


def numbers(*columns: Column[Any], **more: Any) -> MetaData:
    metadata = MetaData()
    Table("numbers", metadata, Column("id", Integer, primary_key=True), *columns, **more)
    return metadata


def as_used(use: str) -> MetaData:
    """The table as it is."""
    if use == "generated":
        return numbers(Column("after_id", Integer, Computed("next(id)", persisted=True)))
    after_id: Column[Any] = Column("after_id", Integer, server_default=text("next(1)") if use == "default" else None)
    metadata = numbers(after_id)
    if use == "index":
        Index("by_next", text("next(id)"), _table=metadata.tables["numbers"])
    if use == "check":
        metadata.tables["numbers"].append_constraint(CheckConstraint("next(id) > 0", name="positive"))
    return metadata


def used(use: str) -> str:
    columns, more, _ = USES[use]
    return f"{NEXT} CREATE TABLE numbers (id integer PRIMARY KEY, {columns}); {more}"


@pytest.mark.parametrize("use", USES)
def test_its_body_changes_in_place_and_nothing_else_without_being_told(
    use: str, postgresql: Database, tmp_path: Path
) -> None:
    make(postgresql, f"{used(use)} {POLICY} {ROW_SECURITY}")
    environment = {"metadata": as_used(use), "entities": entities.sql(ANEW + POLICY)}
    project = Project(tmp_path / "anew", postgresql.url, attributes={"environment": environment})
    with untouched(postgresql), pytest.raises(EntityError) as refused:
        project.ops()
    (problem,) = refused.value.problems
    assert "The function public.next(integer) has to go" in problem.what
    assert f"the {USES[use][2]}, which" in problem.what
    assert "Declare the new one by another name" in problem.do
    code = there_and_back(postgresql, tmp_path, metadata=as_used(use), entities=entities.sql(OTHER + POLICY))
    assert directives(code) == ("replace",)
    # A default is asked anew for each row; what the others hold was computed by the body before.
    assert (f"# The {USES[use][2]} calls it, and keeps what that gave before" in code) is (use != "default")


def test_a_policy_on_it_is_made_anew_with_it(postgresql: Database, tmp_path: Path) -> None:
    make(postgresql, f"{NEXT} CREATE TABLE numbers (id integer PRIMARY KEY); {POLICY} {ROW_SECURITY}")
    code = there_and_back(postgresql, tmp_path, metadata=numbers(), entities=entities.sql(ANEW + POLICY))
    assert directives(code) == ("drop", "drop", "create", "create")


NEEDED = """
CREATE FUNCTION first() RETURNS integer LANGUAGE sql AS $$ SELECT 7 $$;
CREATE FUNCTION needs_first() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT public.first(); END;
CREATE FUNCTION "Is Fine"(a integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT a > 0 $$;
CREATE FUNCTION checked(a integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN "Is Fine"(a); END $$;
CREATE FUNCTION later() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM numbers $$;
"""


def with_numbers(columns: str = "new") -> MetaData:
    given = {
        "new": [
            Column("a", Integer, server_default=text("needs_first()")),
            Column("g", Integer, Computed("next(id)", persisted=True)),
        ],
        "old": [],
    }[columns]
    metadata = numbers(*given)
    table = metadata.tables["numbers"]
    if columns == "new":
        table.append_constraint(CheckConstraint("checked(id)", name="fine"))
        Index("by_next", text("next(id)"), text('"Is Fine"(id)'), _table=table)
    return metadata


def test_it_comes_before_a_table_that_needs_it_and_goes_after(postgresql: Database, tmp_path: Path) -> None:
    declared = {"metadata": with_numbers(), "entities": entities.sql(NEXT + NEEDED)}
    code = there_and_back(postgresql, tmp_path, **declared)
    assert 0 < code.index("needs_first()") < code.index("op.create_table") < code.index("later()")
    code = there_and_back(postgresql, tmp_path, metadata=MetaData(), entities=[])
    assert 0 < code.index("later()") < code.index("op.drop_table") < code.index("needs_first()")


def test_it_comes_before_a_column_that_needs_it_and_goes_after(postgresql: Database, tmp_path: Path) -> None:
    make(postgresql, "CREATE TABLE numbers (id integer PRIMARY KEY, note text)")
    note: Column[Any] = Column("note", Text)
    more = with_numbers()
    more.tables["numbers"].append_column(note)
    without_check = [each for each in more.tables["numbers"].constraints if not isinstance(each, CheckConstraint)]
    more.tables["numbers"].constraints.intersection_update(without_check)
    there_and_back(postgresql, tmp_path, metadata=more, entities=entities.sql(NEXT + NEEDED))
    there_and_back(postgresql, tmp_path, metadata=numbers(Column("note", Text)), entities=[])


def test_it_comes_after_a_schema_that_is_new_with_the_table(postgresql: Database, tmp_path: Path) -> None:
    metadata = MetaData(schema="fresh")
    Table("numbers", metadata, Column("id", Integer), CheckConstraint("fresh.next(id) > 0", name="positive"))
    declared = entities.sql(NEXT.replace("next", "fresh.next"))
    there_and_back(postgresql, tmp_path, metadata=metadata, entities=declared)


def test_a_column_that_is_called_the_same_does_not_need_it(postgresql: Database, tmp_path: Path) -> None:
    metadata = numbers(Column("total", Integer))
    metadata.tables["numbers"].append_constraint(CheckConstraint("total > 0", name="positive"))
    declared = entities.sql("CREATE FUNCTION total(n numbers) RETURNS integer LANGUAGE sql AS $$ SELECT n.total $$")
    there_and_back(postgresql, tmp_path, metadata=metadata, entities=declared)


def has_changed(*given: Any) -> bool:
    *_, live, _, declared = given
    return bool(live != declared)


def test_a_default_that_takes_another_function(postgresql: Database, tmp_path: Path) -> None:
    """Which Alembic sees only where it is told how to compare them: its own way is to call both functions."""
    make(postgresql, f"{NEXT} CREATE TABLE numbers (id integer PRIMARY KEY, a integer DEFAULT next(1))")
    metadata = numbers(Column("a", Integer, server_default=text("previous(1)")))
    there_and_back(
        postgresql,
        tmp_path,
        metadata=metadata,
        entities=entities.sql(NEXT.replace("next", "previous")),
        configure={"compare_server_default": has_changed},
    )


def test_a_trigger_function_changes_under_its_triggers(postgresql: Database, tmp_path: Path) -> None:
    function = "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;"
    trigger = "CREATE TRIGGER noted BEFORE UPDATE ON numbers FOR EACH ROW EXECUTE FUNCTION noted();"
    make(postgresql, f"CREATE TABLE numbers (id integer PRIMARY KEY); {function} {trigger}")
    changed = function.replace("RETURN NEW", "RETURN NULL").replace("plpgsql", "plpgsql SECURITY DEFINER")
    code = there_and_back(postgresql, tmp_path, metadata=numbers(), entities=entities.sql(changed + trigger))
    assert directives(code) == ("replace",)
