"""What a session is set to, as a person writes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from migrakit.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["TIMEOUTS", "SessionSettings", "problems_of_timeout"]

TIMEOUTS = ("lock_timeout", "statement_timeout", "check_interval")
"""What a revision may set for itself: ``session = {"lock_timeout": 0}`` in its file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """What the session is set to before Alembic runs. Times are in seconds: 0 is no limit, ``None`` the server's own.

    role: the role to become, which then owns what is created.
    search_path: PostgreSQL's, one schema or several.
    create_version_schema: create the version table's schema where it isn't there.
    lock_timeout: how long a statement waits for a lock, each time; inside an autocommit block there is no limit.
    lock_retries: how often what ran into ``lock_timeout`` is repeated where a transaction took it back whole.
    statement_timeout: how long a statement may take.
    check_interval: how often PostgreSQL looks whether this client is still there while a statement runs.
    """

    role: str | None = None
    search_path: tuple[str, ...] | list[str] | str = ()
    create_version_schema: bool = False
    lock_timeout: float | None = 5
    lock_retries: int = 4
    statement_timeout: float | None = None
    check_interval: float | None = 0.5

    def __post_init__(self) -> None:
        names = (self.search_path,) if isinstance(self.search_path, str) else tuple(self.search_path)
        object.__setattr__(self, "search_path", names)
        problems = [*self._problems_of_names(), *self._problems_of_times(), *self._problems_of_retries()]
        if problems:
            raise ConfigurationError(*problems)

    @property
    def path(self) -> tuple[str, ...]:
        """The schemas of ``search_path``, however they were given."""
        return tuple(self.search_path)

    def timeouts(self) -> dict[str, float]:
        """Those that are to be set."""
        given = {name: getattr(self, name) for name in TIMEOUTS}
        return {name: seconds for name, seconds in given.items() if seconds is not None}

    def _problems_of_names(self) -> Iterator[Problem]:
        given = {"role": [self.role] if self.role is not None else [], "search_path": list(self.search_path)}
        for word, names in given.items():
            for name in names:
                if not isinstance(name, str) or not name or "\0" in name:
                    yield Problem(
                        f"SessionSettings({word}={name!r}) is not a name.",
                        "The session can't be set to it.",
                        "Give the name as it is, without quotes.",
                    )

    def _problems_of_retries(self) -> Iterator[Problem]:
        retries: Any = self.lock_retries
        if not isinstance(retries, int) or isinstance(retries, bool) or retries < 0:
            yield Problem(
                f"SessionSettings(lock_retries={retries!r}) is no number of times.",
                "It says how often to try again for a lock.",
                "Write lock_retries=4; 0 tries once.",
            )

    def _problems_of_times(self) -> Iterator[Problem]:
        for name in TIMEOUTS:
            yield from problems_of_timeout(name, getattr(self, name), f"SessionSettings({name}=...)")


def problems_of_timeout(name: str, seconds: Any, where: str) -> Iterator[Problem]:
    """What is wrong with a time that a person wrote."""
    is_number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    if seconds is None or (is_number and 0 <= seconds < _LONGEST):
        return
    yield Problem(
        f"{where} is {seconds!r}, which is no number of seconds.",
        "The server would take it for something else, or refuse it.",
        f"Write {name} as a number, such as 5 or 0.5; 0 is no limit.",
    )


_LONGEST = 2**31 / 1000
"""Seconds: PostgreSQL holds milliseconds in 31 bits."""
