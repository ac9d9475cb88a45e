"""Grants: whose object they are about, and the statements from what roles may do to what they are to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence

    from migrakit.autogenerate.entities.identity import Identity, Rendered
    from migrakit.entities import Entity

__all__ = ["About", "Changed", "Privilege", "granted_on", "grants", "of_others", "privileges", "still_needed"]

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


class About(NamedTuple):
    """A grant's object, as its shape has it."""

    called: str
    fresh: str
    """What roles may do with a new one."""
    owner: str
    granted_on: str
    """What roles let others do."""


def privileges(said: str) -> frozenset[Privilege]:
    """Out of the server's JSON."""
    return frozenset(Privilege(*each) for each in json.loads(said))


def of_others(rendered: Rendered, live: Mapping[Identity, Rendered], maker: str) -> Rendered:
    """Of a grant, live or declared, what is about others than the owner of its object, who may do everything anyway.

    That is the live one's, or else the maker; and whoever makes it has nothing left of that where it goes to its owner.
    """
    about = About(*rendered.shape)
    owner = About(*live[rendered.identity].shape).owner if rendered.identity in live else maker
    shape = about._replace(owner=owner, fresh=_but_for({owner, maker}, about.fresh))
    return rendered._replace(definition=_but_for({owner}, rendered.definition), shape=shape)


def _but_for(roles: Container[str], said: str) -> str:
    return json.dumps([each for each in json.loads(said) if each[0] not in roles])


class Changed(NamedTuple):
    """What roles may do from now on, and what they may not any more."""

    taken: frozenset[Privilege]
    given: frozenset[Privilege]

    @classmethod
    def between(
        cls, before: frozenset[Privilege], after: frozenset[Privilege], *, dropped: Container[str | None]
    ) -> Changed:
        """With columns that are dropped goes what is granted on them, and with a right to all columns that to one."""
        taken = frozenset(each for each in before - after if each.column_name not in dropped)
        everywhere = {each[:2] for each in taken if each.column is None}
        return cls(taken, frozenset(each for each in after if each not in before or each[:2] in everywhere))


def still_needed(taken: Iterable[Privilege], granted_on: Collection[Privilege]) -> Iterator[Privilege]:
    """Those that roles let others have, and that can't be taken from them before."""
    for each in taken:
        if each.is_grantable and any(
            each[:2] == other[:2] and each.column in (None, other.column) for other in granted_on
        ):
            yield each


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
    overloads = found[1:]
    if overloads:
        return next((each for each in found if _types(each) == _plain(entity.arguments or "")), None)
    return next(iter(found), None)


def _types(rendered: Rendered) -> list[str]:
    return [name for each in rendered.identity.types for name in _plain(each)]


def _plain(types: str) -> list[str]:
    """Without schemas, which a declaration may leave out."""
    return [each.strip().rpartition(".")[2] for each in types.split(",") if each.strip()]
