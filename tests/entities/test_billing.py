"""A schema of public size: from nothing and back, and changed as a team changes it."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.entities.billing import Billing, make_roles
from tests.entities.checker import check
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database

AT_LEAST = {"table": 40, "function": 60, "view": 40, "materialized_view": 5, "trigger": 30, "policy": 40, "grant": 40}
DROP_TYPES = "".join(
    f'    op.execute("DROP TYPE billing.{name}_status")\n' for name in ("invoice", "payment", "subscription")
)


def test_it_comes_from_nothing_and_goes(postgresql: Database, tmp_path: Path) -> None:
    started(postgresql, Billing.copied(tmp_path))


def test_its_size(tmp_path: Path, record_property: Any) -> None:
    given = Billing.copied(tmp_path).environment()
    kinds = Counter(each.kind for each in given["entities"]) + Counter(table=len(given["metadata"].tables))
    record_property("tally", f"billing: {', '.join(f'{kind} {number}' for kind, number in sorted(kinds.items()))}")
    assert all(kinds[kind] >= number for kind, number in AT_LEAST.items())


def started(database: Database, billing: Billing) -> Project:
    """With its first revision, to which a person has added what Alembic leaves behind: types of enums."""
    make_roles(database)
    project = Project(billing.path / "project", database.url, attributes={"environment": billing.environment()})
    project.revision()
    (revision,) = (project.path / "migrations" / "versions").glob("*.py")
    code, count = re.subn("^(?=.*DROP SCHEMA billing;)", DROP_TYPES, revision.read_text(), flags=re.M)
    assert count == 1
    revision.write_text(code)
    check(database, project)
    return project
