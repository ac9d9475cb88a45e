"""Renames, and all that may hang on the name: models before and after, and the rows that are to stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from migrakit import renamed_from

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CONVENTION", "RENAMINGS", "Renaming", "mic", "was"]

CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


@dataclass(frozen=True)
class Renaming:
    """``build`` adds tables to the metadata, as they are before or after."""

    build: Callable[[MetaData, bool], None]
    not_on: frozenset[str] = frozenset()
    needs_batch: bool = False
    """Whether on SQLite there is more to do than it can without copying the table."""

    def models(self, convention: dict[str, str] | None = None) -> tuple[MetaData, MetaData]:
        found: list[MetaData] = []
        for before in (True, False):
            metadata = MetaData(naming_convention=convention)
            self.build(metadata, before)
            found.append(metadata)
        return found[0], found[1]


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def mic(before: bool, *args: Any, length: int = 32, **kw: Any) -> Column[Any]:
    """The talk's column."""
    return Column("market" if before else "mic", String(length), *args, info=was(before, "market"), **kw)


def was(before: bool, name: str) -> dict[str, Any]:
    """The mark, once it is called otherwise."""
    return {} if before else renamed_from(name)


def _quotes(metadata: MetaData, before: bool, *args: Any) -> Table:
    return Table("quotes" if before else "prices", metadata, *args, info=was(before, "quotes"))


def column(metadata: MetaData, before: bool) -> None:
    Table("prices", metadata, _id(), mic(before, nullable=False), Column("note", Text))


def under_unique(metadata: MetaData, before: bool) -> None:
    Table("prices", metadata, _id(), mic(before, unique=True))


def under_composite_unique(metadata: MetaData, before: bool) -> None:
    column = "market" if before else "mic"
    Table("prices", metadata, _id(), Column("day", Integer), mic(before), UniqueConstraint("day", column))


def under_named_unique(metadata: MetaData, before: bool) -> None:
    column = "market" if before else "mic"
    Table("prices", metadata, _id(), mic(before), UniqueConstraint(column, name=f"prices_{column}"))


def under_primary_key(metadata: MetaData, before: bool) -> None:
    Table("prices", metadata, Column("day", Integer, primary_key=True), mic(before, primary_key=True))


def under_counting_key(metadata: MetaData, before: bool) -> None:
    number = Column("id" if before else "number", Integer, primary_key=True, info=was(before, "id"))
    Table("prices", metadata, number, Column("note", Text))


def under_index(metadata: MetaData, before: bool) -> None:
    Table("prices", metadata, _id(), mic(before, index=True), Column("day", Integer))


def under_unique_index(metadata: MetaData, before: bool) -> None:
    prices = Table("prices", metadata, _id(), mic(before), Column("day", Integer))
    Index("by_day_and_place", prices.c.day, prices.c["market" if before else "mic"], unique=True)


def under_check(metadata: MetaData, before: bool) -> None:
    name = "market" if before else "mic"
    Table("prices", metadata, _id(), mic(before), CheckConstraint(f"{name} <> ''", name=f"{name}_said"))


def under_foreign_key(metadata: MetaData, before: bool) -> None:
    Table("markets", metadata, Column("code", String(32), primary_key=True))
    Table("prices", metadata, _id(), mic(before, ForeignKey("markets.code")))


def under_indexed_foreign_key(metadata: MetaData, before: bool) -> None:
    Table("markets", metadata, Column("code", String(32), primary_key=True))
    Table("prices", metadata, _id(), mic(before, ForeignKey("markets.code", ondelete="CASCADE"), index=True))


def referred_to(metadata: MetaData, before: bool) -> None:
    name = "market" if before else "mic"
    Table("markets", metadata, mic(before, primary_key=True))
    Table("prices", metadata, _id(), Column("place", String(32), ForeignKey(f"markets.{name}")))


def referring_to_itself(metadata: MetaData, before: bool) -> None:
    name = "parent" if before else "parent_id"
    Table("prices", metadata, _id(), Column(name, Integer, ForeignKey("prices.id"), info=was(before, "parent")))


def both_sides(metadata: MetaData, before: bool) -> None:
    name = "market" if before else "mic"
    Table("markets", metadata, Column("day", Integer, primary_key=True), mic(before, primary_key=True))
    key = ForeignKeyConstraint(["day", name], ["markets.day", f"markets.{name}"])
    Table("prices", metadata, _id(), Column("day", Integer), mic(before), key)


def computed(metadata: MetaData, before: bool) -> None:
    name = "sum" if before else "total"
    double = Column("double", Integer, Computed(f"{name} * 2", persisted=True))
    Table("prices", metadata, _id(), Column(name, Integer, info=was(before, "sum")), double)


def table(metadata: MetaData, before: bool) -> None:
    _quotes(metadata, before, _id(), Column("market", String(32)))


def table_with_all(metadata: MetaData, before: bool) -> None:
    Table("markets", metadata, Column("code", String(32), primary_key=True))
    _quotes(
        metadata,
        before,
        _id(),
        Column("market", String(32), ForeignKey("markets.code"), index=True),
        Column("day", Integer, unique=True),
        Column("parent", Integer, ForeignKey("quotes.id" if before else "prices.id")),
        UniqueConstraint("market", "day"),
        CheckConstraint("day > 0", name="day_counts"),
    )


def table_referred_to(metadata: MetaData, before: bool) -> None:
    _quotes(metadata, before, _id(), Column("market", String(32)))
    Table("notes", metadata, _id(), Column("of", Integer, ForeignKey("quotes.id" if before else "prices.id")))


def table_and_column(metadata: MetaData, before: bool) -> None:
    prices = _quotes(metadata, before, _id(), mic(before, index=True), Column("day", Integer))
    prices.append_constraint(UniqueConstraint(prices.c.day, prices.c["market" if before else "mic"]))
    target = f"{prices.name}.id"
    Table("notes", metadata, _id(), Column("of", Integer, ForeignKey(target)))


def two_tables(metadata: MetaData, before: bool) -> None:
    _quotes(metadata, before, _id(), mic(before, unique=True))
    key = Column("of", String(32), ForeignKey("quotes.market" if before else "prices.mic"))
    Table("notes" if before else "remarks", metadata, _id(), key, info=was(before, "notes"))


def odd_names(metadata: MetaData, before: bool) -> None:
    old, new = "The Market: 50%", "The 'Mic'"
    name = Column(old if before else new, Text, info=was(before, old))
    Table("Old: Quotes" if before else "select", metadata, _id(), name, info=was(before, "Old: Quotes"))


def dotted(metadata: MetaData, before: bool) -> None:
    Table("a.b" if before else "ab", metadata, _id(), Column("n", Integer), info=was(before, "a.b"))


def with_other_changes(metadata: MetaData, before: bool) -> None:
    """A type, a new column and an index on it, one that goes, all of the table that is renamed."""
    columns: list[Column[Any]] = [mic(before, length=32 if before else 64)]
    columns += [Column("gone", Integer)] if before else [Column("day", Integer, index=True)]
    _quotes(metadata, before, _id(), *columns)


RENAMINGS = {
    found.build.__name__: found
    for found in (
        Renaming(column),
        Renaming(under_unique),
        Renaming(under_composite_unique),
        Renaming(under_named_unique, needs_batch=True),
        Renaming(under_primary_key),
        Renaming(under_counting_key),
        Renaming(under_index),
        Renaming(under_unique_index),
        Renaming(under_check),
        Renaming(under_foreign_key),
        Renaming(under_indexed_foreign_key),
        Renaming(referred_to),
        Renaming(referring_to_itself),
        Renaming(both_sides),
        Renaming(computed),
        Renaming(table),
        Renaming(table_with_all),
        Renaming(table_referred_to),
        Renaming(table_and_column),
        Renaming(two_tables),
        Renaming(odd_names),
        Renaming(dotted),
        Renaming(with_other_changes, needs_batch=True),
    )
}
