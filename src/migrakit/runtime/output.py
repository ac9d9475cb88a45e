"""Where a script goes, with a place to stand at the beginning of each transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["GuardedOutput", "Sentry", "Writable"]

# As Alembic writes them.
_BEGIN, _COMMIT = "BEGIN;\n\n", "COMMIT;\n\n"


class Writable(Protocol):
    """What Alembic writes to."""

    def write(self, text: str, /) -> object:
        """Some of the script."""
        ...

    def flush(self) -> object:
        """To whoever reads it."""
        ...


class Sentry(Protocol):
    """Who stands there."""

    def guards(self, *, in_transaction: bool) -> Iterable[str]:
        """Before the first statement of a transaction, or after one."""
        ...


class GuardedOutput:
    """Passes on what Alembic writes, and puts guards in between.

    A guard waits for the first statement that it is for: by then the script knows what it will do.
    """

    def __init__(self, beneath: Writable, sentry: Sentry) -> None:
        self._beneath = beneath
        self._sentry = sentry
        self._in_transaction = False
        self._is_due = True

    def write(self, text: str, /) -> int:
        if text == _BEGIN:
            self._in_transaction = self._is_due = True
        elif text == _COMMIT:
            self._in_transaction, self._is_due = False, True
        elif self._is_due:
            self._is_due = False
            self.put(self._sentry.guards(in_transaction=self._in_transaction))
        self._beneath.write(text)
        return len(text)

    def flush(self) -> None:
        self._beneath.flush()

    def put(self, statements: Iterable[str]) -> None:
        """Without a guard."""
        for statement in statements:
            self._beneath.write(f"{statement}\n\n")

    def end_step(self) -> None:
        """What follows in the same transaction is guarded already."""
        self._is_due = not self._in_transaction
