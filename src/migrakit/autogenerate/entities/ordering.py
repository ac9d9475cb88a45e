"""Things in an order in which each comes after what it needs."""

from __future__ import annotations

from collections import defaultdict
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

__all__ = ["in_order"]

Thing = TypeVar("Thing", bound=Any)


def in_order(needs: Mapping[Thing, Set[Thing]], *, musts: Mapping[Thing, Set[Thing]]) -> list[tuple[Thing, bool]]:
    """Each after what it needs, otherwise the least first; and whether a circle kept it ahead of something.

    A circle is opened at what must wait for nothing more.
    """
    needed_by: dict[Thing, list[Thing]] = defaultdict(list)
    missing: dict[Thing, int] = {}
    for each, needed in needs.items():
        there = {one for one in needed if one in needs and one != each}
        missing[each] = len(there)
        for one in there:
            needed_by[one].append(each)
    ready = [each for each, number in missing.items() if not number]
    heapify(ready)
    found: dict[Thing, bool] = {}
    while len(found) < len(needs):
        is_ahead = not ready
        at = _opening(needs.keys() - found.keys(), musts) if is_ahead else heappop(ready)
        if at in found:
            continue
        found[at] = is_ahead
        for each in needed_by[at]:
            missing[each] -= 1
            if not missing[each]:
                heappush(ready, each)
    return list(found.items())


def _opening(waiting: Set[Thing], musts: Mapping[Thing, Set[Thing]]) -> Thing:
    free = [each for each in waiting if not any(one in waiting and one != each for one in musts.get(each, frozenset()))]
    return min(free or waiting)
