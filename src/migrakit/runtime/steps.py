"""What the command passes to Alembic, with a place to stand before and around each revision."""

from __future__ import annotations

import traceback
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol, cast

from alembic.runtime.migration import RevisionStep
from alembic.util import to_tuple
from sqlalchemy.exc import DBAPIError

from migrakit.catalog.said import is_there_already
from migrakit.errors import ConfigurationError, LockError, Problem, TornRevisionError
from migrakit.runtime.listening import listening
from migrakit.runtime.settings import TIMEOUTS, problems_of_timeout

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from contextlib import AbstractContextManager

    from alembic.runtime.migration import MigrationContext, MigrationStep
    from sqlalchemy import Connection

__all__ = ["Steps", "Watch"]

_SETTING = "session"


class Watch(Protocol):
    """Who stands there."""

    def begin(self, heads: tuple[str, ...]) -> None:
        """Before the command is asked for its steps: these are the revisions in the database."""
        ...

    def see(self, steps: list[MigrationStep]) -> None:
        """Before the first step's first statement."""
        ...

    def before(self, step: MigrationStep) -> None:
        """Before each step, and before its transaction where it has one of its own."""
        ...

    def around(self, step: MigrationStep, timeouts: dict[str, float]) -> AbstractContextManager[None]:
        """Around what each step does, with what its file sets for itself."""
        ...


class Steps:
    """A command's work function, watched. Called again, it goes on behind what is committed by then."""

    def __init__(self, command: Callable[..., Iterable[MigrationStep]], watch: Watch) -> None:
        self._command = command
        # By this alone a hook that Alembic calls can tell which command is under way.
        self.__qualname__: str = getattr(command, "__qualname__", "")
        self._watch = watch
        self._steps: list[MigrationStep] | None = None
        self._done = self._committed = 0
        self._is_inside = False
        self.is_split = False
        """Whether a step committed a part of itself, and its end is not committed yet."""

    def __call__(self, heads: Any, context: MigrationContext) -> Iterator[MigrationStep]:
        self._watch.begin(to_tuple(heads, default=()))
        if self._steps is None:
            is_transactional = context.impl.transactional_ddl
            self._steps = list(self._command(heads, context))
            for step in self._steps:
                step.migration_fn = self._guarded(step, timeouts_of(step), is_transactional=is_transactional)
        self._done = self._committed
        steps = self._steps[self._done :]
        self._watch.see(steps)
        for step in steps:
            self._watch.before(step)
            yield step

    def counting(self, connection: Connection) -> AbstractContextManager[None]:
        """Note what of it is committed."""
        return listening(connection, {"commit": self._note_commit})

    def _note_commit(self, _connection: Connection) -> None:
        self._committed, self.is_split = self._done, self._is_inside

    def _guarded(
        self, step: MigrationStep, timeouts: dict[str, float], *, is_transactional: bool
    ) -> Callable[..., None]:
        migrate = step.migration_fn

        @wraps(migrate)  # Alembic logs its name
        def run(**arguments: Any) -> None:
            with self._watch.around(step, timeouts), self._inside():
                try:
                    migrate(**arguments)
                except AssertionError as error:
                    if _is_of_autocommit_block(error):
                        raise LockError(_NO_AUTOCOMMIT) from None
                    raise
                except DBAPIError as error:
                    if is_there_already(error):
                        raise TornRevisionError(
                            _there_already(step, error, is_transactional=is_transactional)
                        ) from error
                    raise

        return run

    @contextmanager
    def _inside(self) -> Generator[None]:
        self._is_inside = True
        try:
            yield
        finally:
            self._is_inside = False
        self._done += 1


def timeouts_of(step: MigrationStep) -> dict[str, float]:
    """What the revision's file sets for itself: ``session = {"lock_timeout": 0}``.

    What is no dict is something else of that name, such as an ORM session of a migration of data.
    """
    module = step.revision.module if isinstance(step, RevisionStep) else None
    given = getattr(module, _SETTING, None)
    if not isinstance(given, dict):
        return {}
    held = cast("dict[Any, Any]", given)  # type: ignore[redundant-cast]
    problems = list(_problems(held, getattr(module, "__file__", "a revision's file")))
    if problems:
        raise ConfigurationError(*problems)
    return dict(held)


def _problems(given: dict[Any, Any], file: str) -> Iterator[Problem]:
    for name, seconds in given.items():
        if name not in TIMEOUTS or seconds is None:
            yield Problem(
                f"{_SETTING} in {file} holds {name!r}: {seconds!r}.",
                f"A revision may set {' and '.join(TIMEOUTS)}, in seconds.",
                f"Write {_SETTING} = {{'lock_timeout': 0}}; 0 is no limit.",
            )
        else:
            yield from problems_of_timeout(name, seconds, f"{_SETTING}[{name!r}] in {file}")


def _is_of_autocommit_block(error: AssertionError) -> bool:
    return traceback.extract_tb(error.__traceback__)[-1].name == "autocommit_block"


def _there_already(step: MigrationStep, error: DBAPIError, *, is_transactional: bool) -> Problem:
    hint = "With Environment(journal=True) the next run says how far the one before came." if is_transactional else ""
    revision = step.revision.revision if isinstance(step, RevisionStep) else ""
    return Problem(
        f"Revision {revision!r} makes what is there already: {str(error.orig).strip()}.",
        "An earlier run of it was cut off, and what had been committed stayed; or somebody made it by hand.",
        f"Look at the database. Finish it by hand, and say so with alembic stamp {revision}; or remove what is a ruin, "
        f"and run again. {hint}",
    )


_NO_AUTOCOMMIT = Problem(
    "This revision has an autocommit block, and all of this run is in one transaction, which began before it; or one "
    "such block is inside of another.",
    "A block begins by committing, and here there is nothing that it could commit.",
    "Run it on a connection that is in no transaction, and not through a pooler; or make the two blocks one.",
)
