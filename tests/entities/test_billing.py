"""A schema of public size: from nothing and back, and changed as a team changes it."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.entities.billing import Billing, make_roles
from tests.entities.billing_changes import TEAM_CHANGES
from tests.entities.catalog import difference
from tests.entities.checker import check, comparing, seen
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database

AT_LEAST = {"table": 40, "function": 60, "view": 40, "materialized_view": 5, "trigger": 30, "policy": 40, "grant": 40}
DROP_TYPES = "".join(
    f'    op.execute("DROP TYPE billing.{name}_status")\n' for name in ("invoice", "payment", "subscription")
)


def test_it_comes_from_nothing_and_goes(postgresql: Database, tmp_path: Path) -> None:
    check(postgresql, begun(postgresql, Billing.copied(tmp_path)))


def test_its_size(tmp_path: Path, record_property: Any) -> None:
    given = Billing.copied(tmp_path).environment()
    kinds = Counter(each.kind for each in given["entities"]) + Counter(table=len(given["metadata"].tables))
    record_property("tally", f"billing: {', '.join(f'{kind} {number}' for kind, number in sorted(kinds.items()))}")
    assert all(kinds[kind] >= number for kind, number in AT_LEAST.items())


def begun(database: Database, billing: Billing) -> Project:
    """With its first revision, to which a person has added what Alembic leaves behind: types of enums."""
    make_roles(database)
    project = as_it_is(database, billing)
    revision = written(database, project)
    code, count = re.subn("^(?=.*DROP SCHEMA billing;)", DROP_TYPES, revision.read_text(), flags=re.M)
    assert count == 1
    revision.write_text(code)
    return project


def as_it_is(database: Database, billing: Billing) -> Project:
    return Project(billing.path / "project", database.url, attributes={"environment": billing.environment()})


def written(database: Database, project: Project, message: str = "") -> Path:
    """Autogenerate's revision of what is declared now."""
    versions = project.path / "migrations" / "versions"
    before = {*versions.glob("*.py")}
    comparing(database, project).revision(message)
    (revision,) = {*versions.glob("*.py")} - before
    return revision


def done(revision: Path) -> Counter[str]:
    upgrade = revision.read_text().partition("def upgrade()")[2].partition("def downgrade()")[0]
    return Counter(re.findall(r"^    op\.(\w+)\(", upgrade, flags=re.M))


def test_it_is_changed_as_a_team_changes_it(postgres18: Database, tmp_path: Path) -> None:
    """Each change applies and leaves nothing to do; all are taken back, one after the other, and applied again."""
    billing = Billing.copied(tmp_path)
    project = begun(postgres18, billing)
    project.upgrade()
    states = [seen(postgres18)]
    for change in TEAM_CHANGES:
        change.apply(billing.path / "billing")
        project = as_it_is(postgres18, billing)
        ops = done(written(postgres18, project, change.name))
        assert ops == change.does, change.name
        project.upgrade()
        assert comparing(postgres18, project).ops() == [], change.name
        states.append(seen(postgres18))
    for change, before in zip(reversed(TEAM_CHANGES), reversed(states[:-1]), strict=True):
        project.downgrade("-1")
        assert difference(before, seen(postgres18)) == [], change.name
    project.upgrade()
    assert difference(states[-1], seen(postgres18)) == []
