"""MariaDB, from the system's binaries."""

import os
import pwd
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import URL

from tests.databases.binaries import binary
from tests.databases.daemon import Daemon, data_directory
from tests.databases.server import Server

_SETTINGS = (
    "--debug-no-sync",
    "--innodb-buffer-pool-size=16M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-log-file-size=8M",
    "--skip-log-bin",
)

_INSTALL = ("--auth-root-authentication-method=normal", "--skip-test-db")

_SERVE = (
    "--character-set-server=utf8mb4",
    "--innodb-fast-shutdown=2",
    "--max-connections=200",
)

CREATE = "CREATE DATABASE {name}"

# Dropping waits for whoever still reads the database: a test that forgot a transaction fails, and does not hang.
DROP = "SET STATEMENT lock_wait_timeout=10 FOR DROP DATABASE {name}"


def server(directory: Path) -> Server:
    """A server of our own, started if need be."""
    daemon(directory, "--skip-networking").ensure_running()
    return Server("mariadb", url_of("root", unix_socket=str(_socket(directory))), CREATE, DROP)


def url_of(user: str, password: str | None = None, **query: str) -> URL:
    # PyMySQL would read all of the system's certificates for each connection, in 17 ms.
    query = {"charset": "utf8mb4", "ssl_disabled": "true", **query}
    return URL.create("mariadb+pymysql", user, password, query=query)


def daemon(directory: Path, *options: str, files: Mapping[str, str] = MappingProxyType({})) -> Daemon:
    """The server of this directory, with these options."""
    install, serve = (binary(name, package="mariadb-server") for name in ("mariadb-install-db", "mariadbd"))
    # Neither runs as root unless told so by name.
    user = f"--user={pwd.getpwuid(os.geteuid()).pw_name}"
    common = ("--no-defaults", user, f"--datadir={data_directory(directory)}", *_SETTINGS)
    own = (f"--socket={_socket(directory)}", f"--pid-file={directory / 'own-pid'}")
    return Daemon(
        directory,
        initialise=(install, *common, *_INSTALL),
        serve=(serve, *common, *own, *_SERVE, *options),
        announcement="ready for connections",
        files=files,
    )


def _socket(directory: Path) -> Path:
    return directory / "socket"
