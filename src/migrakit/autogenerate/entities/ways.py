"""From the live entities to the declared ones, and back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from migrakit.autogenerate.entities.bodies import names_in
from migrakit.autogenerate.entities.dependents import dependents
from migrakit.autogenerate.entities.emptiness import empty
from migrakit.autogenerate.entities.grants import About, privileges, still_needed
from migrakit.autogenerate.entities.identity import ROUTINES, VIEWS, Identity
from migrakit.autogenerate.entities.keeping import kept
from migrakit.autogenerate.entities.kinds import LIVE_KINDS
from migrakit.autogenerate.entities.planning import plan
from migrakit.autogenerate.entities.saying import goes_with_table, granted_on, name_taken, nothing_left, stands_on
from migrakit.autogenerate.entities.steps import DROPPED_TO_REPLACE, Way
from migrakit.autogenerate.entities.touched import (
    added_columns,
    called_in_expressions,
    dropped_columns,
    goes,
    retyped,
    touched_after,
    touched_before,
)
from migrakit.autogenerate.renames.ops import old_names
from migrakit.autogenerate.schemas import CreateSchemaOp
from migrakit.errors import EntityError
from migrakit.target import NAMESPACES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from alembic.operations import ops
    from sqlalchemy import Connection

    from migrakit.autogenerate.entities.canonical import Canonical
    from migrakit.autogenerate.entities.dependents import Dependent, Number, Origin
    from migrakit.autogenerate.entities.planning import Node, Plan
    from migrakit.autogenerate.entities.states import States
    from migrakit.autogenerate.entities.steps import Step
    from migrakit.autogenerate.entities.touched import Going, Touched
    from migrakit.errors import Problem

__all__ = ["Ways", "both_ways"]


@dataclass(frozen=True, slots=True)
class Ways:
    """Both."""

    there: Way
    back: Way
    new_schemas: tuple[str, ...]
    """Schemas that only entities are in."""

    def stages(self) -> tuple[tuple[list[Step], list[Step]], tuple[list[Step], list[Step]]]:
        """What stands before the tables' own changes, and what after them, each with its way back.

        On the way back what comes first is what came last.
        """
        return (self.there.first(), self.back.last()), (self.there.last(), self.back.first())

    def after_renames(self) -> list[Step]:
        """What comes on the way back when these are done."""
        return [*self.back.after_renames()]


_TABLES = ("table", "column", "partition")
# No partition has one that stands in for it, nor has a table whose rows only a function gives.
_STAND_INS = ("scratch", "column", "partition")


def both_ways(
    connection: Connection, found: Canonical, states: States, upgrade_ops: Sequence[ops.MigrateOperation]
) -> Ways:
    """Plan them, with all that stands on what goes, and all that hangs on it."""
    return _Planner(connection, found, states, upgrade_ops).ways()


@dataclass(frozen=True, slots=True)
class _Standing:
    """What stands on columns and tables that the same revision changes, and what else has to be known of it."""

    on_old_columns: set[Identity]
    on_new_columns: set[Identity]
    used: set[Identity]
    """By defaults, constraints and indexes that go."""
    kept_results: dict[Identity, list[str]]
    """What is said of functions that are replaced, and that indexes, generated columns or checks call."""
    left_in_the_way: dict[Identity, list[str]]
    """What the server would refuse on the way back."""

    @property
    def of_the_way_back(self) -> dict[Identity, list[str]]:
        """All that is said there."""
        return {**self.kept_results, **self.left_in_the_way}


@dataclass(frozen=True)
class _Planner:
    connection: Connection
    found: Canonical
    states: States
    upgrade_ops: Sequence[ops.MigrateOperation]

    def ways(self) -> Ways:
        rebound = self._rebound()
        there, back = self._plans(rebound, rebound)
        standing = self._standing(there, back)
        if standing.on_old_columns or standing.on_new_columns:
            there, back = self._plans(rebound | standing.on_old_columns, rebound | standing.on_new_columns)
        around = self._around(there, standing.used)
        going = {each: self._before[each] for each in _going(there) | _going(back) if each in self._before}
        hanging = kept(going, self.connection, declared=self.found.declared)
        tables = self.upgrade_ops, self.states.default_schema
        before, after = self._before, self._after
        lost, lost_again = frozenset(dropped_columns(*tables)), frozenset(added_columns(*tables))
        forth = Way(there, before, after, hanging, empty(after, before), around, standing.kept_results, lost)
        self._require_nobody_needs(forth)
        return Ways(
            forth,
            Way(
                back,
                after,
                before,
                hanging,
                empty(before, before),
                around,
                standing.of_the_way_back,
                lost_again,
                self._in_old_names,
                self._waiting,
            ),
            tuple(sorted(self.found.missing - _made_schemas(self.upgrade_ops))),
        )

    def _plans(self, there: set[Identity], back: set[Identity]) -> tuple[Plan, Plan]:
        before, after = self._before, self._after
        return plan(before, after, in_the_way=there), plan(after, before, in_the_way=back)

    @cached_property
    def _before(self) -> Mapping[Identity, Node]:
        return self.states.before(self.found, dropped=self._ended.tables)

    @cached_property
    def _in_old_names(self) -> frozenset[Identity]:
        """Functions whose text is as it was before the renames, which on the way back are done after them."""
        old = old_names(self.upgrade_ops)
        routines = {each: node for each, node in self._before.items() if old and each.kind in ROUTINES}
        return frozenset(each for each, node in routines.items() if old & names_in(node.entity.sql))

    @property
    def _waiting(self) -> frozenset[Identity]:
        """Materialized views whose rows come out of these functions, through others too."""
        if not self._in_old_names:
            return frozenset()
        views = [each for each in self._before if each.kind == "materialized_view"]
        everything = set(self._before)
        return frozenset(each for each in views if _with_needs({each}, self._before, everything) & self._in_old_names)

    @cached_property
    def _ended(self) -> Going:
        return goes(self.upgrade_ops, self.states.default_schema)

    @cached_property
    def _declared(self) -> Mapping[Identity, Node]:
        declared = self.states.after(self.found)
        if problems := [*_taken(declared)]:
            raise EntityError(*problems)
        return {each: self._with_rules(each, node) for each, node in declared.items()}

    def _with_rules(self, each: Identity, node: Node) -> Node:
        """With what the rules stand on that hang on it."""
        of_rules = self._before[each].rendered.of_rules if each in self._before else None
        if not of_rules:
            return node
        return replace(node, rendered=node.rendered._replace(bases=node.rendered.bases | of_rules))

    @cached_property
    def _live(self) -> Mapping[Number, Identity]:
        return _by_number(self._before)

    @cached_property
    def _made(self) -> Mapping[Number, Identity]:
        """What stands in a scratch schema for what is declared."""
        return _by_number({each: self._after[each] for each in self.found.declared})

    @cached_property
    def _after(self) -> Mapping[Identity, Node]:
        """What is declared, each on what will be there: the server took for some what was there, and goes."""
        again = {each: self._on_what_stays(each, node) for each, node in self._declared.items()}
        if problems := [nothing_left(each, base) for each, (_, lost) in again.items() for base in sorted(lost)]:
            raise EntityError(*problems)
        return {each: node for each, (node, _) in again.items()}

    def _on_what_stays(self, each: Identity, node: Node) -> tuple[Node, set[Identity]]:
        lost = {base for base in node.rendered.bases if base in self._before and base not in self._declared}
        if not lost:
            return node, lost
        instead = {base: self._spaces.get(_space(base), set()) - {each} for base in lost}
        bases = (node.rendered.bases - lost).union(*instead.values())
        missing = {base for base, others in instead.items() if not others}
        return replace(node, rendered=node.rendered._replace(bases=frozenset(bases))), missing

    @cached_property
    def _spaces(self) -> Mapping[tuple[str, str], set[Identity]]:
        """What is declared, by what may have its name but once."""
        spaces: dict[tuple[str, str], set[Identity]] = {}
        for each in self._declared:
            if each.kind in NAMESPACES:
                spaces.setdefault(_space(each), set()).add(each)
        return spaces

    def _rebound(self) -> set[Identity]:
        """What stands on something else from now on, though its name is the same."""
        return {
            each for each, node in self._after.items() if node.rendered.bases != self._declared[each].rendered.bases
        }

    def _standing(self, there: Plan, back: Plan) -> _Standing:
        """All that stands on what goes or is changed; ``EntityError`` with what isn't this service's."""
        asked = {*there.drops, *there.replaced, *(each for each in back.drops if each in self._before)}
        found = dependents(
            self.connection,
            on=[*self._touched()],
            of=[number for each in asked if (number := _number(self._before[each]))],
            scratch=self.found.scratch,
        )
        self._require_own(found, there)
        return _Standing(
            {self._live[each.number] for each in found if each.origin in _TABLES and each.number in self._live},
            {self._made[each.number] for each in found if each.origin in _STAND_INS and each.number in self._made},
            {self._live[each.base] for each in found if each.part in self._ended and each.base in self._live},
            {**self._lost_indexes(), **self._kept_results(found, there)},
            self._left_in_the_way(found, back),
        )

    def _require_own(self, found: Sequence[Dependent], there: Plan) -> None:
        on_dropped = [
            each
            for each in found
            if each.is_scratch and each.origin == "table" and each.number in self._made and each.base not in self._made
        ]
        problems = [goes_with_table(self._made[each.number], each) for each in on_dropped]
        problems += [
            stands_on(each)
            for each in self._strangers(found)
            if each.origin in _TABLES or self._live.get(each.base) in there.dropped
        ]
        if problems:
            raise EntityError(*dict.fromkeys(problems))

    def _require_nobody_needs(self, way: Way) -> None:
        """What is taken from roles that granted it on."""
        changed = [each for each in sorted(way.plan.replaced) if each.kind == "grant"]
        problems = [
            granted_on(way.after[each].entity, privilege.role, privilege.word)
            for each in changed
            for live in [way.before[each].rendered]
            for privilege in still_needed(
                sorted(way.granted(way.after[each], live.definition).taken),
                privileges(About(*live.shape).granted_on),
            )
        ]
        if problems:
            raise EntityError(*dict.fromkeys(problems))

    def _kept_results(self, found: Sequence[Dependent], there: Plan) -> dict[Identity, list[str]]:
        notes: dict[Identity, list[str]] = {}
        for each in found:
            base = self._live.get(each.base)
            if each.keeps_results and base is not None and base in there.replaced:
                said = f"The {each.described} calls it, and keeps what that gave before: an index wants REINDEX."
                notes.setdefault(base, []).append(said)
        return notes

    def _lost_indexes(self) -> dict[Identity, list[str]]:
        """Of materialized views that are made anew without a column."""
        notes: dict[Identity, list[str]] = {}
        for each, node in self._before.items():
            view = Identity("materialized_view", each.schema, each.relation)
            lost = [name for name in node.rendered.shape if view in self._after] if each.kind == "index" else []
            gone = [name for name in lost if name not in self._after[view].rendered.columns]
            if gone and each not in self._after:
                notes.setdefault(view, []).append(f"Not kept: the index {each.name}, whose column {gone[0]} goes.")
        return notes

    def _left_in_the_way(self, found: Sequence[Dependent], back: Plan) -> dict[Identity, list[str]]:
        """What is only in the way back isn't refused: its owner may be gone by then."""
        notes: dict[Identity, list[str]] = {}
        for each in self._strangers(found):
            if self._live.get(each.base) in back.drops:
                said = f"The server refuses this while the {each.described} stands on it."
                notes.setdefault(self._live[each.base], []).append(said)
        return notes

    def _strangers(self, found: Sequence[Dependent]) -> Iterator[Dependent]:
        for each in found:
            if not (each.is_scratch or each.number in self._live or each.part in self._ended):
                yield each

    def _touched(self) -> Iterator[tuple[Origin, Touched]]:
        schema, scratch = self.states.default_schema, self.found.scratch_of
        stays = {*retyped(self.upgrade_ops, schema)}
        for each in touched_before(self.upgrade_ops, schema):
            yield "column" if each in stays else "table", each
        for each in touched_after(self.upgrade_ops, schema):
            if each.schema in scratch:
                yield "scratch", replace(each, schema=scratch[each.schema])

    def _around(self, there: Plan, used: set[Identity]) -> frozenset[Identity]:
        """What the tables' own changes need, made before them and dropped after them, there and back."""
        dropped = {each for each in there.drops if each not in self._after}
        made = {each for each, _ in there.makes if each not in self._before}
        called = called_in_expressions(self.upgrade_ops)
        needed = {each for each in made if each.kind == "function" and each.name in called}
        return frozenset(_with_needs(used & dropped, self._before, dropped) | _with_needs(needed, self._after, made))


def _made_schemas(upgrade_ops: Sequence[ops.MigrateOperation]) -> set[str]:
    return {op.schema for op in upgrade_ops if isinstance(op, CreateSchemaOp)}


def _taken(declared: Collection[Identity]) -> Iterator[Problem]:
    """What is declared by the name of an index of another."""
    for index in declared:
        if index.kind == "index":
            views = (Identity(kind, index.schema, index.name) for kind in VIEWS)
            yield from (name_taken(view, index) for view in views if view in declared)


def _with_needs(those: set[Identity], nodes: Mapping[Identity, Node], among: set[Identity]) -> set[Identity]:
    found = set(those)
    while more := {
        base
        for each in found
        for base in (nodes[each].rendered.bases | nodes[each].mentions) & among
        if base not in found
    }:
        found |= more
    return found


def _space(identity: Identity) -> tuple[str, str]:
    return identity.name, NAMESPACES.get(identity.kind, identity.kind)


def _by_number(nodes: Mapping[Identity, Node]) -> dict[Number, Identity]:
    return {number: each for each, node in nodes.items() if (number := _number(node))}


def _number(node: Node) -> Number | None:
    catalog = LIVE_KINDS[node.rendered.identity.kind].catalog
    return (catalog, node.rendered.number) if catalog else None


def _going(one: Plan) -> set[Identity]:
    return {*one.drops, *(each for each in one.replaced if each.kind in DROPPED_TO_REPLACE)}
