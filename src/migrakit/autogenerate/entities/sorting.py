"""Declared entities in an order in which they can be made at the first attempt."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from migrakit.autogenerate.entities.ordering import in_order
from migrakit.entities.lexing import tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from migrakit.entities import Entities, Entity

__all__ = ["sorted_by_need"]

Name = tuple[str, str]


def sorted_by_need(entities: Entities, default_schema: str) -> list[Entity]:
    """Each after those that its statement names outside of strings. What is misread costs another attempt, no more."""
    by_name: dict[Name | str, set[int]] = defaultdict(set)
    for at, entity in enumerate(entities):
        if entity.kind not in ("grant", "trigger_state"):
            by_name[entity.schema or default_schema, entity.name].add(at)
            by_name[entity.name].add(at)
    needs = {at: _needed(entity, by_name) - {at} for at, entity in enumerate(entities)}
    return [entities[at] for at, _ in in_order(needs, musts={})]


def _needed(entity: Entity, by_name: Mapping[Name | str, set[int]]) -> set[int]:
    own = entity.name if entity.table is None and entity.kind != "grant" else None
    return {at for name in _names(entity) if name != own for at in by_name.get(name, ())}


def _names(entity: Entity) -> Iterator[Name | str]:
    """``schema.name`` where there is a dot, a bare name elsewhere."""
    said: Sequence[str | None] = [
        "." if token.text == "." else token.identifier for token in tokens_of(entity.sql) if not token.is_blank
    ]
    for before, name, after, last in zip([None, *said], said, [*said[1:], None], [*said[2:], None, None], strict=False):
        if name is None or name == "." or before == ".":
            continue
        if after == "." and last is not None:
            yield name, last
        else:
            yield name
