"""One object as the server has it, in its own words."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["ROUTINES", "VIEWS", "Identity", "Rendered"]

ROUTINES = ("function", "procedure")
"""Kinds that are told apart by their arguments."""

VIEWS = ("view", "materialized_view")
"""Kinds that have columns."""


class Identity(NamedTuple):
    """What there can be but one of: for a function with the types of its input, for a trigger with its table."""

    kind: str
    schema: str
    name: str
    types: tuple[str, ...] = ()
    relation: str = ""
    """What it stands on; for a grant the kind of object."""

    def __str__(self) -> str:
        name = f"{self.schema}.{self.name}" if self.schema else self.name
        types = f"({', '.join(self.types)})" if self.kind in ROUTINES else ""
        on = f" on {self.schema}.{self.relation}" if self.relation not in ("", self.name) else ""
        return f"{self.kind.replace('_', ' ')} {self.name if on else name}{types}{on}"


_COLUMN = re.compile(r'[^" ]+|"(?:[^"]|"")*"')


class Rendered(NamedTuple):
    """One object, as the server writes it."""

    identity: Identity
    definition: str
    """The statement that makes it; of a grant, what roles may do, as JSON."""
    shape: tuple[str, ...]
    """What a replacement has to keep; of what has columns, these."""
    state: str
    """The statement's end that no declaration is held to."""
    bases: frozenset[Identity]
    """Those of the objects seen that it stands on."""
    number: int
    """The server's."""
    of_rules: frozenset[Identity] = frozenset()
    """Of the bases, those of the rules that hang on a view, and come with it."""

    @property
    def columns(self) -> frozenset[str]:
        """The names of a view's columns, as SQL has them."""
        if self.identity.kind not in VIEWS:
            return frozenset()
        return frozenset(match[0] for each in self.shape if (match := _COLUMN.match(each)))

    @property
    def sql(self) -> str:
        """What makes it as it is."""
        return self.definition + self.state
