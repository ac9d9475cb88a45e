"""Facts about the stock tools that have no better place: what goes wrong without migrakit, and what happens with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy
from alembic import command
from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.exc import DataError

from migrakit import Target, VersionTable, external, filters
from migrakit.filters import UNKNOWN, Answer, Filter
from migrakit.versions.journal import JOURNAL
from tests.project import OWN_ENV, STOCK_ENV, Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database, NewDatabase


def execute(database: Database, *statements: str) -> None:
    with database.engine().begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def own(path: Path, database: Database, metadata: MetaData, owns: Filter) -> Project:
    return Project(path, database.url, OWN_ENV, {"metadata": metadata, "owns": owns, "options": {}})


def stock(path: Path, database: Database, metadata: MetaData, **options: Any) -> Project:
    return Project(path, database.url, STOCK_ENV, {"metadata": metadata, "options": options})


class TestConstraintsWithoutAName:
    """Both hooks are asked with ``None`` for a name."""

    UNNAMED = ("unique_constraint", "foreign_key_constraint")
    ROOMS = "CREATE TABLE pycon_rooms (id integer NOT NULL PRIMARY KEY)"
    PLAIN = "CREATE TABLE pycon_talks (id integer NOT NULL PRIMARY KEY, slug varchar(20), room_id integer)"
    CONSTRAINED = (
        "CREATE TABLE pycon_talks (id integer NOT NULL PRIMARY KEY, slug varchar(20), room_id integer, UNIQUE (slug), "
        "FOREIGN KEY (room_id) REFERENCES pycon_rooms (id), CHECK (room_id > 0))"
    )

    def metadata(self, *, constrained: bool) -> MetaData:
        metadata = MetaData()
        Table("pycon_rooms", metadata, Column("id", Integer, primary_key=True))
        columns = Column("id", Integer, primary_key=True), Column("slug", String(20)), Column("room_id", Integer)
        talks = Table("pycon_talks", metadata, *columns)
        if constrained:
            talks.append_constraint(UniqueConstraint("slug"))
            talks.append_constraint(sqlalchemy.ForeignKeyConstraint(["room_id"], ["pycon_rooms.id"]))
            talks.append_constraint(CheckConstraint("room_id > 0"))
        return metadata

    def asked_and_owned(self, asked: set[tuple[str, str | None, bool]]) -> Filter:
        @filters.rule(parts=True)
        def every_part_of_mine(target: Target) -> bool:
            asked.add((target.kind, target.name, target.object is not None))
            return (target.root.name or "").startswith("pycon_")

        return every_part_of_mine

    def filters_of_the_table(self) -> list[Filter]:
        return [
            filters.prefix("pycon_"),
            filters.kinds("table"),
            filters.kinds("view", "table") & ~filters.kinds("index"),
            self.asked_and_owned(set()),
        ]

    def test_in_the_metadata_alone_they_are_added(self, database: Database, tmp_path: Path) -> None:
        execute(database, self.ROOMS, self.PLAIN)
        metadata = self.metadata(constrained=True)
        expected = stock(tmp_path / "stock", database, metadata).ops()
        assert [op.split()[0] for op in expected] == ["add_constraint", "add_fk"]
        for number, owns in enumerate(self.filters_of_the_table()):
            assert own(tmp_path / str(number), database, metadata, owns).ops() == expected, owns

    def test_in_the_database_alone_they_are_dropped(self, sqlite: Database, tmp_path: Path) -> None:
        """The other databases name them all by themselves."""
        execute(sqlite, self.ROOMS, self.CONSTRAINED)
        metadata = self.metadata(constrained=False)
        expected = stock(tmp_path / "stock", sqlite, metadata).ops()
        assert "remove_fk pycon_talks.['room_id']" in expected
        for number, owns in enumerate(self.filters_of_the_table()):
            assert own(tmp_path / str(number), sqlite, metadata, owns).ops() == expected, owns

    def test_in_both_nothing_is_found(self, sqlite: Database, tmp_path: Path) -> None:
        execute(sqlite, self.ROOMS, self.CONSTRAINED)
        metadata = self.metadata(constrained=True)
        for number, owns in enumerate(self.filters_of_the_table()):
            assert own(tmp_path / str(number), sqlite, metadata, owns).ops() == [], owns

    @pytest.mark.parametrize("kind", UNNAMED)
    def test_a_kind_of_theirs_that_is_not_owned_is_left_out(self, sqlite: Database, tmp_path: Path, kind: str) -> None:
        owns = filters.prefix("pycon_") & ~filters.kinds(kind)
        execute(sqlite, self.ROOMS, self.PLAIN)
        declared = self.metadata(constrained=True)
        verb = {"unique_constraint": "add_fk", "foreign_key_constraint": "add_constraint"}[kind]
        assert [op.split()[0] for op in own(tmp_path, sqlite, declared, owns).ops()] == [verb]

    @pytest.mark.parametrize("constrained", [True, False])
    def test_a_rule_of_parts_is_asked_once_the_object_is_there(
        self, sqlite: Database, tmp_path: Path, *, constrained: bool
    ) -> None:
        execute(sqlite, self.ROOMS, self.PLAIN if constrained else self.CONSTRAINED)
        asked: set[tuple[str, str | None, bool]] = set()
        metadata = self.metadata(constrained=constrained)
        assert own(tmp_path, sqlite, metadata, self.asked_and_owned(asked)).ops() != []
        without_name = {(kind, has_object) for kind, name, has_object in asked if name is None}
        assert ("foreign_key_constraint", True) in without_name
        if constrained:  # SQLAlchemy reads SQLite's uniques by the text of the table, with or without names
            assert ("unique_constraint", True) in without_name
        assert {has_object for _, has_object in without_name} == {True}

    def test_a_rule_of_parts_can_leave_them_to_others(self, sqlite: Database, tmp_path: Path) -> None:
        execute(sqlite, self.ROOMS, self.PLAIN)

        @filters.rule(parts=True)
        def named(target: Target) -> bool:
            return target.name is not None

        metadata = self.metadata(constrained=True)
        metadata.tables["pycon_talks"].append_column(Column("title", String(20)))
        assert own(tmp_path, sqlite, metadata, named).ops() == ["add_column pycon_talks pycon_talks.title"]


@pytest.mark.parametrize("answer", [True, False, UNKNOWN], ids=str)
@pytest.mark.parametrize("excluded", ["by_the_filter", "by_its_mark", "by_its_columns"])
def test_what_is_said_of_an_excluded_tables_indexes_is_the_same(
    postgres18: Database, tmp_path: Path, answer: bool | Answer, excluded: str
) -> None:
    """Alembic doesn't compare them: claiming them is harmless, and so is not claiming them."""
    name = {"by_the_filter": "shop_orders", "by_its_mark": "pycon_orders", "by_its_columns": "pycon_versions"}[excluded]
    execute(
        postgres18,
        f"CREATE TABLE {name} (version_num varchar(32) NOT NULL PRIMARY KEY)",
        f"CREATE INDEX by_number ON {name} (version_num)",
        f"ALTER TABLE {name} ADD CONSTRAINT once UNIQUE (version_num)",
    )
    metadata = MetaData()
    if excluded != "by_its_columns":
        execute(postgres18, f"ALTER TABLE {name} ADD code varchar(9)", f"CREATE INDEX by_code ON {name} (code)")
    if excluded == "by_its_mark":
        table = Table(name, metadata, Column("number", Integer, primary_key=True), info=external())
        Index("shop_by_number", table.c.number)
    asked = []

    @filters.rule(parts=True)
    def mine(target: Target) -> bool | Answer:
        asked.append(target.kind)
        is_index = target.kind in ("index", "unique_constraint")
        return answer if is_index else (target.root.name or "").startswith("pycon_")

    assert own(tmp_path / "rule", postgres18, metadata, mine).ops() == []
    assert "table" in asked
    for path, owns in {
        "all": filters.prefix("pycon_") | filters.kinds("index", "unique_constraint"),
        "none": filters.prefix("pycon_") & ~filters.kinds("index", "unique_constraint"),
    }.items():
        assert own(tmp_path / path, postgres18, metadata, owns).ops() == []


@pytest.mark.parametrize("include_schemas", [False, True])
def test_stock_comparing_the_qualified_name_creates_what_is_spelled_with_the_default_schema(
    postgres18: Database, tmp_path: Path, *, include_schemas: bool
) -> None:
    """By a filter as in Alembic's documentation: it is asked about ``talks``, and declared is ``public.talks``."""
    execute(postgres18, "CREATE TABLE talks (id integer PRIMARY KEY)", "CREATE TABLE rooms (id integer PRIMARY KEY)")
    metadata = MetaData()
    for name in ("talks", "rooms"):
        Table(name, metadata, Column("id", Integer, primary_key=True), schema="public")

    def include_name(name: str | None, type_: str, parent_names: dict[str, str | None]) -> bool:
        return type_ != "table" or parent_names["schema_qualified_table_name"] in metadata.tables

    options = {"include_name": include_name, "include_schemas": include_schemas}
    found = stock(tmp_path / "stock", postgres18, metadata, **options).ops()
    assert found == ["add_table public.rooms", "add_table public.talks"]

    assert own(tmp_path / "own", postgres18, metadata, filters.declared).ops() == []


NAMES = ("Shop", "shop")


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_services_whose_names_differ_in_case_only_stand_side_by_side(
    new_database: NewDatabase, tmp_path: Path, kind: Any
) -> None:
    database = new_database(kind)
    tables = {name: VersionTable.for_service(name) for name in NAMES}
    for name, table in tables.items():
        service = Project(
            tmp_path / name,
            database.url,
            attributes={
                "environment": {"metadata": MetaData(), "service": name, "owns": filters.prefix(f"{name.lower()}_")}
            },
        )
        command.revision(service.config(), rev_id=f"of_{name}")
        service.upgrade()
        with database.engine().connect() as connection:
            rows = connection.execute(text(f"SELECT version_num FROM {table.name}")).scalars().all()
        assert rows == [f"of_{name}"]
    # Not even where the server ignores case, as MySQL may.
    found = sqlalchemy.inspect(database.engine()).get_table_names()
    assert len({name.casefold() for name in found if name != JOURNAL}) == len(NAMES)


def test_stock_services_whose_names_differ_in_case_only_meet_on_sqlite(sqlite: Database, tmp_path: Path) -> None:
    for name in NAMES:
        service = stock(tmp_path / name, sqlite, MetaData(), version_table=f"alembic_version_{name}")
        command.revision(service.config(), rev_id="0001")
        service.upgrade()
    assert sqlalchemy.inspect(sqlite.engine()).get_table_names() == ["alembic_version_Shop"]


def test_stock_a_revision_id_of_33_characters_fails_at_upgrade(postgres18: Database, tmp_path: Path) -> None:
    """Nobody says so when the file is written."""
    service = stock(tmp_path, postgres18, MetaData())
    command.revision(service.config(), rev_id="r" * 33)
    with pytest.raises(DataError, match=r"too long for type character varying\(32\)"):
        service.upgrade()
