"""Declared and live entities in one form: the server's own words."""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypedDict, cast

from migrakit.autogenerate.entities.reading import Identity, Rendered, look
from migrakit.autogenerate.entities.scratch import Item, Said, Scratch, made
from migrakit.autogenerate.entities.stand_ins import StandIns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from migrakit.autogenerate.entities.tables import Surroundings
    from migrakit.entities import Entities, Entity

__all__ = ["Canonical", "Refused", "canonical"]


class Report(TypedDict):
    """What the maker of scratch objects says, by the entities' numbers, which begin with 1."""

    made: list[int]
    failed: list[tuple[int, str, str, str, str]]


@dataclass(frozen=True, slots=True)
class Refused:
    """An entity that the server did not take, and what it said."""

    entity: Entity
    said: Said


@dataclass(frozen=True, slots=True)
class Canonical:
    """What is declared, what is live, each by its identity, and what could not be made."""

    declared: Mapping[Identity, tuple[Entity, Rendered]]
    live: Mapping[Identity, Rendered]
    refused: Sequence[Refused]


def canonical(connection: Connection, entities: Entities, *, schemas: Iterable[str], around: Surroundings) -> Canonical:
    """Make the declared ones in scratch schemas, look at both, and leave nothing behind."""
    default_schema = str(connection.dialect.default_schema_name)
    names = {(entity.schema or default_schema, entity.name) for entity in entities} | around.names
    run = secrets.token_hex(6)
    scratch = {
        schema: f"migrakit_{run}_{number}" for number, schema in enumerate(sorted({schema for schema, _ in names}))
    }
    stand_ins = StandIns(scratch, frozenset(names), default_schema)
    items = [Item(stand_ins.moved(entity), stand_ins.moved(entity, head_only=True)) for entity in entities]
    with made(connection, Scratch(scratch, list(around.statements(scratch)), items)):
        seen, said = look(connection, {*schemas, *scratch, *scratch.values()})
    quote = connection.dialect.identifier_preparer.quote
    return _Sorter(
        entities, stand_ins, {schema: quote(schema) for schema in scratch}, cast("Report", json.loads(said))
    ).sorted(seen)


@dataclass(frozen=True, slots=True)
class _Sorter:
    """Tells apart what was seen: what stands in for a declared entity, and what is live."""

    entities: Entities
    stand_ins: StandIns
    quoted: Mapping[str, str]
    said: Report

    def sorted(self, seen: Iterable[Rendered]) -> Canonical:
        real = {scratch: schema for schema, scratch in self.stand_ins.scratch.items()}
        live: dict[Identity, Rendered] = {}
        standing: dict[tuple[str, str, str], list[Rendered]] = defaultdict(list)
        for each in seen:
            if each.identity.schema in real:
                named = self._named(each, real)
                standing[named.identity.kind, named.identity.schema, named.identity.name].append(named)
            else:
                live[each.identity] = each
        refused = [Refused(self.entities[at - 1], Said(*rest)) for at, *rest in self.said["failed"]]
        declared: dict[Identity, tuple[Entity, Rendered]] = {}
        for entity, rendered in self._paired(standing):
            if rendered is None:
                refused.append(Refused(entity, _TWICE))
            else:
                declared[rendered.identity] = entity, rendered
        return Canonical(declared, live, refused)

    def _paired(
        self, standing: Mapping[tuple[str, str, str], list[Rendered]]
    ) -> Iterator[tuple[Entity, Rendered | None]]:
        """Of one name functions may be several: the server numbers what it makes in the order in which it does."""
        waiting = {key: iter(sorted(group, key=lambda each: each.number)) for key, group in standing.items()}
        for at in self.said["made"]:
            entity = self.entities[at - 1]
            key = entity.kind, entity.schema or self.stand_ins.default_schema, entity.name
            yield entity, next(waiting.get(key, iter(())), None)

    def _named(self, each: Rendered, real: Mapping[str, str]) -> Rendered:
        """With the real schemas' names again."""

        def renamed(identity: Identity) -> Identity:
            types = tuple(map(self._text, identity.types))
            return replace(identity, schema=real.get(identity.schema, identity.schema), types=types)

        return replace(
            each,
            identity=renamed(each.identity),
            definition=self._text(each.definition),
            shape=tuple(map(self._text, each.shape)),
            bases=frozenset(map(renamed, each.bases)),
        )

    def _text(self, said: str) -> str:
        for schema, scratch in self.stand_ins.scratch.items():
            said = said.replace(scratch, self.quoted[schema])
        return said


_TWICE = Said("42710", "another declaration makes the same", "Each in its own words: int is integer, say", "")
