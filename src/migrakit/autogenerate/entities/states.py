"""What is there of a service's, and what is to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migrakit.autogenerate.entities.identity import ROUTINES, VIEWS, Identity
from migrakit.autogenerate.entities.planning import Node
from migrakit.entities.value import Entity
from migrakit.filters import Answer
from migrakit.target import Target

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Mapping

    from sqlalchemy import Connection

    from migrakit.autogenerate.entities.canonical import Canonical
    from migrakit.autogenerate.entities.identity import Rendered
    from migrakit.filters import Filter

__all__ = ["States"]

# Undeclared, they are left as they are: an extension is for all, the others hang on what is there.
_ONLY_DECLARED = ("extension", "grant", "row_security", "trigger_state")

_OF_TABLES = ("grant", "row_security")


class States:
    """As one filter sees them, in one database."""

    def __init__(self, owns: Filter, protected: Filter, connection: Connection, *, is_declared: bool) -> None:
        self._owns, self._protected = owns, protected
        self.is_declared = is_declared
        """Whether this service declares its entities, and so drops what it does not declare."""
        self.default_schema = str(connection.dialect.default_schema_name)

    def may_own(self, entity: Entity, relations: Mapping[tuple[str | None, str], str]) -> bool:
        """Whether what is declared is not definitely another's, beside these that are: their kinds by their names."""
        schema = entity.schema or self.default_schema
        of = entity.on or entity.table
        root = relations.get((schema, entity.table), "table") if entity.table else "table"
        target = self._target(entity.kind, schema, entity.name, of, root, declared=True)
        return self._owns.decide(target) is not Answer.NO

    def before(self, found: Canonical, *, dropped: Collection[tuple[str, str]]) -> dict[Identity, Node]:
        """What is live and this service's: what only the database has has to be so beyond doubt.

        With tables that are ``dropped`` go their row security, and what roles may do with them.
        """
        live = {
            each: rendered
            for each, rendered in found.live.items()
            if each in found.declared
            or (self.is_own(each, found.live) and (self.is_declared or each.kind == "index"))
            or (each.kind in _OF_TABLES and (each.schema, each.name) in dropped)
        }
        return self._nodes((each, self.entity(rendered), rendered) for each, rendered in live.items())

    def after(self, found: Canonical) -> dict[Identity, Node]:
        """What is declared, and the indexes of a materialized view of which none is declared, as far as they can be."""
        indexed = {(each.schema, each.relation) for each in found.declared if each.kind == "index"}
        kept = {
            each: (self.entity(rendered), rendered)
            for each, rendered in found.live.items()
            if each.kind == "index" and (each.schema, each.relation) not in indexed and _stays(rendered, found)
        }
        return self._nodes((each, *both) for each, both in {**found.declared, **kept}.items())

    def is_own(self, identity: Identity, live: Container[Identity]) -> bool:
        """Whether what only the database has is this service's beyond doubt."""
        if identity.kind in _ONLY_DECLARED:
            return False
        roots = (kind for kind in VIEWS if Identity(kind, identity.schema, identity.relation) in live)
        root = next(roots, "table")
        target = self._target(identity.kind, identity.schema, identity.name, identity.relation, root, declared=False)
        return self._protected.decide(target) is Answer.YES

    def _target(
        self, kind: str, schema: str, name: str, relation: str | None, root_kind: str, *, declared: bool
    ) -> Target:
        place: Any = {"schema": schema, "default_schema": self.default_schema, "declared": declared}
        if kind == "grant" and relation == "schema":
            return Target("schema", None, **place)
        if kind == "grant":
            return Target(kind, None, table=Target(str(relation), name, **place), **place)
        root = Target(root_kind, relation, **place) if relation else None
        return Target("trigger" if kind == "trigger_state" else kind, name, table=root, **place)

    def entity(self, rendered: Rendered) -> Entity:
        """What makes it as it is, in the server's words."""
        identity = rendered.identity
        return Entity(
            identity.kind,
            identity.name,
            schema=identity.schema or None,
            arguments=", ".join(identity.types) if identity.kind in ROUTINES else None,
            table=identity.relation or None,
            sql=rendered.sql,
        )

    def _nodes(self, found: Iterable[tuple[Identity, Entity, Rendered]]) -> dict[Identity, Node]:
        by_name: dict[str, set[Identity]] = {}
        nodes = {identity: Node(entity, rendered, by_name) for identity, entity, rendered in found}
        for identity in nodes:
            by_name.setdefault(identity.name, set()).add(identity)
        return nodes


def _stays(index: Rendered, found: Canonical) -> bool:
    """Whether its materialized view has all columns that it takes."""
    of = found.declared.get(Identity("materialized_view", index.identity.schema, index.identity.relation))
    return of is not None and of[1].columns.issuperset(index.shape)
