"""Where the URL comes from, and what is said of one that can't be used."""

from __future__ import annotations

import subprocess
import sys
from argparse import Namespace
from configparser import InterpolationSyntaxError
from itertools import combinations
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import alembic.config
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, NullPool, create_engine, inspect, make_url
from sqlalchemy.engine import URL

from migrakit import Environment
from migrakit.errors import ConfigurationError, ConnectionFailedError
from tests.databases.canary import PASSWORD, birds_in
from tests.project import STOCK_ENV, Project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.databases import Database

VARIABLE = "TALKS_DATABASE_URL"
PLACES = {
    "x": "-x url=",
    "argument": "Environment(url=...)",
    "variable": f"the environment variable {VARIABLE}",
    "ini": "sqlalchemy.url in Alembic's configuration",
}
SOURCES = tuple(PLACES)
SEVERAL = [given for size in range(1, 5) for given in combinations(SOURCES, size)]

ENV = f"""
from alembic import context
from sqlalchemy import MetaData
from migrakit import Environment

Environment(metadata=MetaData(), url_variable={VARIABLE!r}, **context.config.attributes.get("environment", {{}})).run()
"""

INI = """
[alembic]
script_location = %(here)s/migrations
path_separator = os
"""

WITHOUT_GREENLET = """
import sys
sys.modules["greenlet"] = None
from alembic.config import main
main(sys.argv[1:])
"""

REVISION = """
revision = "r1"
down_revision = None

def upgrade():
    pass
"""


def project(path: Path) -> Path:
    """Alembic's files, with what ends its configuration still to be written."""
    Project(path, URL.create("sqlite"), ENV)
    (path / "migrations" / "versions" / "r1.py").write_text(REVISION)
    return path / "alembic.ini"


def ini(path: Path, *lines: str, section: str = "alembic") -> Path:
    file = project(path)
    file.write_text("\n".join([INI.replace("alembic", section), *lines, ""]))
    return file


def text_of(url: URL) -> str:
    """As a careful person writes it; SQLAlchemy 2.0.0 leaves a % as it is."""
    return url.render_as_string().replace(":***@", f":{quote(str(url.password), safe='')}@")


def configured(path: Path, monkeypatch: pytest.MonkeyPatch, **sources: Any) -> Config:
    """A project that is told by these where its database is."""
    lines = [f"sqlalchemy.url = {sources['ini']}"] if "ini" in sources else []
    config = Config(ini(path, *lines), cmd_opts=Namespace(x=[f"url={sources['x']}"]) if "x" in sources else None)
    if "argument" in sources:
        config.attributes["environment"] = {"url": sources["argument"]}
    if "variable" in sources:
        monkeypatch.setenv(VARIABLE, sources["variable"])
    return config


def file_at(path: Path) -> str:
    return f"sqlite:///{path}.db"


def upgraded(path: Path) -> list[str]:
    """The SQLite files that are there now, each with a version table."""
    files = sorted(path.glob("*.db"))
    for file in files:
        engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
        assert inspect(engine).has_table("alembic_version")
    return [file.stem for file in files]


@pytest.mark.parametrize("given", SEVERAL, ids="+".join)
def test_the_first_source_that_is_given_is_taken(
    given: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configured(tmp_path, monkeypatch, **{name: file_at(tmp_path / name) for name in given})
    command.upgrade(config, "head")
    assert upgraded(tmp_path) == [given[0]]


@pytest.mark.parametrize("given", SEVERAL, ids="+".join)
def test_so_it_is_in_a_script(
    given: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is in the first one's dialect, and no server is asked."""
    urls = ["postgresql://nobody@nowhere.invalid/x", "sqlite://", "sqlite://", "sqlite://"]
    config = configured(tmp_path, monkeypatch, **dict(zip(given, urls, strict=False)))
    command.upgrade(config, "head", sql=True)
    assert "SET LOCAL lock_timeout" in capsys.readouterr().out


@pytest.mark.parametrize(("x", "expected"), [((), "ini"), (("-x", "url=sqlite:///{path}/x.db"), "x")])
def test_the_command_line(x: tuple[str, ...], expected: str, tmp_path: Path) -> None:
    file = ini(tmp_path, "sqlalchemy.url = sqlite:///%(here)s/ini.db")
    alembic.config.main(["-c", str(file), *(each.format(path=tmp_path) for each in x), "upgrade", "head"])
    assert upgraded(tmp_path) == [expected]


def test_other_x_arguments_are_nothing_to_it(tmp_path: Path) -> None:
    config = Config(ini(tmp_path, f"sqlalchemy.url = {file_at(tmp_path / 'ini')}"), cmd_opts=Namespace(x=["a=b", "c"]))
    command.upgrade(config, "head")
    assert upgraded(tmp_path) == ["ini"]


def test_a_variable_that_is_not_set_is_named_where_nothing_says_the_url(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=rf"neither -x url=, Environment\(url=\.\.\.\), {VARIABLE} nor"):
        command.upgrade(Config(ini(tmp_path)), "head")


def test_white_space_around_it_is_none_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command.upgrade(configured(tmp_path, monkeypatch, variable=f" {file_at(tmp_path / 'variable')}\n"), "head")
    assert upgraded(tmp_path) == ["variable"]


@pytest.mark.parametrize(
    "spelled",
    [
        pytest.param(lambda url: {"x": text_of(url)}, id="x"),
        pytest.param(lambda url: {"argument": text_of(url)}, id="text"),
        pytest.param(lambda url: {"argument": url}, id="URL"),
        pytest.param(lambda url: {"argument": lambda: text_of(url)}, id="function"),
        pytest.param(lambda url: {"argument": lambda: url}, id="function of a URL"),
        pytest.param(lambda url: {"variable": text_of(url)}, id="variable"),
        pytest.param(lambda url: {"ini": text_of(url)}, id="file"),
        pytest.param(lambda url: {"ini": text_of(url).replace("%", "%%")}, id="file with %%"),
    ],
)
@pytest.mark.parametrize("drivername", ["postgresql+psycopg", "postgresql+psycopg2", "postgresql+asyncpg"])
def test_any_password_gets_through(
    drivername: str,
    spelled: Callable[[URL], dict[str, Any]],
    secured: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = secured.url.set(drivername=drivername)
    assert url.password == PASSWORD
    command.upgrade(configured(tmp_path, monkeypatch, **spelled(url)), "head")
    assert inspect(secured.engine()).has_table("alembic_version")


def test_a_password_set_by_a_program_gets_through(secured: Database, tmp_path: Path) -> None:
    config = Config(ini(tmp_path))
    config.set_main_option("sqlalchemy.url", text_of(secured.url).replace("%", "%%"))
    command.upgrade(config, "head")
    assert inspect(secured.engine()).has_table("alembic_version")


URL_WITH_PASSWORD = text_of(URL.create("postgresql+psycopg", "deployer", PASSWORD, "nowhere.invalid"))


def stock_reads_it_from_the_file(path: Path) -> None:
    file = path / "alembic.ini"
    file.write_text(f"{INI}sqlalchemy.url = {URL_WITH_PASSWORD}\n")
    command.upgrade(Config(file), "head")


def stock_is_given_it_by_a_program(path: Path) -> None:
    Config().set_main_option("sqlalchemy.url", URL_WITH_PASSWORD)


@pytest.mark.parametrize(
    ("program", "error"),
    [(stock_reads_it_from_the_file, InterpolationSyntaxError), (stock_is_given_it_by_a_program, ValueError)],
)
def test_stock_says_the_password_that_holds_a_percent_sign(
    program: Callable[[Path], None], error: type[Exception], tmp_path: Path
) -> None:
    Project(tmp_path, URL.create("sqlite"), STOCK_ENV)
    with pytest.raises(error) as raised:
        program(tmp_path)
    assert birds_in(str(raised.value))


@pytest.mark.parametrize(
    "mixed",
    [
        pytest.param(URL_WITH_PASSWORD.replace("%", "%%", 1), id="%%"),
        pytest.param(f"{URL_WITH_PASSWORD}/%(here)s", id="%(here)s"),
        pytest.param(f"{URL_WITH_PASSWORD.replace('%', '%%')}/%(nowhere)s", id="unknown name"),
    ],
)
def test_percent_signs_of_both_kinds_are_refused_and_not_shown(
    mixed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match="Write each % twice, or each once") as raised:
        command.upgrade(configured(tmp_path, monkeypatch, ini=mixed), "head")
    assert birds_in(str(raised.value)) == []
    assert raised.value.__suppress_context__


def test_here_is_the_folder_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command.upgrade(configured(tmp_path, monkeypatch, ini="sqlite:///%(here)s/ini.db"), "head")
    assert upgraded(tmp_path) == ["ini"]


@pytest.mark.parametrize("empty", ["", " ", "\n"])
@pytest.mark.parametrize("source", SOURCES)
def test_an_empty_one_is_not_fallen_through(
    source: str, empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {name: file_at(tmp_path / name) for name in SOURCES[SOURCES.index(source) :]}
    config = configured(tmp_path, monkeypatch, **{**given, source: empty})
    with pytest.raises(ConnectionFailedError) as raised:
        command.upgrade(config, "head")
    assert f"from {PLACES[source]}, is empty" in str(raised.value)
    assert upgraded(tmp_path) == []


def test_nor_is_an_x_argument_without_a_value(tmp_path: Path) -> None:
    config = Config(ini(tmp_path, f"sqlalchemy.url = {file_at(tmp_path / 'ini')}"), cmd_opts=Namespace(x=["url"]))
    with pytest.raises(ConnectionFailedError, match="from -x url=, is empty"):
        command.upgrade(config, "head")
    assert upgraded(tmp_path) == []


@pytest.mark.parametrize("given", [5, b"sqlite://", ["sqlite://"], {"drivername": "sqlite"}, True])
def test_what_can_be_no_url_is_refused(given: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    message = rf"is a {type(given).__name__}\b"
    with pytest.raises(ConfigurationError, match=message):
        Environment(metadata=MetaData(), url=given)
    with pytest.raises(ConnectionFailedError, match=message):
        command.upgrade(configured(tmp_path, monkeypatch, argument=lambda: given), "head")


@pytest.mark.parametrize("given", ["", 5, []])
def test_what_can_be_no_variable_is_refused(given: Any) -> None:
    with pytest.raises(ConfigurationError, match="is not a name"):
        Environment(metadata=MetaData(), url_variable=given)


def test_a_function_without_an_answer_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = configured(tmp_path, monkeypatch, argument=lambda: None, ini=file_at(tmp_path / "ini"))
    with pytest.raises(ConnectionFailedError, match="is a NoneType"):
        command.upgrade(config, "head")


def test_a_function_that_raises_is_said_without_what_it_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def vault() -> str:
        raise KeyError(PASSWORD)

    with pytest.raises(ConnectionFailedError, match=r"function of Environment\(url=\.\.\.\) raised KeyError") as raised:
        command.upgrade(configured(tmp_path, monkeypatch, argument=vault), "head")
    assert birds_in(str(raised.value)) == []


def test_a_function_is_asked_anew_by_each_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["first"]
    config = configured(tmp_path, monkeypatch, argument=lambda: file_at(tmp_path / names[-1]))
    command.upgrade(config, "head")
    names.append("second")
    command.upgrade(config, "head")
    assert upgraded(tmp_path) == ["first", "second"]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("wrong", ["talks", "postgresql//{0}@host/x", "postgresql://deployer:{0}@host:port/x"])
def test_what_cannot_be_read_is_not_shown(
    wrong: str, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = wrong.format("Canary4")
    with pytest.raises(ConnectionFailedError, match="can't be read") as raised:
        command.upgrade(configured(tmp_path, monkeypatch, **{source: given}), "head")
    assert f"from {PLACES[source]}" in str(raised.value)
    assert "as %40 %3A %2F %25" in str(raised.value)
    assert birds_in(str(raised.value)) == []


@pytest.mark.parametrize("sql", [False, True])
@pytest.mark.parametrize(
    ("given", "do"),
    [
        ("postgres", "Write postgresql+psycopg://..."),
        ("postgres+psycopg2", "Write postgresql+psycopg://..."),
        ("pgsql", "Write postgresql+psycopg://..."),
        ("postgresql+nosuch", "Write one such as postgresql+psycopg, or install what brings it."),
        ("nosuch", "Write one such as postgresql+psycopg, or install what brings it."),
    ],
)
def test_an_unknown_dialect_is_said_with_what_to_write(
    given: str, do: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, sql: bool
) -> None:
    url = make_url(f"{given}://deployer:Canary4@host/x")
    with pytest.raises(ConnectionFailedError, match="SQLAlchemy has no dialect") as raised:
        command.upgrade(configured(tmp_path, monkeypatch, argument=url), "head", sql=sql)
    assert f"{given!r}" in str(raised.value)
    assert do in str(raised.value)
    assert birds_in(str(raised.value)) == []


@pytest.mark.parametrize("drivername", ["sqlite", "sqlite+aiosqlite"])
@pytest.mark.parametrize(
    ("lines", "expected"),
    [((), "SERIALIZABLE"), (("sqlalchemy.isolation_level = READ UNCOMMITTED",), "READ UNCOMMITTED")],
)
def test_what_else_the_file_says_reaches_the_engine(
    drivername: str, lines: tuple[str, ...], expected: str, tmp_path: Path
) -> None:
    levels: list[str] = []

    def keep(*, ctx: Any, **_: Any) -> None:
        levels.append(ctx.connection.get_isolation_level())

    config = Config(ini(tmp_path, f"sqlalchemy.url = {drivername}:///{tmp_path}/ini.db", *lines))
    config.attributes["environment"] = {"configure": {"on_version_apply": keep}}
    command.upgrade(config, "head")
    assert levels == [expected]


def test_the_section_is_that_which_alembic_is_told(tmp_path: Path) -> None:
    file = ini(tmp_path, "sqlalchemy.url = sqlite:///%(here)s/shop.db", section="shop")
    file.write_text(f"{file.read_text()}[alembic]\nsqlalchemy.url = sqlite:///%(here)s/other.db\n")
    alembic.config.main(["-c", str(file), "--name", "shop", "upgrade", "head"])
    assert upgraded(tmp_path) == ["shop"]


def test_a_section_without_a_url_is_not_helped_by_another(tmp_path: Path) -> None:
    file = ini(tmp_path, section="shop")
    file.write_text(f"{file.read_text()}[alembic]\nsqlalchemy.url = sqlite:///%(here)s/other.db\n")
    with pytest.raises(ConfigurationError, match="There is no URL"):
        command.upgrade(Config(file, ini_section="shop"), "head")


@pytest.mark.parametrize(
    ("drivername", "module"),
    [("postgresql+pg8000", "pg8000"), ("mysql", "MySQLdb"), ("mysql+asyncmy", "asyncmy"), ("mssql+pymssql", "pymssql")],
)
def test_a_driver_that_is_missing_is_named(
    drivername: str, module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = make_url(f"{drivername}://deployer:Canary4@host/x")
    with pytest.raises(ConnectionFailedError, match=f"needs the driver {module}") as raised:
        command.upgrade(configured(tmp_path, monkeypatch, argument=url), "head")
    assert f"Install {module}" in str(raised.value)
    assert birds_in(str(raised.value)) == []


@pytest.mark.parametrize(("drivername", "works"), [("sqlite", True), ("sqlite+aiosqlite", False)])
def test_greenlet_is_named_where_it_is_needed_and_missing(drivername: str, tmp_path: Path, *, works: bool) -> None:
    file = ini(tmp_path, f"sqlalchemy.url = {drivername}:///{tmp_path}/ini.db")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_GREENLET, "-c", str(file), "upgrade", "head"],
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert (done.returncode == 0) == works
    assert ("sqlalchemy[asyncio]" in said) != works
    assert "Traceback" not in said
