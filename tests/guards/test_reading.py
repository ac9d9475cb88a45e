"""A revision's file is read, and nothing of it is run."""

from __future__ import annotations

import py_compile
import sys
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic.operations import Operations, ops
from alembic.runtime.migration import MigrationContext
from alembic.util import load_python_file

from migrakit.guards.operation import Unchecked
from migrakit.guards.reading import Reading, read
from tests.entities.unregistered import import_alembic_utils
from tests.guards.revisions import HEAD, context_of, loaded, ops_of, reading_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.operations.ops import MigrateOperation

EVERY_WAY_OF_TRY = """\
try:
    op.drop_table("a")
except ValueError as error:
    op.drop_table("b")
else:
    op.drop_table("c")
finally:
    op.drop_table("d")
"""

ASKED = """\
inspector = Inspector.from_engine(op.get_bind())
if any(column["name"] == "x" for column in inspector.get_columns("t")):
    op.drop_table("a")
"""

OF_METADATA = """\
metadata = sa.MetaData()
for name in "ba":
    sa.Table(name, metadata, sa.Column("x", sa.Integer))
for table in metadata.sorted_tables:
    op.drop_table(table.name)
"""

MATCHED = """\
match unknown:
    case 1:
        op.drop_table("a")
    case {"k": x, **rest}:
        op.drop_table("b")
"""

EXAMPLES = Path(__file__).parents[2] / "examples"


def dropped(reading: Reading) -> list[str]:
    """The tables that it drops, if it does nothing else and nothing is left unchecked."""
    assert reading.unchecked == ()
    return [each.op.table_name for each in reading.operations if isinstance(each.op, ops.DropTableOp)]


def left(reading: Reading) -> list[str]:
    """The code that nobody read."""
    return [each.code for each in reading.unchecked]


class TestDirectives:
    @pytest.mark.parametrize(
        ("call", "kind", "place"),
        [
            ('op.drop_table("a", schema="s")', ops.DropTableOp, ("s", "a")),
            ('op.create_table("a", sa.Column("x", sa.Integer()))', ops.CreateTableOp, (None, "a")),
            ('op.rename_table("a", "b", schema="s")', ops.RenameTableOp, ("s", "a")),
            ('op.add_column("a", sa.Column("x", sa.Integer()), schema="s")', ops.AddColumnOp, ("s", "a")),
            ('op.drop_column("a", "x", schema="s")', ops.DropColumnOp, ("s", "a")),
            ('op.alter_column("a", "x", type_=sa.String(4), nullable=False)', ops.AlterColumnOp, (None, "a")),
            ('op.create_index(op.f("ix"), "a", ["x"], schema="s")', ops.CreateIndexOp, ("s", "a")),
            ('op.drop_index("ix", "a", schema="s")', ops.DropIndexOp, ("s", "a")),
            ('op.drop_index("ix")', ops.DropIndexOp, (None, None)),
            ('op.create_unique_constraint("uq", "a", ["x"])', ops.CreateUniqueConstraintOp, (None, "a")),
            ('op.create_primary_key("pk", "a", ["x"])', ops.CreatePrimaryKeyOp, (None, "a")),
            ('op.create_check_constraint("ck", "a", sa.column("x") > 3)', ops.CreateCheckConstraintOp, (None, "a")),
            (
                'op.create_foreign_key("fk", "a", "b", ["x"], ["y"], source_schema="s")',
                ops.CreateForeignKeyOp,
                ("s", "a"),
            ),
            ('op.create_exclude_constraint("ex", "a", ("x", "&&"))', ops.MigrateOperation, (None, "a")),
            ('op.drop_constraint("uq", "a", type_="unique", schema="s")', ops.DropConstraintOp, ("s", "a")),
            ('op.create_table_comment("a", "said")', ops.CreateTableCommentOp, (None, "a")),
            ('op.drop_table_comment("a", schema="s")', ops.DropTableCommentOp, ("s", "a")),
            ('op.bulk_insert(sa.table("a", sa.column("x"), schema="s"), [{"x": 1}])', ops.BulkInsertOp, ("s", "a")),
            ('op.execute("DELETE FROM a")', ops.ExecuteSQLOp, (None, None)),
            ('op.execute(sa.schema.DropSchema("s"))', ops.ExecuteSQLOp, (None, None)),
        ],
    )
    def test_each_makes_the_op_that_alembic_makes(
        self, tmp_path: Path, call: str, kind: type[MigrateOperation], place: tuple[str | None, str | None]
    ) -> None:
        reading = reading_of(tmp_path, call)
        (operation,) = reading.operations
        assert reading.unchecked == ()
        assert isinstance(operation.op, kind)
        assert (operation.schema, operation.table) == place
        assert operation.line == 5

    def test_a_batch_knows_its_table(self, tmp_path: Path) -> None:
        reading = reading_of(
            tmp_path,
            """
            with op.batch_alter_table("a", schema="s", recreate="always", copy_from=anything) as batch:
                batch.drop_column("x")
                batch.alter_column("y", new_column_name="z")
                batch.drop_constraint(batch.f("uq"), type_="unique")
                batch.create_index("ix", ["z"])
            """,
        )
        assert [(each.schema, each.table) for each in reading.operations] == [("s", "a")] * 4
        assert isinstance(ops_of(reading)[0], ops.DropColumnOp)
        # A copy has what somebody says of the table, and loses the rest.
        assert [each.line for each in reading.unchecked] == [5]

    def test_plugins_directives_are_read_too(self, tmp_path: Path) -> None:
        import_alembic_utils()
        reading = reading_of(
            tmp_path,
            """
            op.create_entity(entity("CREATE VIEW v AS SELECT 1"))
            op.replace_entity(PGView("public", "w", "SELECT 2"))
            """,
            head=f"{HEAD}from alembic_utils.pg_view import PGView\nfrom migrakit.entities import entity\n",
        )
        assert reading.unchecked == ()
        assert [type(each).__name__ for each in ops_of(reading)] == ["CreateOp", "ReplaceOp"]

    def test_what_an_op_is_given_stays_as_it_was_then(self, tmp_path: Path) -> None:
        reading = reading_of(
            tmp_path,
            """
            columns = ["x"]
            op.create_index("a", "t", columns)
            columns.append("y")
            op.create_index("b", "t", columns)
            """,
        )
        assert [op.columns for op in ops_of(reading)] == [["x"], ["x", "y"]]  # type: ignore[attr-defined]

    def test_a_table_that_is_created_takes_rows(self, tmp_path: Path) -> None:
        reading = reading_of(
            tmp_path,
            """
            made = op.create_table("t", sa.Column("x", sa.Integer()), schema="s")
            op.bulk_insert(made, [{"x": n} for n in range(3)])
            op.execute(made.update().where(made.c.x == 1).values(x=2))
            """,
        )
        assert reading.unchecked == ()
        _, rows, update = reading.operations
        assert (rows.schema, rows.table) == ("s", "t")
        assert "UPDATE s.t SET x=" in str(update.op.sqltext)  # type: ignore[attr-defined]

    @pytest.mark.parametrize("written", ["sa.Enum('a', name='kind')", "postgresql.ENUM('a', name='kind')"])
    def test_an_enum_is_dropped_as_scripts_write_it(self, tmp_path: Path, written: str) -> None:
        head = HEAD + "from sqlalchemy.dialects import postgresql\n"
        body = f"{written}.drop(op.get_bind(), checkfirst=False)"
        (op,) = ops_of(reading_of(tmp_path, body, head=head))
        assert isinstance(op, ops.ExecuteSQLOp)
        assert str(op.sqltext) == "DROP TYPE kind"
        assert reading_of(tmp_path, "unknown.drop(op.get_bind())", head=head).operations == ()

    def test_a_directive_that_acts_at_once_can_not(self, tmp_path: Path) -> None:
        engine = sa.create_engine("sqlite://")
        with engine.connect() as connection:
            connection.execute(sa.text("CREATE TABLE kept (x int)"))
            context = MigrationContext.configure(connection)
            module = loaded(
                tmp_path,
                HEAD + "from alembic.operations import Operations\n@Operations.register_operation('acts_at_once')\n"
                "class Acts:\n    @classmethod\n    def acts_at_once(cls, operations):\n"
                "        with operations.get_context().autocommit_block():\n"
                "            operations.migration_context.connection.execute(sa.text('DROP TABLE kept'))\n"
                "def upgrade():\n    op.acts_at_once()\n    op.get_bind().execute('DROP TABLE kept')\n",
            )
            assert left(read(module.upgrade, context)) == ["op.acts_at_once()", "op.get_bind().execute(...)"]
            assert sa.inspect(connection).has_table("kept")
        delattr(Operations, "acts_at_once")
        engine.dispose()

    @pytest.mark.parametrize(
        "body",
        [
            'o = op\no.drop_table("a")',
            'd = op.drop_table\nd("a")',
            'getattr(op, "drop_table")("a")',
            'getattr(op, "drop_" + "table")(table_name="a")',
            'from alembic import op as o\no.drop_table("a")',
            'from alembic.op import drop_table as d\nd("a")',
            'import alembic\nalembic.op.drop_table("a")',
            'import alembic.op as o\no.drop_table("a")',
            'for d in [op.drop_table]:\n    d("a")',
            'op.invoke(ops.DropTableOp("a"))',
        ],
    )
    def test_op_is_known_whatever_it_is_called(self, tmp_path: Path, body: str) -> None:
        assert dropped(reading_of(tmp_path, body, head=HEAD + "from alembic.operations import ops\n")) == ["a"]

    @pytest.mark.parametrize("head", ["from alembic.op import *\n", "from alembic.op import drop_table\n"])
    def test_directives_may_be_imported(self, tmp_path: Path, head: str) -> None:
        assert dropped(reading_of(tmp_path, 'drop_table("a")', head=head)) == ["a"]

    def test_another_op_is_nobody_that_is_known(self, tmp_path: Path) -> None:
        reading = reading_of(
            tmp_path,
            'op.drop_table("a")',
            head="class Op:\n    def drop_table(self, name):\n        raise SystemExit\nop = Op()\n",
        )
        assert reading == Reading((), (Unchecked(6, "op.drop_table(...)"),))

    @pytest.mark.parametrize(
        "body",
        [
            'op.drop_table(os.environ["TABLE"])',
            "op.drop_table()",
            "op.drop_everything()",
            'op.drop_table("a", *more)',
            'op.drop_table("a", **{unknown: 1})',
            'op.execute(f"DROP TABLE {unknown}")',
            "op.run_async(print)",
            "op.impl.drop_table(None)",
            "op.foo = 1\nop.drop_table('a')",
        ],
    )
    def test_what_cant_be_told_is_left_unchecked(self, tmp_path: Path, body: str) -> None:
        reading = reading_of(tmp_path, body, head=HEAD + "import os\n")
        assert reading.operations == ()
        (code,) = left(reading)
        assert code.startswith("op.")
        assert code.endswith(("(...)", "()"))


class TestValues:
    @pytest.mark.parametrize(
        "expression",
        [
            '"a"',
            '"A".lower()',
            '"%s" % "a"',
            'f"{NAMES[0]}"',
            'f"{NAMES[0]!s:<1}"',
            '"".join(["a"])',
            "Table.NAME",
            "Kind.A.value",
            "Mapped.__table__.name",
            "Mapped.__tablename__",
            '{"k": "a"}["k"]',
            '{"k": "a"}.get("k")',
            '"xa"[1:]',
            '("a" if len(NAMES) == 2 else "b")',
            '[n for n in NAMES if n != "b"][0]',
            'sorted({"b", "a"})[0]',
            '(lambda n: n)("a")',
            'sa.table("a").name',
            'textwrap.dedent("a")',
            'None or "a"',
            '(not NAMES) or "a"',
            'helper("a")',
            'str(quoted_name("a", True))',
            'op.f("a")',
            '[*NAMES, "c"][-3]',
            "list(zip(NAMES, NAMES))[0][0]",
            'dict(k="a")["k"]',
            '(x := "a")',
            "chr(97)",
        ],
    )
    def test_a_value_is_computed(self, tmp_path: Path, expression: str) -> None:
        head = HEAD + (
            "import enum, textwrap\nfrom sqlalchemy.orm import declarative_base\n"
            "from sqlalchemy.sql import quoted_name\n"
            "NAMES = ['a', 'b']\n"
            "class Table:\n    NAME = 'a'\n"
            "class Kind(enum.Enum):\n    A = 'a'\n"
            "class Mapped(declarative_base()):\n    __tablename__ = 'a'\n"
            "    x = sa.Column(sa.Integer, primary_key=True)\n"
            "def helper(name, *, suffix=''):\n    return name + suffix\n"
        )
        assert dropped(reading_of(tmp_path, f"op.drop_table({expression})", head=head)) == ["a"]

    def test_own_types_and_constructs_are_made(self, tmp_path: Path) -> None:
        head = HEAD + (
            "class Money(sa.types.TypeDecorator):\n    impl = sa.Numeric\n    cache_ok = True\n"
            "class CreateView(sa.schema.DDLElement):\n    def __init__(self, name):\n        self.name = name\n"
        )
        body = (
            'op.add_column("t", sa.Column("x", Money(), server_default=sa.func.now(), default=dict))\n'
            'op.execute(CreateView("v"))'
        )
        reading = reading_of(tmp_path, body, head=head)
        assert reading.unchecked == ()
        assert type(ops_of(reading)[0].column.type).__name__ == "Money"  # type: ignore[attr-defined]

    @pytest.mark.parametrize(
        "body",
        [
            "bind = op.get_bind()\nname = bind.dialect.name",
            "name = op.get_context().dialect.name",
            "name = context.get_context().bind.engine.name",
            "name = context.get_bind().dialect.name",
            "name = op.get_bind().engine.dialect.name",
        ],
    )
    def test_the_dialect_is_known(self, tmp_path: Path, body: str) -> None:
        body += '\nif name == "postgresql":\n    op.drop_table("a")\nelse:\n    op.drop_table("b")'
        head = HEAD + "from alembic import context\n"
        assert dropped(reading_of(tmp_path, body, head=head)) == ["a"]
        assert dropped(reading_of(tmp_path, body, head=head, dialect="sqlite")) == ["b"]

    def test_whether_it_becomes_a_script_is_known(self, tmp_path: Path) -> None:
        body = 'op.drop_table("script" if context.is_offline_mode() else "database")'
        head = HEAD + "from alembic import context\n"
        assert dropped(reading_of(tmp_path, body, head=head, as_sql=True)) == ["script"]

    def test_lists_of_the_file_and_their_columns_stay_as_they_are(self, tmp_path: Path) -> None:
        module = loaded(
            tmp_path,
            HEAD + "NAMES = ['a']\nCOLUMNS = [sa.Column('x', sa.Integer())]\n"
            "def upgrade(seen=NAMES):\n    NAMES.append('b')\n    NAMES[0] = 'c'\n    op.create_table('t', *COLUMNS)\n"
            "    for name in NAMES:\n        op.drop_table(name)\n",
        )
        reading = read(module.upgrade, context_of())
        assert reading.unchecked == ()
        made, *dropped_ = ops_of(reading)
        assert [op.table_name for op in dropped_] == ["c", "b"]  # type: ignore[attr-defined]
        assert module.NAMES == ["a"]
        made.to_table()  # type: ignore[attr-defined]
        assert module.COLUMNS[0].table is None

    def test_models_stay_as_they_are(self, tmp_path: Path) -> None:
        module = loaded(
            tmp_path,
            HEAD + "meta = sa.MetaData()\nt = sa.Table('t', meta, sa.Column('x', sa.Integer()))\n"
            "def upgrade():\n    sa.Index('ix', t.c.x)\n    sa.Table('u', meta, sa.Column('x', sa.Integer()))\n"
            "    t.append_column(sa.Column('y', sa.Integer()))\n    meta.clear()\n"
            "    for table in meta.sorted_tables:\n        op.drop_table(table.name)\n",
        )
        reading = read(module.upgrade, context_of())
        assert set(module.meta.tables) == {"t"}
        assert module.t.indexes == set()
        assert list(module.t.c.keys()) == ["x"]
        assert "op.drop_table(...)" in left(reading)


class TestStatements:
    @pytest.mark.parametrize(
        ("body", "tables"),
        [
            ("pass", ""),
            ('"""Nothing."""', ""),
            ('for t in ("a", "b"):\n    op.drop_table(t)', "ab"),
            ('for t, u in [("a", 1), ("b", 2)]:\n    op.drop_table(t)', "ab"),
            ('for i, t in enumerate("ab"):\n    op.drop_table(t)', "ab"),
            ('for t in "abc":\n    if t == "b":\n        continue\n    op.drop_table(t)', "ac"),
            ('for t in "abc":\n    if t == "b":\n        break\n    op.drop_table(t)\nelse:\n    missing()', "a"),
            ('for t in "ab":\n    pass\nelse:\n    op.drop_table("z")', "z"),
            ('[op.drop_table(t) for t in "ab"]', "ab"),
            ('op.drop_table("a")\nreturn\nop.drop_table("b")', "a"),
            ('if 1 > 2:\n    op.drop_table("a")\nelse:\n    op.drop_table("b")', "b"),
            ('if unknown:\n    op.drop_table("a")\nelse:\n    op.drop_table("b")', "ab"),
            ('if unknown:\n    return\nop.drop_table("b")', "b"),
            ('if unknown:\n    return\nelse:\n    raise ValueError("x")\nop.drop_table("b")', ""),
            ('x = "a"\nif unknown:\n    x = "a"\nop.drop_table(x)', "a"),
            ('if unknown:\n    x = "b"\n    return\nelse:\n    x = "a"\nop.drop_table(x)', "a"),
            ('try:\n    x = "a"\nexcept ValueError:\n    raise\nop.drop_table(x)', "a"),
            (EVERY_WAY_OF_TRY, "acbd"),
            ('while unknown:\n    op.drop_table("a")\n    break', "a"),
            ('while False:\n    op.drop_table("a")', ""),
            ('with op.get_context().autocommit_block():\n    op.drop_table("a")', "a"),
            ('with op.get_bind().begin_nested() as x, op.get_bind() as y:\n    op.drop_table("a")', "a"),
            (MATCHED, "ab"),
            ('def inner():\n    op.drop_table("a")', ""),
            ('def inner(t, *, s="b"):\n    op.drop_table(t + s)\ninner("a")', ["ab"]),
            ('def inner():\n    nonlocal x\n    x = "b"\nx = "a"\ninner()\nop.drop_table(x)', "b"),
            ('x = ["a"]\nx += ["b"]\nfor t in x:\n    op.drop_table(t)', "ab"),
            ('x = "a"\nx += "b"\nop.drop_table(x)', ["ab"]),
            ('x = []\nif True:\n    x.append("a")\nop.drop_table(*x)', "a"),
            ('unknown and op.drop_table("a")', "a"),
            ('op.drop_table("a") if unknown else op.drop_table("b")', "ab"),
            ('assert op.get_bind().dialect.name == "postgresql"\nop.drop_table("a")', "a"),
            ('if "t" in sa.inspect(op.get_bind()).get_table_names():\n    op.drop_table("a")', "a"),
            (ASKED, "a"),
            (OF_METADATA, "ab"),
            ("with suppress(ValueError):\n    raise ValueError('x')\nop.drop_table('a')", "a"),
            ('print("x"); log.info("y %s", unknown); uuid.uuid4(); datetime.now()', ""),
            ('class Here:\n    x = sa.Column(sa.Integer)', ""),
        ],
    )  # fmt: skip
    def test_what_is_done_or_may_be_done_is_read(self, tmp_path: Path, body: str, tables: str | list[str]) -> None:
        head = (
            HEAD
            + "import logging, uuid\nfrom datetime import datetime\nfrom sqlalchemy import Inspector\n"
            + "from contextlib import suppress\n"
            + "log = logging.getLogger('x')\n"
        )
        assert dropped(reading_of(tmp_path, body, head=head)) == list(tables)

    @pytest.mark.parametrize(
        "body",
        [
            'x = "a"\nif unknown:\n    x = "b"\nop.drop_table(x)',
            'x = ["a"]\nif unknown:\n    x.append("b")\nop.drop_table(*x)',
            'x = ["a"]\ny = x\nif unknown:\n    y.clear()\nop.drop_table(*x)',
            'x = "a"\nwhile unknown:\n    op.drop_table(x)\n    x = "b"',
            'x = ["a"]\nfor _ in unknown:\n    op.drop_table(x[-1])\n    x.append("b")',
            "for x in unknown:\n    op.drop_table(x)",
            'x = "a"\ntry:\n    x = "b"\nexcept ValueError:\n    op.drop_table(x)',
            'x = "a"\ntry:\n    x = "b"\nexcept ValueError:\n    pass\nop.drop_table(x)',
            'x = sa.Column("x", sa.Integer())\nx.name = "y"\nop.add_column("t", x)',
            'x = {}\nx[unknown] = 1\nop.drop_table(x["a"])',
            'x = ["a"]\ndel x[0]\nop.drop_table(*x)',
            "x = sa.MetaData()\nsa.Table(unknown, x)\nfor t in x.sorted_tables:\n    op.drop_table(t)",
            "x = sa.MetaData()\nif unknown:\n    sa.Table('t', x)\nfor t in x.sorted_tables:\n    op.drop_table(t)",
            "x = sa.MetaData()\nx.reflect(op.get_bind())\nfor t in x.tables.values():\n    op.drop_table(t.name)",
            'def name():\n    if unknown:\n        return "a"\n    return "b"\nop.drop_table(name())',
            "match unknown:\n    case x:\n        op.drop_table(x)",
            'x, *y = "ab"\nop.drop_table(x)',
            "from nowhere import x\nop.drop_table(x)",
            "from . import x\nop.drop_table(x)",
            'for i in range(10**9):\n    op.drop_table("a" * i)',
            'op.drop_table("a" * 10**10)',
            "op.drop_table(str(list(range(10**9))))",
            "op.drop_table(str(10**10**10))",
        ],
    )
    def test_what_nobody_knows_is_not_guessed(self, tmp_path: Path, body: str) -> None:
        reading = reading_of(tmp_path, body)
        assert reading.operations == ()
        (code,) = left(reading)
        assert code.startswith("op.")

    def test_functions_of_the_file_are_gone_into(self, tmp_path: Path) -> None:
        reading = reading_of(
            tmp_path,
            """
            def each(*names, prefix="t_", **kw):
                for name in names:
                    drop(f"{prefix}{name}", **kw)

            def drop(name, schema=None):
                op.drop_table(name, schema=schema)

            def upgrade():
                each("a", "b", schema="s")
                each("c", prefix="")
            """,
        )
        assert dropped(reading) == ["t_a", "t_b", "c"]
        assert {each.line for each in reading.operations} == {9}

    def test_several_databases_are_all_read(self, tmp_path: Path) -> None:
        reading = reading_of(
            tmp_path,
            """
            def upgrade(engine_name: str) -> None:
                globals()["upgrade_%s" % engine_name]()
                globals()[f"upgrade_{engine_name}"]()

            def upgrade_one() -> None:
                op.drop_table("a")

            def upgrade_other() -> None:
                op.drop_table("b")
            """,
        )
        assert dropped(reading) == ["a", "b", "a", "b"]

    def test_functions_that_are_given_away_may_be_called(self, tmp_path: Path) -> None:
        reading = reading_of(
            tmp_path,
            """
            list(map(lambda name: op.drop_table(name), ["a"]))
            list(map(op.drop_table, ["a"]))
            sorted(["a"], key=lambda name: len(name))
            """,
        )
        assert left(reading) == ["map(...)", "map(...)"] or left(reading) == ["op.drop_table(...)", "map(...)"]


class TestUnchecked:
    @pytest.mark.parametrize(
        ("body", "codes"),
        [
            ('op.get_bind().execute(sa.text("DROP TABLE secret"))', ["op.get_bind().execute(...)"]),
            ('bind = op.get_bind()\nrows = bind.execute("x").fetchall()', ["bind.execute(...)"]),
            ('bind = op.get_bind()\nfor row in bind.execute("x"):\n    bind.execute("y", {"p": row.id})',
             ["bind.execute(...)", "bind.execute(...)"]),
            ('session = Session(bind=op.get_bind())\nsession.query(1).delete()\nsession.commit()',
             ["session.query(...).delete()", "session.commit()"]),
            ('op.execute(password("secret"))', ["op.execute(...)"]),
            ('tenants["secret"].drop()', ["tenants[...].drop()"]),
            ('getattr(op, unknown)("secret")', ["getattr(...)(...)"]),
            ('sa.Sequence("secret").drop(op.get_bind())', ["sa.Sequence(...).drop(...)"]),
            ('sa.table("secret").drop(op.get_bind())', ["sa.table(...).drop(...)"]),
            ('sa.MetaData().create_all(op.get_bind())', ["sa.MetaData().create_all(...)"]),
            ('sa.create_engine("sqlite://")', ["sa.create_engine(...)"]),
            ('op.get_context().execute("secret")', ["op.get_context().execute(...)"]),
            ('op.get_context().impl.execute("secret")', ["op.get_context().impl.execute(...)"]),
            ('functools.partial(op.drop_table, "secret")()', ["functools.partial(...)()"]),
            ('helper(op)', ["helper(...)"]),
            ('op.bulk_insert(unknown, [{"password": "secret"}])', ["op.bulk_insert(...)"]),
            ('open("secret", "w").write("x")', ["open(...).write(...)"]),
        ],
    )  # fmt: skip
    def test_it_is_said_without_what_it_is_given(self, tmp_path: Path, body: str, codes: list[str]) -> None:
        head = HEAD + ("import functools\nfrom sqlalchemy.orm import Session\n")
        reading = reading_of(tmp_path, body, head=head)
        assert left(reading) == codes
        assert reading.operations == ()

    def test_it_has_its_line_and_is_said_once(self, tmp_path: Path) -> None:
        reading = reading_of(tmp_path, 'for name in "ab":\n    send_mail(\n        name,\n    )')
        assert reading.unchecked == (Unchecked(6, "send_mail(...)"),)

    def test_what_somebody_was_given_may_have_changed(self, tmp_path: Path) -> None:
        body = 'names = ["a"]\nspoil(names)\nfor name in names:\n    op.drop_table(name)'
        assert left(reading_of(tmp_path, body)) == ["spoil(...)", "op.drop_table(...)"]

    def test_long_code_is_cut(self, tmp_path: Path) -> None:
        (code,) = left(reading_of(tmp_path, f"{'x' * 50}.{'y' * 50}(1)"))
        assert len(code) == 80
        assert code.endswith("...")


def decorated(function: Callable[[], None]) -> Callable[[], None]:
    @wraps(function)
    def around() -> None:
        function()

    return around


class TestWhatCantBeReadAtAll:
    WHOLE = (Unchecked(4, "upgrade(...)"),)

    @pytest.mark.parametrize(
        "source",
        [
            "async def upgrade():\n    op.drop_table('a')",
            "def upgrade():\n    yield op.drop_table('a')",
            "\nfrom tests.guards.test_reading import decorated\n@decorated\ndef upgrade():\n    op.drop_table('a')",
        ],
    )
    def test_a_function_that_is_no_ordinary_one(self, tmp_path: Path, source: str) -> None:
        module = loaded(tmp_path, HEAD + source)
        reading = read(module.upgrade, context_of())
        assert reading.operations == ()
        assert left(reading) == ["upgrade(...)"]

    def test_a_partial_a_method_and_an_object(self, tmp_path: Path) -> None:
        module = loaded(
            tmp_path,
            HEAD + "def upgrade():\n    pass\nclass Up:\n    def upgrade(self):\n        pass\n"
            "    def __call__(self):\n        raise SystemExit\n"
            "    def __getattr__(self, name):\n        raise SystemExit\n",
        )
        whole = [partial(module.upgrade), module.Up().upgrade, module.Up(), print, module.Up]
        readings = [read(each, context_of()) for each in whole]
        assert [reading.operations for reading in readings] == [()] * 5
        assert [reading.unchecked for reading in readings] == [
            (Unchecked(4, "partial(...)"),),
            (Unchecked(7, "method(...)"),),
            (Unchecked(1, "Up(...)"),),
            (Unchecked(1, "builtin_function_or_method(...)"),),
            (Unchecked(1, "type(...)"),),
        ]

    def test_one_that_was_never_in_a_file(self, tmp_path: Path) -> None:
        module = loaded(tmp_path, HEAD + "exec('def upgrade():\\n    op.drop_table(1)')")
        assert read(module.upgrade, context_of()).unchecked == (Unchecked(1, "upgrade(...)"),)

    def test_a_file_that_is_compiled_only(self, tmp_path: Path) -> None:
        path = tmp_path / "revision.py"
        path.write_text(HEAD + "def upgrade():\n    op.drop_table('a')\n")
        py_compile.compile(str(path), cfile=str(tmp_path / "revision.pyc"))
        path.unlink()
        module = load_python_file(str(tmp_path), "revision.pyc")
        assert read(module.upgrade, context_of()) == Reading((), self.WHOLE)

    @pytest.mark.parametrize("source", [None, "def upgrade(:\n", "def other():\n    pass\n", "\0"])
    def test_a_file_that_has_changed_since(self, tmp_path: Path, source: str | None) -> None:
        module = loaded(tmp_path, HEAD + "def upgrade():\n    op.drop_table('a')\n")
        path = Path(module.__file__ or "")
        path.unlink() if source is None else path.write_text(source)
        assert read(module.upgrade, context_of()) == Reading((), self.WHOLE)

    def test_what_is_too_much_is_unchecked_as_a_whole(self, tmp_path: Path) -> None:
        reading = reading_of(
            tmp_path,
            'for a in range(900):\n    for b in range(900):\n        x = a\nop.drop_table("a")',
        )
        assert left(reading) == ["upgrade(...)"]


class TestNothingIsRun:
    HOSTILE = """\
import sqlalchemy as sa
from alembic import op
ran = []

class Meta(type):
    def __getattr__(cls, name):
        ran.append(name)
    def __call__(cls):
        ran.append("called")
    def __eq__(cls, other):
        ran.append("==")
    __hash__ = None

class Loud(metaclass=Meta):
    pass

class Thing:
    def __getattr__(self, name):
        ran.append(name)
    def __getattribute__(self, name):
        ran.append(name)
    def __str__(self):
        ran.append("str")
        return "a"
    def __bool__(self):
        ran.append("bool")
        return True
    def __iter__(self):
        ran.append("iter")
        return iter(())
    def __eq__(self, other):
        ran.append("==")
        return True
    def __enter__(self):
        ran.append("enter")
    def __exit__(self, *_):
        ran.append("exit")
    def __getitem__(self, key):
        ran.append(key)
    @property
    def __class__(self):
        ran.append("class")
        return str
    def __len__(self):
        ran.append("len")
        return 1
    def __add__(self, other):
        ran.append("+")
    def __hash__(self):
        ran.append("hash")
        return 1

class Proper:
    @property
    def name(self):
        ran.append("property")
        return "a"
    @staticmethod
    def static():
        ran.append("static")
    @classmethod
    def build(cls):
        ran.append("class")

class Hidden:
    def __get__(self, *_):
        ran.append("descriptor")

class Holder:
    hidden = Hidden()

thing, proper = Thing(), Proper()

def __getattr__(name):
    ran.append(name)

def default():
    ran.append("default")

def decorate(function):
    ran.append("decorated")
    return function
"""

    @pytest.mark.parametrize(
        "body",
        [
            "thing.name",
            "thing.call()",
            "thing()",
            "thing['x']",
            "thing == 1",
            "thing + 1",
            "not thing",
            "f'{thing}'",
            "'%s' % thing",
            "str(thing)",
            "len(thing)",
            "print(thing)",
            "{thing: 1}",
            "{thing}",
            "{1: 2}[thing]",
            "thing in [1]",
            "1 in thing",
            "[1, thing].index(1)",
            "[thing].count(1)",
            "bool(thing)",
            "sorted([thing, thing])",
            "isinstance(thing, str)",
            "isinstance(1, Loud)",
            "hasattr(thing, 'x')",
            "getattr(thing, 'x')",
            "sa.Column(thing, sa.Integer())",
            "sa.text(thing)",
            "sa.Enum(Loud)",
            "op.drop_table(thing)",
            "op.create_table('t', thing)",
            "thing.x = 1",
            "thing['x'] = 1",
            "del thing['x']",
            "thing += 1",
            "for x in thing:\n    pass",
            "[x for x in thing]",
            "[*thing]",
            "op.drop_table(*thing)",
            "with thing:\n    pass",
            "if thing:\n    pass",
            "while thing:\n    break",
            "match thing:\n    case Thing(name=x):\n        pass",
            "assert thing",
            "thing and 1",
            "1 < thing < 2",
            "a, b = thing",
            "Loud()",
            "Loud.name",
            "Loud == 1",
            "proper.name",
            "proper.static()",
            "Proper.build()",
            "Holder.hidden",
            "Holder().hidden",
            "ran.append('x')",
            "globals()['ran'].append('x')",
            "default_ = lambda x=default.__call__(): x",
            "import sys\nsys.modules[__name__].ran.append('x')",
            "import sys\nsys.modules[__name__].missing",
            "open(FILE, 'w')",
            "Path(FILE).write_text('x')",
            "pathlib.Path(FILE).touch()",
            "os.system('touch ' + FILE)",
            "subprocess.run(['touch', FILE])",
            "exec('ran.append(1)')",
            "eval('ran.append(1)')",
            "__import__('this')",
            "import this",
            "setattr(thing, 'x', 1)",
            "sa.create_engine('sqlite:///' + FILE).connect()",
            "op.get_bind().execute(thing)",
            "sa.Column('x', sa.Integer(), default=default)",
            "sa.Enum('a', values_callable=ran.append)",
            "map(ran.append, [1])",
            "list(map(default, [1]))",
            "sorted([1], key=ran.append)",
            "[1].sort(key=default)",
            "@decorate\ndef f():\n    pass\nf()",
            "@default.__call__()\nclass C:\n    pass",
            "class C(metaclass=Loud):\n    pass",
            "class C(Thing):\n    x = thing.x",
            "raise thing",
            "super().x",
            "op.register_operation('x')(Thing)",
        ],
    )
    def test_whatever_stands_there(self, tmp_path: Path, body: str) -> None:
        file = tmp_path / "made"
        lines = "\n".join(f"    {line}" for line in body.splitlines())
        head = f"{self.HOSTILE}import os, pathlib, subprocess\nfrom pathlib import Path\nFILE = {str(file)!r}\n"
        module = loaded(tmp_path, f"{head}\ndef upgrade():\n{lines}\n    op.drop_table('last')\n")
        sys.modules.pop("this", None)
        module.ran.clear()
        reading = read(module.upgrade, context_of())
        assert module.ran == []
        assert not file.exists()
        assert "this" not in sys.modules
        if not body.startswith("raise"):
            assert ops_of(reading)[-1].table_name == "last"  # type: ignore[attr-defined]

    def test_defaults_and_decorators_are_those_that_ran_at_import(self, tmp_path: Path) -> None:
        module = loaded(
            tmp_path,
            self.HOSTILE
            + "@decorate\ndef upgrade(x=default()):\n    drop()\ndef drop(name='a'):\n    op.drop_table(name)\n",
        )
        module.ran.clear()
        assert dropped(read(module.upgrade, context_of())) == ["a"]
        assert module.ran == []

    @pytest.mark.parametrize(
        "body",
        [
            "def upgrade():\n    upgrade()",
            "def upgrade():\n    if unknown:\n        upgrade()\n    upgrade()",
            "def upgrade():\n    x = []\n    x.append(x)\n    op.create_table(*x)",
            "x = []\nx.append(x)\ndef upgrade():\n    op.create_table(*x)",
            "x = {}\nx['x'] = x\ndef upgrade():\n    op.create_table(**x)",
            "def upgrade():\n    while True:\n        while True:\n            while True:\n                pass",
            "def upgrade():\n    return " + "-" * 90 + "1",
            "def upgrade():\n    x = 1" + " + 1" * 500,
            "def upgrade():\n" + "".join(f"{'    ' * n}if unknown:\n" for n in range(1, 15)) + "    " * 15 + "pass",
            "def upgrade():\n    x = 'a'\n    for i in range(1000):\n        x += x",
            "def upgrade():\n    x = 2\n    for i in range(100):\n        x = x * x",
            "def upgrade():\n    op.drop_table(f'{1:>{10**9}}')",
            "def upgrade():\n    del op, missing",
            "def upgrade():\n    global x\n    x = 1\n    op.drop_table(*x)",
        ],
    )
    def test_it_ends_and_never_raises(self, tmp_path: Path, body: str) -> None:
        assert isinstance(reading_of(tmp_path, body), Reading)


class TestFiles:
    def test_the_last_of_two_functions_counts(self, tmp_path: Path) -> None:
        body = "def upgrade():\n    op.drop_table('a')\ndef upgrade():\n    op.drop_table('b')"
        assert dropped(reading_of(tmp_path, body)) == ["b"]

    def test_another_encoding_and_other_line_ends(self, tmp_path: Path) -> None:
        source = "# coding: latin-1\r\nfrom alembic import op\r\ndef upgrade():\r\n    op.drop_table('ä')\r\n"
        reading = read(loaded(tmp_path, source.encode("latin-1")).upgrade, context_of())
        assert dropped(reading) == ["ä"]
        assert reading.operations[0].line == 4

    def test_a_decorator_of_the_same_file_is_gone_through(self, tmp_path: Path) -> None:
        body = """
            import functools

            def twice(function):
                @functools.wraps(function)
                def around():
                    function()
                    function()
                return around

            @twice
            def upgrade():
                op.drop_table("a")
            """
        assert dropped(reading_of(tmp_path, body)) == ["a", "a"]

    def test_a_downgrade_is_read_as_well(self, tmp_path: Path) -> None:
        module = loaded(tmp_path, HEAD + "def downgrade() -> None:\n    op.drop_table('a')\n")
        assert dropped(read(module.downgrade, context_of())) == ["a"]

    def test_the_examples_revisions_are_read_as_a_whole(self) -> None:
        for path in sorted(EXAMPLES.rglob("versions/*.py")):
            module = load_python_file(str(path.parent), path.name)
            for function in (vars(module).get("upgrade"), vars(module).get("downgrade")):
                if function is not None:
                    assert read(function, context_of()).unchecked == ()


def test_types_come_out_as_they_are_written(tmp_path: Path) -> None:
    (op,) = ops_of(reading_of(tmp_path, 'op.alter_column("t", "x", type_=sa.String(4), existing_type=sa.Text())'))
    assert isinstance(op, ops.AlterColumnOp)
    assert isinstance(op.modify_type, sa.String)
    assert isinstance(op.existing_type, sa.Text)


def test_a_revision_that_moves_data(tmp_path: Path) -> None:
    reading = reading_of(
        tmp_path,
        """
        from sqlalchemy import orm

        Base = orm.declarative_base()
        KINDS = sa.Enum("a", "b", name="kind")
        users = sa.table("users", sa.column("id", sa.Integer), sa.column("name", sa.String))


        class User(Base):
            __tablename__ = "users"
            id = sa.Column(sa.Integer, primary_key=True)
            name = sa.Column(sa.String)


        def upgrade() -> None:
            bind = op.get_bind()
            KINDS.create(bind, checkfirst=True)
            with op.batch_alter_table("users", schema=None) as batch_op:
                batch_op.add_column(sa.Column("kind", KINDS, nullable=True))
            session = orm.Session(bind=bind)
            for user in session.query(User):
                first, _, last = user.name.partition(" ")
                user.name = f"{last}, {first}".strip()
            session.commit()
            rows = bind.execute(sa.select(users.c.id)).fetchall()
            for start in range(0, len(rows), 100):
                op.execute(users.update().where(users.c.id == rows[start][0]).values(name="x"))
            op.execute(users.update().where(users.c.id == 3).values(name="x"))
            if bind.dialect.name != "sqlite":
                op.alter_column("users", "kind", existing_type=KINDS, nullable=False)
        """,
    )
    assert [type(op) for op in ops_of(reading)] == [
        ops.ExecuteSQLOp,
        ops.AddColumnOp,
        ops.ExecuteSQLOp,
        ops.AlterColumnOp,
    ]
    assert [each.code for each in reading.unchecked] == [
        "session.query(...)",
        "session.commit()",
        "bind.execute(...)",
        "op.execute(...)",
    ]
