"""What is said of a statement that declares none of the kinds that there are."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from migrakit.errors import Problem

if TYPE_CHECKING:
    from migrakit.entities.kinds.head import Head

__all__ = ["refusal"]

_OF_METADATA = ("TABLE", "SEQUENCE")
_TWO_WORDS = (
    "ACCESS METHOD",
    "EVENT TRIGGER",
    "FOREIGN DATA",
    "FOREIGN TABLE",
    "OPERATOR CLASS",
    "OPERATOR FAMILY",
    "TEXT SEARCH",
    "USER MAPPING",
)
# What may stand between CREATE and the kind.
_BETWEEN = (
    *("OR", "REPLACE", "GLOBAL", "LOCAL", "TEMP", "TEMPORARY", "UNLOGGED", "RECURSIVE", "CONSTRAINT"),
    *("DEFAULT", "TRUSTED", "PROCEDURAL"),
)


def refusal(head: Head) -> Problem:
    """The problem of a statement that no kind has read."""
    said = list(islice(head.keywords(), 8))
    if said[:1] != ["CREATE"]:
        why = "An entity is declared by the statement that creates it."
        do = "Put what is done once into a revision: op.execute(...)."
        return Problem(f"{' '.join(said[:2]) or 'This'} is no declaration.", why, do)
    words = [word for word in said[1:] if word not in _BETWEEN]
    kind = " ".join(words[:2]) if " ".join(words[:2]) in _TWO_WORDS else "".join(words[:1])
    if kind in _OF_METADATA:
        why = "Alembic compares tables, and what belongs to them, with the metadata."
        return Problem(f"CREATE {kind} belongs into the metadata.", why, "Declare it there.")
    return Problem(
        f"CREATE {kind} is not supported." if kind else "CREATE what?",
        "It could be neither compared nor dropped.",
        "Create it in a revision: op.execute(...).",
    )
