"""What a preset lists, and what is recorded of a product, in one form to compare."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Column, Integer, MetaData, Table

from migrakit import Target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrakit.filters import Filter
    from migrakit.filters.presets.listed import Listing

__all__ = ["Item", "listing_of", "recorded", "target_of", "what_lists"]

RECORDED = Path(__file__).with_name("recorded")

LINE = re.compile(r"(?P<kind>\w+) (?:(?P<schema>\w+)\.)?(?P<name>\w+)(?: \((?P<columns>.*)\))?")
NAMESPACES = {"table": "relation", "view": "relation", "sequence": "relation"}


class Item(NamedTuple):
    """One thing that a product makes; ``kind`` is a namespace, ``"schema"`` or ``"generated"``."""

    kind: str
    schema: str | None
    name: str
    columns: frozenset[str] = frozenset()


def recorded(name: str) -> set[Item]:
    lines = (RECORDED / f"{name}.txt").read_text().splitlines()
    return {_item(line) for line in lines if line and not line.startswith("#")}


def _item(line: str) -> Item:
    match = LINE.fullmatch(line)
    assert match, line
    columns = frozenset(match["columns"].split(", ")) if match["columns"] else frozenset[str]()
    return Item(NAMESPACES.get(match["kind"], match["kind"]), match["schema"], match["name"], columns)


def listing_of(preset: Filter) -> Listing:
    (rule,) = preset.rules()
    listing: Listing = rule.given
    return listing


def what_lists(preset: Filter) -> set[Item]:
    """All that the preset lists by name; what is generated has none."""
    return set(_items(listing_of(preset)))


def _items(listing: Listing) -> Iterator[Item]:
    for schema in listing.schemas:
        yield Item("schema", None, schema)
    for made in listing.made:
        for namespace, name in made.names:
            yield Item(namespace, made.schema, name)
        for name, columns in made.shapes:
            yield Item("relation", made.schema, name, columns)


def target_of(item: Item) -> Target:
    """The question about it, object in hand; what may be in any schema is in the default one."""
    if item.kind == "schema":
        return Target("schema", None, schema=item.name, default_schema="public")
    kind = "table" if item.kind in ("relation", "generated") else item.kind
    columns = [Column(name, Integer) for name in item.columns] or [Column("id", Integer)]
    table = Table(item.name, MetaData(), *columns, schema=item.schema) if kind == "table" else None
    return Target(
        kind, item.name, schema=item.schema or "public", default_schema="public", declared=False, object=table
    )
