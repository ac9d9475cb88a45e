"""Tables drawn at random, of which tables and columns are renamed at random, and some change besides."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, MetaData, String, Table
from sqlalchemy import UniqueConstraint as Unique

from tests.autogenerate.renaming import CONVENTION, was
from tests.autogenerate.test_renames import project_of, settle, there_and_back
from tests.entities.checker import there_and_back as checked
from tests.share import divided

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.databases import Database, Kind, NewDatabase

ROUNDS = divided(range(12))


class Drawn:
    """Tables with keys, indexes and foreign keys between any two of them."""

    def __init__(self, number: int) -> None:
        self._random = random = Random(number)
        self.convention = CONVENTION if random.random() < 0.6 else None
        self._tables = {f"t{each}": self._renamed(f"t{each}", 0.4) for each in range(random.randrange(2, 5))}
        self._columns: dict[str, dict[str, tuple[str, Any]]] = {
            table: {
                f"c{each}": (self._renamed(f"c{each}", 0.4), random.choice([Integer, String(20)]))
                for each in range(random.randrange(2, 5))
            }
            for table in self._tables
        }
        self._parts = {table: [*self._drawn(table)] for table in self._tables}
        self._fresh = {table for table in self._tables if random.random() < 0.3}

    def metadata(self, *, before: bool) -> MetaData:
        metadata = MetaData(naming_convention=self.convention)
        for old in self._tables:
            table = self._table(old, metadata, before=before)
            for kind, names in self._parts[old]:
                self._add(table, kind, [self._column(old, name, before=before) for name in names], before=before)
            if old in self._fresh and not before:
                table.append_column(Column("fresh", Integer, index=True))
        return metadata

    def _renamed(self, old: str, chance: float) -> str:
        return f"new_{old}" if self._random.random() < chance else old

    def _drawn(self, table: str) -> Iterator[tuple[str, list[str]]]:
        drawn = self._random
        for kind in ("unique", "index", "named index", "check", "key"):
            if drawn.random() < 0.6:
                names = list(self._columns[table])
                if kind in ("check", "key"):
                    names = [name for name in names if self._columns[table][name][1] is Integer]
                if names:
                    several = 1 if kind in ("check", "key") else drawn.randrange(1, len(names) + 1)
                    target = drawn.choice([each for each in self._tables if each <= table])
                    yield (f"key {target}" if kind == "key" else kind), drawn.sample(names, several)

    def _table(self, old: str, metadata: MetaData, *, before: bool) -> Table:
        columns: list[Column[Any]] = [
            Column(old_name if before else new, type_, info=was(before or old_name == new, old_name))
            for old_name, (new, type_) in self._columns[old].items()
        ]
        new = self._tables[old]
        info = was(before or old == new, old)
        return Table(old if before else new, metadata, Column("id", Integer, primary_key=True), *columns, info=info)

    def _column(self, table: str, old: str, *, before: bool) -> str:
        return old if before else self._columns[table][old][0]

    def _add(self, table: Table, kind: str, names: list[str], *, before: bool) -> None:
        columns: list[Any] = [table.columns[name] for name in names]
        if kind == "unique":
            table.append_constraint(Unique(*columns))
        elif kind == "index":
            Index(None if self.convention else f"ix_{table.name}_{'_'.join(names)}", *columns)
        elif kind == "named index":
            Index(f"own_{table.name}", *columns, unique=True)
        elif kind == "check":
            table.append_constraint(CheckConstraint(f"{names[0]} > 0", name=f"{names[0]}_counts"))
        else:
            target = kind.removeprefix("key ")
            target = target if before else self._tables[target]
            table.append_constraint(ForeignKeyConstraint(names, [f"{target}.id"]))


@pytest.mark.parametrize("number", ROUNDS)
@pytest.mark.parametrize("kind", ["mariadb", "sqlite"])
def test_every_row_stays_there_and_back(number: int, kind: Kind, new_database: NewDatabase, tmp_path: Path) -> None:
    database, drawn = new_database(kind), Drawn(number)
    settle(database, drawn.metadata(before=True))
    there_and_back(database, project_of(database, tmp_path, drawn.metadata(before=False), batch=True))


@pytest.mark.parametrize("number", ROUNDS)
def test_nothing_but_names_and_what_is_new_changes(number: int, postgres18: Database, tmp_path: Path) -> None:
    drawn = Drawn(number)
    settle(postgres18, drawn.metadata(before=True))
    checked(postgres18, tmp_path, metadata=drawn.metadata(before=False), guards=[])
