"""A migration that has to wait for a reader gives up before the readers behind it wait for long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import MetaData, create_engine, pool, text
from sqlalchemy.exc import OperationalError

from migrakit import SessionSettings
from tests.counting import statements
from tests.project import STOCK_ENV, Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database

ALTERS = """
from alembic import op

revision = "r1"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE talks ADD COLUMN note text")
"""


def project_of(path: Path, database: Database, **environment: object) -> Project:
    project = Project(path, database.url, attributes={"environment": {"metadata": MetaData(), **environment}})
    (path / "migrations" / "versions" / "r1.py").write_text(ALTERS)
    return project


def make_talks(database: Database) -> None:
    with database.engine().begin() as connection:
        connection.execute(text("CREATE TABLE talks (id integer)"))


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_it_is_tried_once_and_given_up(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    database = request.getfixturevalue("postgres18" if kind == "postgresql" else kind)
    make_talks(database)
    seconds = 0.25 if kind == "postgresql" else 1
    project = project_of(tmp_path, database, session=SessionSettings(lock_timeout=seconds))
    with create_engine(database.url, poolclass=pool.NullPool).connect() as idle:
        idle.execute(text("SELECT * FROM talks")).all()
        with statements() as sent, pytest.raises(OperationalError, match=r"(?i)lock.*timeout"):
            project.upgrade()
    assert [statement for statement in sent if "ALTER TABLE" in statement] == ["ALTER TABLE talks ADD COLUMN note text"]
    project.upgrade()


def test_stock_waits_for_ever(postgres18: Database, tmp_path: Path) -> None:
    """Here until the server is told to end it: what is set is nothing."""
    make_talks(postgres18)
    project = Project(tmp_path, postgres18.url, STOCK_ENV, {"metadata": MetaData(), "options": {}})
    noting = 'print(op.get_bind().exec_driver_sql("SHOW lock_timeout").scalar())\n    op.execute'
    (tmp_path / "migrations" / "versions" / "r1.py").write_text(ALTERS.replace("op.execute", noting))
    with statements() as sent:
        project.upgrade()
    assert not [statement for statement in sent if "set_config" in statement]
