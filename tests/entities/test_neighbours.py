"""Another service in the same database, whose names are like ours, or no names that anybody expects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import BigInteger, Column, Date, Integer, MetaData, Table, Text

from migrakit import entities, filters
from migrakit.errors import EntityError
from tests.entities.checker import seen, there_and_back, untouched
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database

HOSTILE = "x';drop table t;--"
THEIRS = ("teamxa", HOSTILE, "ours_too", "public")

# Each has the same objects, by the same names.
OBJECTS = """
CREATE TABLE {s}.invoices (id integer PRIMARY KEY, total integer, note text);
CREATE VIEW {s}.open AS SELECT id, total FROM {s}.invoices;
CREATE VIEW {s}.sums AS SELECT sum(total) AS total FROM {s}.open;
CREATE MATERIALIZED VIEW {s}.totals AS SELECT note, sum(total) AS total FROM {s}.invoices GROUP BY note;
CREATE UNIQUE INDEX by_note ON {s}.totals (note);
CREATE FUNCTION {s}.visible(i {s}.invoices) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT i.total > 0 $$;
CREATE FUNCTION {s}.noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE PROCEDURE {s}.tidied(a integer) LANGUAGE sql AS $$ SELECT a $$;
CREATE TRIGGER noted BEFORE UPDATE OF total ON {s}.invoices FOR EACH ROW EXECUTE FUNCTION {s}.noted();
CREATE TRIGGER instead INSTEAD OF INSERT ON {s}.open FOR EACH ROW EXECUTE FUNCTION {s}.noted();
CREATE POLICY own ON {s}.invoices USING ({s}.visible(invoices));
GRANT SELECT ON {s}.open TO pg_monitor;
"""
SECURED = "ALTER TABLE {s}.invoices ENABLE ROW LEVEL SECURITY;"
CHANGED = (
    OBJECTS.replace("SELECT id, total FROM", "SELECT total, id FROM")
    .replace("note, sum(total)", "note, max(total)")
    .replace("i.total > 0", "i.total > 1")
    .replace("SELECT a ", "SELECT a + 1 ")
    .replace("BEFORE UPDATE", "AFTER UPDATE")
    .replace("USING (", "USING (true AND ")
    .replace("TO pg_monitor", "TO pg_monitor, pg_signal_backend")
)


def quoted(schema: str) -> str:
    return '"' + schema.replace('"', '""') + '"'


def objects(sql: str, schema: str) -> str:
    """Without the table."""
    return sql.partition(";")[2].replace("{s}", quoted(schema))


def tables(*schemas: str, total: type[Integer] = Integer) -> MetaData:
    metadata = MetaData()
    for schema in schemas:
        columns = Column("id", Integer, primary_key=True), Column("total", total), Column("note", Text)
        Table("invoices", metadata, *columns, schema=schema)
    return metadata


@pytest.fixture
def beside(postgresql: Database) -> Database:
    """Four neighbours, and what each name would do if it were code."""
    make_all(postgresql)
    return postgresql


def make_all(database: Database) -> None:
    make(database, "CREATE TABLE t (id integer)")
    for schema in (*THEIRS, "team_a"):
        making = f"CREATE SCHEMA IF NOT EXISTS {quoted(schema)};"
        make(database, making + (OBJECTS + SECURED).replace("{s}", quoted(schema)))


def make(database: Database, sql: str) -> None:
    with database.engine().begin() as connection:
        connection.exec_driver_sql(sql, execution_options={"no_parameters": True})


def ours(schema: str, sql: str, **more: Any) -> dict[str, Any]:
    declared = entities.sql(objects(sql, schema))
    return {"metadata": tables(schema), "owns": filters.schemas(schema), "entities": declared, **more}


def foreign(database: Database, own: str) -> list[Any]:
    """All lines that are not about this schema."""
    return [line for line in seen(database) if own not in line[0] and quoted(own) not in line[0]]


@pytest.mark.parametrize("schema", ["team_a", HOSTILE])
def test_nothing_of_theirs_is_touched(schema: str, beside: Database, tmp_path: Path) -> None:
    theirs = foreign(beside, schema)
    there_and_back(beside, tmp_path, **ours(schema, CHANGED, metadata=tables(schema, total=BigInteger)))
    assert foreign(beside, schema) == theirs
    there_and_back(beside, tmp_path, **ours(schema, "", metadata=tables(schema, total=BigInteger)))
    assert foreign(beside, schema) == theirs


STANDING = {
    "view teamxa.theirs": ("CREATE VIEW teamxa.theirs AS SELECT total FROM team_a.sums", "VIEW teamxa.theirs"),
    f"materialized view {quoted(HOSTILE)}.theirs": (
        f"CREATE MATERIALIZED VIEW {quoted(HOSTILE)}.theirs AS SELECT total FROM team_a.open",
        f"MATERIALIZED VIEW {quoted(HOSTILE)}.theirs",
    ),
    "function teamxa.theirs(team_a.open)": (
        "CREATE FUNCTION teamxa.theirs(o team_a.open) RETURNS int LANGUAGE sql AS $$ SELECT o.total $$",
        "FUNCTION teamxa.theirs",
    ),
    "policy theirs on table teamxa.invoices": (
        "CREATE POLICY theirs ON teamxa.invoices USING (total IN (SELECT total FROM team_a.open))",
        "TABLE teamxa.invoices",
    ),
}


def test_what_of_theirs_stands_on_ours_is_not_dropped(beside: Database, tmp_path: Path) -> None:
    make(beside, "".join(f"{sql}; ALTER {owned} OWNER TO pg_monitor;" for sql, owned in STANDING.values()))
    project = Project(tmp_path, beside.url, attributes={"environment": ours("team_a", CHANGED)})
    with untouched(beside), pytest.raises(EntityError) as refused:
        project.ops()
    assert len(refused.value.problems) >= len(STANDING)
    for standing in STANDING:
        (problem,) = [each for each in refused.value.problems if f"the {standing}," in each.what]
        assert "has to go" in problem.what
        assert f"the {standing}, which pg_monitor owns, stands on it" in problem.what
        assert "until its owner has moved" in problem.do


@pytest.mark.parametrize("change", ["retyped", "dropped", "table"])
def test_what_of_theirs_stands_on_our_columns_is_not_dropped(change: str, postgres18: Database, tmp_path: Path) -> None:
    make_all(postgres18)
    make(postgres18, "CREATE VIEW teamxa.theirs AS SELECT total FROM team_a.invoices")
    metadata = tables("team_a", total=BigInteger)
    if change == "dropped":
        metadata = MetaData()
        columns = Column("id", Integer, primary_key=True), Column("note", Text)
        Table("invoices", metadata, *columns, schema="team_a")
    environment = ours("team_a", "", metadata=MetaData() if change == "table" else metadata)
    project = Project(tmp_path, postgres18.url, attributes={"environment": environment})
    with (
        untouched(postgres18),
        pytest.raises(EntityError, match=r"view teamxa\.theirs, which postgres owns, stands on it"),
    ):
        project.ops()


def test_a_policy_of_theirs_that_calls_what_takes_our_rows_stays(beside: Database, tmp_path: Path) -> None:
    """Their policy on our table, whose function they have: it is undeclared, and theirs is not a part of a table."""
    make(
        beside,
        """
        CREATE FUNCTION teamxa.sees(i team_a.invoices) RETURNS boolean LANGUAGE sql AS $$ SELECT i.note = 'a' $$;
        CREATE FUNCTION teamxa.sees(i teamxa.invoices) RETURNS boolean LANGUAGE sql AS $$ SELECT i.note = 'b' $$;
        CREATE POLICY theirs ON teamxa.invoices USING (teamxa.sees(invoices));
        """,
    )
    theirs = foreign(beside, "team_a")
    policy = "CREATE POLICY seen ON {s}.invoices USING (teamxa.sees(invoices)); "
    there_and_back(beside, tmp_path, **ours("team_a", CHANGED + policy))
    assert [line for line in foreign(beside, "team_a") if line not in theirs] == []


def test_a_policy_may_stand_on_a_partition(postgres18: Database, tmp_path: Path) -> None:
    """Tables that are partitions are nobody's to compare; what is declared on one is the service's all the same."""
    with postgres18.engine().begin() as connection:
        connection.exec_driver_sql("""
            CREATE TABLE readings (id integer, at date NOT NULL) PARTITION BY RANGE (at);
            CREATE TABLE readings_2026 PARTITION OF readings FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')
        """)
    metadata = MetaData()
    at = Column("at", Date, nullable=False)
    Table("readings", metadata, Column("id", Integer), at, postgresql_partition_by="RANGE (at)")
    declared = entities.sql("CREATE POLICY positive ON readings_2026 USING (id > 0)")
    code = there_and_back(postgres18, tmp_path, metadata=metadata, entities=declared)
    assert "CREATE POLICY positive" in code
