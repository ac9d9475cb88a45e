"""The tests ran on what was asked for, and not on what happened to be there."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.versions import DEPENDENCIES, VARIABLE, installed, newest, pinned

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"


@pytest.fixture
def asked_for() -> dict[str, str]:
    asked = os.environ.get(VARIABLE)
    if asked == "lowest":
        return pinned()
    if asked == "newest":
        return newest()
    if asked is None:
        pytest.skip(f"{VARIABLE} is not set, so no versions were asked for: 'make test' sets it")
    pytest.fail(f"{VARIABLE}={asked!r} is neither 'lowest' nor 'newest'")


def test_the_versions_are_those_asked_for(asked_for: dict[str, str]) -> None:
    assert installed(*DEPENDENCIES) == asked_for, "'make clean' has the next 'make test' install them anew"


def test_the_lowest_versions_tested_are_the_lowest_allowed() -> None:
    bounds = {each.name: _lower_bound(each) for each in required()}
    assert {name: Version(version) for name, version in pinned().items()} == bounds


def test_without_an_index_nothing_is_called_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(LookupError, match="is there a network"):
        newest()


def required() -> list[Requirement]:
    """What pyproject.toml requires: it, and not the metadata of what was installed from it some time ago."""
    text = PYPROJECT.read_text()
    # Python 3.10 reads no TOML, and an array of strings is a list in Python too.
    array = re.search(r"^dependencies = (\[.*?^\])", text, re.DOTALL | re.MULTILINE)
    assert array
    return [Requirement(each) for each in ast.literal_eval(array[1])]


def _lower_bound(requirement: Requirement) -> Version:
    (bound,) = (each.version for each in requirement.specifier if each.operator == ">=")
    return Version(bound)
