"""alembic-postgresql-enum proposes what the filter owns, and nothing else."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from tests.beside import run_beside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.databases import Database

PROGRAM = """
import alembic_postgresql_enum
from alembic_postgresql_enum import Config, set_configuration
from alembic_postgresql_enum.configuration import get_configuration
from sqlalchemy.dialects.postgresql import ENUM


def declaring(*types, table="pycon_talks", schema=None, **options):
    metadata = MetaData()
    columns = [Column(f"c{number}", type_) for number, type_ in enumerate(types)]
    Table(table, metadata, Column("id", Integer, primary_key=True), *columns, schema=schema, **options)
    return metadata


def of(metadata, owns=None, **options):
    return Project(path, url, attributes={"environment": {"metadata": metadata, "owns": owns, **options}})


def show(project):
    for op in project.found().upgrade_ops.ops:
        is_enum = type(op).__module__.startswith("alembic_postgresql_enum")
        print(f"{op.operation_name} {op.schema}.{op.name}" if is_enum else f"{type(op).__name__} {op.table_name}")


pycon = filters.prefix("pycon_")
"""

EXISTING = """
    CREATE TYPE shop_state AS ENUM ('open', 'paid');
    CREATE TABLE shop_orders (id integer PRIMARY KEY, state shop_state);
    CREATE TYPE pycon_old AS ENUM ('a');
    CREATE TYPE pycon_level AS ENUM ('easy', 'hard');
    CREATE TABLE pycon_talks (id integer PRIMARY KEY, c0 pycon_level);
    CREATE SCHEMA billing;
    CREATE TYPE billing.pycon_old AS ENUM ('a');
"""


@pytest.fixture
def database(postgres18: Database) -> Database:
    execute(postgres18, EXISTING)
    return postgres18


@pytest.fixture
def run(database: Database, tmp_path: Path) -> Callable[[str], list[str]]:
    return lambda program: run_beside(PROGRAM + dedent(program), database, tmp_path)


def execute(database: Database, script: str) -> None:
    with database.engine().begin() as connection:
        for statement in script.strip().split(";\n"):
            connection.exec_driver_sql(statement)


def test_stock_drops_what_others_own(run: Callable[[str], list[str]]) -> None:
    assert "drop_enum public.shop_state" in run("""
        attributes = {"metadata": declaring(Enum("easy", "hard", name="pycon_level")), "options": {}}
        show(Project(path, url, STOCK_ENV, attributes))
    """)


@pytest.mark.parametrize(
    ("declared", "owns", "found"),
    [
        ("Enum('easy', 'hard', name='pycon_level')", "pycon", ["drop_enum public.pycon_old"]),
        ("Enum('easy', 'new', 'hard', name='pycon_level')", "pycon & ~filters.names('*_old')", ["add_enum_value"]),
        ("Enum('hard', name='pycon_level')", "pycon & ~filters.names('*_old')", ["change_enum_variants"]),
        ("Enum('easy', 'hard', name='pycon_level')", "pycon & ~filters.kinds('type')", []),
    ],
)
def test_only_what_is_owned_is_created_changed_or_dropped(
    run: Callable[[str], list[str]], declared: str, owns: str, found: list[str]
) -> None:
    expected = [f"{op} public.pycon_level" if " " not in op else op for op in found]
    assert run(f"show(of(declaring({declared}), {owns}))") == expected


def test_its_schema_is_looked_at(run: Callable[[str], list[str]]) -> None:
    assert run("""
        metadata = declaring(Enum("one", name="state", schema="billing"), table="invoices", schema="billing")
        show(of(metadata, filters.schemas("billing")))
    """) == ["create_enum billing.state", "CreateTableOp invoices", "drop_enum billing.pycon_old"]


def test_the_schema_that_it_needs_is_created_first(run: Callable[[str], list[str]]) -> None:
    assert run("""
        metadata = declaring(Enum("one", name="state", schema="fresh"), table="invoices", schema="fresh")
        project = of(metadata, filters.schemas("fresh"))
        migrate(project)
        print("and then:", project.ops())
        project.downgrade()
        print(inspect(create_engine(url)).has_schema("fresh"))
    """) == ["and then: []", "False"]


def test_the_schema_that_holds_types_alone_is_created_first(run: Callable[[str], list[str]]) -> None:
    assert run("""
        metadata = declaring(Enum("one", name="pycon_state", schema="fresh"), table="pycon_rooms")
        project = of(metadata, filters.names("pycon_rooms", "fresh.*"))
        migrate(project)
        print("and then:", project.ops())
        project.downgrade()
        print(inspect(create_engine(url)).has_schema("fresh"))
    """) == ["and then: []", "False"]


def test_a_service_migrates_its_enums_from_the_first_to_the_last(run: Callable[[str], list[str]]) -> None:
    assert run("""
        def have(*types):
            project = of(declaring(*types, table="pycon_rooms"), filters.names("pycon_rooms", "pycon_size"))
            show(project)
            migrate(project)
            print("and then:", project.ops())
            return project

        have(Enum("small", name="pycon_size"), ARRAY(Enum("small", name="pycon_size")))
        have(Enum("small", "big", name="pycon_size"), ARRAY(Enum("small", "big", name="pycon_size")))
        project = have()
        project.downgrade("-1")
        print([enum["labels"] for enum in inspect(create_engine(url)).get_enums() if enum["name"] == "pycon_size"])
        project.downgrade()
        print([enum["name"] for enum in inspect(create_engine(url)).get_enums()])
    """) == [
        "create_enum public.pycon_size",
        "CreateTableOp pycon_rooms",
        "and then: []",
        "add_enum_value public.pycon_size",
        "and then: []",
        "ModifyTableOps pycon_rooms",
        "drop_enum public.pycon_size",
        "and then: []",
        "[['small', 'big']]",
        "['pycon_level', 'pycon_old', 'shop_state']",
    ]


def test_an_enum_without_which_an_own_column_cannot_be_is_created_and_then_left_alone(
    run: Callable[[str], list[str]],
) -> None:
    assert run("""
        owns = filters.names("pycon_rooms")
        small = of(declaring(Enum("small", name="size"), table="pycon_rooms"), owns)
        migrate(small)
        show(small)
        show(of(declaring(Enum("small", "big", name="size"), table="pycon_rooms"), owns))
        show(of(MetaData(), owns))
    """) == [
        (
            "WARNING Declared, but not owned by names('pycon_rooms'), and so created for the columns that need it, "
            "and left alone from then on: type public.size."
        ),
        "WARNING Declared, but not owned by names('pycon_rooms'), and so left out: type public.size.",
        "DropTableOp pycon_rooms",
    ]


def test_an_enum_of_another_service_on_an_own_column_is_left_alone(run: Callable[[str], list[str]]) -> None:
    assert run("""
        owns = filters.names("pycon_rooms")
        show(of(declaring(Enum("open", "paid", name="shop_state"), table="pycon_rooms"), owns))
        show(of(declaring(ENUM("one", name="shop_number", create_type=False), table="pycon_rooms"), owns))
        show(of(declaring(Enum("one", name="shop_number"), table="shop_items", info=external()), owns))
    """) == ["CreateTableOp pycon_rooms", "CreateTableOp pycon_rooms"]


USERS = """
    CREATE TYPE user_level AS ENUM ('a', 'z');
    CREATE TABLE users (id integer PRIMARY KEY, level user_level, before user_level[])
"""


def test_an_external_table_s_enum_is_left_alone_whatever_the_filter_says(
    database: Database, run: Callable[[str], list[str]]
) -> None:
    execute(database, USERS)
    assert run("""
        both = pycon | filters.names("user_level", "new_level")
        for owns in (pycon & ~filters.names("*_old"), both & ~filters.names("*_old")):
            for types in ((Enum("a", name="user_level"),), (Enum("a", name="new_level"),)):
                metadata = declaring(*types, table="users", info=external())
                level = Column("c0", Enum("easy", "hard", name="pycon_level"))
                Table("pycon_talks", metadata, Column("id", Integer, primary_key=True), level)
                show(of(metadata, owns))
    """) == [f"WARNING {left_alone('user_level', 'column level of table public.users')}"]


def test_an_enum_that_another_s_column_has_is_not_dropped(database: Database, run: Callable[[str], list[str]]) -> None:
    execute(database, USERS)
    assert run("""
        everything_else = ~filters.names("shop_*", "billing.*", "pycon_*")
        metadata = MetaData()
        Table("users", metadata, Column("id", Integer, primary_key=True), info=external())
        project = of(metadata, everything_else)
        show(project)
        migrate(project)
        print([enum["name"] for enum in inspect(create_engine(url)).get_enums()])
    """) == [
        *[f"WARNING {left_alone('user_level', 'column level of table public.users')}"] * 2,
        "['pycon_level', 'pycon_old', 'shop_state', 'user_level']",
    ]


def test_an_own_enum_that_another_s_column_has_may_grow_and_not_shrink(
    database: Database, run: Callable[[str], list[str]]
) -> None:
    execute(database, "CREATE VIEW shop_levels AS SELECT CAST('easy' AS pycon_level) AS level")
    assert run("""
        owns = pycon & ~filters.names("*_old")
        show(of(declaring(Enum("easy", name="pycon_level")), owns))
        metadata = declaring(Enum("easy", "hard", "new", name="pycon_level"))
        Table("users", metadata, Column("level", Enum("easy", "hard", "new", name="pycon_level")), info=external())
        project = of(metadata, owns)
        migrate(project)
        print("and then:", project.ops())
        (file,) = (project.path / "migrations" / "versions").glob("*.py")
        print("users" in file.read_text())
    """) == [
        f"WARNING {left_alone('pycon_level', 'column level of view public.shop_levels')}",
        "and then: []",
        "False",
    ]


def left_alone(enum: str, column: str) -> str:
    return f"Left alone, as what is not this service's has it for a type: type public.{enum} ({column})."


def test_an_enum_goes_with_the_own_columns_that_have_it(database: Database, run: Callable[[str], list[str]]) -> None:
    execute(
        database,
        """
        CREATE TABLE pycon_log (at pycon_old, level pycon_level[]) PARTITION BY LIST (at);
        CREATE TABLE others_partition PARTITION OF pycon_log FOR VALUES IN ('a')
        """,
    )
    assert run("""
        project = of(MetaData(), pycon)
        migrate(project)
        print(project.ops())
        project.downgrade()
        project.upgrade()
    """) == ["[]"]


def test_where_nothing_can_be_told_what_is_declared_counts(run: Callable[[str], list[str]]) -> None:
    assert run("""
        show(of(declaring(Enum("hard", name="pycon_level"), Enum("a", name="new")), filters.declared))
    """)[-3:] == ["create_enum public.new", "ModifyTableOps pycon_talks", "change_enum_variants public.pycon_level"]


def test_where_nothing_can_be_told_what_is_only_in_the_database_is_left_alone(run: Callable[[str], list[str]]) -> None:
    warnings = run("show(of(MetaData(), filters.declared))")
    assert (
        "WARNING Left alone, as nothing says whether it is this service's: type public.pycon_old "
        "(declared: it is not in the metadata, but may have been once)."
    ) in warnings
    assert all(line.startswith("WARNING") for line in warnings)


def test_types_that_a_decorator_or_an_array_wraps_are_declared_too(run: Callable[[str], list[str]]) -> None:
    assert run("""
        class Size(TypeDecorator):
            impl = Enum("small", name="size")
            cache_ok = True

            def process_bind_param(self, value, dialect):
                return value

        metadata = declaring(Size(), ARRAY(Enum("red", name="colour")), Enum("x", native_enum=False), table="rooms")
        show(of(metadata, filters.names("rooms")))
    """)[-3:] == ["create_enum public.colour", "create_enum public.size", "CreateTableOp rooms"]


def test_the_service_s_own_configuration_holds_as_well_and_stays_as_it_is(run: Callable[[str], list[str]]) -> None:
    assert run("""
        given = Config(include_name=lambda name: name != "pycon_old")
        set_configuration(given)
        show(of(declaring(Enum("hard", name="pycon_level")), pycon))
        print(get_configuration() is given)
    """) == ["change_enum_variants public.pycon_level", "True"]


def test_an_extension_s_enum_is_left_alone(database: Database, run: Callable[[str], list[str]]) -> None:
    execute(database, "CREATE EXTENSION vector;\nALTER EXTENSION vector ADD TYPE pycon_old")
    assert run("show(of(declaring(Enum('easy', 'hard', name='pycon_level')), pycon))") == []


def test_services_one_after_another_in_one_process_find_their_own(run: Callable[[str], list[str]]) -> None:
    assert run("""
        show(of(MetaData(), filters.names("pycon_old")))
        show(of(declaring(Enum("open", name="shop_state"), table="shop_items"), filters.prefix("shop_")))
        show(of(MetaData(), filters.names("pycon_old")))
    """) == [
        "drop_enum public.pycon_old",
        "CreateTableOp shop_items",
        "DropTableOp shop_orders",
        "change_enum_variants public.shop_state",
        "drop_enum public.pycon_old",
    ]


def test_the_package_is_not_imported_where_a_service_has_not(postgres18: Database, tmp_path: Path) -> None:
    program = """
print(Project(path, url, attributes={"environment": {"metadata": MetaData()}}).ops())
print([name for name in sys.modules if name.startswith("alembic_postgresql_enum")])
"""
    assert run_beside(program, postgres18, tmp_path) == ["[]", "[]"]


@pytest.mark.parametrize("values", ["'easy', 'hard'", "'easy', 'hard', 'new'", "'easy'"])
def test_a_table_and_a_column_that_are_renamed(run: Callable[[str], list[str]], values: str) -> None:
    """With another value of its enum too, and with one less."""
    program = f"""
        from migrakit import renamed_from
        metadata = MetaData()
        level = Column("level", Enum({values}, name="pycon_level"), info=renamed_from("c0"))
        key = Column("id", Integer, primary_key=True)
        Table("pycon_lessons", metadata, key, level, info=renamed_from("pycon_talks"))
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO pycon_talks VALUES (1, 'easy')")
        project = of(metadata, pycon & ~filters.names("*_old"))
        migrate(project)
        with engine.connect() as connection:
            print(*connection.exec_driver_sql("SELECT * FROM pycon_lessons").all(), "and then:", project.ops())
        project.downgrade()
        with engine.connect() as connection:
            print(*connection.exec_driver_sql("SELECT * FROM pycon_talks").all())
    """
    assert run(program) == ["(1, 'easy') and then: []", "(1, 'easy')"]
