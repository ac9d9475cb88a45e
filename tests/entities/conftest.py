"""alembic-utils is imported here, before any test of this folder does, and takes part in no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.entities.both import Both
from tests.entities.stock import stock_process
from tests.entities.unregistered import import_alembic_utils

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.databases import NewDatabase
    from tests.entities.stock import Stock

import_alembic_utils()


@pytest.fixture(autouse=True)
def no_guards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here tables with rows come and go, there and back. That somebody has to accept it, is tested elsewhere."""
    monkeypatch.setattr("migrakit.guards.defaults", list)


@pytest.fixture(scope="module")
def process() -> Iterator[Stock]:
    with stock_process() as process:
        yield process


@pytest.fixture
def both(process: Stock, new_database: NewDatabase, tmp_path: Path) -> Both:
    return Both(process, new_database("postgresql-18"), new_database("postgresql-18"), tmp_path)
