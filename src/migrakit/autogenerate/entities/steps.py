"""A plan as what a person reads in a revision: one entity made, replaced or dropped after the other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from migrakit.autogenerate.entities.grants import About, Changed, grants, privileges
from migrakit.autogenerate.entities.kinds.states import ENABLED, only_changed
from migrakit.entities.kinds.kind import quoted
from migrakit.entities.kinds.materialized_view import with_data, without_data

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from migrakit.autogenerate.entities.identity import Identity
    from migrakit.autogenerate.entities.keeping import Kept
    from migrakit.autogenerate.entities.planning import Node, Plan
    from migrakit.autogenerate.entities.touched import Touched
    from migrakit.entities import Entity

__all__ = ["DROPPED_TO_REPLACE", "Does", "Step", "Way"]


class Does(Enum):
    CREATES = "create"
    REPLACES = "replace"
    DROPS = "drop"


@dataclass(frozen=True, slots=True)
class Step:
    """One op on an entity, or a bare statement. Above it stands what its reader has to know."""

    does: Does | None
    entity: Entity | None = None
    sql: str = ""
    notes: tuple[str, ...] = ()


# What goes with what it stands on, and is never dropped by itself.
_IMPLICIT = ("grant", "row_security", "trigger_state")

# In the place of these another is put by dropping them, and what hangs on them goes too.
DROPPED_TO_REPLACE = ("index", "policy", "trigger")

_UNCHECKED = Step(None, sql="SET LOCAL check_function_bodies = off")
_CHECKED = Step(None, sql="SET LOCAL check_function_bodies TO DEFAULT")


_STARVED = ("Not kept: its rows. What it reads holds none: refresh both.",)


@dataclass(frozen=True, slots=True)
class Way:
    """From one state to another."""

    plan: Plan
    before: Mapping[Identity, Node]
    after: Mapping[Identity, Node]
    kept: Mapping[Identity, Kept]
    """What hangs on each live object."""
    empty: Mapping[Identity, bool]
    """Materialized views that hold no rows, each with whether only what it reads keeps it from that."""

    around: frozenset[Identity]
    """What is made before the tables' own changes and dropped after them, as these need it."""

    notes: Mapping[Identity, Sequence[str]]
    """What a reader has to know of what is done to these."""
    dropped: frozenset[Touched]
    """Columns that tables lose on this way, and what was granted on these with them."""
    unread: frozenset[Identity] = frozenset()
    """Functions whose text the server is not to look into yet: it says what is renamed only after them."""
    waiting: frozenset[Identity] = frozenset()
    """Materialized views that call one of these, and can be filled only then."""

    def first(self) -> list[Step]:
        """What comes before the tables' own changes."""
        return [*self._all_makes(around=True), *self._all_drops(around=False)]

    def last(self) -> list[Step]:
        """What comes after them."""
        return [*self._all_makes(around=False), *self._all_drops(around=True)]

    def after_renames(self) -> Iterator[Step]:
        """What comes when all else is done, the renames too."""
        for each, _ in self.plan.makes:
            if each in self.waiting and each not in self.empty:
                name = f"{quoted(each.schema)}.{quoted(each.name)}"
                yield Step(None, sql=f"REFRESH MATERIALIZED VIEW {name}")

    def _all_makes(self, *, around: bool) -> Iterator[Step]:
        for each, is_ahead in self.plan.makes:
            if self._is_around(each) is around:
                yield from self._makes(each, is_ahead)

    def _all_drops(self, *, around: bool) -> Iterator[Step]:
        for each in self.plan.drops:
            if self._is_around(each) is around:
                yield from self._drops(each)

    def _is_around(self, each: Identity) -> bool:
        return each.kind == "extension" or each in self.around

    def _drops(self, each: Identity) -> Iterator[Step]:
        goes_along = each.kind == "index" and any(
            base.kind == "materialized_view" and base in self.plan.dropped for base in self.before[each].rendered.bases
        )
        if each.kind not in _IMPLICIT and not goes_along:
            yield Step(Does.DROPS, self.before[each].entity, notes=self._notes(each))

    def _notes(self, each: Identity) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.notes.get(each, ())))

    def _makes(self, each: Identity, is_ahead: bool) -> Iterator[Step]:  # noqa: FBT001 - a pair of the plan's
        made = list(self._made(each))
        # Functions that call each other: the server would look for what is yet to come.
        is_ahead = is_ahead or each in self.unread
        yield from [_UNCHECKED, *made, _CHECKED] if is_ahead and made else made
        if each in self.kept:
            yield from self._keeps(each, self.kept[each])

    def _keeps(self, each: Identity, kept: Kept) -> Iterator[Step]:
        made = self.after[each].rendered
        if each in self.plan.replaced and each.kind not in DROPPED_TO_REPLACE:
            yield from kept.steps_of_columns(made.columns - self.before[each].rendered.columns)
        else:
            state = each._replace(kind="trigger_state")
            yield from kept.steps(made, is_switched=state in self.plan.made)

    def _made(self, each: Identity) -> Iterator[Step]:
        is_there = each in self.plan.replaced
        node = self.after[each]
        was = self.before[each].rendered.definition if is_there else None
        if each.kind == "grant":
            yield from self._granted(node, was)
        elif each.kind == "row_security":
            if sql := only_changed(was, node.rendered.definition):
                yield Step(Does.REPLACES, replace(node.entity, sql=sql, kind=each.kind, name=each.name))
        elif each.kind == "trigger_state":
            if is_there or ENABLED not in node.rendered.definition:
                yield Step(Does.REPLACES, replace(node.entity, sql=node.rendered.definition))
        elif each.kind == "materialized_view":
            has_no_data = each in self.empty or each in self.waiting
            sql = (without_data if has_no_data else with_data)(node.entity.sql)
            yield Step(Does.CREATES, replace(node.entity, sql=sql), notes=_STARVED if self.empty.get(each) else ())
        else:
            notes = self._notes(each) if is_there else ()
            yield Step(Does.REPLACES if is_there else Does.CREATES, node.entity, notes=notes)

    def _granted(self, node: Node, was: str | None) -> Iterator[Step]:
        about = About(*node.rendered.shape)
        taken, given = self.granted(node, about.fresh if was is None else was)
        for sql in grants(taken, about.called):
            yield Step(Does.DROPS, replace(node.entity, sql=sql))
        for sql in grants(given, about.called):
            yield Step(Does.CREATES, replace(node.entity, sql=sql))

    def granted(self, node: Node, was: str) -> Changed:
        """How a grant changes what was there."""
        identity = node.rendered.identity
        dropped = {
            each.column for each in self.dropped if (each.schema, each.table) == (identity.schema, identity.name)
        }
        return Changed.between(privileges(was), privileges(node.rendered.definition), dropped=dropped)
