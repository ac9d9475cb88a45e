"""Grants: whose object they are about, and the statements from what roles may do to what they are to."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from migrakit.autogenerate.entities.identity import Identity, Rendered
    from migrakit.entities import Entity

__all__ = ["Privilege", "granted_on", "grants", "of_others", "privileges"]

# A ROUTINE is a function or a procedure, of which no two share name and types.
_MEANT = {"table": ("table", "view", "materialized_view"), "function": ("function", "procedure")}


class Privilege(NamedTuple):
    """What a role may do with an object, or with one of its columns."""

    role: str
    word: str
    is_grantable: bool
    column: str | None
    """As SQL has it."""

    @property
    def column_name(self) -> str | None:
        """Without the quotes."""
        is_quoted = self.column is not None and self.column.startswith('"')
        return self.column[1:-1].replace('""', '"') if self.column and is_quoted else self.column


def privileges(said: str) -> frozenset[Privilege]:
    """Out of the server's JSON."""
    return frozenset(Privilege(*each) for each in json.loads(said))


def of_others(rendered: Rendered, live: Mapping[Identity, Rendered], maker: str) -> Rendered:
    """Of a grant, live or declared, what is about others than the owner of its object, who may do everything anyway.

    That is the live one's, or else the maker; and whoever makes it has nothing left of that where it goes to its owner.
    """
    called, fresh, _ = rendered.shape
    owner = live[rendered.identity].shape[-1] if rendered.identity in live else maker
    shape = called, _but_for({owner, maker}, fresh), owner
    return replace(rendered, definition=_but_for({owner}, rendered.definition), shape=shape)


def _but_for(roles: Container[str], said: str) -> str:
    return json.dumps([each for each in json.loads(said) if each[0] not in roles])


def grants(those: Iterable[Privilege], called: str) -> Iterator[str]:
    """The statements that grant this, one for each role."""
    groups: dict[tuple[str, bool], dict[str | None, list[str]]] = {}
    for role, word, is_grantable, column in sorted(those, key=lambda each: (*each[:3], each.column or "")):
        groups.setdefault((role, is_grantable), {}).setdefault(column, []).append(word)
    for (role, is_grantable), by_column in groups.items():
        option = " WITH GRANT OPTION" if is_grantable else ""
        yield f"GRANT {', '.join(_words(by_column))} ON {called} TO {role}{option}"


def _words(by_column: dict[str | None, list[str]]) -> Iterator[str]:
    columns: dict[str, list[str]] = {}
    for column, words in by_column.items():
        for word in words:
            if column is None:
                yield word
            else:
                columns.setdefault(word, []).append(column)
    for word, named in columns.items():
        yield f"{word} ({', '.join(named)})"


def granted_on(entity: Entity, standing: Sequence[Rendered]) -> Rendered | None:
    """The object that a grant is about, among those of its schema."""
    kinds = _MEANT.get(str(entity.on), (str(entity.on),))
    found = [
        each
        for each in standing
        if each.identity.kind == "grant" and each.identity.relation in kinds and each.identity.name == entity.name
    ]
    if len(found) < len(("one", "other")):
        return found[0] if found else None
    return next((each for each in found if _types(each) == _plain(entity.arguments or "")), None)


def _types(rendered: Rendered) -> list[str]:
    return [name for each in rendered.identity.types for name in _plain(each)]


def _plain(types: str) -> list[str]:
    """Without schemas, which a declaration may leave out."""
    return [each.strip().rpartition(".")[2] for each in types.split(",") if each.strip()]
