"""Rules of revisions themselves: none that is empty, one head, ids that tell an order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.operations import ops

from migrakit import guards
from migrakit.errors import GuardError
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database


def talks() -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("talks", metadata, sa.Column("id", sa.Integer, primary_key=True))
    return metadata


def project_of(database: Database, path: Path, *own: guards.Guard, **options: Any) -> Project:
    given = {"metadata": talks(), "guards": [*guards.defaults(), *own], **options}
    return Project(path / "project", database.url, attributes={"environment": given})


def files(project: Project) -> list[Path]:
    return sorted((project.path / "migrations" / "versions").glob("*.py"))


def plain(project: Project, id_: str, *parents: str, body: str = "pass") -> None:
    """A revision that no env.py has seen, as `merge` and a plain `revision` write them."""
    down = repr(parents[0] if len(parents) == 1 else parents or None)
    (project.path / "migrations" / "versions" / f"{id_}.py").write_text(
        f"from alembic import op\nimport sqlalchemy as sa\nrevision = {id_!r}\ndown_revision = {down}\n"
        f"branch_labels = depends_on = None\ndef upgrade():\n    {body}\ndef downgrade():\n    pass\n"
    )


TABLE = "op.create_table('{}', sa.Column('id', sa.Integer, primary_key=True))"


class TestNoEmptyRevisions:
    def test_nothing_is_written_where_nothing_has_changed(self, sqlite: Database, tmp_path: Path) -> None:
        project = project_of(sqlite, tmp_path, guards.no_empty_revisions())
        project.revision("first")
        project.upgrade()
        assert command.revision(project.config(), autogenerate=True) == []
        assert len(files(project)) == 1

    def test_from_a_program_with_several_directives(self, sqlite: Database, tmp_path: Path) -> None:
        def two(_context: Any, _revision: Any, directives: list[ops.MigrationScript]) -> None:
            empty = ops.MigrationScript("ffff", ops.UpgradeOps([]), ops.DowngradeOps([]), head=directives[0].rev_id)
            directives.append(empty)

        project = project_of(sqlite, tmp_path, guards.no_empty_revisions())
        command.revision(project.config(), autogenerate=True, process_revision_directives=two)
        (file,) = files(project)
        assert "create_table" in file.read_text()

    def test_one_that_is_there_is_refused_until_it_is_accepted(self, sqlite: Database, tmp_path: Path) -> None:
        project = project_of(sqlite, tmp_path, guards.no_empty_revisions())
        plain(project, "aaaa")
        with pytest.raises(GuardError, match="Revision aaaa does nothing"):
            project.upgrade()
        (file,) = files(project)
        file.write_text(f"{file.read_text()}\naccepts = {{'MK301 aaaa': 'a mark'}}\n")
        project.upgrade()

    def test_one_that_merges_may_be_empty(self, sqlite: Database, tmp_path: Path) -> None:
        project = project_of(sqlite, tmp_path, guards.no_empty_revisions())
        plain(project, "aaaa", body=TABLE.format("a"))
        plain(project, "bbbb", "aaaa", body=TABLE.format("b"))
        plain(project, "cccc", "aaaa", body=TABLE.format("c"))
        plain(project, "dddd", "bbbb", "cccc")
        project.upgrade()

    def test_one_that_cant_be_read_is_not_taken_for_empty(self, sqlite: Database, tmp_path: Path) -> None:
        project = project_of(sqlite, tmp_path, guards.no_empty_revisions())
        plain(project, "aaaa", body="op.get_bind().exec_driver_sql('CREATE TABLE x (id INTEGER)')")
        project.upgrade()

    def test_check_says_that_nothing_has_changed(self, sqlite: Database, tmp_path: Path) -> None:
        project = project_of(sqlite, tmp_path, guards.no_empty_revisions())
        project.revision("first")
        project.upgrade()
        command.check(project.config())

    def test_without_it_revisions_may_be_empty(self, sqlite: Database, tmp_path: Path) -> None:
        project = project_of(sqlite, tmp_path)
        plain(project, "aaaa")
        project.upgrade()


class TestOneHead:
    def forked(self, database: Database, path: Path) -> Project:
        project = project_of(database, path, guards.one_head())
        plain(project, "aaaa", body=TABLE.format("a"))
        plain(project, "bbbb", "aaaa", body=TABLE.format("b"))
        plain(project, "cccc", "aaaa", body=TABLE.format("c"))
        return project

    def test_two_are_refused_when_they_are_applied(self, sqlite: Database, tmp_path: Path) -> None:
        project = self.forked(sqlite, tmp_path)
        with pytest.raises(GuardError, match="There are 2 last revisions: bbbb, cccc") as refused:
            project.upgrade("heads")
        assert len(refused.value.problems) == 1
        command.merge(project.config(), "heads", rev_id="dddd")
        project.upgrade()

    def test_a_second_one_is_not_written(self, sqlite: Database, tmp_path: Path) -> None:
        project = project_of(sqlite, tmp_path, guards.one_head())
        plain(project, "aaaa", body=TABLE.format("a"))
        project.upgrade()
        with pytest.raises(GuardError, match="2 last revisions"):
            command.revision(project.config(), autogenerate=True, head="base")
        assert len(files(project)) == 1

    def test_one_after_the_other_is_no_fork(self, sqlite: Database, tmp_path: Path) -> None:
        project = project_of(sqlite, tmp_path, guards.one_head())
        project.revision("first")
        project.upgrade()
        project.attributes["environment"]["metadata"] = sa.MetaData()
        project.revision("second")
        project.upgrade()


class TestIds:
    def test_numbers_go_on_past_two_branches_and_hex(self, sqlite: Database, tmp_path: Path) -> None:
        project = project_of(sqlite, tmp_path)
        project.attributes["environment"]["guards"] = [guards.sequential_ids()]
        plain(project, "123456789012", body=TABLE.format("a"))
        plain(project, "0001_aaaa", "123456789012", body=TABLE.format("b"))
        plain(project, "0002_bbbb", "0001_aaaa", body=TABLE.format("c"))
        plain(project, "0002_cccc", "0001_aaaa", body=TABLE.format("d"))
        plain(project, "0003_dddd", "0002_bbbb", "0002_cccc")
        project.upgrade()
        project.revision("next")
        (found,) = [file.stem for file in files(project) if file.stem.startswith("0004_")]
        assert re.fullmatch(r"0004_[0-9a-f]{4}_next", found)
        project.upgrade()

    def test_two_branches_come_to_different_ids(self, sqlite: Database, tmp_path: Path) -> None:
        made = set()
        for number in range(20):
            project = project_of(sqlite, tmp_path / str(number), guards.sequential_ids())
            project.revision("same")
            made |= {file.stem for file in files(project)}
        assert len(made) > 15
        assert all(re.fullmatch(r"0001_[0-9a-f]{4}_same", each) for each in made)

    def test_dates(self, sqlite: Database, tmp_path: Path) -> None:
        project = project_of(sqlite, tmp_path, guards.dated_ids())
        project.revision("first")
        (file,) = files(project)
        assert re.fullmatch(r"20\d{6}_\d{4}_[0-9a-f]{4}_first", file.stem)
        project.upgrade()

    @pytest.mark.parametrize("guard", [guards.sequential_ids, guards.dated_ids])
    def test_an_id_fits_into_alembics_own_width(self, sqlite: Database, tmp_path: Path, guard: Any) -> None:
        project = project_of(sqlite, tmp_path, guard())
        script: Any = command.revision(project.config(), autogenerate=True)
        assert len(script.revision) <= 32

    def test_an_id_that_a_person_gives_is_taken_if_it_has_the_form(self, sqlite: Database, tmp_path: Path) -> None:
        project = project_of(sqlite, tmp_path, guards.sequential_ids())
        command.revision(project.config(), autogenerate=True, rev_id="0001_abcd")
        assert [file.stem for file in files(project)] == ["0001_abcd_"]

    def test_another_is_refused_with_one_that_would_do(self, sqlite: Database, tmp_path: Path) -> None:
        project = project_of(sqlite, tmp_path, guards.sequential_ids())
        with pytest.raises(GuardError, match=r"--rev-id 0001_[0-9a-f]{4}"):
            command.revision(project.config(), autogenerate=True, rev_id="mine")
        assert files(project) == []

    def test_what_merge_wrote_is_refused_when_it_is_applied(self, sqlite: Database, tmp_path: Path) -> None:
        project = project_of(sqlite, tmp_path, guards.sequential_ids())
        plain(project, "old", body=TABLE.format("o"))
        plain(project, "0001_aaaa", "old", body=TABLE.format("a"))
        plain(project, "0002_bbbb", "0001_aaaa", body=TABLE.format("b"))
        plain(project, "0002_cccc", "0001_aaaa", body=TABLE.format("c"))
        command.merge(project.config(), "heads", rev_id="3f2a61c09d1b")
        with pytest.raises(GuardError, match=r"MK303 3f2a61c09d1b.*--rev-id 0003_[0-9a-f]{4}") as refused:
            project.upgrade()
        assert len(refused.value.problems) == 1
        with sqlite.engine().connect() as connection:
            assert "o" not in sa.inspect(connection).get_table_names()
