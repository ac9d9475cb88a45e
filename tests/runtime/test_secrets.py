"""No password comes out, whatever fails: not in what is printed, not in what is logged, not in a traceback."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from argparse import Namespace
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from tests.databases.canary import PASSWORD, birds_in
from tests.runtime.command_lines import CommandLines, command_lines
from tests.runtime.failures import (
    FAILURES,
    SERVERS,
    STOCK_ENV,
    VARIABLE,
    WORKING,
    Failure,
    in_file,
    password_in_query,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import URL

    from tests.databases import Database


ALONE = [each for each in FAILURES if each.hidden]
TOGETHER = [each for each in FAILURES if not each.hidden]
STOCK_TOO = [each for each in FAILURES if each.is_stock_too]

LOGGERS = (None, "alembic", "asyncio", "migrakit", "psycopg", "psycopg.pool", "sqlalchemy", "sqlalchemy.pool")


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Database:
    database: Database = request.getfixturevalue(request.getfixturevalue("failure").server)
    return database


def name_of(failure: Failure) -> str:
    return failure.name


def require_silence(failure: Failure, said: str) -> None:
    assert re.search(failure.says, said)
    assert birds_in(said) == []


def on_command_line(failure: Failure, database: Database, path: Path) -> tuple[list[str], dict[str, str]]:
    """What ``alembic`` is given, and its environment, for a project that logs all there is."""
    given = failure.given(failure.url(database.url))
    ini = failure.write(path, given.line, loud=True)
    x = [part for each in given.x for part in ("-x", each)]
    sql = ["--sql"] if failure.sql else []
    return ["-c", str(ini), *x, "upgrade", failure.revision, *sql], given.environment


@pytest.fixture(scope="module")
def forked() -> Iterator[CommandLines]:
    with command_lines() as those:
        yield those


def in_process(failure: Failure, ini: Path, x: tuple[str, ...] = ()) -> bool:
    """``alembic.command`` from a program; whether it failed."""
    config = Config(ini, stdout=sys.stdout, cmd_opts=Namespace(x=list(x)) if x else None)
    return failed(lambda: command.upgrade(config, failure.revision, sql=failure.sql))


def failed(program: Callable[[], None]) -> bool:
    """Whether it did, with what the interpreter prints of its error."""
    try:
        program()
    except BaseException:  # noqa: BLE001 - KeyboardInterrupt is one of them
        sys.__excepthook__(*sys.exc_info())
        return True
    return False


@pytest.fixture
def said(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """All that was printed, and logged by anybody, since it was last asked."""
    for name in LOGGERS:
        caplog.set_level(logging.DEBUG, name)

    def everything() -> str:
        text = "".join((*capfd.readouterr(), caplog.text))
        caplog.clear()
        return text

    return everything


@pytest.mark.parametrize("server", SERVERS)
def test_servers_refuse_a_wrong_password(server: str, request: pytest.FixtureRequest) -> None:
    database: Database = request.getfixturevalue(server)
    with database.engine().connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    for wrong in (PASSWORD + "x", ""):
        with pytest.raises(OperationalError, match=r"authentication failed|Access denied|no password supplied"):
            create_engine(database.url.set(password=wrong), poolclass=NullPool).connect()


@pytest.mark.parametrize("spelled", [str, quote, quote_plus, repr, str.lower, lambda each: each.replace("%", "%%")])
def test_the_password_is_found_however_it_is_spelled(spelled: object) -> None:
    assert callable(spelled)
    assert len(birds_in(spelled(PASSWORD))) == len(birds_in(PASSWORD)) == 9


@pytest.mark.parametrize("failure", TOGETHER, ids=name_of)
def test_command_line(failure: Failure, database: Database, tmp_path: Path, forked: CommandLines) -> None:
    argv, environment = on_command_line(failure, database, tmp_path)
    output = tmp_path / "output"
    with failure.meanwhile(database):
        assert forked.run(argv, environment, output) != 0
    require_silence(failure, output.read_text())


@pytest.mark.parametrize("failure", ALONE, ids=name_of)
@pytest.mark.parametrize("options", [(), ("--raiseerr",)], ids=["message", "traceback"])
def test_command_line_without_a_module(
    failure: Failure, database: Database, tmp_path: Path, options: tuple[str, ...]
) -> None:
    argv, environment = on_command_line(failure, database, tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "alembic", *options, *argv],
        env={**os.environ, **environment, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    require_silence(failure, done.stdout + done.stderr)


@pytest.mark.parametrize("failure", TOGETHER, ids=name_of)
def test_program(
    failure: Failure,
    database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    said: Callable[[], str],
) -> None:
    given = failure.given(failure.url(database.url))
    for name, value in given.environment.items():
        monkeypatch.setenv(name, value)
    ini = failure.write(tmp_path, given.line)
    with failure.meanwhile(database):
        assert in_process(failure, ini, given.x)
    require_silence(failure, said())


@pytest.mark.parametrize("drivername", ["postgresql+psycopg", "postgresql+asyncpg"])
def test_engine_of_a_program(
    drivername: str,
    secured: Database,
    tmp_path: Path,
    said: Callable[[], str],
) -> None:
    config = Config(WORKING.write(tmp_path, ""))
    make = create_async_engine if "asyncpg" in drivername else create_engine
    url = secured.url.set(drivername=drivername, password=PASSWORD + "x")
    config.attributes["connection"] = make(url, poolclass=NullPool)
    assert failed(lambda: command.upgrade(config, "head"))
    text = said()
    assert "authentication failed" in text
    assert birds_in(text) == []


@pytest.mark.parametrize("spelled", [password_in_query, whole], ids=["in the query", "in its place"])
def test_what_alembic_says_of_where_it_is(
    spelled: Callable[[URL], str],
    secured: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    said: Callable[[], str],
) -> None:
    ini = WORKING.write(tmp_path, "")
    monkeypatch.setenv(VARIABLE, spelled(secured.url))
    command.current(Config(ini, stdout=sys.stdout), verbose=True)
    text = said()
    assert "Current revision(s) for" in text
    assert birds_in(text) == []


def test_stock_alembic_lets_it_out(
    secured: Database,
    tmp_path: Path,
    said: Callable[[], str],
    record_property: Callable[[str, object], None],
) -> None:
    """That it isn't found in what migrakit says is worth something only if it can be found."""
    leaking = []
    for number, failure in enumerate(STOCK_TOO):
        url = failure.url(secured.url)
        line = failure.given(url).line or in_file(url).line
        in_process(failure, failure.write(tmp_path / str(number), line, env=STOCK_ENV))
        if birds_in(said()):
            leaking.append(failure.name)
    record_property("tally", f"stock Alembic shows the password in {len(leaking)} of {len(STOCK_TOO)} kinds of failure")
    assert {"password not quoted", "% in the file"} <= set(leaking)
