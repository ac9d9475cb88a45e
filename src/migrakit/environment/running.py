"""What a person may write into ``Environment(...)`` about running, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import URL

from migrakit.errors import Problem
from migrakit.runtime import SessionSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["problems_of_running"]


def problems_of_running(
    *, url: Any, url_variable: Any, session: Any, lock_wait: Any, server_wait: Any, journal: Any
) -> Iterator[Problem]:
    """All that is wrong with these; nothing of a URL stands in a message."""
    if url is not None and not (isinstance(url, (str, URL)) or callable(url)):
        yield Problem(
            f"url= is a {type(url).__name__}.",
            "It says where the database is.",
            "Pass a URL as text, a sqlalchemy.URL, or a function that returns one.",
        )
    if url_variable is not None and not (isinstance(url_variable, str) and url_variable):
        yield Problem(
            f"url_variable={url_variable!r} is not a name.",
            "It is the environment variable that holds the URL.",
            "Pass url_variable='BILLING_DATABASE_URL'.",
        )
    if not isinstance(session, SessionSettings):
        yield Problem(
            f"session={session!r} is not a SessionSettings.",
            "The session is set to it before Alembic runs.",
            "Pass session=SessionSettings(lock_timeout=10).",
        )
    if not isinstance(journal, bool):
        yield Problem(
            f"journal={journal!r} is neither True nor False.",
            "It says whether the journal is kept on PostgreSQL too.",
            "Pass journal=True.",
        )
    yield from _problems_of_waits(lock_wait, server_wait)


def _problems_of_waits(lock_wait: Any, server_wait: Any) -> Iterator[Problem]:
    if lock_wait is not None and not _is_time(lock_wait):
        yield Problem(
            f"lock_wait={lock_wait!r} is no number of seconds.",
            "It is how long to wait for another deployment.",
            "Pass lock_wait=60; None takes no lock at all.",
        )
    if not _is_time(server_wait):
        yield Problem(
            f"server_wait={server_wait!r} is no number of seconds.",
            "It is how long to wait for a server that isn't up yet.",
            "Pass server_wait=30; 0 does not wait.",
        )


def _is_time(given: Any) -> bool:
    return isinstance(given, (int, float)) and not isinstance(given, bool) and given >= 0
