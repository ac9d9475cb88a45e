"""Which entities are dropped, made and replaced, and in which order, so that the server accepts it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

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
    does: Does
    entity: Entity


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
    dropped = sorted(gone)
    made = (after.keys() - before.keys()) | (gone & after.keys()) | changed
    return Plan(
        dropped=frozenset(gone),
        drops=tuple(Step(Does.DROPS, before[each].entity) for each in reversed(_in_order(dropped, before))),
        makes=tuple(
            Step(Does.REPLACES if each in before and each not in gone else Does.CREATES, after[each].entity)
            for each in _in_order(sorted(made), after)
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


def _in_order(those: Iterable[Identity], nodes: Mapping[Identity, Node]) -> list[Identity]:
    """Each after what it stands on, and after what its body mentions unless that is a circle; otherwise by name."""
    waiting = dict.fromkeys(those)
    found: list[Identity] = []
    while waiting:
        ready = next((each for each in waiting if not _waits(each, waiting, nodes, _all_of)), None)
        ready = ready or next((each for each in waiting if not _waits(each, waiting, nodes, _bases_of)), None)
        at = next(iter(waiting)) if ready is None else ready
        del waiting[at]
        found.append(at)
    return found


def _waits(
    each: Identity,
    waiting: Mapping[Identity, None],
    nodes: Mapping[Identity, Node],
    needs: Callable[[Node], frozenset[Identity]],
) -> bool:
    return any(need in waiting for need in needs(nodes[each]) if need != each)


def _all_of(node: Node) -> frozenset[Identity]:
    return node.rendered.bases | node.mentions


def _bases_of(node: Node) -> frozenset[Identity]:
    return node.rendered.bases
