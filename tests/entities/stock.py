"""alembic-utils in a plain env.py, without migrakit: its registry and its comparator are a process's for good.

So each run has a process of its own, forked off one that has imported what takes long.
"""

from __future__ import annotations

import io
import os
import pickle
import select
import subprocess
import sys
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from sqlalchemy import MetaData

from tests import written
from tests.counting import statements
from tests.project import STOCK_ENV, Project, described

if TYPE_CHECKING:
    from collections.abc import Generator

    from sqlalchemy import URL

__all__ = ["Run", "Service", "Stock", "stock_process"]

ROOT = Path(__file__).parent.parent.parent
PRELOADED = ("alembic_utils.pg_function", "alembic_utils.pg_view", "psycopg")
ENV = (
    """
from alembic import context
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_view import PGView
from alembic_utils.replaceable_entity import register_entities

given = context.config.attributes
register_entities(given["entities"], **{"entity_types": [PGFunction, PGView], **given["registering"]})
"""
    + STOCK_ENV
)

_PATIENCE = 60


@dataclass(frozen=True)
class Service:
    """One that writes a revision, and applies it if it is to."""

    path: Path
    url: URL
    entities: list[Any]
    metadata: MetaData = field(default_factory=MetaData)
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    """Of ``context.configure()``."""
    registering: dict[str, Any] = field(default_factory=dict[str, Any])
    """Of ``register_entities()``, which is told of views and functions alone if nothing else is said."""
    upgrades: bool = False


@dataclass
class Run:
    """What came of it: as far as it got, and what stopped it."""

    ops: list[str] = field(default_factory=list[str])
    code: str = ""
    statements: int = 0
    failed: str | None = None
    """The command that failed and what it said, ``upgrade: ProgrammingError: ...``."""


@dataclass(frozen=True)
class Stock:
    """Runs services."""

    process: subprocess.Popen[bytes]

    def run(self, *services: Service) -> list[Run]:
        """One after the other, in a single process of their own."""
        commands, answers = self.process.stdin, self.process.stdout
        assert commands is not None
        assert answers is not None
        pickle.dump(services, commands)
        commands.flush()
        assert select.select([answers], [], [], _PATIENCE)[0], "a run is stuck"
        runs: list[Run] = pickle.load(answers)
        return runs


@contextmanager
def stock_process(hash_seed: int = 0) -> Generator[Stock]:
    """The process that forks them off; gone afterwards."""
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    # What is found without migrakit is in no order that anybody could compare.
    environment.pop(written.VARIABLE, None)
    program = [sys.executable, "-W", "ignore", "-B", "-c", f"from {__name__} import main; main()"]
    with subprocess.Popen(program, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield Stock(process)
        finally:
            process.kill()


def main() -> None:
    """Fork off what is asked for."""
    for module in PRELOADED:
        import_module(module)
    while True:
        try:
            services: tuple[Service, ...] = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        child = os.fork()
        if child == 0:
            with redirect_stdout(io.StringIO()):  # Alembic says what file it writes
                runs = [_run(each) for each in services]
            pickle.dump(runs, sys.stdout.buffer)
            sys.stdout.buffer.flush()
            os._exit(0)
        os.waitpid(child, 0)


def _run(service: Service) -> Run:
    given = {name: getattr(service, name) for name in ("entities", "metadata", "options", "registering")}
    project = Project(service.path, service.url, ENV, given)
    run, doing = Run(), "revision"
    try:
        with statements() as sent:
            _write_revision(project, run)
        run.statements = len(sent)
        doing = "upgrade"
        if service.upgrades:
            project.upgrade()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it fails with is what is asked for
        run.failed = f"{doing}: {type(error).__name__}: {error}"
    return run


def _write_revision(project: Project, run: Run) -> None:
    def keep(_context: Any, _revision: Any, directives: list[Any]) -> None:
        run.ops = described(directives[0].upgrade_ops)

    script: Any = command.revision(project.config(), autogenerate=True, process_revision_directives=keep)
    run.code = Path(script.path).read_text()
