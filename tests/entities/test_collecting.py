from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from alembic_utils.pg_view import PGView
from alembic_utils.replaceable_entity import ReplaceableEntity
from sqlalchemy import literal, select

import migrakit
from migrakit.entities import Entities, entity, sql
from migrakit.entities.collecting import as_entities
from migrakit.errors import EntityError

A = entity("CREATE VIEW a AS SELECT 1")
B = entity("CREATE VIEW b AS SELECT 1")
FUNCTIONS = sql("CREATE FUNCTION f() RETURNS int RETURN 1; CREATE FUNCTION g() RETURNS int RETURN 1")
LEGACY = PGView("public", "legacy", "SELECT 1")


def test_nothing_is_an_empty_collection() -> None:
    assert as_entities(None) == as_entities([]) == as_entities(()) == Entities()


def test_a_collection_is_itself() -> None:
    assert as_entities(FUNCTIONS) is FUNCTIONS


def test_lists_within_lists_are_one_collection() -> None:
    found = as_entities([B, [FUNCTIONS, (A, [LEGACY])]])
    assert list(map(str, found)) == ["function f()", "function g()", "view a", "view b", "view public.legacy"]


def test_the_same_object_counts_once() -> None:
    assert len(as_entities([A, [A], LEGACY, LEGACY, FUNCTIONS, FUNCTIONS[0]])) == 4


def test_two_declarations_of_one_thing_are_refused() -> None:
    with pytest.raises(EntityError, match=r"view public\.legacy is declared twice"):
        as_entities([LEGACY, PGView("public", "legacy", "SELECT 2")])


@pytest.mark.parametrize(
    ("given", "do"),
    [
        ("CREATE VIEW v AS SELECT 1", "Write entity('CREATE ...')"),
        (Path("db"), "Write from_folder('db')."),
        (migrakit, "Write from_package('migrakit')."),
        (select(literal(1)), "Write view(name, select)."),
        (PGView, "Write what entity(), sql(), view(), from_package() or from_folder() gives."),
        (1, "Write what entity(), sql(), view(), from_package() or from_folder() gives."),
    ],
    ids=["text", "path", "module", "select", "class", "number"],
)
def test_what_declares_nothing_is_refused_with_what_was_meant(given: Any, do: str) -> None:
    with pytest.raises(EntityError, match="which declares nothing") as raised:
        as_entities([A, given])
    assert do in str(raised.value)
    with pytest.raises(EntityError, match="is no list of entities") as raised:
        as_entities(given)
    assert do in str(raised.value)


@pytest.mark.parametrize("given", [A, LEGACY, {A}, {"a": A}], ids=["one", "converted", "set", "dict"])
def test_one_alone_and_what_is_no_list_are_to_be_a_list(given: Any) -> None:
    with pytest.raises(EntityError, match=r"Pass a list: entities=\[\.\.\.\]"):
        as_entities(given)


def test_all_that_is_wrong_is_said_at_once_with_the_place_of_the_call() -> None:
    class PGRule(ReplaceableEntity):
        """Somebody's own."""

    rule = PGRule("public", "r", "ON INSERT TO x DO INSTEAD NOTHING")
    with pytest.raises(EntityError) as raised:
        as_entities([1, rule, A, entity("CREATE VIEW a AS SELECT 2"), rule])
    said = [problem.what for problem in raised.value.problems]
    at = said[0].partition(": ")[0]
    assert at.startswith(f"{__file__}:")
    assert said[:2] == [
        f"{at}: In entities= is 1, which declares nothing.",
        f"{at}: alembic-utils' PGRule is not supported yet.",
    ]
    assert said[2].startswith("The view a is declared twice: at ")
    assert len(said) == 3
