"""The benchmarks that are not played elsewhere, with the least that they can measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.billing import billing
from benchmarks.entities import entities
from benchmarks.peers import PEERS

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.databases import Database


def test_ten_entities_are_compared_by_all(
    new_database: Callable[[Any], Database], capsys: pytest.CaptureFixture[str]
) -> None:
    results = entities(new_database, most=10, rounds=1)
    said = capsys.readouterr().out
    assert [str(each) for each in results if not each.holds] == []
    assert "failed" not in said
    assert "cut at" not in said
    for peer in PEERS:
        if peer.is_there:
            assert said.count(f"    {peer.name} ") == 3
            assert f"  {peer}\n" in said


def test_a_schema_of_public_size_costs_as_many_statements(new_database: Callable[[Any], Database]) -> None:
    results = billing(new_database)
    assert results
    assert [str(each) for each in results if not each.holds] == []
