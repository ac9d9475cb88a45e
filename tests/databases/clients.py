"""The databases' own clients, which apply a script as a person does."""

import os
import subprocess

from sqlalchemy import URL

from tests.databases.binaries import binary
from tests.databases.database import POSTGRESQL_KINDS, Database
from tests.databases.fixtures import do_without
from tests.databases.postgresql import psql
from tests.databases.server import UnavailableError

__all__ = ["apply"]


def apply(database: Database, script: str, *flags: str) -> str:
    """Have the client read the script; what it says of errors."""
    try:
        command = _command(database)
    except UnavailableError as error:
        do_without(str(error))
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [*command, *flags], input=script, capture_output=True, text=True, check=False, env=environment
    )
    return done.stderr


def _command(database: Database) -> list[str]:
    """The client's command line. None of them reads a file of a person's own."""
    if database.kind in POSTGRESQL_KINDS:
        url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        return [psql(database.kind), "-X", "-q", "-d", url]
    if database.kind == "mariadb":
        return [binary("mariadb", package="mariadb-client"), *_of_mariadb(database.url)]
    return [binary("sqlite3", package="sqlite3"), "-batch", "-init", os.devnull, str(database.url.database)]


def _of_mariadb(url: URL) -> list[str]:
    given = {
        "user": url.username,
        "password": url.password,
        "socket": url.query.get("unix_socket"),
        "host": url.host,
        "port": url.port,
    }
    options = [f"--{name}={value}" for name, value in given.items() if value is not None]
    return ["--no-defaults", "--default-character-set=utf8mb4", *options, str(url.database)]
