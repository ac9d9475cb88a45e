"""What is known of tables before they are changed: rows, and what depends on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from migrakit.catalog.live import Live, Rows

if TYPE_CHECKING:
    from tests.databases import Database


def made(connection: sa.Connection, *statements: str) -> Live:
    for each in statements:
        connection.exec_driver_sql(each)
    return Live(connection)


def test_rows_are_counted_up_to_a_thousand_and_guessed_beyond(database: Database) -> None:
    with database.engine().begin() as connection:
        live = made(
            connection,
            "CREATE TABLE none (id INTEGER)",
            "CREATE TABLE one (id INTEGER)",
            "INSERT INTO one VALUES (1)",
            "CREATE TABLE many (id INTEGER)",
        )
        many = sa.table("many", sa.column("id"))
        connection.execute(many.insert(), [{"id": each} for each in range(1500)])
        assert live.rows((None, "none")).is_empty
        assert str(live.rows((None, "one"))) == "1 row"
        assert not live.rows((None, "many")).is_empty
        assert not live.rows((None, "many")).is_exact
        assert not live.rows((None, "nowhere")).is_empty


def test_an_estimate_is_the_servers(postgresql: Database) -> None:
    with postgresql.engine().begin() as connection:
        live = made(
            connection,
            "CREATE TABLE many (id integer) PARTITION BY RANGE (id)",
            "CREATE TABLE many_1 PARTITION OF many FOR VALUES FROM (0) TO (100000)",
            "CREATE TABLE plain (id integer)",
            "INSERT INTO many SELECT generate_series(1, 12000)",
            "INSERT INTO plain SELECT generate_series(1, 12000)",
            "ANALYZE",
        )
        assert live.rows((None, "many")).number == 12000
        assert str(live.rows((None, "plain"))) == "about 12,000 rows"


def test_what_row_security_hides_is_not_taken_for_nothing(postgresql: Database) -> None:
    with postgresql.engine().connect() as connection:
        live = made(
            connection,
            "CREATE TABLE hidden (id integer)",
            "INSERT INTO hidden VALUES (1)",
            "ALTER TABLE hidden ENABLE ROW LEVEL SECURITY",
            "CREATE TABLE closed (id integer)",
            f"CREATE ROLE reader_{postgresql.url.database}",
            f"GRANT SELECT ON hidden TO reader_{postgresql.url.database}",
            f"SET ROLE reader_{postgresql.url.database}",
        )
        assert connection.exec_driver_sql("SELECT count(*) FROM hidden").scalar() == 0
        assert live.rows((None, "hidden")) == Rows(None)
        assert live.rows((None, "closed")) == Rows(None)
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
        connection.rollback()


def test_what_depends_on_a_table_or_a_column(postgresql: Database) -> None:
    with postgresql.engine().begin() as connection:
        live = made(
            connection,
            "CREATE TABLE prices (id integer PRIMARY KEY, market text, note text)",
            "CREATE VIEW by_market AS SELECT market FROM prices",
            "CREATE MATERIALIZED VIEW sums AS SELECT count(id) FROM prices",
            "CREATE TABLE ticks (price_id integer CONSTRAINT ticks_fk REFERENCES prices (id))",
        )
        assert live.dependents((None, "prices"), "market") == ["view by_market"]
        assert live.dependents((None, "prices"), "note") == []
        assert live.dependents((None, "prices")) == [
            "foreign key ticks_fk of ticks",
            "materialized view sums",
            "view by_market",
        ]


def test_foreign_keys_that_refer_to_a_table(database: Database) -> None:
    with database.engine().begin() as connection:
        live = made(
            connection,
            "CREATE TABLE prices (id INTEGER PRIMARY KEY, note INTEGER)",
            "CREATE TABLE ticks (price_id INTEGER, CONSTRAINT ticks_fk FOREIGN KEY (price_id) REFERENCES prices (id))",
        )
        assert live.dependents((None, "prices"), "id") == ["foreign key ticks_fk of ticks"]
        assert live.dependents((None, "prices"), "note") == []
