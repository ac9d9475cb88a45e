"""A project that alembic-utils has migrated so far: its files go on working, and nothing is done twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_materialized_view import PGMaterializedView
from alembic_utils.pg_policy import PGPolicy
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.pg_view import PGView
from alembic_utils.replaceable_entity import register_entities, registry
from sqlalchemy import Column, Integer, MetaData, Table, Text

from tests.entities.catalog import difference
from tests.entities.checker import seen, untouched
from tests.entities.stock import Service, stock_process
from tests.entities.test_comparing import make
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.databases import Database

VIEW = PGView("public", "titles", "SELECT id, title FROM notes WHERE title <> 'a:b'")
SHORT = PGView("public", "titles", "SELECT id, title FROM notes WHERE title <> '{\"a\": 1}'")
DECLARED = [
    PGFunction("public", "same()", "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"),
    PGTrigger(
        "public",
        "keeps",
        "BEFORE INSERT ON public.notes FOR EACH ROW EXECUTE FUNCTION public.same()",
        on_entity="public.notes",
    ),
    PGPolicy("public", "public_notes", "AS PERMISSIVE FOR SELECT USING (id > 0)", on_entity="public.notes"),
    PGMaterializedView("public", "numbers", "SELECT count(*) AS number FROM notes"),
]
ALL = {"entity_types": None}


def metadata() -> MetaData:
    found = MetaData()
    Table("notes", found, Column("id", Integer, primary_key=True), Column("title", Text))
    return found


@pytest.fixture
def project(tmp_path: Path, postgres18: Database) -> Project:
    """Three revisions that alembic-utils has written and applied, and an env.py that is changed since."""
    histories: list[list[Any]] = [[], [VIEW, *DECLARED], [SHORT, *DECLARED]]
    with stock_process() as stock:
        for declared in histories:
            service = Service(tmp_path, postgres18.url, declared, metadata=metadata(), registering=ALL, upgrades=True)
            (run,) = stock.run(service)
            assert run.failed is None
    return ours(tmp_path, postgres18)


def ours(path: Path, database: Database) -> Project:
    environment = {"metadata": metadata(), "entities": [SHORT, *DECLARED]}
    return Project(path, database.url, attributes={"environment": environment})


def test_its_first_comparison_finds_what_had_drifted_and_nothing_else(project: Project, postgres18: Database) -> None:
    with untouched(postgres18):
        (only,) = project.ops()
    assert "ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY" in only
    make(postgres18, "ALTER TABLE notes ENABLE ROW LEVEL SECURITY")
    assert project.ops() == []


@pytest.fixture
def registered() -> Iterator[None]:
    """As its env.py has it, beside what is declared with migrakit: nothing."""
    register_entities([SHORT, *DECLARED], entity_types=None)
    yield
    cast("Any", registry).clear()


def test_what_its_env_py_registers_is_declared(project: Project, postgres18: Database, registered: None) -> None:
    """An option that a view was given by hand is drift too, of which alembic-utils sees nothing."""
    project.attributes["environment"]["entities"] = []
    with untouched(postgres18):
        (only,) = project.ops()
    assert "ROW LEVEL SECURITY" in only
    make(postgres18, "ALTER TABLE notes ENABLE ROW LEVEL SECURITY; ALTER VIEW titles SET (security_barrier = true)")
    (only,) = project.ops()
    assert only.startswith("replace_or_revert_entity view public.titles")
    project.revision()
    project.upgrade()
    assert project.ops() == []


def test_its_files_apply_from_nothing_and_back(project: Project, new_database: Callable[[str], Database]) -> None:
    database = new_database("postgresql-18")
    fresh = ours(project.path, database)
    before = seen(database)
    fresh.upgrade()
    assert len(fresh.ops()) == 1
    fresh.revision()
    fresh.upgrade()
    assert fresh.ops() == []
    fresh.downgrade()
    assert difference(before, seen(database)) == []
