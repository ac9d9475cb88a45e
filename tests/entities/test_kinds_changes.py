"""Kinds beside views and functions, there and back, with all that hangs on what is made anew."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from migrakit import entities
from tests.entities.checker import seen, there_and_back
from tests.entities.kinds_changes import KINDS_CHANGES, TOTALS, WIDE_CHANGES, KindsChange, make, world
from tests.project import Project
from tests.share import share

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.databases import Database, NewDatabase
    from tests.entities.catalog import Line

HANGS = (
    *("attacl", "description", "proacl", "proowner", "relacl", "relforcerowsecurity", "relispopulated", "relowner"),
    *("relrowsecurity", "tgenabled"),
)


@pytest.mark.parametrize("change", share(KINDS_CHANGES), ids=lambda change: change.name)
def test_a_change_is_taken_there_and_back(change: KindsChange, postgres18: Database, tmp_path: Path) -> None:
    take_there_and_back(change, postgres18, tmp_path)


@pytest.mark.parametrize("change", share(WIDE_CHANGES), ids=lambda change: change.name)
def test_an_older_server_takes_the_same(change: KindsChange, new_database: NewDatabase, tmp_path: Path) -> None:
    take_there_and_back(change, new_database("postgresql-16"), tmp_path)


def take_there_and_back(change: KindsChange, database: Database, path: Path) -> None:
    make(database, change.live)
    before = seen(database)
    metadata = world()
    for changed in change.tables:
        changed(metadata)
    code = there_and_back(database, path, metadata=metadata, entities=entities.sql(change.declared))
    assert {line[1] for line in lost(before, seen(database))} <= {*change.also}
    assert Counter(done(code)) == Counter(change.does)
    assert all(word in code for word in change.says)
    with database.engine().connect() as connection:
        for statement in change.after:
            connection.execute(text(statement))


def lost(before: Iterable[Line], after: Iterable[Line]) -> list[Line]:
    """What hung on an object that is still there, and is not as it was."""
    still, hanging = {line[0] for line in after}, {line for line in after if line[1] in HANGS}
    return [line for line in before if line[0] in still and line[1] in HANGS and line not in hanging]


def done(code: str) -> list[str]:
    """What the upgrade does to entities, and to grants."""
    upgrade = code.partition("def upgrade()")[2].partition("def downgrade()")[0]
    found = re.findall(r"op\.(\w+)_entity\(entity\(\W*(\w+)", upgrade)
    return [GRANTS[verb] if sql == "GRANT" else str(verb) for verb, sql in found]


GRANTS = {"create": "grant", "drop": "revoke"}


MOST = "CREATE VIEW over AS SELECT total FROM totals; CREATE MATERIALIZED VIEW most AS SELECT max(total) FROM over;"


def test_what_can_not_be_kept_is_said(postgres18: Database, tmp_path: Path) -> None:
    """Without the checker, which misses it."""
    make(postgres18, f"{TOTALS}{MOST} CREATE STATISTICS pairs ON customer, total FROM totals;")
    make_more = "SET ROLE pg_monitor; GRANT SELECT ON totals TO pg_signal_backend; RESET ROLE;"
    with postgres18.engine().begin() as connection:
        connection.exec_driver_sql(f"GRANT SELECT ON totals TO pg_monitor WITH GRANT OPTION; {make_more}")
        connection.exec_driver_sql("REFRESH MATERIALIZED VIEW totals WITH NO DATA")
    environment = {"metadata": world(), "entities": entities.sql(TOTALS.replace("sum", "max") + MOST)}
    project = Project(tmp_path, postgres18.url, attributes={"environment": environment})
    project.revision()
    project.upgrade()
    assert project.ops() == []
    (file,) = (tmp_path / "migrations" / "versions").glob("*.py")
    upgrade = file.read_text().partition("def downgrade()")[0]
    assert re.findall("# Not kept: (.*)", upgrade) == [
        "the statistics pairs.",
        "that pg_monitor granted some of it.",
        "its rows. What it reads holds none: refresh both.",
    ]
