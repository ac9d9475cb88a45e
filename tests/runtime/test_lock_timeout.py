"""A migration that has to wait for a reader gives up before the readers behind it wait for long."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from sqlalchemy import MetaData, create_engine, inspect, pool, text

from migrakit import SessionSettings
from migrakit.errors import ConfigurationError, LockTimeoutError
from migrakit.versions import journal_table
from tests.counting import statements
from tests.project import STOCK_ENV, Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from tests.databases import Database

ALTERS = """
from alembic import op

revision = "r1"
down_revision = None


def upgrade():
    op.execute("ALTER TABLE talks ADD COLUMN note text")


def downgrade():
    op.execute("ALTER TABLE talks DROP COLUMN note")
"""


def project_of(path: Path, database: Database, **environment: object) -> Project:
    project = Project(path, database.url, attributes={"environment": {"metadata": MetaData(), **environment}})
    (path / "migrations" / "versions" / "r1.py").write_text(ALTERS)
    return project


def make_talks(database: Database) -> None:
    with database.engine().begin() as connection:
        connection.execute(text("CREATE TABLE talks (id integer)"))


@contextmanager
def held(database: Database) -> Iterator[Connection]:
    """A reader of the table who stays in his transaction."""
    with create_engine(database.url, poolclass=pool.NullPool).connect() as idle:
        idle.execute(text("SELECT * FROM talks")).all()
        yield idle


def altering(sent: list[str]) -> int:
    return len([statement for statement in sent if "ALTER TABLE" in statement])


QUICK = SessionSettings(lock_timeout=0.1, lock_retries=3)


def test_it_is_repeated_and_given_up(postgresql: Database, tmp_path: Path) -> None:
    make_talks(postgresql)
    project = project_of(tmp_path, postgresql, session=QUICK)
    with held(postgresql), statements() as sent, pytest.raises(LockTimeoutError) as raised:
        project.upgrade()
    assert altering(sent) == 4
    said = str(raised.value)
    assert said.startswith("ALTER TABLE talks ADD COLUMN note waited too long for a lock that process ")
    assert "idle in transaction, for 0:00:0" in said
    assert "It was tried 4 times." in said
    assert inspect(postgresql.engine()).get_table_names() == ["talks"]
    project.upgrade()


@pytest.mark.parametrize("journal", [True, False])
def test_it_succeeds_once_the_reader_is_gone(
    postgres18: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, journal: bool
) -> None:
    make_talks(postgres18)
    project = project_of(tmp_path, postgres18, session=QUICK, journal=journal)
    pauses: list[float] = []
    with held(postgres18) as idle:

        def leave(seconds: float, **_: object) -> None:
            pauses.append(seconds)
            if len(pauses) == 2:
                idle.rollback()

        monkeypatch.setattr("migrakit.runtime.repeating.pause", leave)
        with statements() as sent:
            project.upgrade()
    assert altering(sent) == 3
    assert 0.05 <= pauses[0] <= 0.1 <= pauses[1] <= 0.2
    assert project.ops() == ["remove_table talks"]


TWO_MORE = """
from alembic import op

revision = "{revision}"
down_revision = "{down}"


def upgrade():
    op.execute("INSERT INTO notes VALUES ('{revision}')")
"""


@pytest.mark.parametrize("destination", ["head", "+2"])
def test_what_is_committed_by_migration_is_not_repeated(
    postgres18: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, destination: str
) -> None:
    make_talks(postgres18)
    with postgres18.engine().begin() as connection:
        connection.execute(text("CREATE TABLE notes (of text)"))
    project = project_of(
        tmp_path, postgres18, session=QUICK, journal=True, configure={"transaction_per_migration": True}
    )
    versions = tmp_path / "migrations" / "versions"
    (versions / "r1.py").write_text(TWO_MORE.format(revision="r1", down="").replace('= ""', "= None"))
    (versions / "r2.py").write_text(ALTERS.replace('"r1"', '"r2"').replace("= None", '= "r1"'))
    (versions / "r3.py").write_text(TWO_MORE.format(revision="r3", down="r2"))
    with held(postgres18) as idle:
        monkeypatch.setattr("migrakit.runtime.repeating.pause", lambda *_, **__: idle.rollback())
        command.upgrade(project.config(), destination)
    with postgres18.engine().connect() as connection:
        notes = connection.scalars(text("SELECT of FROM notes")).all()
        versions_there = connection.scalars(text("SELECT version_num FROM alembic_version")).all()
        finished = connection.scalars(text("SELECT revision FROM migrakit_journal WHERE finished IS NOT NULL")).all()
    assert notes == (["r1", "r3"] if destination == "head" else ["r1"])
    assert versions_there == ["r3" if destination == "head" else "r2"]
    assert finished == (["r1", "r2", "r3"] if destination == "head" else ["r1", "r2"])


SPLIT = """
from alembic import op

revision = "r1"
down_revision = None


def upgrade():
    with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY ix ON others (id)")
    op.execute("ALTER TABLE talks ADD COLUMN note text")
"""


def test_after_an_autocommit_block_it_fails_at_once(postgres18: Database, tmp_path: Path) -> None:
    make_talks(postgres18)
    with postgres18.engine().begin() as connection:
        connection.execute(text("CREATE TABLE others (id integer)"))
    project = project_of(tmp_path, postgres18, session=QUICK)
    (tmp_path / "migrations" / "versions" / "r1.py").write_text(SPLIT)
    with held(postgres18), statements() as sent, pytest.raises(LockTimeoutError, match="an autocommit block"):
        project.upgrade()
    assert altering(sent) == 1


def test_in_a_callers_transaction_it_fails_at_once(postgres18: Database, tmp_path: Path) -> None:
    make_talks(postgres18)
    project = project_of(tmp_path, postgres18, session=QUICK)
    with held(postgres18), postgres18.engine().connect() as connection, connection.begin(), statements() as sent:
        config = project.config()
        config.attributes["connection"] = connection
        with pytest.raises(LockTimeoutError, match="the transaction was begun before the run"):
            command.upgrade(config, "head")
    assert altering(sent) == 1


def test_on_mariadb_it_fails_at_once(mariadb: Database, tmp_path: Path) -> None:
    make_talks(mariadb)
    project = project_of(tmp_path, mariadb, session=SessionSettings(lock_timeout=1))
    with held(mariadb), statements() as sent, pytest.raises(LockTimeoutError, match="until then is committed"):
        project.upgrade()
    assert altering(sent) == 1
    project.upgrade()  # nothing of it was done


def test_on_sqlite_it_fails_at_once(sqlite: Database, tmp_path: Path) -> None:
    make_talks(sqlite)
    project = project_of(tmp_path, sqlite, session=SessionSettings(lock_timeout=0.1))
    with sqlite.engine().connect() as writer:
        writer.execute(text("INSERT INTO talks VALUES (1)"))
        with pytest.raises(LockTimeoutError, match="waited too long for a lock"):
            project.upgrade()
    project.upgrade()


def test_a_journal_that_another_service_is_just_making_is_waited_for(
    postgres18: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_talks(postgres18)
    project = project_of(tmp_path, postgres18, session=QUICK, journal=True)
    with postgres18.engine().connect() as other:
        journal_table("public").create(other)
        monkeypatch.setattr("migrakit.runtime.repeating.pause", lambda *_, **__: other.commit())
        project.upgrade()
    assert "note" in {column["name"] for column in inspect(postgres18.engine()).get_columns("talks")}


def test_a_journal_that_is_locked_on_sqlite_is_waited_for_too_long(sqlite: Database, tmp_path: Path) -> None:
    make_talks(sqlite)
    project = project_of(tmp_path, sqlite, session=SessionSettings(lock_timeout=0.1))
    project.upgrade()
    command.downgrade(project.config(), "base")
    with sqlite.engine().connect() as writer:
        writer.execute(text("INSERT INTO talks (id) VALUES (1)"))
        with pytest.raises(LockTimeoutError, match="INSERT INTO migrakit_journal waited too long for a lock"):
            project.upgrade()


@pytest.mark.parametrize("retries", [-1, True, 1.5])
def test_a_number_of_retries_that_is_none_is_refused(retries: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"lock_retries=.* is no number of times"):
        SessionSettings(lock_retries=retries)


def test_stock_waits_for_ever(postgres18: Database, tmp_path: Path) -> None:
    """Here until the server is told to end it: what is set is nothing."""
    make_talks(postgres18)
    project = Project(tmp_path, postgres18.url, STOCK_ENV, {"metadata": MetaData(), "options": {}})
    noting = 'print(op.get_bind().exec_driver_sql("SHOW lock_timeout").scalar())\n    op.execute'
    (tmp_path / "migrations" / "versions" / "r1.py").write_text(ALTERS.replace("op.execute", noting))
    with statements() as sent:
        project.upgrade()
    assert not [statement for statement in sent if "set_config" in statement]
