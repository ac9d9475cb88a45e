"""Beside others autogenerate finds what an unfiltered one finds on a database of its own: all, and no more."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import produce_migrations
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from migrakit import Environment, filters
from tests import written
from tests.autogenerate.applying import rendered
from tests.changes import CHANGES, PREFIX, metadata_of, model
from tests.project import described
from tests.share import divided, share
from tests.tallies import PROPERTY as TALLY
from tests.world import settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from alembic.operations import ops
    from sqlalchemy import Connection, MetaData

    from tests.databases import Database, NewDatabase

ROUNDS = divided(range(200))
SCRIPTS = Path(__file__).parent.parent / "examples" / "own_env" / "conference" / "migrations"


def found(connection: Connection, metadata: MetaData, options: dict[str, Any]) -> ops.MigrationScript:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with EnvironmentContext(config, ScriptDirectory.from_config(config)) as context:
        context.configure(connection=connection, **{**options, "target_metadata": metadata})
        return produce_migrations(context.get_context(), metadata)


def changed_models(rounds: Sequence[int] = ROUNDS) -> Iterator[tuple[tuple[str, ...], MetaData]]:
    """One to four changes each; each kind comes first in turn, so that none is left to luck."""
    kinds = list(CHANGES)
    for number in rounds:
        random = Random(number)
        chosen = [kinds[number % len(kinds)], *random.sample(kinds, random.randrange(4))]
        # What drops a table comes last: the others draw from all of them.
        chosen = sorted(dict.fromkeys(chosen), key="drop_table".__eq__)
        changed = model()
        for kind in chosen:
            CHANGES[kind](changed, random)
        yield tuple(chosen), metadata_of(changed)


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")
def test_exactly_the_services_changes_are_found(
    database: Database, new_database: NewDatabase, record_property: Callable[[str, object], None]
) -> None:
    settle(database.engine())
    alone = new_database(database.kind)
    for each in (database, alone):
        metadata_of(model()).create_all(each.engine())
    tried: Counter[str] = Counter()
    ops_found: Counter[str] = Counter()
    with database.engine().connect() as beside_others, alone.engine().connect() as by_itself:
        for kinds, metadata in changed_models():
            ours = Environment(metadata=metadata, owns=filters.prefix(PREFIX)).options()
            expected = described(_upgrade(found(by_itself, metadata, {})))
            assert described(_upgrade(found(beside_others, metadata, ours))) == expected, kinds
            assert expected, kinds
            tried.update(kinds)
            ops_found.update(op.split()[0] for op in expected)
    record_property(TALLY, f"{database.kind}: changes tried: {_counted(tried)}")
    record_property(TALLY, f"{database.kind}: ops found: {_counted(ops_found)}")
    assert set(tried) == set(CHANGES)
    assert min(tried.values()) >= len(ROUNDS) // len(CHANGES)


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counter.items()))


def test_what_is_found_applies_and_can_be_taken_back(postgres18: Database) -> None:
    settle(postgres18.engine())
    metadata_of(model()).create_all(postgres18.engine())
    with postgres18.engine().connect() as connection:
        for _, metadata in changed_models(share(range(len(CHANGES) * 4))):
            with connection.begin() as transaction:
                code = there_and_back(connection, metadata)
                written.keep(code.__str__)
                transaction.rollback()


def there_and_back(connection: Connection, metadata: MetaData) -> str:
    """Apply what is found, beside others' tables; take it back; apply it again. What was found, there and back."""
    owns = filters.prefix(PREFIX)
    script = found(connection, metadata, Environment(metadata=metadata, owns=owns).options())
    code = "".join(rendered(each, connection) for each in (script.upgrade_ops, script.downgrade_ops))
    _apply(connection, _upgrade(script))
    again = found(connection, metadata, Environment(metadata=metadata, owns=owns).options())
    assert described(_upgrade(again)) == [], code
    assert script.downgrade_ops is not None
    _apply(connection, script.downgrade_ops)
    before = metadata_of(model())
    back = found(connection, before, Environment(metadata=before, owns=owns).options())
    assert described(_upgrade(back)) == [], code
    _apply(connection, _upgrade(script))
    return code


def _upgrade(script: ops.MigrationScript) -> ops.UpgradeOps:
    assert script.upgrade_ops is not None
    return script.upgrade_ops


def _apply(connection: Connection, operations: ops.OpContainer) -> None:
    invoke = Operations(MigrationContext.configure(connection)).invoke
    for operation in operations.ops:
        for each in getattr(operation, "ops", [operation]):
            invoke(each)
