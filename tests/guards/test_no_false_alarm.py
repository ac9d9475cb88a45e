"""What destroys nothing is not said to: entities that are replaced, partitions, histories from before migrakit."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from alembic import command

from migrakit import filters
from migrakit.entities import sql
from tests.guards.projects import revision
from tests.guards.test_mutations import codes_in, generated
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database

VIEWS = """
    CREATE VIEW public.open AS SELECT id, total FROM invoices WHERE paid IS NULL;
    CREATE MATERIALIZED VIEW public.sums AS SELECT sum(total) AS total FROM invoices;
    CREATE UNIQUE INDEX sums_total ON public.sums (total);
    CREATE FUNCTION public.twice(a integer) RETURNS integer LANGUAGE sql AS 'SELECT a * 2';
    CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER touched BEFORE UPDATE ON public.invoices FOR EACH ROW EXECUTE FUNCTION public.touch();
    CREATE POLICY mine ON public.invoices USING (id > 0);
"""
CHANGED = (
    VIEWS.replace("SELECT id, total FROM", "SELECT total, id FROM")
    .replace("sum(total)", "max(total)")
    .replace("a * 2", "a + a")
    .replace("(a integer) RETURNS integer", "(b integer) RETURNS integer")
    .replace("SELECT a + a", "SELECT b + b")
    .replace("BEFORE UPDATE", "BEFORE INSERT OR UPDATE")
    .replace("id > 0", "id > 1")
)
NAMED = {
    "view open",
    "materialized view sums",
    "index sums.sums_total",
    "function twice",
    "function touch",
    "trigger invoices.touched",
    "policy invoices.mine",
}


def invoices() -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(
        "invoices",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("total", sa.Integer),
        sa.Column("paid", sa.Date),
    )
    return metadata


def billing(database: Database, path: Path) -> Project:
    given = {"metadata": invoices(), "entities": sql(VIEWS)}
    project = Project(path / "project", database.url, attributes={"environment": given})
    project.revision("first")
    project.upgrade()
    with database.engine().begin() as connection:
        connection.exec_driver_sql("INSERT INTO invoices VALUES (1, 1, NULL)")
    return project


def test_entities_that_are_replaced(postgres18: Database, tmp_path: Path) -> None:
    project = billing(postgres18, tmp_path)
    project.attributes["environment"]["entities"] = sql(CHANGED)
    file = generated(project)
    assert "op.drop_entity" in file.read_text()
    assert codes_in(file) == set()
    project.upgrade()
    assert project.ops() == []


def test_entities_that_go_are_named_and_not_refused(
    postgres18: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    project = billing(postgres18, tmp_path)
    project.attributes["environment"]["entities"] = []
    with caplog.at_level(logging.WARNING, "migrakit"):
        file = generated(project)
    assert codes_in(file) == {"MK108"}
    (said,) = (each.getMessage() for each in caplog.records if "findings in" in each.getMessage())
    assert {line.split("The ")[1].split(" is dropped")[0] for line in said.splitlines() if "MK108" in line} == NAMED - {
        "index sums.sums_total"  # which goes with its view
    }
    project.upgrade()


def test_what_nobody_may_do_with_what_is_new(postgres18: Database, tmp_path: Path) -> None:
    """What is taken from everybody is no grant that goes."""
    closed = f"{VIEWS}; CREATE FUNCTION one() RETURNS int RETURN 1; REVOKE EXECUTE ON FUNCTION one() FROM PUBLIC"
    project = billing(postgres18, tmp_path)
    project.attributes["environment"]["entities"] = sql(closed)
    file = generated(project)
    assert "op.drop_entity" in file.read_text().partition("def downgrade")[0]
    assert codes_in(file) == set()
    project.upgrade()
    opened = closed.replace("REVOKE", "GRANT").replace("FROM PUBLIC", "TO PUBLIC")
    project.attributes["environment"]["entities"] = sql(opened)
    assert codes_in(generated(project)) == set()
    project.upgrade()
    project.attributes["environment"]["entities"] = sql(closed)
    assert codes_in(generated(project)) == {"MK108"}


def test_partitions(postgres18: Database, tmp_path: Path) -> None:
    def declared(*more: sa.Column[Any]) -> sa.MetaData:
        metadata = sa.MetaData()
        columns = (sa.Column("day", sa.Date, primary_key=True), *more)
        sa.Table("ticks", metadata, *columns, postgresql_partition_by="RANGE (day)")
        return metadata

    project = Project(tmp_path / "project", postgres18.url, attributes={"environment": {"metadata": declared()}})
    project.revision("first")
    project.upgrade()
    with postgres18.engine().begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE ticks_2026 PARTITION OF ticks FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"
        )
        connection.exec_driver_sql("INSERT INTO ticks VALUES ('2026-05-05')")
    project.attributes["environment"]["metadata"] = declared(sa.Column("price", sa.Integer))
    file = generated(project)
    assert codes_in(file) == set()
    project.upgrade()
    project.attributes["environment"]["metadata"] = declared()
    assert codes_in(generated(project)) == {"MK101"}


OLD = {
    "r1": """op.create_table('a', sa.Column('id', sa.Integer, primary_key=True), sa.Column('x', sa.String(50)))
op.create_table('b', sa.Column('id', sa.Integer, primary_key=True), sa.Column('y', sa.String(50)))
op.create_table('c', sa.Column('id', sa.Integer, primary_key=True))
op.create_index('ux', 'a', ['x'], unique=True)""",
    "r2": "a = sa.table('a', sa.column('id', sa.Integer), sa.column('x', sa.String))\n"
    "op.bulk_insert(a, [{'id': 1, 'x': 'seed'}])",
    "r3": "op.drop_index('ux', 'a')",
    "r4": "with op.batch_alter_table('a') as batch:\n    batch.alter_column('x', type_=sa.String(20), "
    "existing_type=sa.String(50))\n    batch.add_column(sa.Column('z', sa.Integer))",
    "r5": "with op.batch_alter_table('b') as batch:\n    batch.drop_column('y')\n"
    "    batch.add_column(sa.Column('w', sa.Integer, nullable=False))",
    "r6": "op.execute('CREATE TABLE raw (id INTEGER, v INTEGER)')\nop.execute('UPDATE a SET z = 1')",
    "r7": "op.get_bind().execute(sa.text('UPDATE a SET z = 2'))\nop.rename_table('c', 'd')",
    "r8": "op.drop_table('d')\nop.execute('DROP TABLE raw')\nop.drop_table('b')",
}


def history(database: Database, path: Path) -> Project:
    given = {"metadata": sa.MetaData(), "service": "old", "owns": filters.prefix("old_")}
    project = Project(path / "project", database.url, attributes={"environment": given})
    parents = [None, *OLD]
    for parent, (id_, body) in zip(parents, OLD.items(), strict=False):
        revision(project, id_, parent, body)
    return project


def test_a_history_from_before_replays_on_a_new_database(database: Database, tmp_path: Path) -> None:
    project = history(database, tmp_path)
    project.upgrade()
    with database.engine().connect() as connection:
        assert connection.scalar(sa.text("SELECT z FROM a")) == 2


def test_as_a_script(database: Database, tmp_path: Path) -> None:
    project = history(database, tmp_path)
    if database.dialect == "sqlite":  # which copies tables in batch mode, and has to see them
        assert "CREATE TABLE a" in project.upgrade_sql("r3")
    else:
        assert "DROP TABLE b" in project.upgrade_sql("head")


def test_check_names_what_was_never_accepted(sqlite: Database, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="MK102 b"):
        command.check(history(sqlite, tmp_path).config())
