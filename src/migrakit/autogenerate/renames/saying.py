"""What is said of declared renames that can't be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrakit.filters import Filter
    from migrakit.target import Target

__all__ = ["ambiguous", "claimed_twice", "not_owned"]


def ambiguous(kind: str, new: str, old: str) -> Problem:
    """The old name is declared beside the new one."""
    return Problem(
        f"The {kind} {new!r} is marked with renamed_from({old!r}), and {old!r} is declared too.",
        f"The database has {old!r} alone, and nobody can tell which of the two that is.",
        f"Remove the mark if {new!r} is new, or else rename first and declare {old!r} in the revision after that.",
    )


def claimed_twice(kind: str, old: str, who: Sequence[str]) -> Problem:
    """Several say that they were called so."""
    return Problem(
        f"{' and '.join(who)} are all marked with renamed_from({old!r}).",
        f"There is but one {kind} {old!r} in the database.",
        "Leave the mark on the one that it becomes.",
    )


def not_owned(target: Target, new: str, old: str, owns: Filter) -> Problem:
    """One of the two names is another's."""
    return Problem(
        f"{new!r} is marked with renamed_from({old!r}), and owns={owns!r} does not own {target}.",
        "What is another's is not renamed here, and without the rename what it holds would be lost, or left behind.",
        "Let owns= own both names until it is renamed everywhere, or remove the mark if they are not the same.",
    )
