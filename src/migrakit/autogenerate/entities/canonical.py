"""Declared and live entities in one form: the server's own words."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypedDict, cast

from migrakit.autogenerate.entities.grants import granted_on, of_others
from migrakit.autogenerate.entities.identity import Identity, Rendered
from migrakit.autogenerate.entities.kinds.states import implied
from migrakit.autogenerate.entities.reading import look
from migrakit.autogenerate.entities.request import Request
from migrakit.autogenerate.entities.row_functions import row_functions
from migrakit.autogenerate.entities.saying import in_a_circle
from migrakit.autogenerate.entities.scratch import Said, made
from migrakit.autogenerate.entities.stand_ins import StandIns
from migrakit.entities.lexing import tokenize
from migrakit.errors import EntityError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from migrakit.autogenerate.entities.tables import Surroundings
    from migrakit.entities import Entities, Entity

__all__ = ["Canonical", "Refused", "canonical"]


class Report(TypedDict):
    """What the maker of scratch objects says, by the entities' numbers, which begin with 1."""

    made: list[int]
    failed: dict[str, tuple[str, str, str, str]]
    schemas: dict[str, str]
    """Of each scratch schema the real one, as the server writes it."""
    scratch: dict[str, str]
    """The same, by the names themselves."""
    missing: list[str]
    """Real schemas that are not there."""
    role: str
    """Whoever compares, as the server writes it."""


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
    scratch_of: Mapping[str, str]
    """Of each real schema the one in which declared ones were made."""
    missing: frozenset[str]
    """Real schemas that are not there."""
    role: str
    """Whoever compares, as the server writes it."""

    astray: frozenset[Identity]
    """What is declared, and found another's live one: it was made before that, or takes rows of the real table."""

    def needs(self) -> dict[Entity, set[Entity]]:
        """What each declared one stands on, of the others."""
        entities = {each: entity for each, (entity, _) in self.declared.items()}
        return {
            entity: {entities[base] for base in rendered.bases if base in entities and entities[base] is not entity}
            for entity, rendered in self.declared.values()
        }

    def circle(self) -> set[Identity]:
        """Those astray that no order would help."""
        left = self.needs()
        while free := {each for each, needed in left.items() if not needed & left.keys()}:
            left = {each: needed for each, needed in left.items() if each not in free}
        return {each for each in self.astray if self.declared[each][0] in left}

    @property
    def scratch(self) -> frozenset[str]:
        """All of these."""
        return frozenset(self.scratch_of.values())


@contextmanager
def canonical(
    connection: Connection, entities: Entities, *, schemas: Iterable[str], around: Surroundings, implies: bool = True
) -> Generator[Canonical]:
    """Make the declared ones in scratch schemas, look at both, and leave nothing behind.

    Inside of the block whatever else is asked is answered in the same words: search_path leads nowhere.
    """
    request = Request(entities, around, str(connection.dialect.default_schema_name))
    if copies := row_functions(connection, request.instead_of_live, declared=request.declared):
        request = replace(request, copies=copies)
    with ExitStack() as attempt:
        found = attempt.enter_context(_seen(connection, request, schemas, implies=implies))
        if found.astray and not found.refused:
            attempt.close()
            request = replace(request, needs=found.needs())
            found = attempt.enter_context(_seen(connection, request, schemas, implies=implies))
            if circle := found.circle():
                raise EntityError(in_a_circle(circle))
        yield found


@contextmanager
def _seen(connection: Connection, request: Request, schemas: Iterable[str], *, implies: bool) -> Generator[Canonical]:
    scratch = request.scratch()
    with made(connection, scratch):
        seen, said = look(connection, {*schemas, *scratch.schemas}, scratch)
        yield _Sorter(request, cast("Report", json.loads(said)), implies).sorted(seen)


_STATES = ("row_security", "trigger_state", "grant")


@dataclass(frozen=True)
class _Sorter:
    """Tells apart what was seen: what stands in for a declared entity, and what is live."""

    request: Request
    said: Report
    implies: bool
    """Whether a policy says that its table's row security is enabled."""

    def sorted(self, seen: Iterable[Rendered]) -> Canonical:
        role, scratch_of = self.said["role"], {schema: scratch for scratch, schema in self._real.items()}
        everything: dict[Identity, Rendered] = {}
        standing: list[Rendered] = []
        on_live: dict[Identity, set[Identity]] = {}
        for each in seen:
            if each.identity.schema in self._real:
                named = self._named(each)
                standing.append(named)
                on_live[named.identity] = {base for base in each.bases if base.schema not in self._real}
            else:
                everything[each.identity] = each
        live = {each: _of_others(found, everything, role) for each, found in everything.items()}
        declared, missing = self._declared(standing, live)
        astray = frozenset(each for each in declared if declared.keys() & on_live.get(each, set()))
        refused = [*self._refused(), *missing]
        return Canonical(declared, live, refused, scratch_of, frozenset(self.said["missing"]), role, astray)

    def _declared(
        self, standing: Sequence[Rendered], live: Mapping[Identity, Rendered]
    ) -> tuple[dict[Identity, tuple[Entity, Rendered]], list[Refused]]:
        """What stands for each declared one, and those for which nothing does."""
        declared: dict[Identity, tuple[Entity, Rendered]] = {}
        missing: list[Refused] = []
        for entity, rendered in self._paired(standing, live):
            if rendered is None:
                missing.append(Refused(entity, _TWICE))
            else:
                declared.setdefault(rendered.identity, (entity, _of_others(rendered, live, self.said["role"])))
        if self.implies:
            declared |= dict(implied(declared, standing, live))
        return declared, missing

    def _refused(self) -> Iterator[Refused]:
        """What the server did not take."""
        for at, said in sorted(self.said["failed"].items()):
            yield Refused(self.request.items[int(at) - 1], Said(*map(self._renamed, said)))

    @property
    def _real(self) -> Mapping[str, str]:
        """Of each scratch schema the real one."""
        return self.said["scratch"]

    def _paired(
        self, standing: Sequence[Rendered], live: Mapping[Identity, Rendered]
    ) -> Iterator[tuple[Entity, Rendered | None]]:
        """Of one name functions may be several: the server numbers what it makes in the order in which it does."""
        waiting: dict[tuple[str, ...], list[Rendered]] = defaultdict(list)
        for each in sorted(standing, key=lambda each: -each.number):
            waiting[_key(each.identity)].append(each)
        for at in self.said["made"]:
            entity = self.request.items[at - 1]
            if entity.kind == "extension":
                yield entity, _extension(entity, live)
                continue
            schema = self.request.schema_of(entity)
            if entity.kind == "grant":
                yield entity, granted_on(entity, [each for each in standing if each.identity.schema == schema])
                continue
            found = waiting[entity.kind, schema, entity.name, entity.table or ""]
            yield entity, (found[-1] if entity.kind in _STATES else found.pop()) if found else None

    def _named(self, each: Rendered) -> Rendered:
        """With the real schemas' names again."""
        text = self._renamed if _is_of_schema(each.identity) else self._text
        return each._replace(
            identity=self._identity(each.identity),
            definition=self._text(each.definition),
            shape=tuple(map(text, each.shape)),
            bases=frozenset(map(self._identity, each.bases)),
        )

    def _identity(self, identity: Identity) -> Identity:
        schema = self._real.get(identity.schema, identity.schema)
        name = schema if _is_of_schema(identity) else identity.name
        return Identity(identity.kind, schema, name, tuple(map(self._text, identity.types)), identity.relation)

    def _text(self, said: str) -> str:
        """With the real schemas' names, as the server writes them.

        Ours are in no other text. A name that an administrator gave may be, and is read as the name that it is.
        """
        if self._back is None:
            return self._renamed(said)
        names = self._scratch_names
        return self._back.back(said) if names is not None and names.search(said) else said

    @cached_property
    def _back(self) -> StandIns | None:
        schemas, stand_ins = self.said["schemas"], self.request.stand_ins
        if schemas.keys() <= {*stand_ins.scratch.values()}:
            return None
        made = {schema: scratch for scratch, schema in self._real.items()}
        names = frozenset((made[schema], name) for schema, name in stand_ins.names)
        real = {str(tokenize(scratch)[0].identifier): schema for scratch, schema in schemas.items()}
        return StandIns(real, names, stand_ins.default_schema)

    def _renamed(self, said: str) -> str:
        """With the real schemas' names wherever these are; in a literal their quotes are doubled."""
        schemas, names = self.said["schemas"], self._scratch_names
        if names is None or not names.search(said):
            return said

        def renamed(text: str, *, is_string: bool = False) -> str:
            return names.sub(lambda match: _doubled(schemas[match[0]]) if is_string else schemas[match[0]], text)

        if not self._has_quotes:
            return renamed(said)
        return "".join(renamed(token.text, is_string=token.kind == "string") for token in tokenize(said))

    @cached_property
    def _has_quotes(self) -> bool:
        return any("'" in schema for schema in self.said["schemas"].values())

    @cached_property
    def _scratch_names(self) -> re.Pattern[str] | None:
        names = sorted(self.said["schemas"], key=len, reverse=True)
        return re.compile("|".join(map(re.escape, names))) if names else None


def _of_others(rendered: Rendered, live: Mapping[Identity, Rendered], role: str) -> Rendered:
    return of_others(rendered, live, role) if rendered.identity.kind == "grant" else rendered


def _doubled(name: str) -> str:
    return name.replace("'", "''")


def _is_of_schema(identity: Identity) -> bool:
    return identity.kind == "grant" and identity.relation == "schema"


def _key(identity: Identity) -> tuple[str, ...]:
    return identity.kind, identity.schema, identity.name, identity.relation


def _extension(entity: Entity, live: Mapping[Identity, Rendered]) -> Rendered:
    """The one that there is, in another schema if it says so; what it would be, if there is none."""
    identity = Identity("extension", "", entity.name)
    there = live.get(identity)
    if there is not None and entity.schema in (None, *there.shape):
        return there
    return Rendered(identity, entity.sql, tuple(filter(None, [entity.schema])), "", frozenset(), 0)


_TWICE = Said("42710", "another declaration makes the same", "Each in its own words: int is integer, say", "")
