from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrakit import Target, filters
from migrakit.filters import Answer, Filter

if TYPE_CHECKING:
    from collections.abc import Callable

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN

answers = st.sampled_from(Answer)


def constantly(answer: Answer) -> Filter:
    def always(_target: Target) -> Answer:
        return answer

    return filters.rule(always)


TARGET = Target("table", "pycon_talks", schema="public", default_schema="public")


def decide(filter_: Filter) -> Answer:
    return filter_.decide(TARGET)


leaves: st.SearchStrategy[Filter] = answers.map(constantly)
trees: st.SearchStrategy[Filter] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: pair[0] & pair[1]),
        st.tuples(inner, inner).map(lambda pair: pair[0] | pair[1]),
        inner.map(lambda one: ~one),
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("one", "other", "both", "either"),
    [
        (YES, YES, YES, YES),
        (YES, NO, NO, YES),
        (YES, UNKNOWN, UNKNOWN, YES),
        (NO, NO, NO, NO),
        (NO, UNKNOWN, NO, UNKNOWN),
        (UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    ],
)
def test_truth_tables(one: Answer, other: Answer, both: Answer, either: Answer) -> None:
    assert decide(constantly(one) & constantly(other)) is decide(constantly(other) & constantly(one)) is both
    assert decide(constantly(one) | constantly(other)) is decide(constantly(other) | constantly(one)) is either


def test_negation_leaves_what_cannot_be_told() -> None:
    assert [decide(~constantly(answer)) for answer in (YES, NO, UNKNOWN)] == [NO, YES, UNKNOWN]


@given(trees, trees)
def test_de_morgan(one: Filter, other: Filter) -> None:
    assert decide(~(one & other)) is decide(~one | ~other)
    assert decide(~(one | other)) is decide(~one & ~other)


@given(trees)
def test_double_negation(tree: Filter) -> None:
    assert decide(~~tree) is decide(tree)
    assert repr(~~tree) == repr(tree)


@given(trees, trees, trees)
def test_distribution_and_association(one: Filter, two: Filter, three: Filter) -> None:
    assert decide(one & (two | three)) is decide((one & two) | (one & three))
    assert decide((one & two) & three) is decide(one & (two & three))


def _settled(tree: Filter, truth: Callable[[int], Answer]) -> Answer:
    """What the tree says once each rule that couldn't tell knows its answer."""
    numbered = iter(range(1000))

    def settle(filter_: Filter) -> Filter:
        inner = getattr(filter_, "filters", None)
        if inner is not None:
            return type(filter_)(tuple(settle(each) for each in inner))  # type: ignore[call-arg]
        negated = getattr(filter_, "filter", None)
        if negated is not None:
            return ~settle(negated)
        answer = filter_.decide(TARGET)
        return constantly(truth(next(numbered)) if answer is UNKNOWN else answer)

    return settle(tree).decide(TARGET)


@given(trees, st.lists(st.sampled_from([YES, NO]), min_size=12, max_size=12))
def test_cannot_tell_never_turns_into_a_wrong_answer(tree: Filter, truth: list[Answer]) -> None:
    """What is definite stays so however the open questions end: nothing is left out early or dropped late by guess."""
    early = decide(tree)
    if early is not UNKNOWN:
        assert _settled(tree, lambda number: truth[number]) is early


@given(trees)
def test_the_explanation_tells_the_same_and_names_rules_that_decide(tree: Filter) -> None:
    explanation = tree.explain(TARGET)
    assert explanation.answer is decide(tree)
    assert explanation.deciding
    assert all(not rule.parts for rule in explanation.deciding)


def test_explanation_reads_as_a_tree() -> None:
    owns = filters.prefix("pycon_") & ~filters.names("*_archive")

    shown = str(owns.explain(Target("table", "pycon_talks_archive", schema="public")))

    assert shown.splitlines() == [
        "no         prefix('pycon_') & ~names('*_archive')",
        "  yes        prefix('pycon_'): 'pycon_talks_archive' begins so",
        "  no         ~names('*_archive')",
        "    yes        names('*_archive'): '*_archive' fits   <- decides",
    ]


@pytest.mark.parametrize(
    "written",
    [
        "prefix('a_') & ~prefix('a_b_')",
        "~(prefix('a_') | names('b.*')) & declared",
        "(everything | nothing) & kinds('table', 'view')",
        "schemas('billing', None) | regex('x.*') | tagged(owner='billing', tier=1)",
        "~(prefix('a_') & declared)",
    ],
)
def test_repr_reads_as_written(written: str) -> None:
    namespace = {name: getattr(filters, name) for name in filters.__all__}
    assert repr(eval(written, namespace)) == written


def test_filters_refuse_to_be_true_or_false() -> None:
    with pytest.raises(TypeError, match=r"compose filters with '&', '\|' and '~'"):
        bool(filters.prefix("a_"))
    with pytest.raises(TypeError, match="UNKNOWN is neither true nor false"):
        bool(UNKNOWN)


@pytest.mark.parametrize("other", ["pycon_", None, len])
def test_operators_leave_foreign_types_to_python(other: object) -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        filters.everything & other  # type: ignore[operator]
    with pytest.raises(TypeError, match="unsupported operand"):
        other | filters.everything  # type: ignore[operator]


def test_filters_are_values() -> None:
    assert filters.prefix("a_") & filters.declared == filters.prefix("a_") & filters.declared
    assert len({filters.prefix("a_"), filters.prefix("a_"), ~filters.prefix("a_")}) == 2
