"""What autogenerate finds applies in the order it has, there and back, whatever the hash seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations, ops
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)

import tests
from migrakit import Environment, external
from migrakit.autogenerate.order import _order
from tests.autogenerate.applying import contents, found, rendered, run, there_and_back
from tests.autogenerate.changes import CHANGES, Change, everything
from tests.project import described
from tests.share import divided

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.databases import Database, Kind, NewDatabase

pytestmark = [
    pytest.mark.filterwarnings("ignore:Cannot correctly sort tables"),
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection"),
]

SEEDS = divided(range(7))
SEEDED_KINDS: tuple[Kind, ...] = ("postgresql-18", "mariadb", "sqlite")
READS_PARENTS = not sa.__version__.startswith("2.0.")
RANDOM_GRAPHS = divided(range(60))
RANDOM_GRAPHS_ELSEWHERE = divided(range(12))


def ours(metadata: MetaData, *schemas: str) -> dict[str, Any]:
    return Environment(metadata=metadata, schemas=schemas).options()


def applies(change: Change, database: Database, *, stock: bool) -> bool:
    before, after = change.models()
    with database.engine().begin() as connection:
        before.create_all(connection)
    with database.engine().connect() as connection:
        try:
            there_and_back(connection, after, {} if stock else ours(after))
        except Exception:
            if not stock:
                raise
            return False
    return True


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_applies_there_and_back(change: str, database: Database) -> None:
    if database.dialect not in CHANGES[change].not_on:
        assert applies(CHANGES[change], database, stock=False)


@pytest.mark.parametrize("change", [name for name, change in CHANGES.items() if change.stock_fails])
def test_stock_alembic_does_not_get_there_and_back(change: str, database: Database) -> None:
    if database.dialect in CHANGES[change].stock_fails:
        assert not applies(CHANGES[change], database, stock=True)


def test_the_hash_seed_changes_nothing(new_database: NewDatabase, tmp_path: Path) -> None:
    """Each seed has a process and databases of its own, and writes, applies and takes back a file in each."""
    asked = []
    for seed in SEEDS:
        urls = {kind: new_database(kind).url.render_as_string(hide_password=False) for kind in SEEDED_KINDS}
        stock = new_database("postgresql-18").url.render_as_string(hide_password=False)
        for_models = {"postgresql-18": new_database("postgresql-18").url.render_as_string(hide_password=False)}
        beside = new_database("postgresql-18").url.render_as_string(hide_password=False)
        at = {"directory": str(tmp_path / str(seed)), "stock": stock, "beside": beside}
        each = {**at, "urls": urls, "for_models": for_models}
        asked.append((seed, each))
    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda each: under_seed(*each), asked))
    for what in answers[0]["files"]:
        assert len({answer["files"][what] for answer in answers}) == 1, what
    failed = sum(answer["stock_fails"] for answer in answers)
    print(f"\nstock fails with {failed} of {len(SEEDS)} seeds; of migrakit's files there is one for all seeds")
    assert failed > 0
    assert len({answer["stock_file"] for answer in answers}) > 1


def under_seed(seed: int, asked: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.autogenerate.seeded", json.dumps(asked)],
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
        cwd=Path(tests.__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


class Graph:
    """Tables with foreign keys between any two of them, drawn at random; each is there before, after, or both times."""

    def __init__(self, number: int, schemas: tuple[str | None, ...]) -> None:
        self._random = random = Random(number)
        self.times = {f"t{each}": random.choice(["before", "after", "both"]) for each in range(random.randrange(3, 9))}
        self._schemas = {name: random.choice(schemas) for name in self.times}
        self._with_code = {name: random.random() < 0.5 for name in self.times}
        # MariaDB drops no index under a foreign key that stays: so a column has the same ones both times.
        self._indexes = {
            (name, each): random.choice(["", "", "one", "two"]) for name in self.times for each in self.times
        }

    def metadata(self, time: str) -> MetaData:
        metadata = MetaData()
        there = [name for name, when in self.times.items() if when in (time, "both")]
        for name in there:
            targets = self._random.sample(there, self._random.randrange(min(4, len(there) + 1)))
            self._table(metadata, name, targets)
        return metadata

    def _table(self, metadata: MetaData, name: str, targets: list[str]) -> None:
        code = [Column("code", BigInteger), UniqueConstraint("code", name=f"{name}_code")]
        columns = [Column("id", Integer, primary_key=True), *(code if self._with_code[name] else [])]
        keys = [self._key(name, target) for target in targets]
        table = Table(name, metadata, *columns, *keys, schema=self._schemas[name])
        for target in targets:
            if self._indexes[name, target] == "two":
                Index(f"{name}_by_{target}_and_id", table.c[f"to_{target}"], table.c.id)

    def _key(self, name: str, target: str) -> Column[Any]:
        # Of tables that stay keys have names, since nothing without a name can be dropped.
        named = f"{name}_{target}" if self.times[name] == "both" or self._random.random() < 0.5 else None
        to_code = self._with_code[target] and self._random.random() < 0.5
        schema = f"{self._schemas[target]}." if self._schemas[target] else ""
        use_alter = named is not None and self._random.random() < 0.1
        key = ForeignKey(f"{schema}{target}.{'code' if to_code else 'id'}", name=named, use_alter=use_alter)
        type_ = BigInteger() if to_code else Integer()
        return Column(f"to_{target}", type_, key, index=self._indexes[name, target] == "one")


def has_circle(metadata: MetaData) -> bool:
    links = {
        table: {key.column.table for key in table.foreign_keys if key.column.table is not table}
        for table in metadata.tables.values()
    }
    try:
        TopologicalSorter(links).prepare()
    except CycleError:
        return True
    return False


def graphs(numbers: Sequence[int], *schemas: str | None) -> Iterator[tuple[MetaData, MetaData]]:
    seen: Counter[str] = Counter()
    for number in numbers:
        graph = Graph(number, schemas)
        before, after = graph.metadata("before"), graph.metadata("after")
        seen["with a circle"] += has_circle(before) or has_circle(after)
        seen["with drops"] += "before" in graph.times.values()
        yield before, after
    print(f"\n{len(numbers)} graphs of tables, {dict(seen)}")


def test_any_graph_of_tables_applies_there_and_back(postgres18: Database) -> None:
    with postgres18.engine().connect() as connection:
        connection.execute(text("CREATE SCHEMA other"))
        connection.commit()
        for before, after in graphs(RANDOM_GRAPHS, None, "other"):
            before.create_all(connection)
            there_and_back(connection, after, ours(after, "other"))
            connection.rollback()


@pytest.mark.parametrize("kind", ["mariadb", "sqlite"])
def test_any_graph_of_tables_applies_there_and_back_elsewhere(kind: Kind, new_database: NewDatabase) -> None:
    for before, after in graphs(RANDOM_GRAPHS_ELSEWHERE, None):
        with new_database(kind).engine().connect() as connection:
            before.create_all(connection)
            there_and_back(connection, after, ours(after))


def test_tables_are_dropped_by_name_and_their_indexes_just_before_them(postgres18: Database) -> None:
    before = MetaData()
    for name in ("b", "d", "a", "c"):
        Table(name, before, Column("id", Integer, primary_key=True), Column("n", Integer, index=True))
    before.create_all(postgres18.engine())
    with postgres18.engine().connect() as connection:
        upgrade = rendered(found(connection, MetaData(), ours(MetaData())).upgrade_ops, connection)
    lines = [line.strip().split(",")[0] for line in upgrade.splitlines() if "op." in line]
    assert lines == [
        each for name in "abcd" for each in (f"op.drop_index(op.f('ix_{name}_n')", f"op.drop_table('{name}')")
    ]


def test_columns_come_back_in_the_order_they_had(sqlite: Database) -> None:
    columns = [Column(name, Integer) for name in ("zebra", "ant", "mouse")]
    Table("t", before := MetaData(), Column("id", Integer, primary_key=True), *columns).create(sqlite.engine())
    Table("t", after := MetaData(), Column("id", Integer, primary_key=True))
    del before
    with sqlite.engine().connect() as connection:
        downgrade = rendered(found(connection, after, ours(after)).downgrade_ops, connection)
    assert [line.split("'")[1] for line in downgrade.splitlines() if "add_column" in line] == ["zebra", "ant", "mouse"]


def test_a_name_that_postgresql_gives_is_given_where_it_has_to_be_dropped_again(postgres18: Database) -> None:
    long = "a_name_that_is_quite_long_and_goes_on_and_on_and_on"
    metadata = MetaData()
    Table(long, metadata, Column("id", Integer, primary_key=True), Column("other_long_name", ForeignKey("x.id")))
    Table("x", metadata, Column("id", Integer, primary_key=True), Column("y_id", ForeignKey(f"{long}.id")))
    with postgres18.engine().connect() as connection:
        upgrade = there_and_back(connection, metadata, ours(metadata))
        keys = [fact for name, fact in contents(connection).items() if "foreign_keys" in name]
    assert "op.create_foreign_key('x_y_id_fkey', 'x'," in upgrade
    assert all("_fkey" in str(fact) for fact in keys)


LONG = ("long_" * 11 + "x", "long_" * 11 + "y", "ö" * 28)


def unnamed_in_a_circle(metadata: MetaData, *names: str) -> None:
    """Tables with foreign keys that have no name, all in one circle, whose names would be the same or too long."""
    for name, other in zip(names, [*names[1:], names[0]], strict=True):
        columns = [Column(each, Integer) for each in ("a", "b", "a_b", "same")]
        table = Table(name, metadata, Column("id", Integer, primary_key=True), *columns, UniqueConstraint("id", "a"))
        for local, remote in (("a_b", "id"), ("same", "id"), ("same", "a_b"), ("a", "id")):
            table.append_constraint(ForeignKeyConstraint([local], [f"{other}.{remote}"]))
        table.append_constraint(UniqueConstraint("a_b"))
        table.append_constraint(ForeignKeyConstraint(["a", "b"], [f"{other}.id", f"{other}.a"]))
        table.append_constraint(ForeignKeyConstraint(["same"], [f"{name}.id"]))


@pytest.mark.parametrize("kind", ["postgresql-18", "mariadb"])
def test_the_names_that_are_given_are_different_ones(kind: Kind, new_database: NewDatabase) -> None:
    metadata = MetaData()
    unnamed_in_a_circle(metadata, "t", "t_a", *LONG)
    metadata.tables["t"].append_constraint(CheckConstraint("a > 0", name="t_a_b_fkey"))
    metadata.tables["t_a"].append_constraint(UniqueConstraint("b", name="t_a_b_fkey1"))
    with new_database(kind).engine().connect() as connection:
        there_and_back(connection, metadata, ours(metadata))


def test_a_table_is_made_after_those_it_inherits_from_and_dropped_before(postgres18: Database) -> None:
    metadata = MetaData()
    parents = {"a": "x", "b": ["y"], "c": ["b", "z"], "x": None, "y": "z", "z": None}
    for name, inherits in parents.items():
        link = ForeignKey(f"{'c' if name == 'z' else name}.id", name=f"{name}_link")
        Table(name, metadata, Column("id", Integer, primary_key=True), Column("to", link), postgresql_inherits=inherits)
    with postgres18.engine().connect() as connection:
        upgrade = there_and_back(connection, metadata, ours(metadata))
        assert [line.split("'")[1] for line in upgrade.splitlines() if "create_table" in line] == [*"xazybc"]
        connection.commit()
        if READS_PARENTS:
            there_and_back(connection, MetaData(), ours(MetaData()))


@pytest.mark.skipif(not READS_PARENTS, reason="this SQLAlchemy doesn't read what a table inherits from")
def test_tables_are_dropped_before_those_they_inherit_from_in_any_schema(postgres18: Database) -> None:
    with postgres18.engine().connect() as connection:
        connection.execute(text('CREATE SCHEMA "S"'))
        for name, parent in (("z", None), ("y", "z"), ('"S".x', "y"), ('"S"."W"', '"S".x'), ("a", '"S"."W"')):
            connection.execute(text(f"CREATE TABLE {name} (id integer) " + (f"INHERITS ({parent})" if parent else "")))
        connection.commit()
        upgrade = rendered(found(connection, MetaData(), ours(MetaData(), "S")).upgrade_ops, connection)
        run(upgrade, connection)
    assert [line.split("'")[1] for line in upgrade.splitlines() if "drop_table" in line] == [*"aWxyz"]


def test_the_default_schema_is_the_same_in_every_spelling(postgres18: Database) -> None:
    before, after = MetaData(), MetaData()
    for metadata, schema in ((before, None), (after, "public")):
        z = Table("z", metadata, Column("id", Integer, primary_key=True), Column("code", Integer), schema=schema)
        key = ForeignKey(z.c.code if metadata is after else z.c.id, name="a_z")
        Table("a", metadata, Column("id", Integer, primary_key=True), Column("z", Integer, key), schema=schema)
    after.tables["public.z"].append_constraint(UniqueConstraint("code", name="z_code"))
    before.create_all(postgres18.engine())
    with postgres18.engine().connect() as connection:
        script = found(connection, after, ours(after))
        for each in (script.upgrade_ops, script.downgrade_ops, script.upgrade_ops):
            run(rendered(each, connection), connection)


def test_an_unnamed_foreign_key_is_taken_away_by_the_name_it_has(postgres18: Database) -> None:
    before, after = MetaData(), MetaData()
    for metadata, name in ((before, "old"), (after, "new")):
        code = Column("code", Integer)
        Table("a", metadata, Column("id", Integer, primary_key=True), code, UniqueConstraint("code", name=name))
        Table("b", metadata, Column("id", Integer, primary_key=True), Column("code", ForeignKey("a.code")))
        info = external() if metadata is after else {}
        Table("others", metadata, Column("code", ForeignKey("a.id"), primary_key=True), info=info)
    before.create_all(postgres18.engine())
    with postgres18.engine().connect() as connection:
        upgrade = there_and_back(connection, after, ours(after))
    assert [line.strip().split(",")[0] for line in upgrade.splitlines() if "op." in line] == [
        "op.drop_constraint('b_code_fkey'",
        "op.create_unique_constraint('new'",
        "op.drop_constraint(op.f('old')",
        "op.create_foreign_key('b_code_fkey'",
    ]


def test_an_index_that_is_no_key_goes_without_foreign_keys(postgres18: Database) -> None:
    before, after = MetaData(), MetaData()
    for metadata in (before, after):
        Table("a", metadata, Column("id", Integer, primary_key=True, index=metadata is before))
        Table("b", metadata, Column("id", Integer, primary_key=True), Column("a_id", ForeignKey("a.id")))
    before.create_all(postgres18.engine())
    with postgres18.engine().connect() as connection:
        upgrade = found(connection, after, ours(after)).upgrade_ops
    assert upgrade is not None
    assert described(upgrade) == ["remove_index a.ix_a_id"]


def test_another_s_foreign_key_is_not_taken_away(postgres18: Database) -> None:
    before, after = MetaData(), MetaData()
    for metadata, name in ((before, "old"), (after, "new")):
        code = Column("code", Integer)
        Table("a", metadata, Column("id", Integer, primary_key=True), code, UniqueConstraint("code", name=name))
        info = external() if metadata is after else {}
        Table("others", metadata, Column("code", ForeignKey("a.code"), primary_key=True), info=info)
    before.create_all(postgres18.engine())
    with postgres18.engine().connect() as connection:
        upgrade = found(connection, after, ours(after)).upgrade_ops
    assert upgrade is not None
    assert described(upgrade) == ["add_constraint a.new", "remove_constraint a.old"]


def test_the_same_name_in_another_schema_is_another_one(postgres18: Database) -> None:
    before, after = MetaData(), MetaData()
    for metadata, indexed, keyed in ((before, "one", "two"), (after, "two", "one")):
        for schema in ("one", "two"):
            table = Table("t", metadata, Column("id", Integer, primary_key=True), Column("n", Integer), schema=schema)
            if schema == indexed:
                Index("by_n", table.c.n)
            if schema == keyed:
                table.append_constraint(UniqueConstraint("n", name="n_key"))
    with postgres18.engine().connect() as connection:
        connection.execute(text("CREATE SCHEMA one; CREATE SCHEMA two"))
        before.create_all(connection)
        connection.commit()
        upgrade = there_and_back(connection, after, ours(after))
    words = [line.strip().split("(")[0] for line in upgrade.splitlines() if "op." in line]
    schemas = [line.rpartition("schema=")[2][1:4] for line in upgrade.splitlines() if "op." in line]
    assert list(zip(words, schemas, strict=True)) == [
        ("op.create_unique_constraint", "one"),
        ("op.drop_index", "one"),
        ("op.create_index", "two"),
        ("op.drop_constraint", "two"),
    ]


@pytest.mark.parametrize("kind", ["postgresql-18", "mariadb"])
def test_comments_stay_with_the_other_changes_of_their_table(kind: Kind, new_database: NewDatabase) -> None:
    database = new_database(kind)
    before, after = MetaData(), MetaData()
    for metadata, comment in ((before, "old"), (after, None)):
        key = [] if comment else [ForeignKey("z.code", name="a_z")]
        Table(
            "a",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("z", Integer, *key, index=True),
            comment=comment,
        )
        unique = [] if comment else [UniqueConstraint("code", name="z_code")]
        Table(
            "z",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("code", Integer),
            *unique,
            comment=f"{comment}",
        )
    before.create_all(database.engine())
    with database.engine().connect() as connection:
        upgrade = there_and_back(connection, after, ours(after))
    assert [line.strip().split("(")[0] for line in upgrade.splitlines() if "op." in line] == [
        "op.create_unique_constraint",
        "op.create_foreign_key",
        "op.drop_table_comment",
        "op.create_table_comment",
    ]


def test_a_renamed_column_has_its_new_name_before_that_is_referred_to(postgres18: Database) -> None:
    key = ops.ModifyTableOps("a", [ops.CreateForeignKeyOp("a_z", "a", "z", ["z"], ["mic"])])
    renamed = ops.ModifyTableOps("z", [ops.AlterColumnOp("z", "market", modify_name="mic")])
    upgrade = ops.UpgradeOps([key, renamed])
    with postgres18.engine().connect() as connection:
        _order(_Context(connection), upgrade, {None})  # type: ignore[arg-type]
    assert [op.table_name for op in upgrade.ops if isinstance(op, ops.ModifyTableOps)] == ["z", "a"]


def test_ops_do_the_same_without_being_rendered(database: Database) -> None:
    before, after = MetaData(), MetaData()
    CHANGES["linked_tables"].build(before, "", True)
    with database.engine().connect() as connection:
        script = found(connection, before, ours(before))
        operations = Operations(MigrationContext.configure(connection))
        for container in (script.upgrade_ops, script.downgrade_ops, script.upgrade_ops):
            invoke(container, operations)
        left = found(connection, before, ours(before)).upgrade_ops
        assert left is not None
        assert described(left) == []
        invoke(found(connection, after, ours(after)).upgrade_ops, operations)
        assert sa.inspect(connection).get_table_names() == []


def invoke(op: Any, operations: Operations) -> None:
    if isinstance(op, ops.OpContainer):
        for each in op.ops:
            invoke(each, operations)
    else:
        operations.invoke(op)


def test_the_order_that_they_are_found_in_changes_nothing(postgres18: Database) -> None:
    before, after = everything("postgresql")
    for metadata in (before, after):
        kept = Table("kept", metadata, Column("id", Integer, primary_key=True))
        for name in "cab":
            kept.append_column(Column(name, Integer))
    for name in "cab":
        kept.append_constraint(UniqueConstraint(name))
        kept.append_constraint(ForeignKeyConstraint([name], ["kept.id"]))
    before.create_all(postgres18.engine())
    with postgres18.engine().connect() as connection:
        orders = set()
        for seed in range(20):
            upgrade = found(connection, after, {}).upgrade_ops
            assert upgrade is not None
            shuffle_sets(upgrade, Random(seed))
            _order(_Context(connection), upgrade, {None})  # type: ignore[arg-type]
            orders.add(rendered(upgrade, connection))
    assert len(orders) == 1


def shuffle_sets(upgrade: ops.UpgradeOps, random: Random) -> None:
    """Put into another order what Alembic takes from sets."""
    made = [op for op in upgrade.ops if isinstance(op, ops.CreateTableOp)]
    parts = [part for op in upgrade.ops if isinstance(op, ops.ModifyTableOps) for part in op.ops]
    rest: list[ops.MigrateOperation] = [op for op in upgrade.ops if isinstance(op, ops.DropTableOp)]
    tables: dict[str, list[ops.MigrateOperation]] = {}
    for part in parts:
        key = part.source_table if isinstance(part, ops.CreateForeignKeyOp) else part.table_name  # type: ignore[attr-defined]
        tables.setdefault(key, []).append(part)
    for name, several in sorted(tables.items()):
        from_sets = [each for each in several if not isinstance(each, (ops.AddColumnOp, ops.AlterColumnOp))]
        random.shuffle(from_sets)
        rest.append(ops.ModifyTableOps(name, [*(each for each in several if each not in from_sets), *from_sets]))
    changes = [op for op in rest if isinstance(op, ops.ModifyTableOps)]
    drops = [op for op in rest if isinstance(op, ops.DropTableOp)]
    random.shuffle(drops)
    upgrade.ops = [*made, *drops, *changes]


def test_what_another_plugin_put_between_stays_between(postgres18: Database) -> None:
    before = MetaData()
    Table("a", before, Column("id", Integer, primary_key=True))
    Table("b", before, Column("id", Integer, primary_key=True), Column("a_id", ForeignKey("a.id")))
    before.create_all(postgres18.engine())
    with postgres18.engine().connect() as connection:
        upgrade = found(connection, MetaData(), ours(MetaData())).upgrade_ops
        assert upgrade is not None
        b, a = upgrade.ops
        for other in (ops.ExecuteSQLOp("SELECT 1"), MoreThanChanges("a", [ops.CreateTableCommentOp("a", "new")])):
            upgrade.ops = [a, other, b]
            _order(_Context(connection), upgrade, {None})  # type: ignore[arg-type]
            assert upgrade.ops == [a, other, b]


class MoreThanChanges(ops.ModifyTableOps):
    """Another plugin's."""


def test_tables_that_seem_to_inherit_from_each_other_are_all_made(postgres18: Database) -> None:
    names = (("one", "t", "u"), ("two", "u", "t"))
    made = [ops.CreateTableOp(name, [], schema=schema, postgresql_inherits=of) for schema, name, of in names]
    upgrade = ops.UpgradeOps(made)
    with postgres18.engine().connect() as connection:
        _order(_Context(connection), upgrade, {None})  # type: ignore[arg-type]
    assert {op.table_name for op in upgrade.ops if isinstance(op, ops.CreateTableOp)} == {"t", "u"}


class _Context:
    def __init__(self, connection: Any) -> None:
        self.migration_context = connection
