"""What is declared against what is live: each change is taken there and back, and held against the whole catalog."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_view import PGView
from sqlalchemy import Column, Enum, Integer, MetaData, String, Table, Text, select, text
from sqlalchemy.dialects.postgresql import ARRAY, ENUM

import tests
from migrakit import entities
from migrakit.entities import entity
from tests.entities.changes import (
    ADD,
    ADDED,
    BIG_ADD,
    CHANGES,
    EVEN,
    LIKE_SCHEMAS,
    MUTUAL_IN_SQL,
    NOTED,
    ODD,
    OPEN,
    SUMS,
    TOP,
    TWO_SCHEMAS,
    Change,
    directives,
    make,
    world,
)
from tests.entities.checker import there_and_back
from tests.entities.test_converting import needs_create_view
from tests.project import Project
from tests.share import share

if TYPE_CHECKING:
    from tests.databases import Database


@pytest.mark.parametrize("change", share(CHANGES), ids=lambda change: change.name)
def test_a_change_is_taken_there_and_back(change: Change, postgresql: Database, tmp_path: Path) -> None:
    make(postgresql, change.live)
    declared = entities.sql(change.declared)
    code = there_and_back(postgresql, tmp_path, metadata=world(), entities=declared)
    assert directives(code) == change.does
    assert all(word in code for word in change.says)


def test_views_stand_on_what_the_same_revision_makes(postgresql: Database, tmp_path: Path) -> None:
    make(postgresql, "CREATE VIEW stars AS SELECT * FROM invoices; CREATE TYPE mood AS ENUM ('good', 'bad')")
    metadata = world()
    metadata.tables["invoices"].append_column(Column("reason", Text))
    metadata.tables["invoices"].append_column(Column("mood", ENUM("good", "bad", name="mood", create_type=False)))
    Table("fresh", metadata, Column("id", Integer, primary_key=True), Column("name", Text), Column("rank", Integer))
    Table("fresh", metadata, Column("id", Integer, primary_key=True), Column("A b", ARRAY(Text)), schema="billing")
    declared = entities.sql("""
        CREATE VIEW stars AS SELECT * FROM invoices;
        CREATE VIEW reasons AS SELECT reason FROM public.invoices WHERE mood = 'bad';
        CREATE VIEW ranked AS SELECT fresh.*, count(*) FROM fresh GROUP BY fresh.id;
        CREATE VIEW billing.ranked AS SELECT rank, "A b"[1] AS a FROM billing.fresh JOIN public.fresh USING (id);
        CREATE FUNCTION a(f fresh) RETURNS SETOF billing.fresh LANGUAGE sql AS $$ SELECT * FROM billing.fresh $$;
        CREATE FUNCTION b(i invoices) RETURNS text LANGUAGE sql RETURN i.reason || (SELECT max(name) FROM fresh);
    """)
    code = there_and_back(postgresql, tmp_path, metadata=metadata, entities=declared)
    assert sorted(directives(code)) == ["create"] * 5 + ["replace"]


MOODS = """
CREATE VIEW moods AS SELECT mood, 'good'::public.mood AS best FROM fresh WHERE mood = 'it''s bad';
CREATE FUNCTION same(one public.mood) RETURNS public.mood LANGUAGE sql AS $$ SELECT one $$;
CREATE FUNCTION any_of(several public.mood[], one public.mood DEFAULT 'it''s bad', more public.mood[] = '{good}')
    RETURNS SETOF public.mood LANGUAGE sql RETURN several[1];
"""


@pytest.mark.parametrize("schema", [None, "billing"])
def test_they_know_an_enum_of_the_same_revision(schema: str | None, postgresql: Database, tmp_path: Path) -> None:
    """Without the checker, as Alembic's own downgrade leaves the type behind."""
    make(postgresql, "")
    metadata = world()
    mood: Column[str] = Column("mood", Enum("good", "it's bad", name="mood", schema=schema))
    Table("fresh", metadata, Column("id", Integer, primary_key=True), mood)
    declared = entities.sql(MOODS.replace("public", schema or "public"))
    environment = {"metadata": metadata, "entities": declared}
    project = Project(tmp_path, postgresql.url, attributes={"environment": environment})
    project.revision()
    project.upgrade()
    assert project.ops() == []


CHAIN_OF_ANY_NAMES = """
    CREATE VIEW {} AS SELECT id, total FROM invoices;
    CREATE VIEW {} AS SELECT count(*) AS number FROM {};
    CREATE FUNCTION {}() RETURNS bigint LANGUAGE sql RETURN (SELECT max(number) FROM {});
    CREATE VIEW {} AS SELECT {}() AS number FROM {};
"""


def chains() -> str:
    """One for each order that the names of three views may have."""
    found = []
    for number, names in enumerate(permutations("abc")):
        first, second, third = (f"{name}{number}" for name in names)
        found.append(CHAIN_OF_ANY_NAMES.format(first, second, first, second, second, third, second, second))
    return "".join(found)


def test_chains_of_three_come_change_and_go_whatever_their_names(postgresql: Database, tmp_path: Path) -> None:
    make(postgresql, "")
    told = {"come": chains(), "change": chains().replace("id, total", "id"), "go": ""}
    done = {
        what: directives(there_and_back(postgresql, tmp_path, metadata=world(), entities=entities.sql(declared)))
        for what, declared in told.items()
    }
    assert done == {"come": ("create",) * 24, "change": ("drop",) * 24 + ("create",) * 24, "go": ("drop",) * 24}


@pytest.mark.parametrize(
    "live", ["", f"{OPEN}; {SUMS}; {TOP}", f"{NOTED}; {SUMS}; {TOP}"], ids=["new", "same", "other"]
)
def test_the_order_of_declarations_changes_nothing(live: str, postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, live)
    written = {
        code_of(postgres18, tmp_path / str(number), entities=[*map(entity, declared)])
        for number, declared in enumerate(permutations([OPEN, SUMS, TOP]))
    }
    assert len(written) == 1


def code_of(database: Database, path: Path, **environment: Any) -> str:
    """What autogenerate writes below the revision's number."""
    project = Project(path, database.url, attributes={"environment": {"metadata": world(), **environment}})
    project.revision()
    (file,) = (path / "migrations" / "versions").glob("*.py")
    return "".join(file.read_text().partition(UPGRADE)[1:])


UPGRADE = "def upgrade"


SEEDS = range(3)

SEEDED = """
from pathlib import Path
from sqlalchemy import make_url
from migrakit import entities
from tests.databases import Database
from tests.entities.test_changes import LATER, code_of

database = Database("postgresql-18", make_url({url!r}))
print(code_of(database, Path({path!r}), entities=entities.sql(LATER)))
"""

EARLIER = f"{chains()}; {ADD}; {NOTED}; {EVEN}; {ODD}; {TWO_SCHEMAS}"
LATER = f"{chains().replace('id, total', 'id')}; {BIG_ADD}; {ADDED}; {MUTUAL_IN_SQL}; {SUMS}; {OPEN}; {LIKE_SCHEMAS}"


def test_the_seed_of_hashes_changes_nothing(postgres18: Database, tmp_path: Path) -> None:
    """What is written drops, creates and replaces, and knows circles."""
    make(postgres18, EARLIER)
    written = [seeded(seed, postgres18, tmp_path) for seed in SEEDS]
    assert set(directives(written[0])) == {"drop", "create", "replace"}
    assert "check_function_bodies" in written[0]
    assert len(set(written)) == 1


def seeded(seed: int, database: Database, path: Path) -> str:
    url = database.url.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SEEDED.format(url=url, path=str(path / str(seed)))],
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
        cwd=Path(tests.__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return "".join(done.stdout.partition(UPGRADE)[1:])


def test_objects_of_alembic_utils_mean_what_they_say(postgresql: Database, tmp_path: Path) -> None:
    make(postgresql, "")
    body = r"returns text language plpgsql as $$ BEGIN RETURN 'a\:b' || a\:\:text || b; END $$"
    declared = [
        PGView("public", "colons", "SELECT 'a:b' AS t, '{\"a\": 1}' AS json, id FROM invoices"),
        PGFunction("public", "f(a int, b text default 'x,y')", body),
    ]
    code = there_and_back(postgresql, tmp_path, metadata=world(), entities=declared)
    assert directives(code) == ("create", "create")
    with postgresql.engine().connect() as connection:
        assert connection.scalar(text("SELECT f(1)")) == "a:b1x,y"


def with_reason(metadata: MetaData) -> None:
    metadata.tables["invoices"].append_column(Column("reason", Text))


def with_percent(metadata: MetaData) -> None:
    metadata.tables["invoices"].append_column(Column("50%", Text))


def with_percent_table(metadata: MetaData) -> None:
    Table("100%", metadata, Column("id", Integer, primary_key=True))


def with_other_type(metadata: MetaData) -> None:
    metadata.tables["invoices"].c.note.type = String(7)


def with_created_view(metadata: MetaData) -> Any:
    create_view: Any = import_module("sqlalchemy.sql.ddl").CreateView
    return create_view(select(metadata.tables["invoices"].c.id), "v", metadata=metadata)


ALL_OF_ALL = "CREATE VIEW stars AS SELECT * FROM invoices; CREATE VIEW more AS SELECT * FROM stars"
NOTES = "CREATE VIEW v AS SELECT note FROM invoices"


@pytest.mark.parametrize(
    ("changed", "live", "declared"),
    [
        (with_reason, ALL_OF_ALL, ALL_OF_ALL),
        (with_percent, "", 'CREATE VIEW v AS SELECT "50%" FROM invoices'),
        (with_percent_table, "", 'CREATE VIEW v AS SELECT id FROM "100%"'),
        (with_other_type, NOTES, NOTES),
        pytest.param(with_created_view, "", "", marks=needs_create_view),
    ],
)
def test_tables_of_the_same_revision(
    changed: Any, live: str, declared: str, postgresql: Database, tmp_path: Path
) -> None:
    make(postgresql, live)
    metadata = world()
    more = changed(metadata)
    given = [entities.sql(declared), more] if more is not None else entities.sql(declared)
    there_and_back(postgresql, tmp_path, metadata=metadata, entities=given)
