"""What is there of a service's, and what is to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.autogenerate.entities.planning import Node
from migrakit.entities.lexing import UnterminatedError, tokenize
from migrakit.entities.statements import body_of
from migrakit.entities.value import Entity
from migrakit.filters import Answer
from migrakit.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import Connection

    from migrakit.autogenerate.entities.canonical import Canonical
    from migrakit.autogenerate.entities.reading import Identity, Rendered
    from migrakit.filters import Filter

__all__ = ["States"]


class States:
    """As one filter sees them, in one database."""

    def __init__(self, owns: Filter, connection: Connection) -> None:
        self._owns = owns
        self._quote = connection.dialect.identifier_preparer.quote
        self.default_schema = str(connection.dialect.default_schema_name)

    def may_own(self, entity: Entity) -> bool:
        """Whether what is declared is not definitely another's."""
        target = self._target(entity.kind, entity.schema or self.default_schema, entity.name, declared=True)
        return self._owns.decide(target) is not Answer.NO

    def before(self, found: Canonical) -> dict[Identity, Node]:
        """What is live and this service's: what only the database has has to be so beyond doubt."""
        live = {each: rendered for each, rendered in found.live.items() if each in found.declared or self._is_own(each)}
        return self._nodes((each, self._entity(rendered), rendered) for each, rendered in live.items())

    def after(self, found: Canonical) -> dict[Identity, Node]:
        """What is declared."""
        return self._nodes((each, entity, rendered) for each, (entity, rendered) in found.declared.items())

    def _is_own(self, identity: Identity) -> bool:
        target = self._target(identity.kind, identity.schema, identity.name, declared=False)
        return self._owns.decide(target) is Answer.YES

    def _target(self, kind: str, schema: str, name: str, *, declared: bool) -> Target:
        return Target(kind, name, schema=schema, default_schema=self.default_schema, declared=declared)

    def _entity(self, rendered: Rendered) -> Entity:
        """What makes it as it is, in the server's words."""
        identity = rendered.identity
        if identity.kind == "function":
            sql, arguments = rendered.definition.rstrip("\n"), ", ".join(identity.types)
        else:
            name = f"{self._quote(identity.schema)}.{self._quote(identity.name)}"
            options = f" WITH ({', '.join(map(_option, rendered.options))})" if rendered.options else ""
            sql, arguments = f"CREATE VIEW {name}{options} AS\n{rendered.definition.rstrip(';')}", None
        return Entity(identity.kind, identity.name, schema=identity.schema, arguments=arguments, sql=sql)

    def _nodes(self, found: Iterable[tuple[Identity, Entity, Rendered]]) -> dict[Identity, Node]:
        listed = list(found)
        by_name: dict[str, set[Identity]] = {}
        for identity, _, _ in listed:
            by_name.setdefault(identity.name, set()).add(identity)
        return {
            identity: Node(entity, rendered, _mentioned(entity, by_name) - {identity})
            for identity, entity, rendered in listed
        }


def _option(option: str) -> str:
    name, _, value = option.partition("=")
    return f"{name}={value}" if value.isalnum() else f"{name}='{value}'"


def _mentioned(entity: Entity, by_name: Mapping[str, set[Identity]]) -> frozenset[Identity]:
    """What a function's body names: the server reads it when it is made, and notes nothing of it."""
    if entity.kind != "function":
        return frozenset()
    return frozenset(each for name in _names_in_texts(entity.sql) for each in by_name.get(name, ()))


def _names_in_texts(sql: str) -> Iterator[str]:
    for token in tokenize(sql):
        if token.kind not in ("string", "dollar"):
            continue
        try:
            yield from (name for each in tokenize(body_of(token)) if (name := each.identifier))
        except UnterminatedError:  # it is no SQL
            continue
