"""SQL as text: what its first words tell, and what nobody can tell."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import ops
from sqlalchemy.dialects import mysql, postgresql

from migrakit.guards.operation import operation_of
from migrakit.guards.reading import Reading
from migrakit.runtime.raw import seen_through

DDL: Any = sa.DDL

SEEN = {
    "DROP TABLE prices": ["DropTableOp prices"],
    "  drop table if exists shop.prices cascade ;": ["DropTableOp shop.prices"],
    'ALTER TABLE "Prices" DROP COLUMN "Old Note"': ["DropColumnOp Prices Old Note"],
    "ALTER TABLE prices DROP CONSTRAINT ck": ["DropConstraintOp prices ck"],
    "DROP INDEX CONCURRENTLY ix": ["DropIndexOp None ix"],
    "ALTER TABLE prices RENAME TO quotes": ["RenameTableOp prices quotes"],
    "ALTER TABLE prices RENAME COLUMN market TO mic": ["AlterColumnOp prices market"],
    "CREATE INDEX ix ON prices (id)": ["CreateIndexOp prices ix"],
    "CREATE TABLE prices (id int)": ["CreateTableOp prices"],
    "-- it goes\nDROP TABLE prices": ["DropTableOp prices"],
    "DROP SCHEMA IF EXISTS shop CASCADE": ["ExecuteSQLOp shop"],
    "DROP SCHEMA Shop CASCADE -- it goes": ["ExecuteSQLOp shop"],
    "DROP TABLE Prices": ["DropTableOp prices"],
    "DROP TABLE IF EXISTS prices, shop.quotes CASCADE": ["DropTableOp prices", "DropTableOp shop.quotes"],
    "ALTER TABLE prices DROP COLUMN a, DROP CONSTRAINT b": ["DropColumnOp prices a", "DropConstraintOp prices b"],
}
HARMLESS = [
    "SELECT 1",
    "SELECT setval('prices_id_seq', (SELECT max(id) FROM prices))",
    "SET lock_timeout = 1",
    "COMMENT ON TABLE prices IS 'DROP TABLE prices; gone'",
    "GRANT SELECT ON prices TO reporting",
    "ALTER TABLE prices RENAME CONSTRAINT a TO b",
    "ALTER INDEX a RENAME TO b",
    "CREATE VIEW v AS SELECT 1",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; SELECT 2 $$",
    "CREATE TRIGGER t BEFORE UPDATE ON prices FOR EACH ROW EXECUTE FUNCTION f()",
    "CREATE TYPE state AS ENUM ('a;b')",
    "DROP VIEW v",
    "DROP FUNCTION f(int)",
    "DROP TYPE state",
]
MARIADB = {
    "DROP DATABASE `Shop`": ["ExecuteSQLOp Shop"],
    "ALTER TABLE prices RENAME INDEX a TO b, DROP COLUMN c": ["DropColumnOp prices c"],
    "ALTER TABLE prices DROP INDEX ix": ["DropIndexOp prices ix"],
    "ALTER TABLE prices DROP FOREIGN KEY fk": ["DropConstraintOp prices fk"],
    "RENAME TABLE prices TO old, `new` TO prices": ["RenameTableOp prices old", "RenameTableOp new prices"],
}
UNCHECKED = [
    "GRANT SELECT ON prices TO a -- it's\n; DROP TABLE prices -- it's",
    "SELECT drop_prices()",
    "SET search_path TO shop",
    "RENAME TABLE prices TO archive.prices",
    "DROP TYPE state CASCADE",
    "UPDATE prices SET note = NULL",
    "DELETE FROM prices",
    "TRUNCATE prices",
    "INSERT INTO prices SELECT * FROM quotes",
    "GRANT SELECT ON prices TO a; DROP TABLE prices",
    "ALTER TABLE prices ALTER COLUMN size TYPE smallint",
    "ALTER TABLE prices CHANGE market mic VARCHAR(1)",
    "ALTER TABLE prices ADD COLUMN fee int NOT NULL",
    "CREATE OR REPLACE TABLE prices (id int)",
    "DROP EXTENSION hstore CASCADE",
    "DO $$ BEGIN EXECUTE 'DROP TABLE prices'; END $$",
    "CALL tidy_up()",
    "WITH gone AS (DELETE FROM prices RETURNING id) SELECT count(*) FROM gone",
]


def seen(sql: Any, dialect: Any = postgresql) -> Reading:
    step = operation_of(ops.ExecuteSQLOp(sql), 7)
    return seen_through(Reading((step,), ()), dialect.dialect())


def shown(op: Any) -> str:
    where = ".".join(filter(None, (getattr(op, "schema", None), getattr(op, "table_name", None) or "")))
    names = (getattr(op, name, None) for name in ("column_name", "constraint_name", "index_name", "new_table_name"))
    last = next((str(each) for each in names if each), "")
    said: Any = getattr(op, "sqltext", None)
    where = where if said is None else str(said.element)
    return f"{type(op).__name__} {where or None} {last}".strip()


@pytest.mark.parametrize(("sql", "found"), SEEN.items())
def test_what_it_does_is_an_op(sql: str, found: list[str]) -> None:
    for given in (sql, sa.text(sql), DDL(sql)):
        reading = seen(given)
        assert [shown(each.op) for each in reading.operations] == found
        assert {each.line for each in reading.operations} == {7}
        assert not reading.unchecked


@pytest.mark.parametrize(("sql", "found"), MARIADB.items())
def test_what_it_does_on_mariadb_is_an_op(sql: str, found: list[str]) -> None:
    reading = seen(sql, mysql)
    assert [shown(each.op) for each in reading.operations] == found
    assert not reading.unchecked


def test_of_several_things_some_are_seen() -> None:
    reading = seen("ALTER TABLE prices DROP COLUMN a, ADD COLUMN b NUMERIC(4, 2)")
    assert [shown(each.op) for each in reading.operations] == ["DropColumnOp prices a"]
    assert [each.line for each in reading.unchecked] == [7]


@pytest.mark.parametrize("sql", HARMLESS)
def test_what_destroys_nothing_is_fine(sql: str) -> None:
    reading = seen(sql)
    assert (reading.operations, reading.unchecked) == ((), ())


@pytest.mark.parametrize("sql", UNCHECKED)
def test_what_nobody_can_tell_is_not_taken_for_fine(sql: str) -> None:
    reading = seen(sql)
    assert {type(each.op) for each in reading.operations} <= {ops.BulkInsertOp}
    assert [each.line for each in reading.unchecked] == [7]


def test_a_table_that_is_filled_from_another_is_known() -> None:
    for sql in ("INSERT INTO prices SELECT * FROM quotes", "CREATE TABLE prices AS SELECT * FROM quotes"):
        assert isinstance(seen(sql).operations[-1].op, ops.BulkInsertOp)


def test_constructs() -> None:
    prices = sa.table("prices", sa.column("note"), schema="shop")
    assert [shown(each.op) for each in seen(sa.schema.DropTable(sa.Table("t", sa.MetaData()))).operations] == [
        "DropTableOp t"
    ]
    assert seen(prices.delete()).unchecked
    assert not seen(sa.select(prices)).unchecked
