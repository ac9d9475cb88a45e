"""alembic-utils asks the same hooks about its entities, in a spelling of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.world import settle

if TYPE_CHECKING:
    from tests.databases import Database

SCRIPTS = Path(__file__).parent.parent / "examples" / "own_env" / "conference" / "migrations"

# In a process of its own: the comparators that alembic-utils registers on import can't be taken back.
PROGRAM = """
import sys, warnings
from alembic.autogenerate import produce_migrations
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_view import PGView
from alembic_utils.replaceable_entity import register_entities
from sqlalchemy import MetaData, create_engine
from migrakit import filters

warnings.filterwarnings("ignore", "Did not recognize type 'vector'")
register_entities([
    PGView(schema="public", signature="pycon_titles", definition="SELECT 1 AS one"),
    PGFunction(
        schema="public",
        signature="pycon_one(a integer)",
        definition="RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    ),
    # Beside the extension's own, of other arguments.
    PGFunction(
        schema="public", signature="l2_norm(a integer)", definition="RETURNS integer LANGUAGE sql AS 'SELECT 1'"
    ),
])
options = {"include_schemas": True, **eval(sys.argv[2])}
config = Config()
config.set_main_option("script_location", sys.argv[3])
with (
    create_engine(sys.argv[1]).connect() as connection,
    EnvironmentContext(config, ScriptDirectory.from_config(config)) as context,
):
    context.configure(connection=connection, target_metadata=MetaData(), **options)
    script = produce_migrations(context.get_context(), MetaData())
for op in script.upgrade_ops.ops:
    target = getattr(op, "target", None)
    print(type(op).__name__, target.identity if target else getattr(op, "table_name", ""))
"""

OWN = """
CREATE VIEW pycon_old AS SELECT 1 AS one;
CREATE TABLE pycon_talks (id integer PRIMARY KEY);
CREATE FUNCTION pycon_touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER touched BEFORE UPDATE ON pycon_talks FOR EACH ROW EXECUTE FUNCTION pycon_touch();
CREATE POLICY own ON pycon_talks USING (id > 0)
"""


def ops_found(database: Database, options: str) -> set[str]:
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", PROGRAM, url, options, str(SCRIPTS)]
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    # alembic-utils 0.8.8 says whether a trigger is a constraint in the middle of its identity.
    return set(run.stdout.replace(" False ", " ").splitlines())


@pytest.fixture
def database(postgres18: Database) -> Database:
    with postgres18.engine().begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA shop")
        for statement in OWN.split(";\n"):
            connection.exec_driver_sql(statement)
    settle(postgres18.engine(), schema="shop")
    # alembic-utils can't read the function that makes its values, and stops.
    with postgres18.engine().begin() as connection:
        connection.exec_driver_sql("DROP TYPE shop_span")
    return postgres18


def test_stock_drops_what_others_own(database: Database) -> None:
    dropped = {op for op in ops_found(database, "{}") if op.startswith("Drop")}
    assert {
        "DropOp PGView: public.shop_totals",
        "DropOp PGView: shop.titles",
        "DropOp PGMaterializedView: public.shop_sums",
        "DropOp PGFunction: public.shop_touch()",
        "DropOp PGTrigger: public.shop_touched public.shop_orders",
        "DropOp PGPolicy: public.shop_own public.shop_orders",
        "DropOp PGExtension: vector",
    } <= dropped


def test_the_hooks_know_whose_they_are(database: Database) -> None:
    owns = "filters.prefix('pycon_') | filters.names('l2_norm')"
    assert ops_found(database, f"({owns}).hooks()") == {
        "CreateOp PGFunction: public.l2_norm(a integer)",
        "CreateOp PGView: public.pycon_titles",
        "CreateOp PGFunction: public.pycon_one(a integer)",
        "DropOp PGView: public.pycon_old",
        "DropOp PGFunction: public.pycon_touch()",
        "DropOp PGTrigger: public.touched public.pycon_talks",
        "DropOp PGPolicy: public.own public.pycon_talks",
        "DropTableOp pycon_talks",
    }
