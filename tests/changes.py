"""A small data model, and the changes that a team makes to it, drawn at random and repeatable by their seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

__all__ = ["CHANGES", "PREFIX", "Model", "metadata_of", "model"]

PREFIX = "pycon_"
NAMES = ("rooms", "talks", "speakers", "slots")


@dataclass
class ColumnSpec:
    length: int | None = None  # of a string; None is an integer, 0 a text
    nullable: bool = True
    points_to: str | None = None

    def build(self, name: str, table: str) -> Column[Any]:
        types: dict[int | None, Any] = {None: Integer(), 0: Text()}
        link = [ForeignKey(f"{self.points_to}.id", name=f"{table}_{name}_fk")] if self.points_to else []
        return Column(name, types.get(self.length, String(self.length)), *link, nullable=self.nullable)


@dataclass
class TableSpec:
    columns: dict[str, ColumnSpec]
    indexes: dict[str, str] = field(default_factory=dict)
    uniques: dict[str, str] = field(default_factory=dict)

    def drop(self, column: str) -> None:
        del self.columns[column]
        self.indexes = {name: on for name, on in self.indexes.items() if on != column}
        self.uniques = {name: on for name, on in self.uniques.items() if on != column}


Model = dict[str, TableSpec]


def model() -> Model:
    """Four tables, each pointing to the one before, with everything that has a change of its own."""
    return {
        PREFIX + name: TableSpec(
            {
                "title": ColumnSpec(40, nullable=False),
                "code": ColumnSpec(20),
                "note": ColumnSpec(0),
                "number": ColumnSpec(),
                "parent_id": ColumnSpec(points_to=PREFIX + NAMES[place - 1] if place else None),
            },
            indexes={f"{name}_title": "title", f"by_number_{place}": "number"},
            uniques={f"{name}_code": "code"},
        )
        for place, name in enumerate(NAMES)
    }


def metadata_of(model: Model) -> MetaData:
    metadata = MetaData()
    for name, spec in model.items():
        columns = [column.build(each, name) for each, column in spec.columns.items()]
        uniques = [UniqueConstraint(column, name=unique) for unique, column in spec.uniques.items()]
        table = Table(name, metadata, Column("id", Integer, primary_key=True), *columns, *uniques)
        for index, column in spec.indexes.items():
            Index(index, table.c[column])
    return metadata


def _one(model: Model, random: Random) -> TableSpec:
    return model[PREFIX + random.choice(NAMES)]


def _new(what: str, random: Random) -> str:
    return f"{what}_{random.randrange(10**6)}"


def add_table(model: Model, random: Random) -> None:
    columns = {"title": ColumnSpec(20), "parent_id": ColumnSpec(points_to=PREFIX + NAMES[0])}
    model[PREFIX + _new("new", random)] = TableSpec(columns, indexes={_new("ix", random): "title"})


def drop_table(model: Model, random: Random) -> None:
    del model[random.choice([PREFIX + NAMES[-1]])]


def add_column(model: Model, random: Random) -> None:
    _one(model, random).columns[_new("c", random)] = ColumnSpec(random.choice([None, 0, 9]))


def drop_column(model: Model, random: Random) -> None:
    _one(model, random).drop("note")


def change_type(model: Model, random: Random) -> None:
    _one(model, random).columns["title"].length = random.randrange(50, 200)


def change_nullable(model: Model, random: Random) -> None:
    column = _one(model, random).columns["title"]
    column.nullable = not column.nullable


def add_index(model: Model, random: Random) -> None:
    _one(model, random).indexes[_new("ix", random)] = random.choice(["code", "title"])


def drop_index(model: Model, random: Random) -> None:
    table = _one(model, random)
    table.indexes.pop(random.choice(list(table.indexes)), None)


def change_index(model: Model, random: Random) -> None:
    table = _one(model, random)
    table.indexes[next(iter(table.indexes))] = "code"


def add_unique(model: Model, random: Random) -> None:
    _one(model, random).uniques[_new("uq", random)] = "title"


def drop_unique(model: Model, random: Random) -> None:
    _one(model, random).uniques.clear()


def add_foreign_key(model: Model, random: Random) -> None:
    _one(model, random).columns[_new("to", random)] = ColumnSpec(points_to=PREFIX + NAMES[0])


def drop_foreign_key(model: Model, random: Random) -> None:
    model[PREFIX + random.choice(NAMES[1:])].columns["parent_id"].points_to = None


CHANGES: dict[str, Callable[[Model, Random], None]] = {
    change.__name__: change
    for change in (
        add_table,
        drop_table,
        add_column,
        drop_column,
        change_type,
        change_nullable,
        add_index,
        drop_index,
        change_index,
        add_unique,
        drop_unique,
        add_foreign_key,
        drop_foreign_key,
    )
}
