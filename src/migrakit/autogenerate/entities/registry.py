"""alembic-utils' registry: what was registered is declared, and its own comparator has nothing to do."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from alembic.util import PriorityDispatchResult

from migrakit.entities.collecting import Found
from migrakit.entities.value import Entities, Position
from migrakit.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps

__all__ = ["registered", "take_over"]

_MODULE = "alembic_utils.replaceable_entity"


def registered(given: Entities) -> Entities:
    """What ``register_entities()`` was given in this process, but for what is given here too, to the letter."""
    module = sys.modules.get(_MODULE)
    found = Found()
    everything: list[object] = [] if module is None else list(module.registry.entities())
    for each in everything:
        found.take(each, Position("register_entities()"))
    if found.is_empty:
        return Entities()
    known = {replace(each, place=None) for each in given}
    return Entities(each for each in found.all() if replace(each, place=None) not in known)


def take_over(
    context: AutogenContext,
    upgrade_ops: UpgradeOps,  # noqa: ARG001 - a comparator's signature
    schemas: set[str | None],  # noqa: ARG001
) -> PriorityDispatchResult:
    """Take alembic-utils' comparator out of this comparison's own copy of the dispatcher; others keep theirs."""
    if _MODULE not in sys.modules:
        return PriorityDispatchResult.CONTINUE
    comparators: dict[Any, list[Any]] | None = getattr(context.comparators, "_registry", None)
    if comparators is None:
        raise ConfigurationError(_UNKNOWN)
    for key, functions in comparators.items():
        comparators[key] = [each for each in functions if getattr(each[0], "__module__", None) != _MODULE]
    return PriorityDispatchResult.CONTINUE


_UNKNOWN = Problem(
    "Environment(entities=...) is given, alembic-utils is imported, and this Alembic keeps its comparators elsewhere.",
    "alembic-utils would propose to drop what it does not know.",
    "Don't import alembic_utils.replaceable_entity here, or use a version of Alembic that migrakit knows.",
)
