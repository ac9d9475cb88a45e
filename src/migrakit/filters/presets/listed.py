"""A preset: what a product makes in a database, name by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrakit.filters.algebra import Answer, Filter, Rule
from migrakit.target import NAMESPACES

if TYPE_CHECKING:
    from migrakit.target import Target

__all__ = ["Listing", "Made", "listed", "made"]


@dataclass(frozen=True, slots=True)
class Made:
    """What a product makes in one schema, or in any."""

    schema: str | None
    """``None`` for what is the product's wherever it is found."""
    names: frozenset[tuple[str, str]]
    """Each with its namespace: ``"relation"``, ``"function"`` or ``"type"``."""
    generated: re.Pattern[str] | None
    """The names of the tables that the product numbers as it goes."""
    shapes: frozenset[tuple[str, frozenset[str]]]
    """Tables named by an ordinary word, each with its columns: these tell it from a user's."""

    def judge(self, target: Target) -> Answer:
        return self._judge_schema(target) & self._judge_name(target)

    def _judge_schema(self, target: Target) -> Answer:
        if self.schema is None:
            return Answer.YES
        return Answer.UNKNOWN if target.schema is None else Answer.of(target.schema == self.schema)

    def _judge_name(self, target: Target) -> Answer:
        if target.name is None:
            return Answer.UNKNOWN
        namespace = NAMESPACES.get(target.kind)
        if (namespace, target.name) in self.names:
            return Answer.YES
        if namespace == "relation" and self.generated and self.generated.fullmatch(target.name):
            return Answer.YES
        return self._judge_shape(target) if target.kind == "table" else Answer.NO

    def _judge_shape(self, target: Target) -> Answer:
        if not any(name == target.name for name, _ in self.shapes):
            return Answer.NO
        columns = getattr(target.object, "columns", None)
        if columns is None:
            return Answer.UNKNOWN
        if (target.name, frozenset(column.name for column in columns)) in self.shapes:
            # One column proves nothing of a table that the service declares.
            return Answer.of(len(columns) > 1 or not target.declared)
        # Another version of the product may give it other columns; what the service declares is its own.
        return Answer.NO if target.declared else Answer.UNKNOWN


@dataclass(frozen=True, slots=True)
class Listing:
    """All that a product makes."""

    name: str
    """What its author writes: ``"celery"``."""
    source: str
    """The product, with the version that was read."""
    schemas: frozenset[str]
    """Schemas that are the product's as a whole."""
    made: tuple[Made, ...]


class _Listed(Rule):
    __slots__ = ()
    given: Listing

    def _judge(self, target: Target) -> tuple[Answer, str]:
        source = self.given.source
        if target.schema in self.given.schemas:
            return Answer.YES, f"{source} has schema {target.schema!r} to itself"
        answer = Answer.UNKNOWN if self.given.schemas and target.schema is None else Answer.NO
        for each in self.given.made:
            answer |= each.judge(target)
        if answer is Answer.UNKNOWN:
            return answer, f"{source} may make it, but {_missing(target)}"
        return answer, f"{source} {'makes it' if answer is Answer.YES else 'makes no such thing'}"

    def __repr__(self) -> str:
        return f"presets.{self.given.name}"


def listed(name: str, source: str, *made: Made, schemas: str = "") -> Filter:
    """A preset. Lists of names are words in one string, as in ``schemas="_timescaledb_catalog _timescaledb_cache"``."""
    return _Listed(Listing(name, source, frozenset(schemas.split()), made))


def made(
    schema: str | None = None,
    *,
    relations: str = "",
    functions: str = "",
    types: str = "",
    generated: str | None = None,
    shapes: tuple[tuple[str, str], ...] = (),
) -> Made:
    """What a product makes in a schema, or in any: words in one string, and of each shape the table and its columns."""
    words = {"relation": relations, "function": functions, "type": types}
    return Made(
        schema,
        frozenset((namespace, name) for namespace, names in words.items() for name in names.split()),
        re.compile(generated) if generated else None,
        frozenset((name, frozenset(columns.split())) for name, columns in shapes),
    )


def _missing(target: Target) -> str:
    if target.name is None:
        return "the name isn't known yet"
    if target.schema is None:
        return "the schema isn't known"
    return "the columns aren't known yet" if target.object is None else "the columns are not those of that version"
