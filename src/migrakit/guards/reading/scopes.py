"""Names and what they are bound to, in one function and around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Scope"]


@dataclass(slots=True, eq=False)
class Scope:
    """A function's names, those of the function that it stands in, and at last those of the file."""

    names: dict[str, Any] = field(default_factory=dict[str, Any])
    outer: Scope | None = None
    elsewhere: dict[str, Scope] = field(default_factory=dict[str, "Scope"])
    """What is said to be ``global`` or ``nonlocal``."""

    def chain(self) -> Iterator[Scope]:
        """From the inside to the file's own."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer

    def holder(self, name: str) -> Scope | None:
        """Where a name is bound."""
        return next((each for each in self.chain() if name in each.names), None)

    def bind(self, name: str, value: Any) -> None:
        self.elsewhere.get(name, self).names[name] = value

    def declare_global(self, name: str) -> None:
        *_, self.elsewhere[name] = self.chain()

    def declare_nonlocal(self, name: str) -> None:
        if self.outer is not None and (holder := self.outer.holder(name)) is not None:
            self.elsewhere[name] = holder
