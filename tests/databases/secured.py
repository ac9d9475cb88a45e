"""Servers that want a password, on TCP: those of the other modules let in whoever gets to their sockets."""

import socket
from dataclasses import replace
from pathlib import Path

from sqlalchemy import URL

from tests.databases import mariadb, postgresql
from tests.databases.canary import PASSWORD
from tests.databases.daemon import Daemon
from tests.databases.database import PostgreSQLKind, ServerKind
from tests.databases.server import Server

HOST = "127.0.0.1"
ROLE = "deployer"

_PORT = "port"

# Told on the command line, passwords would be everybody's to read.
_PASSWORD = "password"


def server(kind: ServerKind, directory: Path) -> Server:
    """A server of our own, started if need be; its one role has the canary for its password."""
    return _mariadb(directory) if kind == "mariadb" else _postgresql(kind, directory)


def _postgresql(kind: PostgreSQLKind, directory: Path) -> Server:
    initdb = (f"--username={ROLE}", "--auth=scram-sha-256", f"--pwfile={_PASSWORD}")
    files = {_PASSWORD: f"{PASSWORD}\n"}
    version = int(kind.removeprefix("postgresql-"))
    daemon = postgresql.daemon(version, directory, f"--listen_addresses={HOST}", initdb=initdb, files=files)
    url = URL.create(postgresql.DRIVER, ROLE, PASSWORD, HOST, _served(daemon), "postgres")
    return Server(kind, url, postgresql.CREATE, postgresql.DROP)


def _mariadb(directory: Path) -> Server:
    options = (f"--bind-address={HOST}", "--skip-name-resolve", f"--init-file={directory / _PASSWORD}")
    daemon = mariadb.daemon(directory, *options, files={_PASSWORD: _GRANTS})
    url = mariadb.url_of(ROLE, PASSWORD).set(host=HOST, port=_served(daemon))
    return Server("mariadb", url, mariadb.CREATE, mariadb.DROP)


def _served(daemon: Daemon) -> int:
    """The port on which the daemon runs now: the one that was free for whoever started it."""
    command = ("sh", "-c", f'exec "$@" --port="$(cat {_PORT})"', "sh", *daemon.serve)
    replace(daemon, serve=command, files={**daemon.files, _PORT: str(free_port())}).ensure_running()
    return int((daemon.directory / _PORT).read_text())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


_GRANTS = f"""\
CREATE USER {ROLE}@'{HOST}' IDENTIFIED BY {_literal(PASSWORD)};
GRANT ALL ON *.* TO {ROLE}@'{HOST}';
"""
