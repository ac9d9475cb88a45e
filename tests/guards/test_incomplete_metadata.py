"""Metadata that lacks most of what there is: the models were not imported."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic import command

from migrakit import external, filters
from migrakit.errors import GuardError
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database


def tables(*names: str) -> sa.MetaData:
    metadata = sa.MetaData()
    for name in names:
        sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True))
    return metadata


def project_of(database: Database, path: Path, there: int, declared: int) -> Project:
    names = [f"shop_{number}" for number in range(there)]
    with database.engine().begin() as connection:
        tables(*names, "other_1", "other_2", "other_3").create_all(connection)
    metadata = tables(*names[:declared], "shop_new")
    sa.Table("other_1", metadata, sa.Column("id", sa.Integer), info=external())
    given = {"metadata": metadata, "service": "shop", "owns": filters.prefix("shop_")}
    return Project(path / "project", database.url, attributes={"environment": given})


@pytest.mark.parametrize(("there", "declared"), [(3, 0), (4, 1), (7, 3), (100, 10)])
def test_most_of_it_is_refused(database: Database, tmp_path: Path, there: int, declared: int) -> None:
    project = project_of(database, tmp_path, there, declared)
    with pytest.raises(GuardError, match=f"{there - declared} of the service's {there} tables would be dropped"):
        project.revision()
    assert not list((project.path / "migrations" / "versions").glob("*.py"))
    with pytest.raises(GuardError, match="not imported"):
        command.check(project.config())


@pytest.mark.parametrize(("there", "declared"), [(0, 0), (2, 0), (3, 1), (6, 3), (8, 4)])
def test_half_of_it_and_two_are_not(sqlite: Database, tmp_path: Path, there: int, declared: int) -> None:
    project_of(sqlite, tmp_path, there, declared).revision()


def test_a_flag_lifts_it(sqlite: Database, tmp_path: Path) -> None:
    project = project_of(sqlite, tmp_path, 4, 0)
    config = project.config()
    config.cmd_opts = Namespace(x=["metadata=complete"])
    command.revision(config, autogenerate=True)
    assert len(list((project.path / "migrations" / "versions").glob("*.py"))) == 1


def test_without_guards_it_is_as_with_alembic(sqlite: Database, tmp_path: Path) -> None:
    project = project_of(sqlite, tmp_path, 4, 0)
    project.attributes["environment"]["guards"] = []
    project.revision()
