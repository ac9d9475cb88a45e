"""pgbouncer, from the system's binary: it gives out a few connections to a server, for a transaction at a time."""

import os
from pathlib import Path

from sqlalchemy import URL

from tests.databases.binaries import binary
from tests.databases.daemon import Daemon, data_directory

POOL_SIZE = 3

# Names the socket in our own directory, and nothing on TCP.
_PORT = 6432

# Nobody is asked for a password: whoever gets to the socket is the user that is known to the server.
_SETTINGS = f"""\
[databases]
* = {{server}}

[pgbouncer]
auth_type = any
default_pool_size = {POOL_SIZE}
listen_port = {_PORT}
max_client_conn = 200
pool_mode = transaction
unix_socket_dir = {{directory}}
"""


def in_front_of(server: URL, directory: Path) -> URL:
    """Where the pooler of this server answers, started if need be."""
    _daemon(binary("pgbouncer", package="pgbouncer"), server, directory).ensure_running()
    return URL.create(server.drivername, server.username, port=_PORT, query={"host": str(directory)})


def _daemon(serve: str, server: URL, directory: Path) -> Daemon:
    settings = data_directory(directory) / "pgbouncer.ini"
    text = _SETTINGS.format(server=_told(server), directory=directory)
    return Daemon(
        directory,
        initialise=("install", "-D", settings.name, str(settings)),
        serve=(serve, str(settings)),
        announcement="process up",
        user="nobody" if os.geteuid() == 0 else None,
        files={settings.name: text},
    )


def _told(server: URL) -> str:
    given = {
        "host": server.host or server.query.get("host"),
        "port": server.port,
        "user": server.username,
        "password": server.password,
    }
    return " ".join(f"{name}={_quoted(str(value))}" for name, value in given.items() if value is not None)


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
