"""Guards: what a revision would destroy is said out loud, and refused until somebody accepts it.

``guards=[*guards.defaults(), guards.no_empty_revisions()]``
"""

from __future__ import annotations

from migrakit.guards.defaults import defaults
from migrakit.guards.finding import Finding
from migrakit.guards.guard import Guard, guard
from migrakit.guards.operation import Operation
from migrakit.guards.review import Review
from migrakit.guards.rules.dropped_objects import no_dropped_objects
from migrakit.guards.rules.ids import dated_ids, sequential_ids
from migrakit.guards.rules.no_empty_revisions import no_empty_revisions
from migrakit.guards.rules.one_head import one_head

__all__ = [
    "Finding",
    "Guard",
    "Operation",
    "Review",
    "dated_ids",
    "defaults",
    "guard",
    "no_dropped_objects",
    "no_empty_revisions",
    "one_head",
    "sequential_ids",
]
