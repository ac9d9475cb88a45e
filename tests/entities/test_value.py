from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError
from operator import add
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrakit.entities import Entities, Entity
from migrakit.entities.value import Position
from migrakit.errors import EntityError


def an_entity(name: str = "a", **fields: Any) -> Entity:
    return Entity(**{"kind": "view", "name": name, "sql": f"CREATE VIEW {name} AS SELECT 1", **fields})


A, B = an_entity("a"), an_entity("b")
F = Entity("function", "f", schema="s", arguments="integer", sql="CREATE ...", place=Position("db.py", 3))


def test_where_it_is_declared_is_no_part_of_what_it_is() -> None:
    one, other = an_entity(place=Position("a.py", 1)), an_entity(place=Position("b.py", 2))
    assert one == other
    assert hash(one) == hash(other)


def test_it_reads_as_what_it_is_and_where() -> None:
    assert repr(F) == "<function s.f(integer), db.py:3>"
    assert repr(an_entity(kind="materialized_view")) == "<materialized view a>"
    assert repr(Entities([F, A])) == "Entities([function s.f(integer), view a])"
    assert str(Position("db.py")) == "db.py"


def test_nothing_can_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        A.name = "b"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        Entities([A])._all = ()  # type: ignore[misc]


entities = st.lists(
    st.builds(
        Entity,
        st.sampled_from(["view", "function"]),
        st.sampled_from("abc"),
        schema=st.sampled_from([None, "s", "t"]),
        arguments=st.sampled_from(["", "integer"]),
        sql=st.just("CREATE ..."),
    ),
    unique_by=lambda entity: (entity.kind, entity.schema, entity.name, entity.arguments),
)


@given(st.data())
def test_the_order_is_that_of_what_they_are(data: st.DataObject) -> None:
    given_order = data.draw(entities)
    shuffled = data.draw(st.permutations(given_order))

    assert list(Entities(shuffled)) == list(Entities(given_order))
    assert hash(Entities(shuffled)) == hash(Entities(given_order))
    middle = len(shuffled) // 2
    assert Entities(shuffled[:middle]) + Entities(shuffled[middle:]) == Entities(given_order)


def test_it_is_a_sequence() -> None:
    both = Entities([B, A])
    assert (both[0], both[-1], both[:1], len(both)) == (A, B, Entities([A]), 2)
    assert A in both
    assert both.index(B) == 1
    assert not Entities()
    assert copy.deepcopy(both) == pickle.loads(pickle.dumps(both)) == both


def test_only_collections_are_added() -> None:
    with pytest.raises(TypeError):
        add(Entities([A]), [B])


@pytest.mark.parametrize(
    "second",
    [
        {"sql": "CREATE VIEW a AS SELECT 2"},
        {},
        {"kind": "materialized_view"},
        {"place": Position("a.py", 2)},
    ],
    ids=str,
)
def test_two_declarations_of_one_thing_are_refused_with_both_places(second: dict[str, Any]) -> None:
    one = an_entity(place=Position("a.py", 1))
    other = an_entity(**{"place": Position("b.py", 2), **second})

    with pytest.raises(EntityError, match=r"view a is declared twice: at .*Keep one of them") as raised:
        Entities([one]) + Entities([other])
    assert "a.py:1" in str(raised.value)
    assert str(other.place) in str(raised.value)


def test_all_that_is_declared_twice_is_said_at_once() -> None:
    with pytest.raises(EntityError) as raised:
        Entities([A, B, copy.copy(A), copy.copy(B)])
    assert [problem.what for problem in raised.value.problems] == [
        "The view a is declared twice: somewhere that isn't known and somewhere that isn't known.",
        "The view b is declared twice: somewhere that isn't known and somewhere that isn't known.",
    ]


def test_what_is_declared_once_and_read_twice_counts_once() -> None:
    assert len(Entities([A, A])) == 1
    assert len(Entities([F, copy.copy(F)])) == 1


def test_overloads_schemas_and_other_kinds_are_different_things() -> None:
    several = [
        an_entity(),
        an_entity(schema="s"),
        an_entity(kind="function", arguments=""),
        an_entity(kind="function", arguments="integer"),
    ]
    assert len(Entities(several)) == 4
