"""What guards cost: nothing where nothing is to be done, and one statement where nothing is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic import command

from tests.counting import statements
from tests.guards.projects import begun, revision
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database, NewDatabase


def many(columns: int) -> sa.MetaData:
    metadata = sa.MetaData()
    for number in range(30):
        made = [sa.Column(f"c{each}", sa.Integer) for each in range(columns)]
        sa.Table(f"t{number}", metadata, sa.Column("id", sa.Integer, primary_key=True), *made)
    return metadata


def project_of(database: Database, path: Path, metadata: sa.MetaData, *, guarded: bool) -> Project:
    given = {"metadata": metadata, **({} if guarded else {"guards": []})}
    return Project(path, database.url, attributes={"environment": given})


@pytest.fixture
def two(new_database: NewDatabase, request: pytest.FixtureRequest) -> tuple[Database, Database]:
    return new_database(request.param), new_database(request.param)


@pytest.mark.parametrize("two", ["postgresql-18", "mariadb", "sqlite"], indirect=True)
def test_what_is_found_to_be_harmless_costs_a_statement(two: tuple[Database, Database], tmp_path: Path) -> None:
    counts: list[dict[str, int]] = []
    for database, guarded in zip(two, (True, False), strict=True):
        project = project_of(database, tmp_path / str(guarded), many(1), guarded=guarded)
        project.revision("first")
        count: dict[str, int] = {}
        with statements() as sent:
            project.upgrade()
        count["from nothing"] = len(sent)
        project.attributes["environment"]["metadata"] = many(3)
        with statements() as sent:
            project.revision("second")
        count["generated"] = len(sent)
        with statements() as sent:
            project.upgrade()
        count["applied"] = len(sent)
        with statements() as sent:
            command.check(project.config())
        count["checked"] = len(sent)
        counts.append(count)
    with_guards, without = counts
    assert {name: with_guards[name] - without[name] for name in without} == {
        "from nothing": 1,
        "generated": 1,
        "applied": 1,
        "checked": 0,
    }


def test_tables_of_which_something_is_found_are_asked_alone(postgres18: Database, tmp_path: Path) -> None:
    """The names of all tables; of the one its columns, row security, rows and what depends on it, in a savepoint."""
    project = begun(postgres18, tmp_path, rows=False)
    revision(project, "r2", "r1", "op.drop_column('prices', 'note')\nop.add_column('prices', sa.Column('x', sa.Text))")
    with statements() as sent:
        project.upgrade()
    project.attributes["environment"]["guards"] = []
    revision(project, "r3", "r2", "op.drop_column('prices', 'x')\nop.add_column('prices', sa.Column('y', sa.Text))")
    with statements() as without:
        project.upgrade()
    assert len(sent) - len(without) <= 9  # one more with the lowest SQLAlchemy
