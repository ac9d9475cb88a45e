"""Declared entities in an order in which they can be made at the first attempt."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from migrakit.autogenerate.entities.ordering import in_order
from migrakit.entities.lexing import tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence, Set

    from migrakit.entities import Entities, Entity

__all__ = ["sorted_by_need"]

Name = tuple[str, str]

# Words that stand in most statements; whoever names a view so says it in quotes, which are gone here.
_WORDS = frozenset(
    (
        *(".", "select", "from", "where", "group", "order", "by", "having", "limit", "as", "on", "and", "or", "not"),
        *("null", "in", "is", "case", "when", "then", "else", "end"),
    )
)


def sorted_by_need(
    entities: Entities, default_schema: str, *, known: Mapping[Entity, Set[Entity]] | None = None
) -> list[Entity]:
    """Each after those that its statement names outside of strings, or after those that it is known to stand on."""
    if known is not None:
        numbers = {id(entity): at for at, entity in enumerate(entities)}
        needs = {at: {numbers[id(each)] for each in known.get(entity, ())} for at, entity in enumerate(entities)}
        return [entities[at] for at, _ in in_order(needs, musts={})]
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
    said: Sequence[str | None] = ["." if token.text == "." else token.identifier for token in tokens_of(entity.sql)]
    for before, name, after, last in zip([None, *said], said, [*said[1:], None], [*said[2:], None, None], strict=False):
        if name is None or name in _WORDS or before in (".", "as"):
            continue
        if after == "." and last is not None:
            yield name, last
        else:
            yield name
