"""What is declared in new names, in the revision that renames: each change is held against the whole catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, text

from migrakit import entities, filters, renamed_from
from migrakit.errors import NotComparedError
from tests.entities.changes import directives
from tests.entities.checker import there_and_back
from tests.project import Project
from tests.share import share

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database

WORLD = """
CREATE SCHEMA shop;
CREATE TABLE shop.quotes (id integer PRIMARY KEY, market varchar(32), day integer, price integer);
CREATE TABLE notes (id integer PRIMARY KEY, market varchar(32));
INSERT INTO shop.quotes VALUES (1, 'XETR', 1, 10), (2, 'XNAS', 2, 20);
INSERT INTO notes VALUES (1, 'XETR');
"""

OLD = ("shop.quotes", "market")
NEW = ("shop.prices", "mic")


def renamed(sql: str) -> str:
    """The same in new names."""
    for old, new in zip(OLD, NEW, strict=True):
        sql = sql.replace(old, new)
    return sql


def after(*, length: int = 32) -> MetaData:
    metadata = MetaData()
    columns: list[Column[Any]] = [Column("mic", String(length), info=renamed_from("market"))]
    columns += [Column("day", Integer), Column("price", Integer)]
    quotes = renamed_from("quotes")
    Table("prices", metadata, Column("id", Integer, primary_key=True), *columns, schema="shop", info=quotes)
    mic = Column("mic", String(32), info=renamed_from("market"))
    Table("notes", metadata, Column("id", Integer, primary_key=True), mic)
    return metadata


def make(database: Database, sql: str) -> None:
    with database.engine().begin() as connection:
        connection.exec_driver_sql(WORLD + sql, execution_options={"no_parameters": True})


VIEW = "CREATE VIEW open AS SELECT id, market FROM shop.quotes WHERE market <> ''"
OVER_VIEW = "CREATE VIEW top AS SELECT market, count(*) AS number FROM open GROUP BY market"
STARS = "CREATE VIEW stars AS SELECT * FROM shop.quotes"
MATVIEW = """
CREATE MATERIALIZED VIEW sums AS SELECT market, sum(price) AS sum FROM shop.quotes GROUP BY market;
CREATE UNIQUE INDEX by_market ON sums (market);
"""
IN_TEXT = """
CREATE FUNCTION first() RETURNS text LANGUAGE sql AS $$ SELECT market FROM shop.quotes ORDER BY id LIMIT 1 $$;
CREATE FUNCTION last() RETURNS text LANGUAGE plpgsql AS $$
    DECLARE found shop.quotes.market%TYPE;
    BEGIN SELECT market INTO found FROM shop.quotes ORDER BY id DESC LIMIT 1; RETURN found; END $$;
"""
OF_ROWS = """
CREATE FUNCTION said(q shop.quotes) RETURNS text LANGUAGE sql AS $$ SELECT q.market $$;
CREATE FUNCTION all_of_it() RETURNS SETOF shop.quotes LANGUAGE sql AS $$ SELECT * FROM shop.quotes $$;
CREATE VIEW spoken AS SELECT public.said(q) AS said FROM shop.quotes q;
"""
ATOMIC = """
CREATE FUNCTION lasting() RETURNS bigint LANGUAGE sql BEGIN ATOMIC
    SELECT count(*) FROM shop.quotes WHERE market <> ''; END;
"""
CALLED_BY_VIEW = f"{IN_TEXT} CREATE VIEW called AS SELECT first() AS first, market FROM shop.quotes;"
FILLED_BY_FUNCTION = f"""
{IN_TEXT}
CREATE MATERIALIZED VIEW filled AS SELECT first() AS first, market FROM shop.quotes;
CREATE UNIQUE INDEX by_place ON filled (market);
CREATE MATERIALIZED VIEW again AS SELECT first FROM filled;
"""
TRIGGERS = """
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.market := upper(NEW.market); RETURN NEW; END $$;
CREATE TRIGGER upper BEFORE INSERT OR UPDATE OF market ON shop.quotes FOR EACH ROW EXECUTE FUNCTION noted();
CREATE TRIGGER odd BEFORE UPDATE ON shop.quotes FOR EACH ROW WHEN (OLD.market IS DISTINCT FROM NEW.market)
    EXECUTE FUNCTION noted();
"""
POLICIES = """
ALTER TABLE shop.quotes ENABLE ROW LEVEL SECURITY;
ALTER TABLE shop.quotes FORCE ROW LEVEL SECURITY;
CREATE POLICY here ON shop.quotes USING (market = 'XETR');
"""
ON_NOTES = """
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY there ON notes USING (EXISTS (SELECT FROM shop.quotes q WHERE q.market = notes.market));
"""
GRANTS = """
GRANT SELECT ON shop.quotes TO PUBLIC;
GRANT UPDATE (market, price) ON shop.quotes TO PUBLIC;
"""
EVERYTHING = "; ".join(
    [VIEW, OVER_VIEW, STARS, MATVIEW, OF_ROWS, ATOMIC, CALLED_BY_VIEW, TRIGGERS, POLICIES, ON_NOTES, GRANTS]
)
ALL = {
    "a view": (VIEW, ("drop", "create")),
    "a chain of views": (f"{VIEW}; {OVER_VIEW}", ("drop", "drop", "create", "create")),
    "all of a table": (STARS, ("drop", "create")),
    "a materialized view": (MATVIEW, ("drop", "create", "create")),
    "functions with text": (IN_TEXT, ("replace", "replace")),
    "functions of rows": (OF_ROWS, ("replace", "replace")),
    "a function that the server reads": (ATOMIC, ()),
    "a view that calls a function": (CALLED_BY_VIEW, ("drop", "replace", "replace", "create")),
    "a materialized view that calls one": (FILLED_BY_FUNCTION, None),
    "triggers": (TRIGGERS, ("replace",)),
    "policies": (f"{POLICIES}; {ON_NOTES}", ()),
    "grants": (GRANTS, ()),
    "everything": (EVERYTHING, None),
}


@pytest.mark.parametrize("name", share(list(ALL)))
def test_what_is_declared_in_new_names_comes_along(name: str, postgresql: Database, tmp_path: Path) -> None:
    """The server carries over what it reads itself; what shows columns by their names, or keeps text, is made anew."""
    live, does = ALL[name]
    make(postgresql, live)
    code = there_and_back(postgresql, tmp_path, metadata=after(), entities=entities.sql(renamed(live)))
    assert does is None or directives(code) == does


def test_what_shows_no_new_name_is_left_as_it_is(postgresql: Database, tmp_path: Path) -> None:
    """No row of a materialized view is computed again."""
    make(postgresql, f"{VIEW}; {OVER_VIEW}; {MATVIEW}")
    declared = f"{VIEW}; {OVER_VIEW}; {MATVIEW}".replace("shop.quotes", "shop.prices")
    declared = declared.replace("SELECT id, market FROM", "SELECT id, mic AS market FROM").replace(
        "WHERE market", "WHERE mic"
    )
    declared = declared.replace("SELECT market, sum", "SELECT mic AS market, sum").replace(
        "FROM shop.prices GROUP BY market", "FROM shop.prices GROUP BY mic"
    )
    code = there_and_back(postgresql, tmp_path, metadata=after(), entities=entities.sql(declared))
    assert directives(code) == ()


def test_what_stands_there_and_is_not_declared_follows(postgresql: Database, tmp_path: Path) -> None:
    make(postgresql, EVERYTHING)
    assert directives(there_and_back(postgresql, tmp_path, metadata=after())) == ()


@pytest.mark.parametrize("is_declared", [False, True], ids=["not declared", "declared"])
def test_another_type_of_the_renamed_column(is_declared: bool, postgresql: Database, tmp_path: Path) -> None:
    live = f"{VIEW}; {OVER_VIEW}"
    make(postgresql, live)
    declared = {"entities": entities.sql(renamed(live))} if is_declared else {}
    code = there_and_back(postgresql, tmp_path, metadata=after(length=64), **declared)
    assert directives(code) == ("drop", "drop", "create", "create")
    assert "sa.String(length=64)" in code


def test_views_of_others_are_none_of_its_business(postgresql: Database, tmp_path: Path) -> None:
    make(postgresql, f"CREATE SCHEMA other; {VIEW.replace('VIEW open', 'VIEW other.open')}; {MATVIEW}")
    owns = filters.schemas("shop", "public")
    code = there_and_back(postgresql, tmp_path, metadata=after(), owns=owns, entities=entities.sql(renamed(MATVIEW)))
    assert directives(code) == ("drop", "create", "create")
    with postgresql.engine().connect() as connection:
        assert connection.scalar(text("SELECT market FROM other.open WHERE id = 1")) == "XETR"


def test_a_role_that_may_not_rename_is_told_so(secured: Database, tmp_path: Path) -> None:
    """Comparing takes the right that the revision takes."""
    make(secured, f"{VIEW}; CREATE ROLE reader LOGIN PASSWORD 'reader'; GRANT ALL ON SCHEMA public, shop TO reader")
    try:
        project = Project(
            tmp_path,
            secured.url.set(username="reader", password="reader"),
            attributes={"environment": {"metadata": after(), "entities": entities.sql(renamed(VIEW))}},
        )
        with pytest.raises(NotComparedError, match=r"must be owner of table quotes.*Compare as its owner"):
            project.ops()
    finally:
        with secured.engine().begin() as connection:
            connection.exec_driver_sql("DROP OWNED BY reader; DROP ROLE reader")
