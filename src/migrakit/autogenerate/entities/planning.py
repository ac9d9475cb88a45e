"""Which entities are dropped, made and replaced, and in which order, so that the server accepts it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import Enum
from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Set

    from migrakit.autogenerate.entities.reading import Identity, Rendered
    from migrakit.entities import Entity

__all__ = ["Does", "Node", "Plan", "Step", "plan"]


class Does(Enum):
    CREATES = "create"
    REPLACES = "replace"
    DROPS = "drop"


@dataclass(frozen=True, slots=True)
class Node:
    """One object as it is in one state, and the statement that makes it so."""

    entity: Entity
    rendered: Rendered
    mentions: frozenset[Identity] = frozenset()
    """What a body names, which nothing but its text tells."""


@dataclass(frozen=True, slots=True)
class Step:
    """One op; ``is_ahead`` of what its body names, in a circle, so that the server can't check the body yet."""

    does: Does
    entity: Entity
    is_ahead: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What comes before the tables' own changes, and what comes after them."""

    dropped: frozenset[Identity]
    drops: tuple[Step, ...]
    makes: tuple[Step, ...]


def plan(before: Mapping[Identity, Node], after: Mapping[Identity, Node]) -> Plan:
    """From one state to another. What can't be changed in place is dropped and made anew, and all that stands on it."""
    stays = before.keys() & after.keys()
    changed = {each for each in stays if before[each].rendered.meaning != after[each].rendered.meaning}
    rebuilt = {each for each in changed if not _fits(before[each].rendered, after[each].rendered)}
    gone = _with_dependents(before, rebuilt | (before.keys() - after.keys()))
    made = (after.keys() - before.keys()) | (gone & after.keys()) | changed
    kept = before.keys() - gone
    return Plan(
        dropped=frozenset(gone),
        drops=tuple(Step(Does.DROPS, before[each].entity) for each, _ in reversed(_in_order(gone, before))),
        makes=tuple(
            Step(Does.REPLACES if each in kept else Does.CREATES, after[each].entity, is_ahead)
            for each, is_ahead in _in_order(made, after)
        ),
    )


def _fits(before: Rendered, after: Rendered) -> bool:
    """Whether the server replaces one by the other: a view may gain columns at its end, a function nothing."""
    kept = after.shape[: len(before.shape)] if before.identity.kind == "view" else after.shape
    return kept == before.shape


def _with_dependents(nodes: Mapping[Identity, Node], those: Collection[Identity]) -> set[Identity]:
    found = set(those)
    while more := {each for each, node in nodes.items() if each not in found and node.rendered.bases & found}:
        found |= more
    return found


def _in_order(those: Set[Identity], nodes: Mapping[Identity, Node]) -> list[tuple[Identity, bool]]:
    """Each after what it stands on and what its body names, otherwise by name; and whether a circle kept it ahead."""
    needs = {each: (nodes[each].rendered.bases | nodes[each].mentions) & (those - {each}) for each in set(those)}
    needed_by: dict[Identity, list[Identity]] = defaultdict(list)
    for each, needed in needs.items():
        for one in needed:
            needed_by[one].append(each)
    missing = {each: len(needed) for each, needed in needs.items()}
    ready = sorted(each for each, number in missing.items() if not number)
    found: dict[Identity, bool] = {}
    while len(found) < len(missing):
        is_ahead = not ready
        at = min(_next_of_circle(missing, found, nodes)) if is_ahead else heappop(ready)
        if at in found:
            continue
        found[at] = is_ahead
        for each in needed_by[at]:
            missing[each] -= 1
            if not missing[each]:
                heappush(ready, each)
    return list(found.items())


def _next_of_circle(
    those: Iterable[Identity], found: Mapping[Identity, bool], nodes: Mapping[Identity, Node]
) -> list[Identity]:
    """What waits for nothing but what its body names. What the server notes itself makes no circle."""
    waiting = {each for each in those if each not in found}
    return [each for each in waiting if not nodes[each].rendered.bases & (waiting - {each})]
