"""A revision there and back: written, applied, looked at again, taken back and applied again, and all that as SQL."""

from __future__ import annotations

import re
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from alembic.script import ScriptDirectory
from sqlalchemy import URL, NullPool, create_engine

from tests.databases.postgresql import psql
from tests.entities.catalog import difference, dump
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alembic.script import Script

    from tests.databases import Database
    from tests.entities.catalog import Line

__all__ = ["check", "seen", "there_and_back", "untouched"]

_BOOKKEEPING = re.compile(r"\b(alembic_version\w*|migrakit_journal)\b")


def there_and_back(database: Database, directory: Path, **environment: Any) -> str:
    """What autogenerate writes for this ``Environment`` and what is live, once it has passed every check below.

    The database is left upgraded: another call with the same directory goes on from there. It is copied meanwhile, so
    nobody else may be connected to it.
    """
    project = Project(directory, database.url, attributes={"environment": environment})
    with untouched(database, "generating"):
        project.revision()
    check(database, project)
    return Path(_newest(project).path).read_text()


def check(database: Database, project: Project) -> None:
    """Hold the project's newest revision against a database that is where the one before it has led."""
    with _copy(database) as copy:
        changes = _applied(database, project)
        _scripted(copy, replace(project, url=copy.url), changes)


def _applied(database: Database, project: Project) -> list[str]:
    """What the revision changes: nothing is left to do then, it is taken back whole, and done the same once more."""
    before = seen(database)
    project.upgrade()
    after = seen(database)
    with untouched(database, "looking again"):
        left = project.ops()
    assert left == [], _listed("after the upgrade autogenerate still finds", left)
    project.downgrade(_start(project))
    _assert_same("the downgrade", before, seen(database))
    project.upgrade()
    _assert_same("the second upgrade", after, seen(database))
    return difference(before, after)


def _scripted(database: Database, project: Project, changes: list[str]) -> None:
    """The same through the scripts of ``--sql``."""
    before, newest, start = seen(database), _newest(project).revision, _start(project)
    upgrade, downgrade = project.upgrade_sql(f"{start}:{newest}"), project.downgrade_sql(f"{newest}:{start}")
    _run("the upgrade's script", upgrade, database.url)
    scripted = difference(before, seen(database))
    assert scripted == changes, _listed("the upgrade's script changes this", [*scripted, "and not this:", *changes])
    _run("the downgrade's script", downgrade, database.url)
    _assert_same("the downgrade's script", before, seen(database))


@contextmanager
def untouched(database: Database, step: str = "what only looks") -> Iterator[None]:
    """Nothing is changed meanwhile, and nothing left behind, whether it ends well or not."""
    before = seen(database)
    try:
        yield
    finally:
        _assert_same(step, before, seen(database))


def seen(database: Database) -> tuple[Line, ...]:
    """All that is in the database but the version tables and the journal."""
    with database.engine().connect() as connection:
        return tuple(line for line in dump(connection) if not _BOOKKEEPING.search(line[0]))


def _assert_same(step: str, expected: Iterable[Line], found: Iterable[Line]) -> None:
    changes = difference(expected, found)
    assert changes == [], _listed(f"{step} leaves something else", changes)


def _listed(what: str, changes: Iterable[str]) -> str:
    return "\n".join([f"{what}:", *changes])


def _newest(project: Project) -> Script:
    newest = ScriptDirectory.from_config(project.config()).get_revision("head")
    assert newest is not None
    return newest


def _start(project: Project) -> str:
    before = _newest(project).down_revision
    assert before is None or isinstance(before, str), "a merge has two ways back"
    return before or "base"


def _run(what: str, script: str, url: URL) -> None:
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    command = [psql("postgresql-18"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", address]
    ended = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{what} fails: {ended.stderr}\n{script}"


@contextmanager
def _copy(database: Database) -> Iterator[Database]:
    """Another database with the same in it."""
    name, source = f"migrakit_{uuid4().hex[:16]}", database.url.database
    _execute(database.url, f"CREATE DATABASE {name} TEMPLATE {source}")
    try:
        yield replace(database, url=database.url.set(database=name))
    finally:
        _execute(database.url, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(url: URL, statement: str) -> None:
    # A database that is copied has nobody in it.
    engine = create_engine(url.set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
