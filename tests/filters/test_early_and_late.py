"""Alembic's two questions about one thing, in its order: what the early one leaves out, the late one never lets in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, String, Table

from migrakit import external, filters
from migrakit.errors import ConfigurationError
from migrakit.filters import UNKNOWN, Answer, Filter, hooks
from migrakit.filters.comparison import protected
from migrakit.target import NOWHERE, Place, Reader

if TYPE_CHECKING:
    from migrakit import Target

YES, NO = Answer.YES, Answer.NO


class InPublic:
    """What a connection would tell."""

    default_schema = "public"

    def home_of(self, table: str) -> str | None:
        return "public"


PLACES: list[Place] = [NOWHERE, InPublic()]


@filters.rule
def wide(target: Target) -> bool | Answer:
    """Can't tell without the object."""
    return UNKNOWN if target.object is None else len(target.object.columns) > 1


@filters.rule(parts=True)
def wide_or_strings(target: Target) -> bool | Answer:
    """Speaks of columns too, and can't tell without the object."""
    if target.object is None:
        return UNKNOWN
    return len(target.object.columns) > 1 if target.kind == "table" else isinstance(target.object.type, String)


@filters.rule
def inconsistent(target: Target) -> bool:
    """Contradicts itself, once there is an object."""
    return target.object is not None


NAMES = ("pycon_a", "pycon_b", "shop_a", "versions")
SCHEMAS = (None, "public", "billing")

consistent: list[Filter] = [
    filters.prefix("pycon_"),
    filters.prefix("shop_", "other_"),
    filters.names("*_a"),
    filters.names("billing.*", "pycon_b"),
    filters.names("public.pycon_*"),
    filters.schemas("billing"),
    filters.schemas("public"),
    filters.schemas(None),
    filters.kinds("table"),
    filters.kinds("column"),
    filters.kinds("view"),
    filters.tagged(owner="pycon"),
    filters.declared,
    filters.everything,
    filters.nothing,
    wide,
    wide_or_strings,
]


def trees(leaves: list[Filter]) -> st.SearchStrategy[Filter]:
    return st.recursive(
        st.sampled_from(leaves),
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda pair: pair[0] & pair[1]),
            st.tuples(inner, inner).map(lambda pair: pair[0] | pair[1]),
            inner.map(lambda one: ~one),
        ),
        max_leaves=6,
    )


@dataclass(frozen=True)
class Kept:
    """A table: in the metadata, in the database, or in both."""

    name: str
    schema: str | None
    declared: bool
    exists: bool
    tags: tuple[tuple[str, Any], ...]
    """Its info, where it is declared."""

    def table(self, info: dict[str, Any]) -> Table:
        if self.name == "versions":
            return Table(self.name, MetaData(), Column("version_num", String(32)), schema=self.schema, info=info)
        columns: list[Column[Any]] = [Column("id", Integer)]
        if self.name.endswith("a"):
            columns.append(Column("title", String(9)))
        return Table(self.name, MetaData(), *columns, schema=self.schema, info=info)


somewhere = st.sampled_from([(True, False), (False, True), (True, True)])
tags = st.sampled_from([{}, {"owner": "pycon"}, {"owner": "shop"}, external()])
tables = st.lists(
    st.builds(
        lambda name, schema, where, info: Kept(name, schema, where[0], where[1], tuple(info.items())),
        st.sampled_from(NAMES),
        st.sampled_from(SCHEMAS),
        somewhere,
        tags,
    ),
    min_size=1,
    max_size=4,
    # Alembic knows a table by its bare name or by its schema's, and here both are one.
    unique_by=lambda kept: (kept.name, kept.schema or "public"),
)


@dataclass(frozen=True)
class Outcome:
    """What was said of one thing."""

    target: Target
    early: bool
    """Whether include_name let it in, and its schema; only what exists is asked about by name."""
    late: bool
    verdict: Answer
    """What the filter makes of all that can be known here."""
    truth: Answer
    """What it makes of all there is to know: of the default schema's name too."""


def asked_as_alembic_asks(owns: Filter, kept: list[Kept], place: Place, unseen: str | None = None) -> list[Outcome]:
    """Schemas first, then the names in each, then the objects: a table's own, and its columns'."""
    with patch.object(hooks, "NOWHERE", place):
        both = hooks.Hooks(owns, looks_into=lambda schema: schema.schema is None or schema.schema != unseen)
        schemas = {schema: both.include_name(schema, "schema", {}) for schema in sorted(SCHEMAS, key=str)}
        names = {
            each: schemas[each.schema] and (not each.exists or both.include_name(each.name, "table", _parents(each)))
            for each in kept
        }
        reader = Reader(place)
        return [outcome for each in kept for outcome in _late(owns, both, reader, each, names[each])]


def _late(owns: Filter, both: hooks.Hooks, reader: Reader, kept: Kept, early: bool) -> list[Outcome]:
    declared, reflected = kept.table(dict(kept.tags)), kept.table({})
    seen = kept.exists and early  # what was left out by name looks new, if it is declared
    outcomes = [_outcome(owns, both, reader, _question(declared, reflected, "table", kept, seen), early)]
    if not outcomes[0].late or not seen:
        return outcomes
    for column in reflected.columns:
        parents = {**_parents(kept), "table_name": kept.name}
        by_name = both.include_name(column.name, "column", parents)
        question = _question(declared.columns[column.name], column, "column", kept, by_name)
        outcomes.append(_outcome(owns, both, reader, question, by_name))
    return outcomes


def _question(declared: Any, reflected: Any, type_: str, kept: Kept, seen: bool) -> tuple[Any, ...]:
    if kept.declared:
        return declared, declared.name, type_, False, reflected if seen else None
    return reflected, reflected.name, type_, True, None


def _outcome(owns: Filter, both: hooks.Hooks, reader: Reader, question: tuple[Any, ...], early: bool) -> Outcome:
    target = reader.from_object(*question)
    try:
        late = both.include_object(*question)
    except ConfigurationError:  # it is declared, and another's
        late = False
    owns = protected(owns, None)
    return Outcome(target, early, late, owns.decide(target), owns.decide(Reader(InPublic()).from_object(*question)))


def _parents(kept: Kept) -> dict[str, str | None]:
    qualified = f"{kept.schema}.{kept.name}" if kept.schema else kept.name
    return {"schema_name": kept.schema, "schema_qualified_table_name": qualified}


@settings(max_examples=400, deadline=None, derandomize=True)
@given(trees([*consistent, inconsistent]), tables, st.sampled_from(PLACES), st.sampled_from([None, "billing"]))
def test_what_is_left_out_by_name_is_never_let_in(
    owns: Filter, kept: list[Kept], place: Place, unseen: str | None
) -> None:
    """Not even where a rule contradicts itself, or nobody looks: it would be created again in every revision."""
    for outcome in asked_as_alembic_asks(owns, kept, place, unseen):
        assert outcome.early or not outcome.late, outcome


@settings(max_examples=400, deadline=None, derandomize=True)
@given(trees(consistent), tables, st.sampled_from(PLACES))
def test_what_is_owned_is_never_left_out_by_name(owns: Filter, kept: list[Kept], place: Place) -> None:
    for outcome in asked_as_alembic_asks(owns, kept, place):
        if outcome.truth is YES:
            assert outcome.early, outcome
        if outcome.verdict is YES:
            assert outcome.late, outcome
        elif outcome.verdict is NO:
            assert not outcome.late, outcome


@settings(max_examples=400, deadline=None, derandomize=True)
@given(trees(consistent), tables, st.sampled_from(PLACES))
def test_what_can_not_be_told_is_let_in_if_it_is_declared(owns: Filter, kept: list[Kept], place: Place) -> None:
    for outcome in asked_as_alembic_asks(owns, kept, place):
        if outcome.verdict is UNKNOWN and outcome.target.kind == "table":
            assert outcome.early, outcome
            assert outcome.late is outcome.target.declared, outcome


def test_each_verdict_is_among_what_is_tried() -> None:
    tried: set[tuple[Answer, bool, bool]] = set()

    @settings(max_examples=300, deadline=None, derandomize=True, database=None)
    @given(trees(consistent), tables, st.sampled_from(PLACES))
    def try_some(owns: Filter, kept: list[Kept], place: Place) -> None:
        for outcome in asked_as_alembic_asks(owns, kept, place):
            tried.add((outcome.verdict, outcome.early, outcome.late))

    try_some()
    assert tried == {
        (YES, True, True),
        (UNKNOWN, True, True),
        (UNKNOWN, True, False),
        (NO, True, False),
        (NO, False, False),
    }
