"""What is to be made in scratch schemas so that declared entities can stand there."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from migrakit.autogenerate.entities.scratch import Item, Scratch
from migrakit.autogenerate.entities.sorting import sorted_by_need
from migrakit.autogenerate.entities.stand_ins import StandIns
from migrakit.entities.kinds.kind import quoted
from migrakit.entities.kinds.known import KINDS
from migrakit.entities.kinds.materialized_view import without_data

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Set

    from migrakit.autogenerate.entities.row_functions import RowFunction
    from migrakit.autogenerate.entities.tables import Name, Surroundings
    from migrakit.entities import Entities, Entity

__all__ = ["Request"]

_PARTS = ("index", "policy", "row_security", "trigger", "trigger_state")
"""Kinds that stand on a table or a view."""


@dataclass(frozen=True)
class Request:
    """All that is declared, and what is around it."""

    entities: Entities
    around: Surroundings
    default_schema: str
    copies: Sequence[RowFunction] = ()
    needs: Mapping[Entity, Set[Entity]] | None = None
    """What each stands on, once that is known."""

    @cached_property
    def items(self) -> Sequence[Entity]:
        """The declared ones, each after what it needs, or seems to."""
        return sorted_by_need(self.entities, self.default_schema, known=self.needs)

    @cached_property
    def stand_ins(self) -> StandIns:
        """Scratch schemas, named anew each time: a shared name would make the second of two runs wait."""
        names = {*self.declared, *self._relations, *self._sequences, *self.around.names}
        names |= {(each.schema, each.name) for each in self.copies}
        schemas = {schema for schema, _ in names} | {each.name for each in self.entities if each.on == "schema"}
        schemas |= {each.schema for each in self.entities if each.kind == "extension" and each.schema}
        run = secrets.token_hex(6)
        scratch = {schema: f"migrakit_{run}_{number:04}" for number, schema in enumerate(sorted(schemas))}
        return StandIns(scratch, frozenset(names), self.default_schema)

    def scratch(self) -> Scratch:
        """The order to the server."""
        return Scratch(
            schemas=self.stand_ins.scratch,
            read=sorted(self.instead_of_live),
            before=[*self._sequences_made(), *self.around.statements(self.stand_ins.scratch)],
            tables=[self._like(name) for name in sorted(self._like_live)],
            copies=[each.copied(self.stand_ins.scratch) for each in self.copies],
            items=[self._item(entity) for entity in self.items],
            secured=sorted({*self._secured()}),
            switched=sorted({each.name for each in self.entities if each.kind == "trigger_state"}),
            granted=sorted({*self._granted()}),
        )

    def schema_of(self, entity: Entity) -> str:
        """Where an entity is, or would be."""
        return entity.schema or self.default_schema

    @cached_property
    def declared(self) -> set[Name]:
        """The names of what is made there."""
        return {
            (self.schema_of(each), each.name)
            for each in self.entities
            if each.kind not in (*_PARTS, "grant", "extension")
        }

    @cached_property
    def _like_live(self) -> set[Name]:
        return self._relations - self.declared - self.around.names

    @property
    def instead_of_live(self) -> set[Name]:
        """The tables for which another stands in."""
        return self._like_live | self.around.altered

    @cached_property
    def _relations(self) -> set[Name]:
        return {(self.schema_of(each), each.table) for each in self.entities if each.kind in _PARTS and each.table} | {
            (self.schema_of(each), each.name) for each in self.entities if each.on == "table"
        }

    @cached_property
    def _sequences(self) -> set[Name]:
        return {(self.schema_of(each), each.name) for each in self.entities if each.on == "sequence"}

    def _secured(self) -> Iterator[str]:
        yield from (name for _, name in self.around.dropped)
        yield from (each.table for each in self.entities if each.kind in ("row_security", "policy") and each.table)

    def _granted(self) -> Iterator[str]:
        yield from (name for _, name in self.around.dropped)
        yield from (each.name for each in self.entities if each.kind == "grant")

    def _sequences_made(self) -> Iterator[str]:
        for schema, name in sorted(self._sequences):
            yield f"CREATE SEQUENCE {self.stand_ins.scratch[schema]}.{quoted(name)}"

    def _like(self, table: Name) -> tuple[str, str]:
        schema, name = table
        return f"{quoted(schema)}.{quoted(name)}", f"{self.stand_ins.scratch[schema]}.{quoted(name)}"

    def _item(self, entity: Entity) -> Item:
        if entity.kind == "extension":
            return Item(_extension(entity), _extension(entity))
        ways = self.stand_ins.moved(entity)
        return Item(*map(without_data, ways)) if entity.kind == "materialized_view" else Item(*ways, entity.on)


def _extension(entity: Entity) -> str:
    """It is made or moved as the revision would, since what is declared may need it."""
    name, schema = (_literal(each) for each in (entity.name, entity.schema or ""))
    return f"""
        DO $make$ BEGIN
            IF {schema} <> '' THEN EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', {schema}); END IF;
            IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = {name}) THEN
                EXECUTE {_literal(KINDS["extension"].create(entity))};
            ELSIF {schema} NOT IN (
                SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                WHERE e.extname = {name} UNION SELECT ''
            ) THEN
                EXECUTE format('ALTER EXTENSION %I SET SCHEMA %I', {name}, {schema});
            END IF;
        END $make$
    """


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
