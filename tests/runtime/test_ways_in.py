"""Every way in, on every kind of database, ends in the same schema."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from alembic import command
from sqlalchemy import create_engine, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from migrakit import VersionTable, errors, migration_lock
from tests.autogenerate.applying import contents
from tests.counting import statements
from tests.databases import KINDS, Database
from tests.databases.clients import apply
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.config import Config
    from sqlalchemy import URL, Connection

    from tests.databases import Kind, NewDatabase

ROOT = Path(__file__).parent.parent.parent

ASYNC_DRIVERS = {"postgresql": "postgresql+asyncpg", "mariadb": "mariadb+aiomysql", "sqlite": "sqlite+aiosqlite"}

# The same for every way: the program chooses what of it to use.
ENV = """
from alembic import context
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table
from migrakit import Environment, SessionSettings, filters

metadata = MetaData()
Table("pycon_rooms", metadata, Column("id", Integer, primary_key=True), Column("name", String(20), unique=True))
Table("pycon_talks", metadata, Column("id", Integer, primary_key=True),
      Column("title", String(40), index=True), Column("room_id", ForeignKey("pycon_rooms.id", name="pycon_room")))

Environment(
    metadata=metadata, service="pycon", owns=filters.prefix("pycon_"), url_variable="PYCON_URL",
    session=SessionSettings(lock_timeout=7), **context.config.attributes.get("environment", {}),
).run()
"""

STOCK_ASYNC_ENV = """
import asyncio

async def run_async_migrations():
    pass

migrations = run_async_migrations()
try:
    asyncio.run(migrations)
finally:
    migrations.close()
"""

INI = """
[alembic]
script_location = %(here)s/migrations
path_separator = os
{url}
"""


@pytest.fixture
def project(tmp_path: Path, database: Database) -> Project:
    project = Project(tmp_path, database.url, ENV)
    project.revision()
    return project


def text_of(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def async_url(url: URL) -> URL:
    url = url.set(drivername=ASYNC_DRIVERS[url.get_backend_name()])
    return url.difference_update_query(["ssl_disabled"])


def without_url(project: Project) -> Config:
    config = project.config()
    config.remove_main_option("sqlalchemy.url")
    return config


def alembic(project: Project, *arguments: str, ini: str = "", **environment: str) -> None:
    (project.path / "alembic.ini").write_text(INI.format(url=ini))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "alembic", *arguments, "upgrade", "head"],
        cwd=project.path,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def the_command_line(project: Project) -> None:
    alembic(project, ini=f"sqlalchemy.url = {text_of(project.url)}")


def minus_x(project: Project) -> None:
    alembic(project, "-x", f"url={text_of(project.url)}", ini="sqlalchemy.url = sqlite:////nowhere/at/all.db")


def a_variable(project: Project) -> None:
    alembic(project, PYCON_URL=text_of(project.url))


def a_program(project: Project) -> None:
    project.upgrade()


def an_argument(project: Project) -> None:
    config = without_url(project)
    config.attributes["environment"] = {"url": project.url}
    command.upgrade(config, "head")


def a_function(project: Project) -> None:
    config = without_url(project)
    config.attributes["environment"] = {"url": lambda: text_of(project.url)}
    command.upgrade(config, "head")


def upgrade_on(project: Project, connection: object) -> None:
    config = without_url(project)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def a_connection(project: Project) -> None:
    with create_engine(project.url, poolclass=pool.NullPool).connect() as connection:
        upgrade_on(project, connection)
        assert not connection.in_transaction()


def a_connection_in_a_transaction(project: Project) -> None:
    with create_engine(project.url, poolclass=pool.NullPool).begin() as connection:
        connection.execute(text("SELECT 1"))
        upgrade_on(project, connection)
        assert connection.in_transaction()


def a_connection_that_commits_by_itself(project: Project) -> None:
    with create_engine(project.url, poolclass=pool.NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("SELECT 1"))
        upgrade_on(project, connection)


def an_engine(project: Project) -> None:
    engine = create_engine(project.url)
    upgrade_on(project, engine)
    engine.dispose()


def an_asynchronous_url(project: Project) -> None:
    config = without_url(project)
    config.attributes["environment"] = {"url": async_url(project.url)}
    command.upgrade(config, "head")


def an_asynchronous_url_under_a_running_loop(project: Project) -> None:
    async def program() -> None:
        an_asynchronous_url(project)

    asyncio.run(program())


def an_asynchronous_engine(project: Project) -> None:
    upgrade_on(project, create_async_engine(async_url(project.url), poolclass=pool.NullPool))


def a_connection_from_run_sync(project: Project) -> None:
    """The architecture's program 7."""
    engine = create_async_engine(async_url(project.url), poolclass=pool.NullPool)
    config = without_url(project)

    async def program() -> None:
        async with engine.begin() as connection:

            def upgrade(sync_connection: Connection) -> None:
                config.attributes["connection"] = sync_connection
                command.upgrade(config, "head")

            await connection.run_sync(upgrade)

    asyncio.run(program())


def a_script(project: Project) -> None:
    kind: Kind = next(kind for kind in KINDS if kind.startswith(project.url.get_backend_name()))
    assert apply(Database(kind, project.url), project.upgrade_sql()) == ""


WAYS: list[Callable[[Project], None]] = [
    the_command_line,
    minus_x,
    a_variable,
    a_program,
    an_argument,
    a_function,
    a_connection,
    a_connection_in_a_transaction,
    a_connection_that_commits_by_itself,
    an_engine,
    an_asynchronous_url,
    an_asynchronous_url_under_a_running_loop,
    an_asynchronous_engine,
    a_connection_from_run_sync,
    a_script,
]


@pytest.mark.filterwarnings("ignore:Name 'alembic_version_pycon_pkc' ignored")  # what MariaDB says to aiomysql
def test_every_way_ends_in_the_same_schema(
    database: Database, new_database: NewDatabase, tmp_path: Path, project: Project
) -> None:
    dumps = {}
    for way in WAYS:
        project.url = new_database(database.kind).url
        way(project)
        with create_engine(project.url, poolclass=pool.NullPool).connect() as connection:
            dumps[way.__name__] = {**contents(connection), "revisions": revisions(connection)}
    expected = dumps["a_program"]
    assert expected["revisions"]
    assert [way for way, dump in dumps.items() if dump != expected] == []


def revisions(connection: Connection) -> list[str]:
    return list(connection.scalars(text("SELECT version_num FROM alembic_version_pycon")))


@pytest.mark.parametrize("given", ["an AsyncConnection", "a str"])
def test_what_is_no_connection_is_refused(given: str, sqlite: Database, tmp_path: Path) -> None:
    project = Project(tmp_path, sqlite.url, ENV)

    async def program() -> None:
        async with create_async_engine(async_url(sqlite.url), poolclass=pool.NullPool).connect() as connection:
            upgrade_on(project, connection if given == "an AsyncConnection" else text_of(sqlite.url))

    with pytest.raises(errors.ConfigurationError, match=rf"\['connection'\] is {given}") as raised:
        asyncio.run(program())
    assert ("run_sync" in str(raised.value)) is (given == "an AsyncConnection")


@pytest.mark.parametrize("under_a_loop", [True, False])
def test_a_pooled_asynchronous_engine_is_refused_before_it_connects(
    database: Database, tmp_path: Path, *, under_a_loop: bool
) -> None:
    """What another loop leaves in its pool would break in the program's."""
    project = Project(tmp_path, database.url, ENV)
    engine = create_async_engine(async_url(database.url), poolclass=pool.AsyncAdaptedQueuePool)

    async def program() -> None:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
        with statements() as sent, pytest.raises(errors.ConfigurationError, match=r"poolclass=sqlalchemy\.NullPool"):
            upgrade_on(project, engine)
        assert sent == []
        async with engine.connect() as connection:
            assert await connection.scalar(text("SELECT 1")) == 1
        await engine.dispose()

    if under_a_loop:
        asyncio.run(program())
        return
    with pytest.raises(errors.ConfigurationError, match=r"AsyncEngine with AsyncAdaptedQueuePool.*run_sync"):
        upgrade_on(project, engine)


def test_stock_refuses_to_run_under_a_loop(sqlite: Database, tmp_path: Path) -> None:
    """As its template for asynchronous drivers has it."""
    project = Project(tmp_path, sqlite.url, STOCK_ASYNC_ENV)

    async def program() -> None:
        project.upgrade()

    with pytest.raises(RuntimeError, match="running event loop"):
        asyncio.run(program())


def test_a_loop_goes_on_while_the_lock_is_waited_for(postgres18: Database, tmp_path: Path) -> None:
    project = Project(tmp_path, postgres18.url, ENV)
    project.revision()
    engine = create_async_engine(async_url(postgres18.url), poolclass=pool.NullPool)
    ticks = 0

    async def hold_for_a_while() -> None:
        nonlocal ticks
        async with engine.connect() as connection:
            lock = migration_lock(connection.sync_connection, VersionTable.for_service("pycon"))  # type: ignore[arg-type]
            await connection.run_sync(lambda _: lock.__enter__())
            held.set()
            for ticks in range(1, 101):  # noqa: B007
                await asyncio.sleep(0.01)
            await connection.run_sync(lambda _: lock.__exit__(None, None, None))

    async def upgrade() -> None:
        await held.wait()
        async with engine.begin() as connection:
            await connection.run_sync(lambda sync: upgrade_on(project, sync))

    async def both() -> None:
        await asyncio.gather(hold_for_a_while(), upgrade())

    held = asyncio.Event()
    with statements() as sent:
        asyncio.run(both())
    polls = sum("pg_try_advisory_xact_lock" in statement for statement in sent)
    assert ticks == 100
    assert 1 < polls < ticks / 5
