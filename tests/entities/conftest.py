"""alembic-utils registers a comparator as it is imported, which would take part in every other test of the process.

So it is imported here, before any test of this folder does, and what it registered is taken back.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import comparators

from tests.entities.both import Both
from tests.entities.stock import stock_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.databases import NewDatabase
    from tests.entities.stock import Stock

_before = {key: list(registered) for key, registered in comparators._registry.items()}
import_module("alembic_utils.replaceable_entity")
comparators._registry.clear()
comparators._registry.update(_before)


@pytest.fixture(scope="module")
def process() -> Iterator[Stock]:
    with stock_process() as process:
        yield process


@pytest.fixture
def both(process: Stock, new_database: NewDatabase, tmp_path: Path) -> Both:
    return Both(process, new_database("postgresql-18"), new_database("postgresql-18"), tmp_path)
