"""A revision there and back: written, applied, looked at again, taken back and applied again, and all that as SQL."""

from __future__ import annotations

import re
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from alembic.script import ScriptDirectory
from sqlalchemy import URL, Engine, NullPool, create_engine

from tests.databases.postgresql import psql
from tests.entities.catalog import difference, dump
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias

    from alembic.script import Script
    from sqlalchemy import Dialect

    from tests.databases import Database
    from tests.entities.catalog import Line

    Dump: TypeAlias = tuple[Line, ...]
    See: TypeAlias = Callable[[], Dump]

__all__ = [
    "check",
    "comparing",
    "downgrade_by_script",
    "seen",
    "there_and_back",
    "untouched",
    "upgrade_by_script",
    "watched",
]

_BOOKKEEPING = re.compile(r"\b(alembic_version\w*|migrakit_journal)\b")


def there_and_back(database: Database, directory: Path, **environment: Any) -> str:
    """What autogenerate writes for this ``Environment`` and what is live, once it has passed every check below.

    The database is left upgraded: another call with the same directory goes on from there. It is copied meanwhile, so
    nobody else may be connected to it.
    """
    project = Project(directory, database.url, attributes={"environment": environment})
    with _copy(database) as copy, watched(database) as see:
        before = see()
        with _unchanged("generating", before, see):
            comparing(database, project).revision()
        changes = _applied(database, project, before, see)
        _scripted(copy, replace(project, url=copy.url), before, changes)
    return Path(_newest(project).path).read_text()


def check(database: Database, project: Project) -> None:
    """Hold the project's newest revision against a database that is where the one before it has led."""
    with _copy(database) as copy, watched(database) as see:
        before = see()
        changes = _applied(database, project, before, see)
        _scripted(copy, replace(project, url=copy.url), before, changes)


def _applied(database: Database, project: Project, before: Dump, see: See) -> list[str]:
    """What the revision changes: nothing is left to do then, it is taken back whole, and done the same once more."""
    project.upgrade()
    after = see()
    with _unchanged("looking again", after, see):
        left = comparing(database, project).ops()
    assert left == [], _listed("after the upgrade autogenerate still finds", left)
    project.downgrade(_start(project))
    _assert_same("the downgrade", before, see())
    project.upgrade()
    _assert_same("the second upgrade", after, see())
    return difference(before, after)


def _scripted(copy: Database, project: Project, before: Dump, changes: list[str]) -> None:
    """The same through the scripts of ``--sql``, in a copy of what was there before."""
    with watched(copy) as see:
        upgrade_by_script(project)
        scripted = difference(before, see())
        assert scripted == changes, _listed("the upgrade's script changes this", [*scripted, "and not this:", *changes])
        downgrade_by_script(project)
        _assert_same("the downgrade's script", before, see())


def upgrade_by_script(project: Project) -> None:
    """The newest revision, through ``--sql`` and psql."""
    script = project.upgrade_sql(f"{_start(project)}:{_newest(project).revision}")
    _run("the upgrade's script", script, project.url)


def downgrade_by_script(project: Project) -> None:
    script = project.downgrade_sql(f"{_newest(project).revision}:{_start(project)}")
    _run("the downgrade's script", script, project.url)


def comparing(database: Database, project: Project) -> Project:
    """The project as it compares: what compiles the many statements of a comparison has done so before."""
    return replace(project, attributes={**project.attributes, "connection": _engine(database)})


@contextmanager
def untouched(database: Database, step: str = "what only looks") -> Iterator[None]:
    """Nothing is changed meanwhile, and nothing left behind, whether it ends well or not."""
    with _unchanged(step, seen(database), partial(seen, database)):
        yield


def seen(database: Database) -> Dump:
    """All that is in the database but the version tables and the journal."""
    with watched(database) as see:
        return see()


@contextmanager
def _unchanged(step: str, before: Dump, see: See) -> Iterator[None]:
    try:
        yield
    finally:
        _assert_same(step, before, see())


@contextmanager
def watched(database: Database) -> Iterator[See]:
    """Over one connection, whose session knows the catalogs after the first look: the others take half the time."""
    with _engine(database).connect() as connection:

        def see() -> Dump:
            with connection.begin():
                lines = dump(connection)
            bookkeeping = {subject for subject in {line[0] for line in lines} if _BOOKKEEPING.search(subject)}
            return tuple(line for line in lines if line[0] not in bookkeeping)

        yield see


def _engine(database: Database) -> Engine:
    """One with the dialect of its server, and all that was ever compiled for that."""
    dialect = _dialect(database.url.set(database="postgres"))
    arguments, options = dialect.create_connect_args(database.url)
    pool = NullPool(lambda: dialect.connect(*arguments, **options))
    # Not of execution_options(): to what that gives, older SQLAlchemys can't listen.
    return Engine(pool, dialect, database.url, execution_options={"compiled_cache": _COMPILED})


@cache
def _dialect(server: URL) -> Dialect:
    engine = create_engine(server, poolclass=NullPool)
    with engine.connect():  # where it asks for the server's version, and whatever else it keeps
        return engine.dialect


_COMPILED: dict[Any, Any] = {}


def _assert_same(step: str, expected: Dump, found: Dump) -> None:
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
    _execute(database.url, f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY file_copy")
    try:
        yield replace(database, url=database.url.set(database=name))
    finally:
        _execute(database.url, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(url: URL, statement: str) -> None:
    # A database that is copied has nobody in it.
    engine = create_engine(url.set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
