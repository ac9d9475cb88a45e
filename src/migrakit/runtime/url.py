"""Where the database is: the first of four places that says so. No part of a URL stands in any message."""

from __future__ import annotations

import os
import re
from configparser import InterpolationError
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from alembic import context
from sqlalchemy import make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from migrakit.errors import ConfigurationError, ConnectionFailedError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["UrlSource", "dialect_of", "find", "redacted", "shown", "without_secrets"]

_KEY = "sqlalchemy.url"
_SHOWN_OF_QUERY = ("host", "port", "unix_socket")
_REDACTED = "***"

# A value that is shorter is part of too many words.
_SHORTEST_SECRET = 3
_SECRET = re.compile("pass(?!file)|pwd|secret|token", re.IGNORECASE)
_IN_FILES = ("sqlite", "duckdb")


class UrlSource:
    """Where the URL comes from, and what it is whenever that is asked: credentials may change meanwhile."""

    def __init__(self, place: str, read: Callable[[], Any]) -> None:
        self.place = place
        self._read = read

    def url(self) -> URL:
        """The URL as it is now."""
        given = self._called()
        url = given if isinstance(given, URL) else self._made_of(given)
        # Taken apart at the wrong place, a part of the password would be shown as the host's name, or the database's.
        misread = url.host or (url.database if url.get_backend_name() not in _IN_FILES else "") or ""
        if "@" in misread:
            raise self._unreadable("is taken apart at the wrong @")
        return url

    def _made_of(self, given: Any) -> URL:
        if not isinstance(given, str) or not given.strip():
            what = "is empty" if isinstance(given, str) else f"is a {type(given).__name__}"
            raise self._unreadable(f"{what}, and not a URL")
        try:
            return make_url(given.strip())
        except (ArgumentError, ValueError):
            # The message quotes what it can't read, the password with it.
            raise self._unreadable("can't be read") from None

    def _called(self) -> Any:
        try:
            return self._read()
        except ConfigurationError:
            raise
        except Exception as error:  # noqa: BLE001 - it may be of any kind, and may hold the URL
            raise ConnectionFailedError(
                Problem(
                    f"The database's URL could not be had: the function of {self.place} raised {type(error).__name__}.",
                    "What it said is not shown, since it may hold a password.",
                    "Call the function by itself to see.",
                )
            ) from None

    def _unreadable(self, reason: str) -> ConnectionFailedError:
        return ConnectionFailedError(
            Problem(
                f"The database's URL, from {self.place}, {reason}.",
                "There is no database to run on.",
                "Write postgresql+psycopg://user:password@host:5432/database, with each of @ : / % in a password "
                "as %40 %3A %2F %25; or pass a sqlalchemy.URL.create(...).",
            )
        )


def find(given: Any, variable: str | None) -> UrlSource:
    """``-x url=``, the argument, the environment variable, ``sqlalchemy.url``: the first that is there."""
    on_command_line = context.get_x_argument(as_dictionary=True)
    if "url" in on_command_line:
        return UrlSource("-x url=", lambda: on_command_line["url"])
    if given is not None:
        return UrlSource("Environment(url=...)", given if callable(given) else lambda: given)
    if variable is not None and variable in os.environ:
        return UrlSource(f"the environment variable {variable}", lambda: os.environ.get(variable))
    if context.config.file_config.has_option(context.config.config_ini_section, _KEY):
        return UrlSource(f"{_KEY} in Alembic's configuration", _from_file)
    also = f", {variable}" if variable else ""
    raise ConfigurationError(
        Problem(
            f"There is no URL: neither -x url=, Environment(url=...){also} nor sqlalchemy.url says where the "
            "database is.",
            "There is no database to run on.",
            "Set it in alembic.ini: sqlalchemy.url = postgresql+psycopg://...",
        )
    )


def _from_file() -> str:
    """As it stands in the file: a % is part of it, unless the author wrote it as the config file's parser wants."""
    config, section = context.config, context.config.config_ini_section
    plain: str = config.file_config.get(section, _KEY, raw=True)
    if "%%" not in plain and "%(" not in plain:
        return plain
    try:
        return config.file_config.get(section, _KEY)
    except InterpolationError:  # its message quotes the URL
        raise ConfigurationError(
            Problem(
                f"{_KEY} in Alembic's configuration holds both %% (or %(name)s) and a single %.",
                "It can't be told which of them stands for itself.",
                "Write each % twice, or each once.",
            )
        ) from None


def shown(url: URL) -> str:
    """The URL for a message: nothing that may be secret."""
    query = {name: value for name, value in url.query.items() if name in _SHOWN_OF_QUERY}
    return url.set(query=query).render_as_string(hide_password=True)


def redacted(message: str, url: URL) -> str:
    """A driver's message without any secret of the URL, however it is spelled."""
    for secret in sorted(_spelled(url), key=len, reverse=True):
        message = message.replace(secret, _REDACTED)
    return message


def without_secrets(url: URL) -> tuple[URL, dict[str, Any]]:
    """A URL that may be shown once its password is hidden, and what was in its query, to connect with."""
    secrets = {name: value for name, value in url.query.items() if _SECRET.search(name)}
    return url.difference_update_query(list(secrets)), secrets


def _spelled(url: URL) -> set[str]:
    hidden = {str(url.password)} if url.password is not None else set[str]()
    for value in without_secrets(url)[1].values():
        hidden.update([value] if isinstance(value, str) else value)
    spelled = {quote(each, safe=safe) for each in hidden for safe in ("", " +", "/")}
    spelled |= {quote_plus(each) for each in hidden}
    escaped = {repr(each)[1:-1] for each in hidden}
    return {each for each in hidden | spelled | escaped if len(each) >= _SHORTEST_SECRET}


def dialect_of(url: URL) -> type[Any]:
    """SQLAlchemy's dialect, or what to write instead."""
    try:
        return url.get_dialect()
    except NoSuchModuleError:
        meant = {"postgres": "postgresql+psycopg", "pgsql": "postgresql+psycopg"}.get(url.drivername.split("+")[0])
        raise ConnectionFailedError(
            Problem(
                f"SQLAlchemy has no dialect {url.drivername!r} here.",
                "It is what comes before :// in the URL.",
                f"Write {meant}://..." if meant else "Write one such as postgresql+psycopg, or install what brings it.",
            )
        ) from None
