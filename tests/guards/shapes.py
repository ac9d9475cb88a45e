"""A schema with one of every kind of object, changes of it that destroy something, and changes that don't."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import sqlalchemy as sa

from migrakit import renamed_from

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HARMLESS", "MUTATIONS", "Change", "Shape", "base", "filled", "metadata_of"]

Shape: TypeAlias = "dict[str, dict[str, Callable[[], sa.schema.SchemaItem]]]"
ALL = ("postgresql", "mariadb", "sqlite")

_STATES = ("new", "open", "void")


def base() -> Shape:
    """Tables by their names, and what each is made of."""
    return {
        "venues": {
            "id": _id,
            "mic": lambda: sa.Column("mic", sa.String(10), nullable=False),
            "city": lambda: sa.Column("city", sa.String(40), nullable=False),
            "uq": lambda: sa.UniqueConstraint("mic", "city", name="uq_venues_mic"),
        },
        "prices": {
            "id": _id,
            "venue_id": lambda: sa.Column("venue_id", sa.Integer),
            "market": lambda: sa.Column("market", sa.String(32)),
            "amount": lambda: sa.Column("amount", sa.Numeric(12, 4)),
            "size": lambda: sa.Column("size", sa.BigInteger),
            "note": lambda: sa.Column("note", sa.Text),
            "taken": lambda: sa.Column("taken", sa.DateTime),
            "state": lambda: sa.Column("state", sa.Enum(*_STATES, name="price_state")),
            "fk": lambda: sa.ForeignKeyConstraint(["venue_id"], ["venues.id"], name="fk_prices_venue"),
            "unique index": lambda: sa.Index("uix_prices_market", "market", unique=True),
            "index": lambda: sa.Index("ix_prices_size", "size"),
        },
        "totals": {
            "id": _id,
            "amount": lambda: sa.Column("amount", sa.Integer),
            "double": lambda: sa.Column("double_amount", sa.Integer, sa.Computed("amount * 2", persisted=True)),
        },
        "logs": {
            "id": _id,
            "line": lambda: sa.Column("line", sa.String(80), index=True),
        },
    }


def metadata_of(shape: Shape, *, is_renamed: bool = False) -> sa.MetaData:
    metadata = sa.MetaData()
    for name, parts in shape.items():
        table = sa.Table(name, metadata, info=renamed_from("logs") if name == "lines" and is_renamed else {})
        for item in sorted((make() for make in parts.values()), key=lambda each: not isinstance(each, sa.Column)):
            if isinstance(item, sa.Column):
                table.append_column(item)
            elif isinstance(item, sa.Index):
                sa.Index(item.name, *(table.c[str(each)] for each in item.expressions), unique=item.unique)
            else:
                table.append_constraint(item)  # type: ignore[arg-type]
    return metadata


def filled(connection: sa.Connection, metadata: sa.MetaData) -> None:
    """Two rows in each table."""
    rows: dict[str, list[dict[str, Any]]] = {
        "venues": [{"mic": "XETR", "city": "Frankfurt"}, {"mic": "XLON", "city": "London"}],
        "prices": [
            {"venue_id": 1, "market": "a", "amount": 1, "size": 1, "note": "n", "taken": _DAY, "state": "new"},
            {"venue_id": 2, "market": "b", "amount": 2, "size": 2, "note": "n", "taken": _DAY, "state": "open"},
        ],
        "logs": [{"line": "one"}, {"line": "two"}],
        "totals": [{"amount": 1}, {"amount": 2}],
    }
    for name, several in rows.items():
        connection.execute(metadata.tables[name].insert(), several)


_DAY = datetime.datetime(2026, 1, 2)


@dataclass(frozen=True)
class Change:
    """``keys`` is what has to be found and no more; ``named`` what is said and not refused."""

    name: str
    make: Callable[[Shape], object]
    keys: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    dialects: tuple[str, ...] = ALL
    applies_to_rows: bool = True
    """Whether the server does it where there are rows."""
    is_renamed: bool = False
    """Whether the table ``lines`` says that it was ``logs``."""
    is_settled: bool = True
    """Whether Alembic finds nothing more, once it is done."""
    config: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


def _id() -> sa.schema.SchemaItem:
    return sa.Column("id", sa.Integer, primary_key=True)


def _drop(table: str, *parts: str) -> Callable[[Shape], object]:
    return lambda shape: [shape[table].pop(part) for part in parts]


def _put(table: str, part: str, make: Callable[[], sa.schema.SchemaItem]) -> Callable[[Shape], object]:
    return lambda shape: shape[table].update({part: make})


def _both(*makes: Callable[[Shape], object]) -> Callable[[Shape], object]:
    return lambda shape: [make(shape) for make in makes]


def _keys(*keys: str) -> frozenset[str]:
    return frozenset(keys)


def _narrowed(column: str, type_: Any, dialects: tuple[str, ...] = ALL) -> Change:
    make = _put("prices", column, lambda: sa.Column(column, type_))
    return Change(f"{column} becomes {type_!r}", make, _keys(f"MK105 prices.{column}"), dialects=dialects)


MUTATIONS = (
    Change("a table goes", lambda shape: shape.pop("logs"), _keys("MK102 logs")),
    Change("a column goes", _drop("prices", "note"), _keys("MK101 prices.note")),
    Change("a column of an enum goes", _drop("prices", "state"), _keys("MK101 prices.state")),
    Change(
        "a column goes with its unique index",
        _drop("prices", "market", "unique index"),
        _keys("MK101 prices.market"),
    ),
    Change("a column goes with its foreign key", _drop("prices", "venue_id", "fk"), _keys("MK101 prices.venue_id")),
    Change(
        "a column gets another name and nobody says so",
        _both(
            _drop("prices", "note"),
            _put("prices", "remark", lambda: sa.Column("remark", sa.Text)),
        ),
        _keys("MK101 prices.note"),
        _keys("MK109"),
    ),
    Change(
        "a table gets another name and nobody says so",
        lambda shape: shape.update(lines=shape.pop("logs")),
        _keys("MK102 logs"),
        _keys("MK109"),
    ),
    _narrowed("market", sa.String(16)),
    _narrowed("note", sa.String(100)),
    _narrowed("amount", sa.Numeric(10, 4)),
    _narrowed("amount", sa.Numeric(12, 2)),
    _narrowed("amount", sa.Integer()),
    _narrowed("size", sa.Integer(), dialects=("postgresql", "mariadb")),  # SQLite's integers are all of one size
    _narrowed("size", sa.SmallInteger()),
    _narrowed("taken", sa.Date()),
    Change(
        "a column is required",
        _put("prices", "venue_id", lambda: sa.Column("venue_id", sa.Integer, nullable=False)),
        _keys("MK106 prices.venue_id"),
    ),
    Change(
        "a new column is required",
        _put("prices", "extra", lambda: sa.Column("extra", sa.Integer, nullable=False)),
        _keys("MK106 prices.extra"),
        applies_to_rows=False,
    ),
    Change("a unique constraint goes", _drop("venues", "uq"), _keys("MK107 venues.uq_venues_mic")),
    Change(
        "a unique constraint gets more columns",
        _put("venues", "uq", lambda: sa.UniqueConstraint("mic", "city", "id", name="uq_venues_mic")),
        _keys("MK107 venues.uq_venues_mic"),
    ),
    Change(
        "a foreign key goes",
        _drop("prices", "fk"),
        _keys("MK107 prices.fk_prices_venue"),
        is_settled=False,  # MariaDB leaves the index that it made for it
    ),
    Change("a unique index goes", _drop("prices", "unique index"), _keys("MK107 prices.uix_prices_market")),
    Change(
        "a unique index becomes an ordinary one",
        _put("prices", "unique index", lambda: sa.Index("uix_prices_market", "market")),
        _keys("MK107 prices.uix_prices_market"),
    ),
    Change("an index goes", _drop("prices", "index"), named=_keys("MK108")),
    Change(
        "values of an enum go",
        _put("prices", "state", lambda: sa.Column("state", sa.Enum("new", "open", name="price_state"))),
        _keys("MK104 prices.state.void"),
        dialects=("mariadb",),
    ),
    Change(
        "two things at once",
        _both(_drop("prices", "note"), _drop("venues", "uq"), lambda shape: shape.pop("logs")),
        _keys("MK101 prices.note", "MK107 venues.uq_venues_mic", "MK102 logs"),
    ),
)


HARMLESS = (
    Change("nothing", lambda _: None),
    Change("a new column", _put("prices", "extra", lambda: sa.Column("extra", sa.Integer))),
    Change(
        "a new column is required and has a default",
        _put("prices", "extra", lambda: sa.Column("extra", sa.Integer, nullable=False, server_default="1")),
    ),
    Change("a new table", lambda shape: shape.update(more={"id": _id})),
    Change("a wider text", _put("prices", "market", lambda: sa.Column("market", sa.String(64)))),
    Change("a wider number", _put("prices", "amount", lambda: sa.Column("amount", sa.Numeric(14, 4)))),
    Change("a text that may be NULL", _put("venues", "mic", lambda: sa.Column("mic", sa.String(10)))),
    Change(
        "a computed column goes",
        _drop("totals", "double"),
        dialects=("postgresql", "mariadb"),  # in SQLite's batch mode Alembic does not copy any
    ),
    Change("a new unique index", _put("prices", "more", lambda: sa.Index("uix_prices_amount", "amount", unique=True))),
    Change(
        "a unique constraint becomes stricter",
        _put("venues", "uq", lambda: sa.UniqueConstraint("mic", name="uq_venues_mic")),
    ),
    Change(
        "a unique constraint gets another name",
        _put("venues", "uq", lambda: sa.UniqueConstraint("mic", "city", name="uq_venues")),
    ),
    Change(
        "a foreign key is another",
        _put(
            "prices",
            "fk",
            lambda: sa.ForeignKeyConstraint(["venue_id"], ["venues.id"], name="fk_prices_venue", ondelete="SET NULL"),
        ),
    ),
    Change(
        "an index is another",
        _put("prices", "index", lambda: sa.Index("ix_prices_size", "size", "amount")),
    ),
    Change(
        "a column gets another name",
        _both(
            _drop("prices", "note"),
            _put("prices", "remark", lambda: sa.Column("remark", sa.Text, info=renamed_from("note"))),
        ),
    ),
    Change(
        "a column under a unique constraint gets another name",
        _both(
            _drop("venues", "mic"),
            _put("venues", "code", lambda: sa.Column("code", sa.String(10), nullable=False, info=renamed_from("mic"))),
            _put("venues", "uq", lambda: sa.UniqueConstraint("code", "city", name="uq_venues_mic")),
        ),
    ),
    Change("a table gets another name", lambda shape: shape.update(lines=shape.pop("logs")), is_renamed=True),
    Change(
        "a default is another",
        _put("prices", "market", lambda: sa.Column("market", sa.String(32), server_default="x")),
        config={"compare_server_default": True},
    ),
)
