from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table

from migrakit import Target, filters
from migrakit.errors import FilterError, RuleError
from migrakit.filters import UNKNOWN, Answer, Filter

if TYPE_CHECKING:
    from collections.abc import Callable

YES, NO = Answer.YES, Answer.NO


def table(name: str | None, schema: str = "public", **facts: Any) -> Target:
    return Target("table", name, schema=schema, default_schema="public", **facts)


def schema(name: str | None) -> Target:
    return Target("schema", None, schema=name, default_schema="public")


def index_of(root: Target) -> Target:
    return Target("index", "ix", schema=root.schema, default_schema="public", table=root)


@pytest.mark.parametrize(
    ("rule", "target", "answer"),
    [
        (filters.prefix("shop_"), table("shop_orders"), YES),
        (filters.prefix("shop_"), table("shopify_orders"), NO),
        (filters.prefix("shop_"), table("shopXorders"), NO),
        (filters.prefix("shop_"), table("Shop_orders"), NO),
        (filters.prefix("a_", "b_"), table("b_x"), YES),
        (filters.prefix("shop_"), schema("other"), UNKNOWN),
        (filters.prefix("shop_"), index_of(table("shop_orders")), YES),
        (filters.names("talk?", "room_*"), table("talks"), YES),
        (filters.names("talk?", "room_*"), table("talk"), NO),
        (filters.names("room_*"), table("room_a", "archive"), YES),
        (filters.names("archive.*"), table("room_a", "archive"), YES),
        (filters.names("archive.*"), table("room_a"), NO),
        (filters.names("archive.*"), schema("archive"), UNKNOWN),
        (filters.names("archive.*"), schema("public"), NO),
        (filters.names("archive.*", "room"), schema("public"), UNKNOWN),
        (filters.names("archive.*"), Target("table", "x"), UNKNOWN),
        (filters.regex("talk|room.*"), table("talks"), NO),
        (filters.regex("talk|room.*"), table("rooms"), YES),
        (filters.schemas("billing"), table("x", "billing"), YES),
        (filters.schemas("billing"), table("x"), NO),
        (filters.schemas("billing"), schema("billing"), YES),
        (filters.schemas("billing"), schema("public"), NO),
        (filters.schemas("tenant_*"), table("x", "tenant_7"), YES),
        (filters.schemas(None), table("x"), YES),
        (filters.schemas(None), table("x", "billing"), NO),
        (filters.schemas(None), Target("table", "x"), YES),
        (filters.schemas("public"), Target("table", "x"), UNKNOWN),
        (filters.schemas(None), Target("table", "x", schema="public"), UNKNOWN),
        (filters.kinds("table"), table("x"), YES),
        (filters.kinds("table"), index_of(table("x")), YES),
        (filters.kinds("index"), index_of(table("x")), YES),
        (filters.kinds("index"), table("x"), NO),
        (~filters.kinds("index"), index_of(table("x")), NO),
        (filters.kinds("view"), schema("public"), UNKNOWN),
        (filters.declared, table("x", declared=True), YES),
        (filters.declared, table("x", declared=False), UNKNOWN),
        (filters.declared, table("x"), UNKNOWN),
        (filters.everything, schema("public"), YES),
        (filters.nothing, table("x"), NO),
    ],
    ids=str,
)
def test_answers(rule: Filter, target: Target, answer: Answer) -> None:
    assert rule.decide(target) is answer


def test_a_name_that_begins_with_anothers_is_composed() -> None:
    owns = filters.prefix("shop_") & ~filters.prefix("shop_eu_")
    assert owns.decide(table("shop_orders")) is YES
    assert owns.decide(table("shop_eu_orders")) is NO


def test_tags_stand_in_info() -> None:
    tagged = Table("x", MetaData(), Column("id", Integer), info={"owner": "billing", "tier": 1})
    rule = filters.tagged(owner="billing", tier=1)
    assert rule.decide(table("x", declared=True, object=tagged)) is YES
    assert filters.tagged(owner="shop").decide(table("x", declared=True, object=tagged)) is NO
    assert filters.tagged(colour=None).decide(table("x", declared=True, object=tagged)) is NO
    assert rule.decide(table("x")) is rule.decide(table("x", declared=False, object=tagged)) is UNKNOWN


def test_a_users_rule_is_asked_about_roots_that_have_a_name() -> None:
    asked = []

    @filters.rule
    def not_archived(target: Target) -> bool:
        asked.append(target)
        assert target.name is not None
        return not target.name.endswith("_archive")

    root = table("talks")
    assert not_archived.decide(index_of(root)) is YES
    assert not_archived.decide(table("talks_archive")) is NO
    assert not_archived.decide(schema("public")) is UNKNOWN
    assert asked == [root, table("talks_archive")]
    assert repr(not_archived) == "not_archived"


def test_a_users_rule_can_speak_of_parts() -> None:
    @filters.rule(parts=True)
    def no_indexes(target: Target) -> bool | Answer:
        return target.kind != "index"

    assert no_indexes.decide(index_of(table("talks"))) is NO
    assert no_indexes.decide(table("talks")) is YES


@pytest.mark.parametrize("given", [None, 1, "yes"])
def test_a_users_rule_has_to_answer(given: object) -> None:
    @filters.rule
    def forgetful(target: Target) -> bool:
        return given  # type: ignore[return-value]

    with pytest.raises(RuleError) as raised:
        forgetful.decide(table("talks"))

    assert str(raised.value) == (
        f"The rule forgetful returned {given!r} when asked about table public.talks. "
        "That is none of the three answers, and a guess could drop another service's table. "
        "Return True (mine), False (not mine) or filters.UNKNOWN (can't tell yet) on every path."
    )


def test_a_users_rule_that_raises_is_named() -> None:
    @filters.rule
    def careless(target: Target) -> bool:
        return bool(target.object.info["owner"])

    with pytest.raises(RuleError, match=r"The rule careless raised AttributeError when asked about table public.talks"):
        careless.decide(table("talks"))


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda it: it.prefix(""), "prefix() got ''. An empty word fits everything. Write prefix('pycon_')."),
        (lambda it: it.prefix(), "prefix() got nothing."),
        (lambda it: it.prefix("shop"), "prefix('shop') has no separator at its end."),
        (lambda it: it.prefix(["a_"]), "Write prefix(*['a_'])."),
        (lambda it: it.prefix(5), "prefix() got 5, not a string."),
        (lambda it: it.names("a.b.c"), "names('a.b.c') can't be read as 'name' or 'schema.name'."),
        (lambda it: it.names(".x"), "names('.x') can't be read"),
        (lambda it: it.names(), "names() got nothing."),
        (lambda it: it.regex("("), "regex('(') is not a regular expression"),
        (lambda it: it.schemas(), "schemas() got nothing."),
        (lambda it: it.schemas(""), "schemas() got ''."),
        (lambda it: it.kinds("tabel"), "kinds('tabel') names an unknown kind: did you mean 'table'?"),
        (lambda it: it.kinds("schema"), "Write schemas('...') to speak of schemas."),
        (lambda it: it.tagged(), "tagged() got nothing."),
        (lambda it: it.from_callables(), "from_callables() got nothing."),
        (lambda it: it.from_callables(include_name="x"), "include_name='x' can't be called."),
        (lambda it: it.rule("pycon_"), "rule('pycon_') is given no function."),
    ],
)
def test_what_cannot_mean_what_it_says_is_refused(write: Callable[[Any], object], message: str) -> None:
    with pytest.raises(FilterError) as raised:
        write(filters)
    assert message in str(raised.value)


def test_all_problems_are_said_at_once() -> None:
    with pytest.raises(FilterError) as raised:
        filters.prefix("shop", "pycon")
    assert [problem.what for problem in raised.value.problems] == [
        "prefix('shop') has no separator at its end.",
        "prefix('pycon') has no separator at its end.",
    ]
