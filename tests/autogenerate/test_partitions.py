"""What a declared partition has from its partitioned table stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Column, Date, ForeignKey, Index, Integer, MetaData, Table, UniqueConstraint, text

from tests.counting import statements
from tests.project import STOCK_ENV, Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database

EVENTS = """
    CREATE TABLE users (id integer PRIMARY KEY);
    CREATE TABLE events (
        id integer, day date, user_id integer REFERENCES users, kind integer PRIMARY KEY,
        CONSTRAINT events_key UNIQUE (id, kind)
    ) PARTITION BY RANGE (kind);
    CREATE INDEX by_day ON events (day);
    CREATE TABLE first PARTITION OF events FOR VALUES FROM (1) TO (2);
    CREATE SCHEMA archive;
    CREATE TABLE archive.second (id integer, day date, user_id integer REFERENCES users, kind integer PRIMARY KEY);
    ALTER TABLE events ATTACH PARTITION archive.second FOR VALUES FROM (2) TO (3);
    CREATE INDEX of_first ON first (id);
    ALTER TABLE archive.second ADD CONSTRAINT of_second FOREIGN KEY (id) REFERENCES users
"""


@pytest.fixture
def database(postgresql: Database) -> Database:
    with postgresql.engine().begin() as connection:
        connection.execute(text(EVENTS))
    return postgresql


def declared() -> MetaData:
    """The partitions without anything on them."""
    metadata = MetaData()
    Table("users", metadata, Column("id", Integer, primary_key=True))
    for name, schema in (("events", None), ("first", None), ("second", "archive")):
        user = Column("user_id", Integer, *([ForeignKey("users.id")] if name == "events" else []))
        kind = Column("kind", Integer, primary_key=True)
        Table(name, metadata, Column("id", Integer), Column("day", Date), user, kind, schema=schema)
    events = metadata.tables["events"]
    Index("by_day", events.c.day)
    events.append_constraint(UniqueConstraint("id", "kind", name="events_key"))
    return metadata


def test_stock_alembic_drops_it(database: Database, tmp_path: Path) -> None:
    attributes = {"metadata": declared(), "options": {"include_schemas": True}}
    project = Project(tmp_path, database.url, STOCK_ENV, attributes)
    project.revision()
    with pytest.raises(Exception, match=r"inherited|requires it"):
        project.upgrade()


def test_what_is_a_partition_s_own_alone_is_dropped(database: Database, tmp_path: Path) -> None:
    project = Project(tmp_path, database.url, attributes={"environment": {"metadata": declared()}})
    assert project.ops() == ["remove_fk archive.second.of_second", "remove_index first.of_first"]
    project.revision()
    project.upgrade()
    assert project.ops() == []
    project.downgrade()
    project.upgrade()
    assert project.ops() == []


def test_it_is_asked_for_only_where_a_partition_would_lose_something(database: Database, tmp_path: Path) -> None:
    with database.engine().begin() as connection:
        connection.execute(text("CREATE INDEX gone ON users (id)"))
    metadata = declared()
    for name in ("first", "archive.second"):
        metadata.remove(metadata.tables[name])
    project = Project(tmp_path, database.url, attributes={"environment": {"metadata": metadata}})
    with statements() as sent:
        assert project.ops() == ["remove_index users.gone"]
    assert sent
    assert not any("coninhcount" in each for each in sent)
