"""A schema of public size: from nothing and back, and changed as a team changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.entities.billing import Billing, make_roles
from tests.entities.checker import there_and_back

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database


def test_it_comes_from_nothing_and_goes(postgresql: Database, tmp_path: Path) -> None:
    make_roles(postgresql)
    billing = Billing.copied(tmp_path)
    there_and_back(postgresql, tmp_path / "project", **billing.environment())
