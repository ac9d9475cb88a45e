"""Random schemas with random edits are taken there and back, whatever stands on whatever."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from itertools import count
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from migrakit import entities
from tests.entities.changes import directives
from tests.entities.checker import there_and_back
from tests.entities.generating import EDITS, RETYPING, SORTS, World, edited, hanging, new_world
from tests.share import divided
from tests.tallies import PROPERTY as TALLY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.databases import Database, NewDatabase

SEEDS = range(3)
EXAMPLES = len(divided(range(12)))
AT_ONCE = 5
"""How many edits of what is declared make a revision."""
MOST = 60
"""Revisions: an edit that none of these takes is one that is never tried."""


@dataclass(frozen=True)
class Revision:
    edits: tuple[str, ...]
    before: World
    after: World
    hanging: tuple[str, ...] = ()
    is_declared: bool = True


def revisions(seed: int) -> Iterator[Revision]:
    """All comes, all goes, columns change under what nobody declares, and each edit is tried, several at once.

    An edit of what is not there waits for the next revision.
    """
    random = Random(seed)
    worlds = (new_world(random, number) for number in count())
    world = next(worlds)
    yield Revision(("all comes",), world.tables(), world)
    world = next(worlds)
    yield Revision(("all goes",), world, world.tables(), tuple(hanging(world, random)))
    yield _edited(next(worlds), deque([RETYPING] * 3), random, is_declared=False)
    waiting = deque(random.sample(list(EDITS), len(EDITS)))
    for _ in range(MOST):
        if not waiting:
            return
        drawn = deque(waiting.popleft() for _ in range(min(AT_ONCE, len(waiting))))
        yield _edited(next(worlds), drawn, random)
        waiting.extendleft(drawn)


def _edited(world: World, drawn: deque[str], random: Random, is_declared: bool = True) -> Revision:
    """With as many of the edits as can be; the others are left."""
    after, made = world, []
    for name in [drawn.popleft() for _ in range(len(drawn))]:
        changed = edited(after, EDITS[name], random)
        if changed is None:
            drawn.append(name)
        else:
            after = changed
            made.append(name)
    return Revision(tuple(made), world, after, tuple(hanging(world, random)), is_declared)


@pytest.mark.filterwarnings("ignore:autoincrement and existing_autoincrement only make sense for MySQL")
@pytest.mark.parametrize("seed", divided(SEEDS))
def test_random_edits_are_taken_there_and_back(
    seed: int, new_database: NewDatabase, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    edits: Counter[str] = Counter()
    sorts: Counter[str] = Counter()
    done: Counter[str] = Counter()
    for number, revision in enumerate(revisions(seed)):
        print(f"revision {number}: {revision.edits}")  # which a failure shows
        database = new_database("postgresql-18")
        code = _take_there_and_back(revision, database, tmp_path / str(number), Random(seed + number))
        edits.update(revision.edits)
        sorts.update(revision.before.sorts())
        done.update(directives(code))
    for what, counter in (("edits", edits), ("of each kind", sorts), ("directives", done)):
        record_property(TALLY, f"random schemas, seed {seed}, {what}: {_counted(counter)}")
    assert {*EDITS, "all comes", "all goes"} == set(edits)
    assert set(sorts) == set(SORTS)
    assert set(done) == {"create", "replace", "drop"}


@pytest.mark.filterwarnings("ignore:autoincrement and existing_autoincrement only make sense for MySQL")
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
@given(
    random=st.randoms(use_true_random=False),
    names=st.lists(st.sampled_from(sorted(EDITS)), min_size=1, max_size=AT_ONCE, unique=True),
)
def test_what_fails_is_made_small(
    random: Random, names: list[str], new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The same, drawn by Hypothesis: of a revision that fails it looks for the least."""
    revision = _edited(new_world(random, 0), deque(names), random)
    assume(revision.edits)
    _take_there_and_back(revision, new_database("postgresql-18"), tmp_path_factory.mktemp("project"), random)


def _take_there_and_back(revision: Revision, database: Database, path: Path, random: Random) -> str:
    with database.engine().begin() as connection:
        live = ";\n".join([*revision.before.live(), *revision.hanging])
        connection.exec_driver_sql(live, execution_options={"no_parameters": True})
    metadata = revision.after.metadata()
    if not revision.is_declared:
        return there_and_back(database, path, metadata=metadata)
    declared = revision.after.entities()
    random.shuffle(declared)
    return there_and_back(database, path, metadata=metadata, entities=entities.sql(";\n".join(declared)))


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counter.items()))
