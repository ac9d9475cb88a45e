"""The same in two databases: what alembic-utils does in one, and what migrakit does in the other."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import MetaData, text

from tests.entities.checker import there_and_back, untouched
from tests.entities.stock import Service
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from alembic_utils.replaceable_entity import ReplaceableEntity
    from sqlalchemy import URL

    from tests.databases import Database
    from tests.entities.stock import Run, Stock

__all__ = ["Both", "in_session", "role", "tables_of", "value", "verbs"]


@dataclass(frozen=True)
class Both:
    """The same in two databases: one that alembic-utils migrates without migrakit, and one of migrakit's."""

    process: Stock
    theirs: Database
    ours: Database
    path: Path

    def make(self, sql: str) -> None:
        for database in (self.theirs, self.ours):
            with database.engine().begin() as connection:
                connection.exec_driver_sql(sql)

    def service(self, declared: Sequence[ReplaceableEntity], session: str = "", **more: Any) -> Service:
        """One without a history, which declares the tables that there are."""
        path, url = self.path / uuid4().hex, in_session(self.theirs, session)
        more.setdefault("metadata", tables_of(self.theirs))
        return Service(path, url, list(declared), **more)

    def stock(self, declared: Sequence[ReplaceableEntity], session: str = "", **more: Any) -> Run:
        """What comes of it without migrakit."""
        (run,) = self.process.run(self.service(declared, session, **more))
        return run

    def migrated(self, declared: Any, **environment: Any) -> str:
        """What migrakit writes, once that has passed the checker."""
        project = self.project(declared, **environment)
        return there_and_back(self.ours, project.path, **project.attributes["environment"])

    def project(self, declared: Any, session: str = "", **environment: Any) -> Project:
        given = {"metadata": tables_of(self.ours), "entities": declared, **environment}
        url = in_session(self.ours, session)
        return Project(self.path / "ours", url, attributes={"environment": given})

    def found(self, declared: Any, session: str = "", **environment: Any) -> list[str]:
        """What migrakit would do."""
        project = self.project(declared, session, **environment)
        with untouched(self.ours):
            return project.ops()


def in_session(database: Database, options: str) -> URL:
    return database.url.update_query_dict({"options": options} if options else {})


def tables_of(database: Database) -> MetaData:
    metadata = MetaData()
    with database.engine().connect() as connection:
        metadata.reflect(connection)
    return metadata


def value(database: Database, query: str, role: str = "none") -> Any:
    with database.engine().connect() as connection:
        connection.execute(text(f"SET LOCAL ROLE {role}"))
        return connection.scalar(text(query))


def verbs(code: str) -> list[str]:
    return re.findall(r"op\.(\w+)_entity", code.partition("def downgrade()")[0])


@contextmanager
def role(both: Both) -> Generator[str]:
    """One that owns nothing."""
    name = f"visitor_{uuid4().hex[:12]}"
    with both.ours.engine().begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {name}")
    try:
        yield name
    finally:
        both.make(f"DROP OWNED BY {name}")
        with both.ours.engine().begin() as connection:
            connection.exec_driver_sql(f"DROP ROLE {name}")
