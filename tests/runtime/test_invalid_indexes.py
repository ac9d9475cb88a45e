"""Indexes that CREATE INDEX CONCURRENTLY left INVALID, and the run that comes after."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from sqlalchemy import MetaData, create_engine, pool, text

from migrakit import SessionSettings
from migrakit.errors import TornRevisionError
from tests.counting import statements
from tests.project import STOCK_ENV, Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.databases import Database

REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "r1"
down_revision = None


def upgrade():
    op.create_table("rooms", sa.Column("id", sa.Integer))
    with op.get_context().autocommit_block():
        {builds}


def downgrade():
    op.drop_index("ix_talks_room", "talks")
"""

BY_NAME = 'op.create_index("ix_talks_room", "talks", ["room"], postgresql_concurrently=True)'
IF_NOT_EXISTS = 'op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_talks_room ON talks (room)")'
COMPUTED = 'op.execute("CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_" + "talks_" + "room ON talks (room)")'


def project_of(path: Path, database: Database, builds: str, env: str | None = None, **environment: Any) -> Project:
    if env is not None:
        project = Project(path, database.url, env, {"metadata": MetaData(), "options": {}})
    else:
        project = Project(path, database.url, attributes={"environment": {"metadata": MetaData(), **environment}})
    write(project, builds)
    return project


def write(project: Project, builds: str) -> None:
    (project.path / "migrations" / "versions" / "r1.py").write_text(REVISION.format(builds=builds))


@contextmanager
def in_the_way(database: Database) -> Iterator[None]:
    """Somebody in a transaction, whom a concurrent build waits for."""
    with create_engine(database.url, poolclass=pool.NullPool).begin() as connection:
        connection.execute(text("INSERT INTO talks VALUES (1)"))
        yield


def cut_off(project: Project, database: Database, **environment: Any) -> None:
    """Half of the revision is there, and its index is INVALID: a timeout ends the build as a kill would."""
    with database.engine().begin() as connection:
        connection.execute(text("CREATE TABLE talks (room integer)"))
    impatient = {"session": SessionSettings(statement_timeout=0.3)}
    project.attributes["environment"] = {**project.attributes["environment"], **impatient, **environment}
    with in_the_way(database), pytest.raises(Exception, match="statement timeout"):
        command.upgrade(project.config(), "head")
    project.attributes["environment"].pop("session")
    assert validity(database) == {"ix_talks_room": False}


def validity(database: Database) -> dict[str, bool]:
    query = """
        SELECT i.relname, x.indisvalid FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
        WHERE i.relnamespace = 'public'::regnamespace AND NOT x.indisprimary
    """
    with database.engine().connect() as connection:
        return {row.relname: row.indisvalid for row in connection.execute(text(query))}


def follow(message: str, database: Database) -> None:
    found = re.search(r"remove it with (DROP INDEX CONCURRENTLY .+), and run again", message)
    assert found is not None, message
    with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(found[1])


def drop_rooms(database: Database) -> None:
    with database.engine().begin() as connection:
        connection.execute(text("DROP TABLE rooms"))


@pytest.mark.parametrize("builds", [BY_NAME, IF_NOT_EXISTS], ids=["by name", "if not exists"])
def test_it_is_named_with_what_removes_it_before_anything_is_done(
    postgresql: Database, tmp_path: Path, builds: str
) -> None:
    project = project_of(tmp_path, postgresql, builds)
    cut_off(project, postgresql)
    with statements() as sent, pytest.raises(TornRevisionError) as raised:
        project.upgrade()
    assert not [each for each in sent if each.lstrip().startswith(("CREATE TABLE rooms", "CREATE INDEX", "ALTER"))]
    assert "builds index 'ix_talks_room' on public.talks, which is there and INVALID" in str(raised.value)
    follow(str(raised.value), postgresql)
    with pytest.raises(TornRevisionError, match=r"Revision 'r1' makes what is there already: relation \"rooms\""):
        project.upgrade()
    drop_rooms(postgresql)
    project.upgrade()
    assert validity(postgresql) == {"ix_talks_room": True}


def test_with_a_computed_name_it_is_refused_when_the_statement_comes(postgres18: Database, tmp_path: Path) -> None:
    project = project_of(tmp_path, postgres18, COMPUTED)
    cut_off(project, postgres18)
    drop_rooms(postgres18)
    with pytest.raises(TornRevisionError, match=r"builds index 'ix_talks_room'.*INVALID"):
        project.upgrade()
    assert validity(postgres18) == {"ix_talks_room": False}


def test_with_a_journal_the_message_is_the_cut_off_revisions(postgres18: Database, tmp_path: Path) -> None:
    project = project_of(tmp_path, postgres18, BY_NAME, journal=True)
    cut_off(project, postgres18)
    with pytest.raises(TornRevisionError) as raised:
        project.upgrade()
    said = str(raised.value)
    assert "2 (CREATE INDEX CONCURRENTLY ix_talks_room ON talks) left an INVALID index." in said
    assert "DROP INDEX CONCURRENTLY public.ix_talks_room. Then run again, to be told how to go on." in said
    with postgres18.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("DROP INDEX CONCURRENTLY public.ix_talks_room")
    with pytest.raises(TornRevisionError, match=r"alembic -x resume=r1 upgrade r1") as raised:
        project.upgrade()
    resume(project, "r1")
    assert validity(postgres18) == {"ix_talks_room": True}


def resume(project: Project, revision: str) -> None:
    from argparse import Namespace  # noqa: PLC0415

    config = project.config()
    config.cmd_opts = Namespace(x=[f"resume={revision}"])
    command.upgrade(config, revision)


MENDS = """op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_talks_room")
        op.create_index("ix_talks_room", "talks", ["room"], postgresql_concurrently=True)"""


def test_a_revision_that_mends_it_itself_is_run(postgres18: Database, tmp_path: Path) -> None:
    project = project_of(tmp_path, postgres18, BY_NAME)
    cut_off(project, postgres18)
    drop_rooms(postgres18)
    write(project, MENDS)
    project.upgrade()
    assert validity(postgres18) == {"ix_talks_room": True}


def test_another_index_that_is_invalid_is_no_matter(postgres18: Database, tmp_path: Path) -> None:
    project = project_of(tmp_path, postgres18, BY_NAME)
    cut_off(project, postgres18)
    drop_rooms(postgres18)
    write(project, BY_NAME.replace("ix_talks_room", "ix_talks"))
    project.upgrade()
    assert validity(postgres18) == {"ix_talks_room": False, "ix_talks": True}


def test_without_a_concurrent_build_nothing_is_asked(postgres18: Database, tmp_path: Path) -> None:
    project = project_of(tmp_path, postgres18, "pass")
    with statements() as sent:
        project.upgrade()
    assert not [each for each in sent if "indisvalid" in each]


def test_stock_with_if_not_exists_succeeds_and_leaves_it_invalid(postgres18: Database, tmp_path: Path) -> None:
    cut_off(project_of(tmp_path / "first", postgres18, IF_NOT_EXISTS), postgres18)
    drop_rooms(postgres18)
    project_of(tmp_path / "stock", postgres18, IF_NOT_EXISTS, STOCK_ENV).upgrade()
    assert validity(postgres18) == {"ix_talks_room": False}
