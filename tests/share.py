"""What a run tries of what repeats the same code many times: all with the newest versions, a third with the lowest.

The lowest versions differ in what they do with a case, not in which cases there are: what they break shows in a third
of the rounds, seeds or kill points. Both runs together take as long as one and a third would.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.versions import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeVar

    Case = TypeVar("Case")

__all__ = ["share"]


def share(cases: Sequence[Case]) -> Sequence[Case]:
    """All of them, or every third from the first."""
    return cases[::3] if os.environ.get(VARIABLE) == "lowest" else cases
