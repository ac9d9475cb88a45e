"""Each thing that can be destroyed is: it is said when the revision is generated, and refused when it is applied."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from migrakit.errors import GuardError
from tests.dumps import dump
from tests.guards.shapes import HARMLESS, MUTATIONS, Change, base, filled, metadata_of
from tests.project import Project
from tests.share import divided, share

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import sqlalchemy as sa

    from tests.databases import Database, NewDatabase

KINDS = ("postgresql-18", "mariadb", "sqlite")


def cases(changes: Sequence[Change]) -> list[Any]:
    return [
        pytest.param(kind, change, id=f"{kind}: {change}")
        for change in changes
        for kind in KINDS
        if kind.partition("-")[0] in change.dialects
    ]


@pytest.mark.parametrize(("kind", "change"), cases(share(MUTATIONS)))
def test_what_is_destroyed_is_said_and_refused(
    kind: str, change: Change, new_database: NewDatabase, tmp_path: Path
) -> None:
    database = new_database(kind)  # type: ignore[arg-type]
    project = begun(database, tmp_path, change, filled)
    before = held(database)
    file = generated(project)
    assert keys_in(file) == change.keys
    assert codes_in(file) == {key.partition(" ")[0] for key in change.keys} | change.named
    if change.keys:
        with pytest.raises(GuardError) as refused:
            project.upgrade()
        assert keys_of(refused.value) == change.keys
        assert held(database) == before
        accept(file, change.keys)
    if change.applies_to_rows:
        project.upgrade()
        assert project.ops() == [] or not change.is_settled


@pytest.mark.parametrize(("kind", "change"), cases(divided(MUTATIONS)))
def test_where_there_are_no_rows_it_is_applied(
    kind: str, change: Change, new_database: NewDatabase, tmp_path: Path
) -> None:
    database = new_database(kind)  # type: ignore[arg-type]
    project = begun(database, tmp_path, change)
    assert keys_in(generated(project)) == change.keys
    project.upgrade()
    assert project.ops() == [] or not change.is_settled


@pytest.mark.parametrize(("kind", "change"), cases(share(HARMLESS)))
def test_nothing_else_is_said_nor_refused(kind: str, change: Change, new_database: NewDatabase, tmp_path: Path) -> None:
    database = new_database(kind)  # type: ignore[arg-type]
    project = begun(database, tmp_path, change, filled)
    file = generated(project)
    assert codes_in(file) == set()
    project.upgrade()
    assert project.ops() == []


def begun(
    database: Database,
    path: Path,
    change: Change,
    fill: Callable[[sa.Connection, sa.MetaData], None] | None = None,
) -> Project:
    """A project at its first revision, whose models have changed since."""
    old, shape = metadata_of(base()), base()
    change.make(shape)
    configure = {"render_as_batch": database.dialect == "sqlite", **change.config}
    options = {"metadata": old, "configure": configure}
    project = Project(path / "project", database.url, attributes={"environment": options})
    project.revision("first")
    project.upgrade()
    if fill is not None:
        with database.engine().begin() as connection:
            fill(connection, old)
    project.attributes["environment"] = {**options, "metadata": metadata_of(shape, is_renamed=change.is_renamed)}
    return project


def generated(project: Project) -> Path:
    """The file of one more revision."""
    versions = project.path / "migrations" / "versions"
    before = set(versions.glob("*.py"))
    project.revision("second")
    (file,) = set(versions.glob("*.py")) - before
    return file


def keys_in(file: Path) -> frozenset[str]:
    """What the file says would have to be accepted."""
    return frozenset(re.findall(r'# +If it is meant: accepts = \{"(.*?)": "why"\}', file.read_text()))


def codes_in(file: Path) -> set[str]:
    return set(re.findall(r"# (MK\d+):", file.read_text()))


def keys_of(error: GuardError) -> frozenset[str]:
    found = [re.search(r"refused, (MK\d+ .*?): ", each.what) for each in error.problems]
    assert all(found)
    return frozenset(each[1] for each in found if each)


def accept(file: Path, keys: frozenset[str]) -> None:
    accepts = dict.fromkeys(sorted(keys), "nobody needs it")
    file.write_text(f"{file.read_text()}\n\naccepts = {accepts!r}\n")


def held(database: Database) -> Any:
    """All that there is."""
    return dump(database)
