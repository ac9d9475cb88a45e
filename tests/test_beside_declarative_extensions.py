"""sqlalchemy-declarative-extensions asks nobody: its own options keep it from what others own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.beside import run_beside

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database

PROGRAM = """
from sqlalchemy_declarative_extensions import (
    Functions, Grants, Roles, Row, Rows, Schemas, Triggers, View, Views, declare_database, register_alembic_events
)
from sqlalchemy_declarative_extensions.dialects.postgresql import Function, Trigger

register_alembic_events()
touch = Function("pycon_touch", "BEGIN RETURN new; END", returns="trigger", language="plpgsql")
touched = Trigger.before("update", on="pycon_talks", execute="pycon_touch").named("pycon_touched").for_each_row()


def of(rooms=False, **declared):
    metadata = MetaData()
    Table("pycon_talks", metadata, Column("id", Integer, primary_key=True), Column("title", String(20)))
    if rooms:
        Table("pycon_rooms", metadata, Column("id", Integer, primary_key=True))
    declare_database(metadata, **declared)
    environment = {"metadata": metadata, "service": "pycon", "owns": filters.prefix("pycon_")}
    return Project(path, url, attributes={"environment": environment})


def show(project):
    for op in project.found().upgrade_ops.ops:
        statements = op.to_sql() if hasattr(op, "to_sql") else [type(op).__name__]
        print(*(each if isinstance(each, str) else each.compile(dialect=url.get_dialect()()) for each in statements))
"""

EXISTING = """
CREATE TABLE pycon_talks (id integer PRIMARY KEY, title varchar(20));
CREATE TABLE shop_orders (id integer PRIMARY KEY);
INSERT INTO shop_orders VALUES (1);
CREATE VIEW shop_totals AS SELECT count(*) FROM shop_orders;
CREATE FUNCTION shop_touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER shop_touched BEFORE UPDATE ON shop_orders FOR EACH ROW EXECUTE FUNCTION shop_touch();
CREATE SCHEMA shop
"""

DECLARED = {
    "views": ("Views({}).are(View('pycon_titles', 'SELECT title FROM pycon_talks'))", "DROP VIEW shop_totals"),
    "functions": ("Functions({}).are(touch)", "DROP FUNCTION shop_touch();"),
    "triggers": ("Triggers({}).are(touched)", 'DROP TRIGGER "shop_touched" ON "shop_orders";'),
    "schemas": ("Schemas({}).are('pycon')", "DROP SCHEMA shop"),
    "roles": ("Roles({}).are('pycon_reader')", 'DROP ROLE "postgres";'),
}


@pytest.fixture
def database(postgres18: Database) -> Database:
    with postgres18.engine().begin() as connection:
        for statement in EXISTING.split(";\n"):
            connection.exec_driver_sql(statement)
    return postgres18


@pytest.mark.parametrize("kind", DECLARED)
def test_it_drops_what_others_own_unless_told_to_ignore_what_is_not_declared(
    database: Database, tmp_path: Path, kind: str
) -> None:
    declared, drop = DECLARED[kind]
    found = run_beside(f"{PROGRAM}\nshow(of({kind}={declared.format('')}))", database, tmp_path)
    ignoring = declared.format("ignore_unspecified=True")
    ignored = run_beside(f"{PROGRAM}\nshow(of({kind}={ignoring}))", database, tmp_path)

    assert drop in found
    assert found[0].startswith("CREATE ")
    assert ignored == [found[0]]


def test_names_to_include_or_to_ignore_let_it_drop_what_is_the_service_s(database: Database, tmp_path: Path) -> None:
    with database.engine().begin() as connection:
        connection.exec_driver_sql("CREATE VIEW pycon_old AS SELECT 1")
        connection.exec_driver_sql("CREATE FUNCTION pycon_old() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    assert run_beside(
        PROGRAM
        + """
show(of(views=Views(ignore=["shop_*"])))
show(of(functions=Functions(include=["pycon_*"])))
show(of(triggers=Triggers(include=["pycon_*"])))
""",
        database,
        tmp_path,
    ) == ["DROP VIEW pycon_old", "DROP FUNCTION pycon_old();"]


def test_both_migrate_side_by_side(database: Database, tmp_path: Path) -> None:
    assert run_beside(
        PROGRAM
        + """
options = {"ignore_unspecified": True}
project = of(
    rooms=True,
    views=Views(**options).are(View("pycon_titles", "SELECT title FROM pycon_talks")),
    functions=Functions(**options).are(touch),
    triggers=Triggers(**options).are(touched),
    schemas=Schemas(**options).are("pycon"),
    rows=Rows(**options).are(Row("pycon_talks", id=1, title="Filters")),
)
show(project)
migrate(project)
print("and then:", project.ops())
project.downgrade()
with create_engine(url).connect() as connection:
    print(sorted(inspect(connection).get_table_names()), inspect(connection).get_view_names())
    print(*(connection.scalar(text(f"SELECT count(*) FROM {table}")) for table in ("shop_orders", "pycon_talks")))
""",
        database,
        tmp_path,
    ) == [
        "CREATE SCHEMA pycon",
        "CREATE VIEW pycon_titles AS SELECT title FROM pycon_talks;",
        'CREATE FUNCTION "pycon_touch"() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN new; END$$;',
        (
            'CREATE TRIGGER "pycon_touched" BEFORE UPDATE ON "pycon_talks" FOR EACH ROW '
            'EXECUTE PROCEDURE "pycon_touch"();'
        ),
        "InsertRowOp",
        "CreateTableOp",
        "and then: []",
        "['alembic_version_pycon', 'pycon_talks', 'shop_orders'] ['shop_totals']",
        "1 0",
    ]


def test_what_stands_on_a_new_table_comes_before_it_so_the_table_needs_a_revision_of_its_own(
    database: Database, tmp_path: Path
) -> None:
    assert run_beside(
        PROGRAM
        + """
on_rooms = Views(ignore_unspecified=True).are(View("pycon_numbers", "SELECT id FROM pycon_rooms"))
show(of(rooms=True, views=on_rooms))
migrate(of(rooms=True))
project = of(rooms=True, views=on_rooms)
migrate(project)
print("and then:", project.ops())
""",
        database,
        tmp_path,
    ) == ["CREATE VIEW pycon_numbers AS SELECT id FROM pycon_rooms;", "CreateTableOp", "and then: []"]
