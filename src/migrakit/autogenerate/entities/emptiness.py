"""Which materialized views hold no rows once they are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.autogenerate.entities.identity import VIEWS
from migrakit.entities.kinds import is_populated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from migrakit.autogenerate.entities.identity import Identity
    from migrakit.autogenerate.entities.planning import Node

__all__ = ["empty"]


def empty(nodes: Mapping[Identity, Node], live: Mapping[Identity, Node]) -> dict[Identity, bool]:
    """Each with whether it would hold some if what it reads held any: the server reads nothing from an empty one.

    What is live stays as it is; only what is new is told by its declaration.
    """
    own = {each for each, node in nodes.items() if each.kind == "materialized_view" and _is_empty(each, node, live)}
    found = set(own)
    while more := {
        each for each, node in nodes.items() if each.kind in VIEWS and each not in found and node.rendered.bases & found
    }:
        found |= more
    return {each: each not in own for each in found}


def _is_empty(each: Identity, node: Node, live: Mapping[Identity, Node]) -> bool:
    return bool(live[each].rendered.state) if each in live else not is_populated(node.entity.sql)
