"""What a guard has to say about a revision."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migrakit.guards.operation import Operation

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a person should know before a revision is applied.

    object: what it is about, as ``billing.prices.market``; with the code it is what ``accepts`` names.
    what: one sentence that says it.
    hint: one that says what to do about it.
    at: the step of the revision that does it; its comment stands above that.
    refuses: whether it has to be accepted before the revision is applied, or is only named.
    acceptable: whether a file's ``accepts`` may name it. What can't be accepted is refused as soon as it is seen.
    at_stake: steps whose tables' rows it is about. Where they hold none, nothing is refused. ``None``: it is not about
        rows.
    code: the guard's, which puts it there.
    """

    object: str
    what: str
    hint: str = ""
    at: Operation | None = field(default=None, compare=False, repr=False)
    refuses: bool = True
    acceptable: bool = True
    at_stake: tuple[Operation, ...] | None = field(default=None, compare=False, repr=False)
    code: str = ""

    @property
    def key(self) -> str:
        """What ``accepts`` names it by."""
        return f"{self.code} {self.object}"

    def __str__(self) -> str:
        return f"{self.key}: {self.what} {self.hint}".rstrip()
