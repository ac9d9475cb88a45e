"""Which entities are dropped, made and replaced, and in which order, so that the server accepts it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from migrakit.autogenerate.entities.bodies import named_in_bodies
from migrakit.autogenerate.entities.identity import ROUTINES
from migrakit.autogenerate.entities.kinds import LIVE_KINDS
from migrakit.autogenerate.entities.ordering import in_order

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Set

    from migrakit.autogenerate.entities.identity import Identity, Rendered
    from migrakit.entities import Entity

__all__ = ["Node", "Plan", "plan"]


@dataclass(frozen=True)
class Node:
    """One object as it is in one state, and the statement that makes it so."""

    entity: Entity
    rendered: Rendered
    by_name: Mapping[str, Set[Identity]] = field(repr=False, compare=False)
    """All that is there in this state."""

    @cached_property
    def mentions(self) -> frozenset[Identity]:
        """What a body names, which nothing but its text tells: it is read where something has to be planned."""
        if self.rendered.identity.kind not in ROUTINES:
            return frozenset()
        named = (self.by_name.get(name, ()) for name in named_in_bodies(self.entity.sql))
        return frozenset(chain.from_iterable(named)) - {self.rendered.identity}


@dataclass(frozen=True)
class Plan:
    """What goes before the tables' own changes, what is made after them, and what of that is put in place."""

    drops: tuple[Identity, ...]
    makes: tuple[tuple[Identity, bool], ...]
    """Each with whether it is ahead of what its body names, so that the server can't check the body yet."""
    replaced: frozenset[Identity]

    @cached_property
    def dropped(self) -> frozenset[Identity]:
        """Whatever goes, in no order."""
        return frozenset(self.drops)

    @cached_property
    def made(self) -> frozenset[Identity]:
        """Whatever is made, in no order."""
        return frozenset(each for each, _ in self.makes)


def plan(
    before: Mapping[Identity, Node], after: Mapping[Identity, Node], *, in_the_way: Set[Identity] = frozenset()
) -> Plan:
    """From one state to another. What can't be changed in place is dropped and made anew, and all that stands on it.

    So is what is ``in_the_way`` of the tables' own changes.
    """
    stays = before.keys() & after.keys()
    changed = {each for each in stays if before[each].rendered.definition != after[each].rendered.definition}
    rebuilt = {each for each in changed if not _fits(before[each].rendered, after[each].rendered)}
    gone = _with_dependents(before, rebuilt | (before.keys() - after.keys()) | (in_the_way & before.keys()))
    made = (after.keys() - before.keys()) | (gone & after.keys()) | changed
    return Plan(
        drops=tuple(each for each, _ in reversed(_in_order(gone, before))),
        makes=tuple(_in_order(made, after)),
        replaced=frozenset(made & (before.keys() - gone)),
    )


def _fits(before: Rendered, after: Rendered) -> bool:
    return LIVE_KINDS[before.identity.kind].fits(before, after)


def _with_dependents(nodes: Mapping[Identity, Node], those: Collection[Identity]) -> set[Identity]:
    found, more = set(those), list(those)
    standing = _standing(nodes) if more else {}
    while more:
        new = [each for each in standing.get(more.pop(), ()) if each not in found]
        found.update(new)
        more.extend(new)
    return found


def _standing(nodes: Mapping[Identity, Node]) -> dict[Identity, list[Identity]]:
    """On each what stands on it."""
    standing: dict[Identity, list[Identity]] = {}
    for each, node in nodes.items():
        for base in node.rendered.bases:
            standing.setdefault(base, []).append(each)
    return standing


def _in_order(those: Set[Identity], nodes: Mapping[Identity, Node]) -> list[tuple[Identity, bool]]:
    """What the server notes itself makes no circle; what bodies name may."""
    bases = {each: nodes[each].rendered.bases for each in set(those)}
    return in_order({each: _needed(each, those, nodes) for each in bases}, musts=bases)


def _needed(each: Identity, those: Set[Identity], nodes: Mapping[Identity, Node]) -> set[Identity]:
    """What it stands on or names, through what stays as it is too: the rows of a view come from all of it."""
    found: set[Identity] = set()
    more = [each]
    while more:
        node = nodes[more.pop()]
        for base in (node.rendered.bases | node.mentions) - found:
            found.add(base)
            if base not in those and base in nodes:
                more.append(base)
    return found
