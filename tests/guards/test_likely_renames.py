"""What looks like a rename and isn't declared as one is said, and not guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table

from migrakit import renamed_from
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database

COLUMN = "prices.market is dropped and column prices.mic is added, which looks like one that gets another name."
MARK = "declare it with info=renamed_from('market') on column prices.mic"


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
    """What the file says, whatever its lines."""
    project.revision()
    (file,) = (project.path / "migrations" / "versions").glob("*.py")
    return " ".join(file.read_text().replace("#", "").split())


def test_it_is_said_above_the_drop_and_on_the_console(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    project = project_of(database, tmp_path, prices(text("market")), prices(text("mic")))
    upgrade, downgrade = written(project).split("def downgrade")
    assert f"MK109: {COLUMN} If it is, {MARK}, and generate the revision again. op.drop_column" in upgrade
    assert "renamed_from" not in downgrade
    said = " ".join(record.getMessage() for record in caplog.records if record.name == "migrakit")
    assert COLUMN in " ".join(said.split())
    project.upgrade()
    project.downgrade()


SHORT = String(32)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"market": SHORT}, {"mic": Integer()}, id="of another type"),
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
    assert "MK109" not in written(project_of(postgres18, tmp_path, *models))


def test_a_declared_one_is_done(postgres18: Database, tmp_path: Path) -> None:
    mic = Column("mic", String(32), info=renamed_from("market"))
    assert "renamed_from" not in written(project_of(postgres18, tmp_path, prices(text("market")), prices(mic)))


def test_each_by_its_type(database: Database, tmp_path: Path) -> None:
    before = prices(text("market"), Column("day", Integer))
    code = written(project_of(database, tmp_path, before, prices(text("mic"), Column("date", Integer))))
    assert COLUMN in code
    assert "MK109: prices.day is dropped and column prices.date is added" in code


def test_a_table(database: Database, tmp_path: Path) -> None:
    after = prices(text("market"))
    Table("others", after, Column("id", Integer, primary_key=True), text("name"))
    code = written(project_of(database, tmp_path, prices(text("market"), table="quotes"), after))
    assert "MK109: quotes is dropped and table prices is added" in code
    assert "declare it with info=renamed_from('quotes') on table prices" in code
