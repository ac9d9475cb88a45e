"""MariaDB, from the system's binaries."""

import os
import pwd
import shutil
from pathlib import Path

from sqlalchemy import URL

from tests.databases.daemon import Daemon, data_directory
from tests.databases.server import Server, UnavailableError

# Debian's mariadbd is in a directory that is on root's PATH alone.
_ELSEWHERE = ("/usr/sbin", "/usr/local/sbin")

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
    "--skip-networking",
)

# Dropping waits for whoever still reads the database: a test that forgot a transaction fails, and does not hang.
_DROP = "SET STATEMENT lock_wait_timeout=10 FOR DROP DATABASE {name}"


def server(directory: Path) -> Server:
    """A server of our own, started if need be."""
    _daemon(_binary("mariadb-install-db"), _binary("mariadbd"), directory).ensure_running()
    # PyMySQL would read all of the system's certificates for each connection, in 17 ms.
    query = {"unix_socket": str(_socket(directory)), "charset": "utf8mb4", "ssl_disabled": "true"}
    return Server("mariadb", URL.create("mariadb+pymysql", "root", query=query), "CREATE DATABASE {name}", _DROP)


def _socket(directory: Path) -> Path:
    return directory / "socket"


def _binary(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", os.defpath), *_ELSEWHERE]))
    if found is None:
        raise UnavailableError(f"{name} is not on this machine: install MariaDB's server (Debian: mariadb-server)")
    return found


def _daemon(install: str, serve: str, directory: Path) -> Daemon:
    # Neither runs as root unless told so by name.
    user = f"--user={pwd.getpwuid(os.geteuid()).pw_name}"
    common = ("--no-defaults", user, f"--datadir={data_directory(directory)}", *_SETTINGS)
    return Daemon(
        directory,
        initialise=(install, *common, *_INSTALL),
        serve=(serve, *common, f"--socket={_socket(directory)}", f"--pid-file={directory / 'own-pid'}", *_SERVE),
        announcement="ready for connections",
    )
