"""Changes of models whose ops apply in few orders only, each in both directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Column,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CHANGES", "Change", "everything"]


@dataclass(frozen=True)
class Change:
    """``build`` adds tables to the metadata, as they are before or after; their names begin with what it is given."""

    build: Callable[[MetaData, str, bool], None]
    stock_fails: frozenset[str] = frozenset()
    """The dialects on which what stock Alembic writes does not apply, or can't be taken back."""
    stock_fails_back: frozenset[str] = frozenset()
    """The same, for the change the other way round."""
    not_on: frozenset[str] = frozenset()
    """The dialects that can't do this at all."""

    def models(self, prefix: str = "") -> tuple[MetaData, MetaData]:
        before, after = MetaData(), MetaData()
        self.build(before, prefix, True)
        self.build(after, prefix, False)
        return before, after

    def reversed(self) -> Change:
        return Change(
            lambda metadata, prefix, before: self.build(metadata, prefix, not before),
            self.stock_fails_back,
            self.stock_fails,
            self.not_on,
        )


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True)


def linked_tables(metadata: MetaData, p: str, before: bool) -> None:
    if before:
        Table(f"{p}a", metadata, _id())
        Table(f"{p}b", metadata, _id(), Column("a_id", ForeignKey(f"{p}a.id"), index=True))
        Table(
            f"{p}c", metadata, _id(), Column("b_id", ForeignKey(f"{p}b.id")), Column("parent", ForeignKey(f"{p}c.id"))
        )


def kept_table_refers_to_dropped(metadata: MetaData, p: str, before: bool) -> None:
    kept = Table(f"{p}kept", metadata, _id())
    if before:
        Table(f"{p}gone", metadata, _id())
        key = ForeignKey(f"{p}gone.id", name=f"{p}kept_gone")
        kept.append_column(Column("gone_id", Integer, key, index=True))


def dropped_table_refers_to_dropped_key(metadata: MetaData, p: str, before: bool) -> None:
    kept = Table(f"{p}kept", metadata, _id())
    if before:
        kept.append_column(Column("code", String(9)))
        kept.append_constraint(UniqueConstraint("code", name=f"{p}kept_code"))
        Table(f"{p}user", metadata, _id(), Column("code", ForeignKey(f"{p}kept.code")))


def circle(metadata: MetaData, p: str, before: bool) -> None:
    if before:
        for here, there in ("xy", "yz", "zx"):
            key = Column("next_id", Integer, ForeignKey(f"{p}{there}.id"), index=here == "y")
            # The other one has a name, or MariaDB would number both in the order of create_all(), which is a set's.
            parent = ForeignKey(f"{p}{here}.id", name=f"{p}{here}_parent")
            Table(f"{p}{here}", metadata, _id(), key, Column("parent_id", Integer, parent))


def knot(metadata: MetaData, p: str, before: bool) -> None:
    if before:
        for here in "xyz":
            others = [each for each in "xyz" if each != here]
            keys = {each: ForeignKey(f"{p}{each}.id", name=f"{p}{here}_{each}") for each in others}
            Table(f"{p}{here}", metadata, _id(), *(Column(f"{each}_id", Integer, key) for each, key in keys.items()))


def circle_by_alter(metadata: MetaData, p: str, before: bool) -> None:
    if before:
        by_alter = ForeignKey(f"{p}y.id", use_alter=True, name=f"{p}x_y")
        Table(f"{p}x", metadata, _id(), Column("y_id", Integer, by_alter, index=True))
        Table(f"{p}y", metadata, _id(), Column("x_id", ForeignKey(f"{p}x.id")))


def key_redirected(metadata: MetaData, p: str, before: bool) -> None:
    Table(f"{p}t", metadata, _id(), Column("big", BigInteger, unique=True))
    type_, target = (Integer, "id") if before else (BigInteger, "big")
    Table(f"{p}kept", metadata, _id(), Column("t_id", type_, ForeignKey(f"{p}t.{target}", name=f"{p}kept_{target}")))


def altered_column_referred_to(metadata: MetaData, p: str, before: bool) -> None:
    type_ = Integer if before else BigInteger
    key = [] if before else [ForeignKey(f"{p}z.n", name=f"{p}a_z")]
    Table(f"{p}a", metadata, _id(), Column("z_n", type_, *key, index=True))
    Table(f"{p}z", metadata, _id(), Column("n", type_, unique=True))


def table_renamed(metadata: MetaData, p: str, before: bool) -> None:
    # To Alembic one is dropped and another one created: but the index is called the same.
    Table(f"{p}{'old' if before else 'new'}", metadata, _id(), Column("n", Integer), Index(f"{p}by_n", "n"))


def index_replaced_under_a_key(metadata: MetaData, p: str, before: bool) -> None:
    Table(f"{p}t", metadata, _id())
    columns = [Column("t_id", Integer, ForeignKey(f"{p}t.id", name=f"{p}kept_t")), Column("n", Integer)]
    index = Index(f"{p}by_t", "t_id") if before else Index(f"{p}by_t_and_n", "t_id", "n")
    Table(f"{p}kept", metadata, _id(), *columns, index)


def columns_with_all_on_them(metadata: MetaData, p: str, before: bool) -> None:
    kept = Table(f"{p}kept", metadata, _id(), Column("n", Integer if before else BigInteger))
    if before:
        Table(f"{p}t", metadata, _id())
        for name in "edcba":
            key = ForeignKey(f"{p}t.id", name=f"{p}kept_{name}")
            kept.append_column(Column(name, Integer, key, index=name < "c"))
        kept.append_constraint(UniqueConstraint("d", "e", name=f"{p}kept_d_e"))
        Index(f"{p}by_n", kept.c.n)
    else:
        Index(f"{p}of_n", kept.c.n, unique=True)


def computed_column(metadata: MetaData, p: str, before: bool) -> None:
    kept = Table(f"{p}kept", metadata, _id())
    if before:
        kept.append_column(Column("computed", Integer, Computed("n + m", persisted=True)))
        kept.append_column(Column("n", Integer))
        kept.append_column(Column("m", Integer))


def names_of_constraints(metadata: MetaData, p: str, before: bool) -> None:
    Table(f"{p}s", metadata, _id())
    Table(f"{p}t", metadata, _id(), Column("code", Integer, unique=True))
    there = ForeignKeyConstraint(["n"], [f"{p}s.id" if before else f"{p}t.code"], name=f"{p}kept_key")
    unique = UniqueConstraint("n" if before else "m", name=f"{p}kept_unique")
    Table(f"{p}kept", metadata, _id(), Column("n", Integer), Column("m", Integer), there, unique)


def key_replaced(metadata: MetaData, p: str, before: bool) -> None:
    codes = [Column("code", Integer), Column("other", Integer)]
    t = Table(f"{p}t", metadata, _id(), *codes, Column("up", ForeignKey(f"{p}t.code", name=f"{p}t_up")))
    if before:
        t.append_constraint(UniqueConstraint("code", name=f"{p}old"))
        Index(f"{p}as_index", t.c.other, unique=True)
    else:
        t.append_constraint(UniqueConstraint("code", name=f"{p}new"))
        Index(f"{p}as_index_too", t.c.other, unique=True)
    for name in "ab":
        # Named, as MariaDB would number them anew.
        code = ForeignKey(f"{p}t.code", name=f"{p}{name}_code", ondelete="CASCADE")
        other = ForeignKey(f"{p}t.other", name=f"{p}{name}_other")
        Table(f"{p}{name}", metadata, _id(), Column("code", Integer, code), Column("other", Integer, other))


_SERVERS = frozenset({"postgresql", "mysql"})
_MARIADB = frozenset({"mysql"})

CHANGES = {
    "linked_tables": Change(linked_tables, _MARIADB, _MARIADB),  # on others some seeds are lucky: see test_order.py
    "kept_table_refers_to_dropped": Change(kept_table_refers_to_dropped, _SERVERS | {"sqlite"}),
    "dropped_table_refers_to_dropped_key": Change(dropped_table_refers_to_dropped_key, stock_fails_back=_SERVERS),
    "circle": Change(circle, _SERVERS, _SERVERS),
    "knot": Change(knot, _SERVERS, _SERVERS),
    "circle_by_alter": Change(circle_by_alter, _SERVERS, _SERVERS),
    "key_redirected": Change(key_redirected, _MARIADB, _MARIADB),
    "altered_column_referred_to": Change(altered_column_referred_to, _MARIADB, _MARIADB),
    "table_renamed": Change(table_renamed, frozenset({"postgresql", "sqlite"}), frozenset({"postgresql", "sqlite"})),
    "index_replaced_under_a_key": Change(index_replaced_under_a_key, _MARIADB, _MARIADB),
    "columns_with_all_on_them": Change(columns_with_all_on_them, _MARIADB),
    "computed_column": Change(computed_column, stock_fails_back=_SERVERS, not_on=frozenset({"sqlite"})),
    "names_of_constraints": Change(names_of_constraints),
    "key_replaced": Change(key_replaced, _SERVERS, _SERVERS),
}
CHANGES |= {f"{name}_reversed": change.reversed() for name, change in CHANGES.items()}


def everything(dialect: str) -> tuple[MetaData, MetaData]:
    """All of them at once, before and after."""
    before, after = MetaData(), MetaData()
    for number, change in enumerate(change for change in CHANGES.values() if dialect not in change.not_on):
        change.build(before, f"p{number}_", True)
        change.build(after, f"p{number}_", False)
    return before, after
