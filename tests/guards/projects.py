"""Projects whose revisions are written by hand, on a database in which there is something to lose."""

from __future__ import annotations

import re
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from alembic import command

from migrakit import guards
from tests.guards.shapes import base, filled, metadata_of
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from alembic.config import Config

    from migrakit.errors import GuardError
    from tests.databases import Database

__all__ = ["ON_THE_WAY_UP", "begun", "flagged", "keys_of", "revision"]


def _on_the_way_up(guard: guards.Guard) -> guards.Guard:
    return guards.Guard(guard.code, lambda review: guard.check(review) if review.is_upgrade else ())


ON_THE_WAY_UP = [_on_the_way_up(each) for each in guards.defaults()]
"""For revisions that are taken back and applied again, and what a downgrade loses is no matter."""


def begun(database: Database, path: Path, *statements: str, rows: bool = True, **options: Any) -> Project:
    """At its first revision, which made the tables of `shapes`; these statements were run beside it."""
    metadata = metadata_of(base())
    project = Project(path / "project", database.url, attributes={"environment": {"metadata": metadata, **options}})
    revision(project, "r1", None, "pass")
    command.upgrade(project.config(), "r1")
    with database.engine().begin() as connection:
        metadata.create_all(connection)
        if rows:
            filled(connection, metadata)
        for each in statements:
            connection.exec_driver_sql(each)
    return project


def revision(project: Project, id_: str, parent: str | None, body: str, *, down: str = "pass", more: str = "") -> Path:
    indented = ["\n    ".join(each.splitlines()) for each in (body, down)]
    file = project.path / "migrations" / "versions" / f"{id_}.py"
    file.write_text(
        "from alembic import op\nimport sqlalchemy as sa\n"
        f"revision = {id_!r}\ndown_revision = {parent!r}\nbranch_labels = depends_on = None\n{more}\n"
        f"def upgrade():\n    {indented[0]}\n\ndef downgrade():\n    {indented[1]}\n"
    )
    return file


def keys_of(error: GuardError) -> set[str]:
    """What was refused, by what accepts would say."""
    found = [re.search(r"refused, (MK\d+ .*?): ", each.what) for each in error.problems]
    assert all(found), error
    return {each[1] for each in found if each}


def flagged(project: Project, *flags: str) -> Config:
    """As from a command line with -x."""
    config = project.config()
    config.cmd_opts = Namespace(x=list(flags))
    return config
