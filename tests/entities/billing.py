"""The example ``examples/billing``, copied to where a team may edit it, and read as its ``env.py`` reads it."""

from __future__ import annotations

import importlib
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from migrakit import entities, filters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.databases import Database

__all__ = ["ROLES", "Billing", "make_roles"]

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "billing"
ROLES = ("billing_app", "billing_readonly", "billing_reports")

_MAKE_ROLE = "DO $$ BEGIN CREATE ROLE {}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"


@dataclass(frozen=True)
class Billing:
    """A copy of the project."""

    path: Path

    @classmethod
    def copied(cls, into: Path) -> Billing:
        return cls(Path(shutil.copytree(EXAMPLE, into / "billing")))

    def environment(self) -> dict[str, Any]:
        """What its ``env.py`` gives to ``Environment``, as its files are now."""
        with self._importable():
            models = importlib.import_module("billing.models")
            return {
                "service": "billing",
                "metadata": models.Base.metadata,
                "owns": filters.schemas("billing", "billing_api", "ledger"),
                "entities": entities.from_package("billing.db"),
            }

    @contextmanager
    def _importable(self) -> Iterator[None]:
        """No bytecode: an edit within a second, of the same length, would not be noticed."""
        before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        sys.path.insert(0, str(self.path))
        importlib.invalidate_caches()
        try:
            yield
        finally:
            sys.path.remove(str(self.path))
            sys.dont_write_bytecode = before
            for name in [name for name in sys.modules if name.partition(".")[0] == "billing"]:
                del sys.modules[name]


def make_roles(database: Database) -> None:
    """They are the server's, which other tests may be sharing: they stay."""
    with database.engine().begin() as connection:
        for role in ROLES:
            connection.exec_driver_sql(_MAKE_ROLE.format(role))
