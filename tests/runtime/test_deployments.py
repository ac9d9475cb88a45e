"""Many processes that upgrade one database at once: each revision is applied once, and nobody fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pytest

from tests.databases.fixtures import SESSION, fresh_database
from tests.deployments import VARIANTS, Round, Service, Variant, Way, command_lines, play, together, workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.databases import Database, Kind

    NewContext: TypeAlias = Callable[[Kind], AbstractContextManager[Database]]

WORKERS = 8
ROUNDS = 2
ROUNDS_OF_STOCK = 10
"""At most: it fails in nearly every one."""

each_variant = pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)


@pytest.fixture(scope="module")
def behind_a_barrier() -> Iterator[Way]:
    """One set of workers for all of these tests, since most of the time goes into their imports."""
    with workers(WORKERS) as those:
        yield together(those)


@pytest.fixture
def fresh(pytestconfig: pytest.Config, tmp_path: Path) -> NewContext:
    """Databases of which each is dropped before the next round is given one."""
    session = pytestconfig.stash[SESSION]
    return lambda kind: fresh_database(kind, session, tmp_path)


def rounds(number: int, kind: Kind, service: Service, way: Way, fresh: NewContext) -> Iterator[Round]:
    for _ in range(number):
        with fresh(kind) as database:
            yield play(service, database, way)


@each_variant
def test_workers_behind_a_barrier_all_succeed(
    variant: Variant,
    behind_a_barrier: Way,
    fresh: NewContext,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    service = variant.service(tmp_path / "service", variant.own_env)
    played = list(rounds(ROUNDS, variant.kind, service, behind_a_barrier, fresh))
    assert [(each.errors, each.faults) for each in played] == [([], [])] * ROUNDS
    succeeded = sum(len(each.outcomes) for each in played)
    record_property("tally", f"{variant.name}: {succeeded} upgrades at once, {WORKERS} a round, succeeded")


@each_variant
def test_the_same_program_fails_with_the_env_of_alembics_template(
    variant: Variant, behind_a_barrier: Way, fresh: NewContext, tmp_path: Path
) -> None:
    service = variant.service(tmp_path / "service", variant.stock_env)
    assert any(each.errors for each in rounds(ROUNDS_OF_STOCK, variant.kind, service, behind_a_barrier, fresh))


@pytest.mark.parametrize("variant", VARIANTS[3:], ids=lambda variant: variant.name)
def test_lock_in_an_env_of_ones_own(variant: Variant, behind_a_barrier: Way, fresh: NewContext, tmp_path: Path) -> None:
    connecting = "with connectable.connect() as connection"
    assert connecting in variant.stock_env
    env = variant.stock_env.replace(connecting, f"{connecting}, migration_lock(connection)")
    service = variant.service(tmp_path / "service", f"from migrakit import migration_lock\n{env}")
    [played] = rounds(1, variant.kind, service, behind_a_barrier, fresh)
    assert (played.errors, played.faults) == ([], [])


def test_command_lines_started_at_once_all_succeed(fresh: NewContext, tmp_path: Path) -> None:
    variant = VARIANTS[0]
    service = variant.service(tmp_path / "service", variant.own_env)
    [played] = rounds(1, variant.kind, service, command_lines(4), fresh)
    assert (played.errors, played.faults) == ([], [])
    assert len(played.outcomes) == 4
