"""A role behind row security and security_invoker sees the same rows, whatever is done to the views between."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text, text

from migrakit import entities
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from tests.databases import Database

TABLES = """
CREATE TABLE notes (id integer PRIMARY KEY, owner text, size integer);
INSERT INTO notes VALUES (1, 'ann', 1), (2, 'bob', 2), (3, 'ann', 3);
"""
POLICY = "CREATE POLICY own ON notes USING (owner = current_setting('app.me', true));"
VIEWS = """
CREATE VIEW mine WITH (security_invoker = true) AS SELECT id, owner, size FROM notes;
CREATE VIEW sizes WITH (security_invoker = true) AS SELECT id, size FROM mine;
CREATE VIEW top WITH (security_invoker = true) AS SELECT id FROM sizes WHERE size > 0;
CREATE FUNCTION counted() RETURNS bigint LANGUAGE sql STABLE BEGIN ATOMIC SELECT count(*) FROM top; END;
"""
ENABLED = "ALTER TABLE notes ENABLE ROW LEVEL SECURITY; ALTER TABLE notes FORCE ROW LEVEL SECURITY;"
SEES = "SELECT ROW(array(SELECT id FROM notes), array(SELECT id FROM top), array(SELECT id FROM mine), counted())::text"

CHANGES = {
    "a view replaced": VIEWS.replace("size > 0", "size > -1"),
    "a chain made anew": VIEWS.replace("id, owner, size FROM", "owner, id, size FROM"),
    "a policy changed": None,
    "a column of another type": VIEWS,
}


def tables(size: type[Integer] = Integer) -> MetaData:
    metadata = MetaData()
    Table("notes", metadata, Column("id", Integer, primary_key=True), Column("owner", Text), Column("size", size))
    return metadata


@contextmanager
def visitor(database: Database) -> Generator[str]:
    name = f"visitor_{uuid4().hex[:12]}"
    make(database, f"CREATE ROLE {name}; GRANT SELECT ON notes, mine, sizes, top TO {name}")
    try:
        yield name
    finally:
        make(database, f"DROP OWNED BY {name}; DROP ROLE {name}")


def make(database: Database, sql: str) -> None:
    with database.engine().begin() as connection:
        connection.exec_driver_sql(sql)


def seen_by(role: str, database: Database) -> str:
    with database.engine().connect() as connection:
        connection.execute(text(f"SET LOCAL ROLE {role}"))
        connection.execute(text("SET LOCAL app.me = 'ann'"))
        return str(connection.scalar(text(SEES)))


@pytest.mark.parametrize("change", CHANGES)
def test_it_is_the_same_there_and_back(change: str, postgresql: Database, tmp_path: Path) -> None:
    make(postgresql, f"{TABLES}{POLICY}{VIEWS}{ENABLED}")
    declared = CHANGES[change]
    policy = POLICY if declared else POLICY.replace("(owner =", "(id > 0 AND owner =")
    project = Project(tmp_path, postgresql.url)
    project.attributes["environment"] = {
        "metadata": tables(BigInteger if change == "a column of another type" else Integer),
        "entities": entities.sql((declared or VIEWS) + policy),
    }
    with visitor(postgresql) as role:
        before = seen_by(role, postgresql)
        assert before == '("{1,3}","{1,3}","{1,3}",2)'
        project.revision()
        project.upgrade()
        assert seen_by(role, postgresql) == before
        project.downgrade()
        assert seen_by(role, postgresql) == before
        project.upgrade()
        assert seen_by(role, postgresql) == before
        assert project.ops() == []
