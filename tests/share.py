"""What a run tries of what repeats the same code many times.

The lowest versions differ from the newest in what they do with a case, not in which cases there are: what they break
shows in a fifth of the cases. Rounds of a generator, of which each is as good as the next, are divided between both.
What no version of a dependency changes is tried with the newest alone.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.versions import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import TypeVar

    Case = TypeVar("Case")

__all__ = ["divided", "pytest_ignore_collect", "servers", "share"]


def share(cases: Sequence[Case]) -> Sequence[Case]:
    """All of them; with the lowest versions every fifth from the first."""
    return cases[::5] if _is_lowest() else cases


def divided(rounds: Sequence[Case]) -> Sequence[Case]:
    """With the lowest versions every third from the first, with the newest all others."""
    return rounds[::3] if _is_lowest() else [each for at, each in enumerate(rounds) if at % 3]


def servers(kinds: Sequence[Case]) -> Sequence[Case]:
    """With one PostgreSQL: the oldest with the lowest versions, else the newest."""
    return [each for each in kinds if each != ("postgresql-18" if _is_lowest() else "postgresql-16")]


# What is measured, and the servers that tests have.
_NEWEST_ALONE = ("test_benchmarks.py", "test_databases.py")


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out what only the newest are tried with; of all else others say whether it is collected."""
    return True if _is_lowest() and collection_path.name in _NEWEST_ALONE else None


def _is_lowest() -> bool:
    return os.environ.get(VARIABLE) == "lowest"
