"""Entities of every kind that most have: views in chains of five, functions, triggers, and policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from sqlalchemy import Column, Integer, MetaData, String, Table

__all__ = [
    "STATES",
    "Function",
    "Part",
    "Policy",
    "State",
    "Trigger",
    "View",
    "declared",
    "differing",
    "live",
    "tables",
]

State: TypeAlias = Literal["unchanged", "all new", "5% changed"]
STATES: tuple[State, ...] = get_args(State)

_TABLES = 10

_CHANGED = (4, 5, 6, 8, 9)
"""Of each ten those that nothing stands on: alembic-utils fails where something does."""


@dataclass(frozen=True)
class View:
    name: str
    select: str

    @property
    def sql(self) -> str:
        return f"CREATE VIEW {self.name} AS {self.select}"


@dataclass(frozen=True)
class Function:
    name: str
    arguments: str
    returns: str
    language: str
    body: str

    @property
    def sql(self) -> str:
        return f"CREATE FUNCTION {self.name}({self.arguments}) {self.rest}"

    @property
    def rest(self) -> str:
        return f"RETURNS {self.returns} LANGUAGE {self.language} AS $${self.body}$$"


@dataclass(frozen=True)
class Trigger:
    name: str
    events: tuple[str, ...]
    table: str
    function: str

    @property
    def sql(self) -> str:
        events, run = " OR ".join(self.events), f"FOR EACH ROW EXECUTE FUNCTION {self.function}()"
        return f"CREATE TRIGGER {self.name} BEFORE {events} ON {self.table} {run}"


@dataclass(frozen=True)
class Policy:
    name: str
    table: str
    using: str

    @property
    def sql(self) -> str:
        return f"CREATE POLICY {self.name} ON {self.table} {self.rest}"

    @property
    def rest(self) -> str:
        return f"USING ({self.using})"


Part: TypeAlias = View | Function | Trigger | Policy

_DDL = ";".join(
    f"CREATE TABLE invoices_{at} (id serial PRIMARY KEY, total integer, customer varchar(20));"
    f"ALTER TABLE invoices_{at} ENABLE ROW LEVEL SECURITY"
    for at in range(_TABLES)
)


def tables() -> MetaData:
    """What all of it stands on."""
    metadata = MetaData()
    for at in range(_TABLES):
        columns = Column("total", Integer), Column("customer", String(20))
        Table(f"invoices_{at}", metadata, Column("id", Integer, primary_key=True), *columns)
    return metadata


def live(number: int, state: State) -> str:
    """What makes the database, each after what it needs."""
    parts = [] if state == "all new" else declared(number, "unchanged")
    return ";".join([_DDL, *(each.sql for each in parts)])


def declared(number: int, state: State) -> list[Part]:
    """In some changed, where another number stands in their text."""
    changed = differing(number, state) if state == "5% changed" else set()
    return [_part(at, at + 1_000_000 if at in changed else at) for at in range(number)]


def differing(number: int, state: State) -> set[int]:
    """Those that are not as they are to be: of every twenty one is changed."""
    if state == "5% changed":
        return {at for at in range(number) if at % 20 == _CHANGED[at // 20 % len(_CHANGED)]}
    return set(range(number)) if state == "all new" else set()


def _part(at: int, said: int) -> Part:
    """``said`` stands in its text, and nowhere else."""
    place, table = at % 10, f"invoices_{at // 10 % _TABLES}"
    if place < 5:
        base = f"view_{at - 1}" if place else table
        return View(f"view_{at}", f"SELECT id, total, customer FROM {base} WHERE total > {said}")
    if place < 7:
        return Function(f"function_{at}", "given integer", "integer", "sql", f"SELECT given + {said}")
    if place < 8:
        body = f"BEGIN new.total := {said}; RETURN new; END"
        return Function(f"function_{at}", "", "trigger", "plpgsql", body)
    if place < 9:
        events = ("UPDATE",) if said == at else ("INSERT", "UPDATE")
        return Trigger(f"trigger_{at}", events, table, f"function_{at - 1}")
    return Policy(f"policy_{at}", table, f"total > {said}")
