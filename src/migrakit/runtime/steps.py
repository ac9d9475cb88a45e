"""What the command passes to Alembic, with a place to stand before and around each revision."""

from __future__ import annotations

import traceback
from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol, cast

from alembic.runtime.migration import RevisionStep
from alembic.util import to_tuple

from migrakit.errors import ConfigurationError, LockError, Problem
from migrakit.runtime.settings import TIMEOUTS, problems_of_timeout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from alembic.runtime.migration import MigrationContext, MigrationStep

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
    """A command's work function, watched."""

    def __init__(self, command: Callable[..., Iterable[MigrationStep]], watch: Watch) -> None:
        self._command = command
        self._watch = watch

    def __call__(self, heads: Any, context: MigrationContext) -> Iterator[MigrationStep]:
        self._watch.begin(to_tuple(heads, default=()))
        steps = list(self._command(heads, context))
        self._watch.see(steps)
        timeouts = [(step, timeouts_of(step)) for step in steps]
        for step, own in timeouts:
            step.migration_fn = self._guarded(step, own)
            self._watch.before(step)
            yield step

    def _guarded(self, step: MigrationStep, timeouts: dict[str, float]) -> Callable[..., None]:
        migrate = step.migration_fn

        @wraps(migrate)  # Alembic logs its name
        def run(**arguments: Any) -> None:
            with self._watch.around(step, timeouts):
                try:
                    migrate(**arguments)
                except AssertionError as error:
                    if _is_of_autocommit_block(error):
                        raise LockError(_NO_AUTOCOMMIT) from None
                    raise

        return run


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


_NO_AUTOCOMMIT = Problem(
    "This revision has an autocommit block, and all of this run is in one transaction, which began before it; or one "
    "such block is inside of another.",
    "A block begins by committing, and here there is nothing that it could commit.",
    "Run it on a connection that is in no transaction, and not through a pooler; or make the two blocks one.",
)
