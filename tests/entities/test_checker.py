"""The checker lets a right revision pass, and no wrong one."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, Index, Integer, MetaData, Table, Text, inspect, text

from tests.entities.checker import check, seen, there_and_back, untouched
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database

OLD = """
DROP VIEW IF EXISTS open_orders;
CREATE VIEW open_orders WITH (security_invoker = true) AS SELECT id FROM orders;
GRANT SELECT ON open_orders TO pg_monitor;
COMMENT ON VIEW open_orders IS 'to be paid: 100%';
"""
NEW = OLD.replace("SELECT id", "SELECT id, note")

LIVE = f"""
CREATE TABLE orders (id integer PRIMARY KEY, state text, note text);
CREATE INDEX orders_note ON orders (note);
INSERT INTO orders VALUES (1, 'open', 'soon'), (2, 'paid', 'x');
{OLD}
CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS orders FROM orders;
CREATE INDEX totals_orders ON totals (orders);
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER noted BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION noted();
ALTER TABLE orders DISABLE TRIGGER noted;
"""

NOTHING = ""


@dataclass(frozen=True)
class Wrong:
    """A revision of these statements, and what the checker has to say of it."""

    name: str
    said: str
    upgrade: str = NEW
    downgrade: str = OLD
    more: str = NOTHING
    """Statements of the upgrade in Python."""


WRONG = (
    Wrong(
        "a grant is forgotten",
        r"the downgrade leaves something else:\n- view public.open_orders: relacl = .*pg_monitor",
        downgrade=OLD.replace("GRANT", "--"),
    ),
    Wrong(
        "a comment is forgotten",
        "- view public.open_orders: description = to be paid",
        downgrade=OLD.replace("COMMENT", "--"),
    ),
    Wrong(
        "an option is forgotten",
        r"- view public.open_orders: reloptions = {security_invoker=true}",
        downgrade=OLD.replace("WITH (security_invoker = true)", ""),
    ),
    Wrong(
        "the definition is not the old one",
        r'- rule "_RETURN" on public.open_orders: definition',
        downgrade=OLD.replace("FROM orders", "FROM orders WHERE true"),
    ),
    Wrong("nothing is taken back", r"\+ view column public.open_orders.note: position = 2", downgrade=NOTHING),
    Wrong(
        "an owner stays",
        r"\+ view public.open_orders: relowner = pg_monitor",
        "ALTER VIEW open_orders OWNER TO pg_monitor",
        NOTHING,
    ),
    Wrong("an index is not made again", "- index public.totals_orders: ", "DROP INDEX totals_orders", NOTHING),
    Wrong(
        "a trigger stays enabled",
        r"\+ trigger noted on public.orders: tgenabled = O",
        "ALTER TABLE orders ENABLE TRIGGER noted",
        NOTHING,
    ),
    Wrong(
        "row security stays",
        r"\+ table public.orders: relrowsecurity = true",
        "ALTER TABLE orders ENABLE ROW LEVEL SECURITY",
        NOTHING,
    ),
    Wrong(
        "a materialized view comes back empty",
        r"\+ materialized view public.totals: relispopulated = false",
        "SELECT 1",
        "REFRESH MATERIALIZED VIEW totals WITH NO DATA",
    ),
    Wrong(
        "a column comes back last",
        r"\+ table column public.orders.state: position = 3",
        "SELECT 1",
        "ALTER TABLE orders DROP state, ADD state text",
    ),
    Wrong("rows are lost", r"- public.orders: row = \(2,paid,x\)", "DELETE FROM orders WHERE id = 2", NOTHING),
    Wrong("a schema stays behind", r"\+ schema scratch: nspname = scratch", "CREATE SCHEMA scratch", NOTHING),
    Wrong(
        "the upgrade is not whole",
        "after the upgrade autogenerate still finds:\nadd_index orders.orders_note",
        "DROP INDEX orders_note",
        "CREATE INDEX orders_note ON orders (note)",
    ),
    Wrong(
        "the upgrade makes too much",
        "after the upgrade autogenerate still finds:\nremove_table more",
        "CREATE TABLE more ()",
        "DROP TABLE more",
    ),
    Wrong(
        "the second upgrade is another",
        r"the second upgrade leaves something else:\n- function public.noted\(\): description",
        "DO $$ BEGIN EXECUTE format('COMMENT ON FUNCTION noted IS %L', pg_current_xact_id()); END $$",
        "COMMENT ON FUNCTION noted IS NULL",
    ),
    Wrong(
        "the script lacks something",
        r"the upgrade's script changes this:\n(.*\n)*and not this:\n(.*\n)*\+ function public.noted\(\): procost = 7",
        more="if not context.is_offline_mode(): op.execute('ALTER FUNCTION noted() COST 7')",
        downgrade=OLD + "ALTER FUNCTION noted() COST 100",
    ),
    Wrong(
        "the script fails",
        "the upgrade's script fails: .*division by zero",
        more="if context.is_offline_mode(): op.execute('SELECT 1 / 0')",
    ),
    Wrong(
        "what the script of the downgrade can't tell",
        "the downgrade's script leaves something else:\n.*totals: relispopulated",
        "REFRESH MATERIALIZED VIEW totals WITH NO DATA",
        "DO $$ BEGIN IF current_setting('application_name') <> 'psql'"
        " THEN REFRESH MATERIALIZED VIEW totals; END IF; END $$",
    ),
)


def declared() -> MetaData:
    metadata = MetaData()
    Table(
        "orders",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("state", Text),
        Column("note", Text),
        Index("orders_note", "note"),
    )
    return metadata


def execute(database: Database, sql: str) -> None:
    with database.engine().begin() as connection:
        connection.execute(text(sql.replace(":", r"\:")))


def project_with(path: Path, database: Database, upgrade: str, downgrade: str, more: str = "") -> Project:
    """With a revision of these statements on its ``MetaData``, which has everything that is live."""
    project = Project(path, database.url, attributes={"environment": {"metadata": declared()}})
    source = f"""
from alembic import context, op

revision = "r1"
down_revision = None


def upgrade():
{_body(upgrade)}
{indent(more, "    ")}


def downgrade():
{_body(downgrade)}
"""
    (path / "migrations" / "versions" / "r1.py").write_text(source)
    return project


def _body(statements: str) -> str:
    lines = [f"    op.execute({each.strip()!r})" for each in _split(statements)]
    return "\n".join(lines or ["    pass"])


def _split(statements: str) -> list[str]:
    if "$$" in statements:
        return [statements]
    return [each for each in statements.split(";") if each.strip() and not each.strip().startswith("--")]


def test_a_right_revision_passes(postgresql: Database, tmp_path: Path) -> None:
    execute(postgresql, LIVE)
    check(postgresql, project_with(tmp_path, postgresql, NEW, OLD))


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name.replace(" ", "-"))
def test_a_wrong_revision_fails(wrong: Wrong, postgres18: Database, tmp_path: Path) -> None:
    execute(postgres18, LIVE)
    project = project_with(tmp_path, postgres18, wrong.upgrade, wrong.downgrade, wrong.more)
    with pytest.raises(AssertionError, match=wrong.said):
        check(postgres18, project)


def test_tables_go_there_and_back_revision_by_revision(postgresql: Database, tmp_path: Path) -> None:
    execute(postgresql, LIVE)
    metadata = declared()
    Table("items", metadata, Column("id", Integer, primary_key=True), schema="shop")
    first = there_and_back(postgresql, tmp_path, metadata=metadata)
    assert "op.create_table('items'" in first
    metadata.tables["orders"].append_column(Column("more: 5%", Text, server_default="'a': %s"))
    second = there_and_back(postgresql, tmp_path, metadata=metadata)
    assert "op.add_column('orders'" in second
    assert "create_table" not in second
    assert "table shop.items" in {subject for subject, *_ in seen(postgresql)}


@pytest.mark.parametrize(("live", "said"), [("", "generating"), (LIVE, "looking again")])
def test_what_autogenerate_leaves_behind_is_noticed(live: str, said: str, postgres18: Database, tmp_path: Path) -> None:
    """At the first look, or at the second alone, where there is a table then."""

    def leave(*_: Any) -> None:
        with postgres18.engine().begin() as connection:
            if bool(live) == inspect(connection).has_table("items"):
                connection.execute(text("CREATE SCHEMA scratch"))

    metadata = declared()
    Table("items", metadata, Column("id", Integer))
    execute(postgres18, live or "SELECT 1")
    with pytest.raises(AssertionError, match=rf"{said} leaves something else:(\n.*)*\+ schema scratch: nspname"):
        there_and_back(postgres18, tmp_path, metadata=metadata, configure={"process_revision_directives": leave})


def test_what_is_left_behind_on_the_way_to_an_error_is_noticed(postgres18: Database) -> None:
    def refused(*statements: str) -> None:
        with untouched(postgres18):
            for each in statements:
                execute(postgres18, each)
            raise ValueError("refused")

    with pytest.raises(AssertionError, match="schema scratch"):
        refused("CREATE SCHEMA scratch")
    with pytest.raises(ValueError, match="refused"):
        refused()
