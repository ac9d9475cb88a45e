"""A service deployed many times at once: its project on disk, the processes that upgrade it, and what must hold then.

A benchmark and the tests in ``tests/runtime/`` share it. As a program, ``python -m tests.deployments``, it is one
long-lived worker, which imports everything first and upgrades whenever it is told.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import IO, TYPE_CHECKING, Any, TypeAlias

import alembic
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect

import migrakit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from tests.databases import Database, Kind

__all__ = [
    "ROOT",
    "VARIANTS",
    "Outcome",
    "Round",
    "Service",
    "Variant",
    "Way",
    "Worker",
    "command_line",
    "command_lines",
    "faults",
    "own_env",
    "play",
    "preload",
    "together",
    "workers",
]

ROOT = Path(__file__).parent.parent

PATIENCE = 60.0
"""Seconds after which a process that has said nothing counts as stuck."""

_PRELOADED = (
    "logging.config",
    "psycopg",
    "pymysql",
    "sqlalchemy.dialects.mysql",
    "sqlalchemy.dialects.postgresql",
    "sqlite3",
)

_UNTIL_THE_LAST_IS_TOLD = 0.01

# Imports spread the beginnings over half a second: the first must still be at it when the last comes.
_STAGGERED = {"ROWS": "1500"}

_OWN_ENV = """
from migrakit import {names}
from sqlalchemy import MetaData

Environment(metadata=MetaData(), {arguments}).run()
"""

_STOCK_ARGUMENTS = "connection=connection, target_metadata=target_metadata"

# Its logging is what Alembic's template reads too.
_INI = """
[alembic]
script_location = %(here)s/migrations
path_separator = os
sqlalchemy.url = {url}

[loggers]
keys = root

[handlers]
keys = console

[formatters]
keys =

[logger_root]
level = ERROR
handlers = console

[handler_console]
class = StreamHandler
args = (sys.stderr,)
"""

_REVISION = """
import os
import time
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {down!r}


def upgrade():
{body}

def downgrade():
    pass
"""

_COUNTED = """
op.execute(f"INSERT INTO applied VALUES ('{revision}')")
"""
"""What each revision does first: no key refuses a second row, so the rows say how often it was applied.

Where the revision goes on with what commits by itself, such as DDL on MariaDB, it stays even if the rest fails.
"""

_CREATE = """
op.create_table("talks", sa.Column("id", sa.Integer, primary_key=True), sa.Column("room", sa.Integer))
"""

_FILL = """
op.bulk_insert(sa.table("talks", sa.column("room")), [{"room": number} for number in range(500)])
"""

_ALTER = """
op.add_column("talks", sa.Column("title", sa.String(50)))
op.create_index("ix_talks_room", "talks", ["room"])
"""

_UPDATE = """
for number in range(int(os.environ.get("ROWS", "300"))):
    op.execute(f"UPDATE talks SET room = COALESCE(room, 0) + 1 WHERE id = {number}")
"""

_CONCURRENTLY = """
with op.get_context().autocommit_block():
    op.create_index("ix_talks_room", "talks", ["room"], postgresql_concurrently=True)
"""


@dataclass(frozen=True)
class Variant:
    """What is deployed, and where; ``before`` brings a fresh database to where the deployment begins."""

    name: str
    kind: Kind
    bodies: tuple[str, ...] = (_CREATE, _FILL, _ALTER, _UPDATE)
    options: str = ""
    before: tuple[str, ...] = ()

    @property
    def own_env(self) -> str:
        return own_env(f"configure=dict({self.options})")

    @property
    def stock_env(self) -> str:
        """The ``env.py`` that ``alembic init`` makes, with this variant's options added."""
        template = (Path(alembic.__file__).parent / "templates" / "generic" / "env.py").read_text()
        assert _STOCK_ARGUMENTS in template
        return template.replace(_STOCK_ARGUMENTS, f"{_STOCK_ARGUMENTS}, {self.options}")

    def service(self, path: Path, env: str) -> Service:
        return Service(path, env, tuple(_COUNTED + body for body in self.bodies), self.before)


VARIANTS = (
    Variant("postgresql, plain", "postgresql-18"),
    Variant("postgresql, transaction_per_migration", "postgresql-18", options="transaction_per_migration=True"),
    Variant(
        "postgresql, data only",
        "postgresql-18",
        (_CREATE, _FILL, _UPDATE, _UPDATE),
        before=(
            "CREATE TABLE talks (id serial PRIMARY KEY, room integer)",
            "CREATE TABLE alembic_version (version_num varchar(32) CONSTRAINT alembic_version_pkc PRIMARY KEY)",
            "INSERT INTO alembic_version VALUES ('0001')",
            "INSERT INTO applied VALUES ('0001')",
        ),
    ),
    Variant("postgresql, CONCURRENTLY", "postgresql-18", (_CREATE, _FILL, _CONCURRENTLY, _UPDATE)),
    Variant("mariadb", "mariadb"),
    Variant("sqlite", "sqlite"),
)


def own_env(arguments: str = "", *, names: str = "Environment") -> str:
    """An ``env.py`` with migrakit: what it imports from there, and further arguments of ``Environment``, as written."""
    return _OWN_ENV.format(names=names, arguments=arguments)


@dataclass(frozen=True)
class Service:
    """A service's project, made below ``path``: its revisions, ``0001`` and so on, do what the bodies say."""

    path: Path
    env: str
    bodies: tuple[str, ...]
    before: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        versions = self.path / "migrations" / "versions"
        versions.mkdir(parents=True)
        (self.path / "migrations" / "env.py").write_text(self.env)
        for name, down, body in zip(self.revisions, (None, *self.revisions), self.bodies, strict=False):
            indented = "".join(f"    {line}\n" for line in (body or "pass").splitlines())
            (versions / f"{name}.py").write_text(_REVISION.format(revision=name, down=down, body=indented))

    @property
    def revisions(self) -> list[str]:
        return [f"{number:04}" for number in range(1, len(self.bodies) + 1)]

    @property
    def ini(self) -> Path:
        return self.path / "alembic.ini"

    def settle(self, database: Database) -> None:
        """Deploy to this fresh database from now on, and make what is there before."""
        url = database.url.render_as_string(hide_password=False)
        self.ini.write_text(_INI.format(url=url.replace("%", "%%")))
        with database.engine().begin() as connection:
            for statement in ("CREATE TABLE applied (revision varchar(32))", *self.before):
                connection.exec_driver_sql(statement)


@dataclass(frozen=True)
class Outcome:
    """How one process fared: how long it took from the start that all had in common, and what it failed with."""

    seconds: float
    error: str | None = None


@dataclass(frozen=True)
class Worker:
    """A long-lived process that upgrades when told; once its input ends, so does it."""

    process: subprocess.Popen[str]

    def begin(self, service: Service, start: float = 0.0) -> None:
        """Upgrade, not before ``start`` on the clock that all processes share."""
        self._input.write(json.dumps([str(service.ini), start]) + "\n")
        self._input.flush()

    def outcome(self) -> Outcome:
        return Outcome(*json.loads(self._line()))

    def await_readiness(self) -> None:
        self._line()

    def _line(self) -> str:
        # It says one line at a time, so none waits in the buffer, where select() would not see it.
        output = self.process.stdout
        assert output is not None
        assert select.select([output], [], [], PATIENCE)[0], "a worker is stuck"
        line = output.readline()
        assert line, f"a worker is gone: {self.process.wait(PATIENCE)}"
        return line

    @property
    def _input(self) -> IO[str]:
        assert self.process.stdin is not None
        return self.process.stdin


@contextmanager
def workers(number: int, environment: Mapping[str, str] | None = None) -> Iterator[list[Worker]]:
    """So many of them, ready; all are gone afterwards."""
    program = [sys.executable, "-m", "tests.deployments"]
    with ExitStack() as started:
        processes = [
            started.enter_context(
                _process(program, environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            )
            for _ in range(number)
        ]
        made = [Worker(process) for process in processes]
        for worker in made:
            worker.await_readiness()
        yield made


@contextmanager
def command_line(service: Service, environment: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """``alembic upgrade head``, started; gone afterwards."""
    program = [sys.executable, "-m", "alembic", "-c", str(service.ini), "upgrade", "head"]
    with _process(program, environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        yield process


@contextmanager
def _process(
    program: list[str], environment: Mapping[str, str] | None, **options: Any
) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(program, env={**os.environ, **(environment or {})}, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()


Way: TypeAlias = "Callable[[Service], list[Outcome]]"
"""How a service is deployed many times at once."""


def together(those: Sequence[Worker]) -> Way:
    """By workers behind a barrier."""
    return partial(_together, those)


def _together(those: Sequence[Worker], service: Service) -> list[Outcome]:
    start = time.monotonic() + _UNTIL_THE_LAST_IS_TOLD
    for worker in those:
        worker.begin(service, start)
    return [worker.outcome() for worker in those]


def command_lines(number: int) -> Way:
    """By so many processes of Alembic's command line, started at once."""
    return partial(_command_lines, number)


def _command_lines(number: int, service: Service) -> list[Outcome]:
    start = time.monotonic()
    with ExitStack() as started:
        processes = [started.enter_context(command_line(service, _STAGGERED)) for _ in range(number)]
        return [_ended(process, start) for process in processes]


def _ended(process: subprocess.Popen[str], start: float) -> Outcome:
    said, _ = process.communicate(timeout=PATIENCE)
    return Outcome(time.monotonic() - start, said if process.returncode else None)


@dataclass(frozen=True)
class Round:
    """One database, one deployment by many."""

    outcomes: list[Outcome]
    faults: list[str]

    @property
    def errors(self) -> list[str]:
        return [outcome.error for outcome in self.outcomes if outcome.error is not None]

    @property
    def seconds(self) -> float:
        return max(outcome.seconds for outcome in self.outcomes)


def play(service: Service, database: Database, way: Way) -> Round:
    """Deploy to this fresh database, and look."""
    service.settle(database)
    return Round(way(service), faults(service, database))


def faults(service: Service, database: Database) -> list[str]:
    """What a deployment left in the database that must not be so."""
    with database.engine().connect() as connection:
        return [*_wrongly_applied(service, connection), *_wrong_version(service, connection), *_invalid(connection)]


def _wrongly_applied(service: Service, connection: Connection) -> Iterator[str]:
    times = Counter(connection.exec_driver_sql("SELECT revision FROM applied").scalars())
    for revision in service.revisions:
        if times[revision] != 1:
            yield f"{revision} was applied {times[revision]} times"


def _wrong_version(service: Service, connection: Connection) -> Iterator[str]:
    if not inspect(connection).has_table("alembic_version"):
        yield "there is no version table"
        return
    rows = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    if rows != service.revisions[-1:]:
        yield f"the version table holds {rows}"


def _invalid(connection: Connection) -> Iterator[str]:
    if connection.dialect.name == "postgresql":
        query = "SELECT CAST(CAST(indexrelid AS regclass) AS text) FROM pg_index WHERE NOT indisvalid"
        for name in connection.exec_driver_sql(query).scalars():
            yield f"the index {name} is invalid"


def preload(*more: str) -> None:
    """Import what a run imports, of migrakit whatever it leaves to when it is needed too, so that no run has to."""
    its_own = (found.name for found in walk_packages(migrakit.__path__, "migrakit."))
    for module in (*_PRELOADED, *its_own, *more):
        import_module(module)


def main() -> None:
    """One worker: reads what to upgrade and when, writes how it went."""
    preload()
    print("ready", flush=True)
    for line in sys.stdin:
        ini, start = json.loads(line)
        time.sleep(max(0.0, start - time.monotonic()))
        begun = time.monotonic()
        error = _upgraded(ini)
        print(json.dumps([time.monotonic() - begun, error]), flush=True)


def _upgraded(ini: str) -> str | None:
    try:
        command.upgrade(Config(ini), "head")
    except Exception as error:  # noqa: BLE001 - whatever it fails with is what is asked for
        return f"{type(error).__name__}: {error}"
    return None


if __name__ == "__main__":
    main()
