"""What looks like a rename and isn't declared as one is said, and not guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, Text

from migrakit import renamed_from
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database

COLUMN = "The column prices.market goes with all that is in it, and prices.mic comes, which is like it."
MARK = 'mark it with info=renamed_from("market")'


def prices(*columns: Column[Any], table: str = "prices", info: dict[str, Any] | None = None) -> MetaData:
    metadata = MetaData()
    Table(table, metadata, Column("id", Integer, primary_key=True), *columns, info=info or {})
    return metadata


def text(name: str) -> Column[Any]:
    return Column(name, String(32))


def project_of(database: Database, path: Path, before: MetaData, after: MetaData) -> Project:
    before.create_all(database.engine())
    return Project(path, database.url, attributes={"environment": {"metadata": after}})


def written(project: Project) -> str:
    project.revision()
    (file,) = (project.path / "migrations" / "versions").glob("*.py")
    return file.read_text()


def test_it_is_said_above_the_drop_and_in_the_log(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    project = project_of(database, tmp_path, prices(text("market")), prices(text("mic")))
    upgrade, downgrade = written(project).split("def downgrade")
    assert f"    # {COLUMN}\n    # If it is only called otherwise, {MARK}" in upgrade
    assert "renamed_from" not in downgrade
    assert [record.getMessage().partition(" If")[0] for record in caplog.records if record.name == "migrakit"] == [
        COLUMN
    ]
    project.upgrade()
    project.downgrade()


SHORT, LONG = String(32), String(64)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"market": SHORT}, {"mic": Text()}, id="of another type"),
        pytest.param({"market": SHORT}, {"mic": LONG}, id="of another length"),
        pytest.param({"market": SHORT}, {"mic": SHORT, "place": SHORT}, id="two that come"),
        pytest.param({"market": SHORT, "place": SHORT}, {"mic": SHORT}, id="two that go"),
        pytest.param({"market": SHORT}, {}, id="one that goes"),
        pytest.param({}, {"mic": SHORT}, id="one that comes"),
    ],
)
def test_what_has_no_one_likeness_is_no_rename(
    before: dict[str, Any], after: dict[str, Any], postgres18: Database, tmp_path: Path
) -> None:
    models = [prices(*(Column(name, type_) for name, type_ in each.items())) for each in (before, after)]
    assert "renamed_from" not in written(project_of(postgres18, tmp_path, *models))


def test_a_declared_one_is_done(postgres18: Database, tmp_path: Path) -> None:
    mic = Column("mic", String(32), info=renamed_from("market"))
    assert "renamed_from" not in written(project_of(postgres18, tmp_path, prices(text("market")), prices(mic)))


def test_each_by_its_type(database: Database, tmp_path: Path) -> None:
    before = prices(text("market"), Column("day", Integer))
    code = written(project_of(database, tmp_path, before, prices(text("mic"), Column("date", Integer))))
    assert COLUMN in code
    assert "The column prices.day goes with all that is in it, and prices.date comes" in code


def test_a_table(database: Database, tmp_path: Path) -> None:
    after = prices(text("market"))
    Table("others", after, Column("id", Integer, primary_key=True), text("name"))
    code = written(project_of(database, tmp_path, prices(text("market"), table="quotes"), after))
    assert "The table quotes goes with all that is in it, and prices comes, which is like it." in code
    assert 'mark it with info=renamed_from("quotes")' in code
