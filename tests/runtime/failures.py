"""Ways to fail of a service whose URL holds a password, each as a project on disk that fails so."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlalchemy import text

from migrakit import VersionTable, migration_lock
from tests.databases.canary import PASSWORD
from tests.databases.secured import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import URL

    from tests.databases import Database

__all__ = [
    "FAILURES",
    "SERVERS",
    "STOCK_ENV",
    "VARIABLE",
    "WORKING",
    "Failure",
    "Given",
    "in_file",
    "password_in_query",
    "whole",
]

SERVERS = ("secured", "secured_mariadb")
"""The fixtures of those that ask for the password."""

VARIABLE = "MOVIES_DATABASE_URL"

_ENV = """
import os
from alembic import context
from sqlalchemy import MetaData, make_url
from migrakit import Environment, SessionSettings

URL = os.environ.get({variable!r}, "")
{before}
Environment(metadata=MetaData(), {arguments}).run()
"""

STOCK_ENV = """
from alembic import context
from sqlalchemy import NullPool, create_engine

engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=None)
    with context.begin_transaction():
        context.run_migrations()
"""

_REVISION = """
from alembic import op

revision = "r1"
down_revision = None


def upgrade():
    {body}
"""

_INI = """
[alembic]
script_location = %(here)s/migrations
path_separator = os
{url}
"""

_LOUD = """
[loggers]
keys = root, alembic, psycopg, sqlalchemy

[handlers]
keys = console

[formatters]
keys =

[handler_console]
class = StreamHandler
args = (sys.stderr,)

[logger_root]
level = DEBUG
handlers = console

[logger_alembic]
level = DEBUG
handlers =
qualname = alembic

[logger_psycopg]
level = DEBUG
handlers =
qualname = psycopg

[logger_sqlalchemy]
level = DEBUG
handlers =
qualname = sqlalchemy
"""


@dataclass(frozen=True)
class Given:
    """Where a URL stands: in which environment variables, options of the command line, and lines of the file."""

    environment: dict[str, str] = field(default_factory=dict)
    x: tuple[str, ...] = ()
    line: str = ""


def _in_variable(url: str) -> Given:
    return Given(environment={VARIABLE: url})


def _on_command_line(url: str) -> Given:
    return Given(x=(f"url={url}",))


def in_file(url: str) -> Given:
    """As the config file's parser wants it."""
    return Given(line=f"sqlalchemy.url = {url.replace('%', '%%')}")


def _in_file_as_it_is(url: str) -> Given:
    return Given(line=f"sqlalchemy.url = {url}")


def whole(url: URL) -> str:
    """Its text, the password in its place."""
    if url.password is None:
        return url.render_as_string()
    # SQLAlchemy leaves a % as it is in some versions.
    return url.set(password="PASSWORD").render_as_string(hide_password=False).replace("PASSWORD", _quoted(url.password))


def _quoted(password: str) -> str:
    return quote(password, safe="")


def _with(url: URL, **parts: Any) -> str:
    return whole(url.set(**parts))


def _changed(**parts: Any) -> Callable[[URL], str]:
    return partial(_with, **parts)


def _asked(url: URL, drivername: str = "postgresql+psycopg", **query: str) -> str:
    return whole(url.set(drivername=drivername).update_query_dict(query))


def _replaced(old: str, new: str, url: URL) -> str:
    assert old in whole(url)
    return whole(url).replace(old, new, 1)


_WITH_AT = "Siskin1@Canary4"
_WRONG = PASSWORD + "x"


def _closed(url: URL) -> str:
    return whole(url.set(port=free_port()))


def _password_in_query(url: URL) -> str:
    return password_in_query(url.set(database="nosuch"))


def password_in_query(url: URL) -> str:
    """As the driver's option, which SQLAlchemy doesn't know for one."""
    without = url._replace(password=None)  # to set() it is no change
    return whole(without.update_query_dict({"password": PASSWORD}))


@contextmanager
def _table_locked(database: Database) -> Iterator[None]:
    with database.engine().begin() as connection:
        connection.execute(text("CREATE TABLE talks (id integer)"))
    with database.engine().begin() as connection:
        connection.execute(text("LOCK TABLE talks"))
        yield


@contextmanager
def _lock_held(database: Database) -> Iterator[None]:
    with database.engine().connect() as connection, migration_lock(connection, VersionTable("alembic_version")):
        yield


@contextmanager
def _other_revision(database: Database) -> Iterator[None]:
    with database.engine().begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num varchar(32) NOT NULL)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('others')"))
    yield


def _undisturbed(_database: Database) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True)
class Failure:
    """``says`` is what shows that it is this failure; in all else the service is one that works."""

    name: str
    says: str
    url: Callable[[URL], str] = whole
    given: Callable[[str], Given] = _in_variable
    arguments: str = ""
    before: str = ""
    body: str = "pass"
    revision: str = "head"
    sql: bool = False
    server: str = "secured"
    hidden: str = ""
    meanwhile: Callable[[Database], AbstractContextManager[None]] = _undisturbed

    @property
    def is_stock_too(self) -> bool:
        """Whether it fails with an ``env.py`` that reads the file, and needs no event loop, just as well."""
        is_ours = self.arguments or self.before or self.hidden or self.given is _on_command_line
        return not is_ours and "asyncpg" not in self.name and self.server == "secured"

    def write(self, path: Path, line: str, *, env: str | None = None, loud: bool = False) -> Path:
        """The project, and what is hidden from it; ``line`` stands in its ini file, which may log all there is."""
        versions = path / "migrations" / "versions"
        versions.mkdir(parents=True)
        arguments = self.arguments or f"url_variable={VARIABLE!r}"
        own = _ENV.format(variable=VARIABLE, before=self.before, arguments=arguments)
        (path / "migrations" / "env.py").write_text(env or own)
        (versions / "r1.py").write_text(_REVISION.format(body=self.body))
        (path / "alembic.ini").write_text(_INI.format(url=line) + (_LOUD if loud else ""))
        if self.hidden:
            why = f"No module named {self.hidden!r}"
            (path / f"{self.hidden}.py").write_text(f"raise ModuleNotFoundError({why!r}, name={self.hidden!r})\n")
        return path / "alembic.ini"


WORKING = Failure("", "")
"""None: the service that all of them differ from."""

_URL_VARIABLE = f"url_variable={VARIABLE!r}"

FAILURES = (
    # A password that is refused.
    Failure("wrong password", "authentication failed", _changed(password=_WRONG)),
    Failure(
        "wrong password, psycopg2", "authentication failed", _changed(password=_WRONG, drivername="postgresql+psycopg2")
    ),
    Failure(
        "wrong password, asyncpg", "authentication failed", _changed(password=_WRONG, drivername="postgresql+asyncpg")
    ),
    Failure("wrong password, MariaDB", "Access denied", _changed(password=_WRONG), server="secured_mariadb"),
    Failure(
        "wrong password, aiomysql",
        "Access denied",
        _changed(password=_WRONG, drivername="mariadb+aiomysql", query={}),
        server="secured_mariadb",
    ),
    Failure("password in the query", "nosuch", _password_in_query),
    # No server, or not that one.
    Failure("server down", "refused", _closed),
    Failure("server down while it is waited for", "refused", _closed, arguments=f"{_URL_VARIABLE}, server_wait=0.2"),
    Failure("unknown host", "nosuch.invalid", _changed(host="nosuch.invalid")),
    Failure("port too high", "99999", _changed(port=99999)),
    Failure("unknown database", "nosuch", _changed(database="nosuch")),
    Failure("unknown database, MariaDB", "nosuch", _changed(database="nosuch"), server="secured_mariadb"),
    Failure("unknown role", "authentication failed", _changed(username="nosuch")),
    Failure("unknown option", "nosuch", partial(_asked, nosuch="1")),
    Failure("unknown option, psycopg2", "nosuch", partial(_asked, drivername="postgresql+psycopg2", nosuch="1")),
    Failure("invalid sslmode", "sslmode", partial(_asked, sslmode="nonsense")),
    # No driver.
    Failure("unknown dialect", "postgres", _changed(drivername="postgres")),
    Failure("unknown driver", "nosuch", _changed(drivername="postgresql+nosuch")),
    Failure("driver missing", "psycopg2", _changed(drivername="postgresql+psycopg2"), hidden="psycopg2"),
    Failure("greenlet missing", "greenlet", _changed(drivername="postgresql+asyncpg"), hidden="greenlet"),
    # A URL that is none, or not what its author meant.
    Failure("port not a number", "(?i)url|port", partial(_replaced, "127.0.0.1:", "127.0.0.1:x")),
    Failure("no colon after the driver", "(?i)url", partial(_replaced, "://", "//")),
    Failure("three slashes after the driver", "(?i)url", partial(_replaced, "://", ":///")),
    Failure("password not quoted", "(?i)url", partial(_replaced, _quoted(PASSWORD), PASSWORD)),
    Failure("@ in the password not quoted", "(?i)url|host", partial(_replaced, _quoted(PASSWORD), _WITH_AT)),
    Failure(
        "brackets in the password not quoted",
        "(?i)url|host",
        partial(_replaced, _quoted(PASSWORD), "[Siskin1]@[Canary4"),
    ),
    # Where it comes from.
    Failure("URL in -x", "nosuch", _changed(database="nosuch"), _on_command_line),
    Failure("URL in the file", "nosuch", _changed(database="nosuch"), in_file),
    Failure("% in the file", "nosuch", _changed(database="nosuch"), _in_file_as_it_is),
    Failure("% in the file, and %%", "%", lambda url: whole(url).replace("%25", "%%25"), _in_file_as_it_is),
    Failure("a key in the file that is none", "(?i)url|key|option", whole, lambda url: Given(line=f"{url} = 1")),
    Failure("URL of another kind", "(?i)url", arguments="url=URL.encode()"),
    Failure("URL among Alembic's options", "url", arguments="configure={'url': URL}"),
    Failure("URL under a misspelled name", "'ur1'", arguments="ur1=URL"),
    Failure("callable that raises", "(?i)url", before="def url(): raise OSError(f'no {URL}')\n", arguments="url=url"),
    Failure(
        "callable that raises from another error",
        "(?i)url",
        before="def url():\n    try: int(URL)\n    except ValueError as error: raise OSError(f'no {URL}') from error\n",
        arguments="url=url",
    ),
    Failure("callable that returns something else", "(?i)url", arguments="url=lambda: {'password': URL}"),
    Failure("callable that returns nonsense", "(?i)url", arguments="url=lambda: URL.replace('://', '//')"),
    # What a run stumbles over.
    Failure("failing revision", "ValueError: no talks", body="raise ValueError('no talks')"),
    Failure("failing revision, offline", "ValueError: no talks", body="raise ValueError('no talks')", sql=True),
    Failure("failing statement", "nosuch", body="op.execute('DROP TABLE nosuch')"),
    Failure("interrupted", "KeyboardInterrupt", body="raise KeyboardInterrupt"),
    Failure("unknown revision", "nosuch", revision="nosuch"),
    Failure("unknown revision in the database", "others", meanwhile=_other_revision),
    Failure(
        "lock timeout",
        "waited too long for a lock|lock timeout",
        arguments=f"{_URL_VARIABLE}, session=SessionSettings(lock_timeout=0.05)",
        body="op.execute('DROP TABLE talks')",
        meanwhile=_table_locked,
    ),
    Failure(
        "statement timeout",
        "statement timeout",
        arguments=f"{_URL_VARIABLE}, session=SessionSettings(statement_timeout=0.05)",
        body="op.execute('SELECT pg_sleep(5)')",
    ),
    Failure(
        "unknown role of the session", "nosuch", arguments=f"{_URL_VARIABLE}, session=SessionSettings(role='nosuch')"
    ),
    Failure("migration lock held", "deployer", arguments=f"{_URL_VARIABLE}, lock_wait=0.1", meanwhile=_lock_held),
    Failure(
        "connection lost",
        "terminat|closed",
        body="op.execute('SELECT pg_terminate_backend(pg_backend_pid())')",
    ),
    Failure(
        "an environment in a message",
        "Environment",
        before="it = Environment(metadata=MetaData(), url=URL); raise ValueError(f'{it} {it!r}')",
    ),
)
"""Of a service on the command line, or in a program that calls ``alembic.command``."""
