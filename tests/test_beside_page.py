"""The page on other packages: each env.py that it shows leaves alone what is another's, applies, and finds no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.beside import ROOT, run_beside
from tests.test_docs import MODELS, blocks

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database

PROGRAM = """
sys.path.insert(0, str(path / "packages"))
project = Project(path, url, env=(path / "env.py").read_text())


def show(script):
    for op in script.upgrade_ops.ops:
        names = (getattr(op, name, None) for name in ("table_name", "name", "target", "view"))
        what = next(name for name in names if name)
        print(type(op).__name__, getattr(what, "identity", None) or getattr(what, "name", what))
"""
MIGRATED = """
logging.disable(logging.WARNING)
show(project.found())
migrate(project)
print("and then:", project.ops())
"""

# Each package's own, what is no more declared, and another's.
EXISTING = """
CREATE TABLE pycon_talks (id integer PRIMARY KEY, title varchar(80));
CREATE TABLE shop_orders (id integer PRIMARY KEY);
CREATE VIEW pycon_old AS SELECT 1 AS one;
CREATE VIEW shop_totals AS SELECT count(*) FROM shop_orders;
CREATE TYPE pycon_size AS ENUM ('small');
CREATE TYPE shop_state AS ENUM ('open');
CREATE TABLE spatial_ref_sys (id integer PRIMARY KEY);
CREATE TABLE pycon_places (id integer PRIMARY KEY)
"""

PLACES = """
Table("pycon_places", Base.metadata, Column("id", Integer, primary_key=True){})
"""
LEVEL = ', Column("level", Enum("easy", name="level"))'
SPATIAL = ', Column("at", Geometry("POINT", srid=4326))'


@pytest.fixture
def database(postgres18: Database) -> Database:
    with postgres18.engine().begin() as connection:
        for statement in EXISTING.split(";\n"):
            connection.exec_driver_sql(statement)
    return postgres18


def run_page(import_: str, models: str, program: str, database: Database, path: Path) -> list[str]:
    """The env.py on the page with this import, on these models."""
    shown = [block.text for block in blocks(ROOT / "docs" / "beside-others.md")]
    package = path / "packages" / "pycon"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "models.py").write_text(MODELS.format(table="pycon_talks") + models)
    (path / "env.py").write_text(next(text for text in shown if import_ in text))
    return run_beside(PROGRAM + program, database, path)


@pytest.mark.parametrize(
    ("package", "column", "found"),
    [
        ("alembic_utils", "", ["CreateOp PGView: public.pycon_titles", "DropOp PGView: public.pycon_old"]),
        (
            "alembic_postgresql_enum",
            LEVEL,
            ["CreateEnumOp level", "ModifyTableOps pycon_places", "DropEnumOp pycon_size"],
        ),
        ("sqlalchemy_declarative_extensions", "", ["CreateViewOp pycon_titles"]),
    ],
)
def test_it_leaves_alone_what_is_another_s(
    database: Database, tmp_path: Path, package: str, column: str, found: list[str]
) -> None:
    models = "from sqlalchemy import Enum" + PLACES.format(column)
    assert run_page(package, models, MIGRATED, database, tmp_path) == [*found, "and then: []"]


def test_spatial_columns_are_written_by_geoalchemy2(database: Database, tmp_path: Path) -> None:
    """As far as can be seen without PostGIS: what is found, and what is written."""
    models = "from geoalchemy2 import Geometry" + PLACES.format(SPATIAL).replace("pycon_places", "pycon_rooms")
    program = """
with redirect_stdout(io.StringIO()):
    project.revision()
print(next((path / "migrations" / "versions").glob("*.py")).read_text())
"""
    written = "\n".join(run_page("geoalchemy2", models, program, database, tmp_path))

    assert "from geoalchemy2 import Geometry" in written
    assert "op.create_geospatial_table('pycon_rooms'" in written
    assert "op.create_geospatial_index('idx_pycon_rooms_at', 'pycon_rooms'" in written
    assert "op.drop_table('pycon_places')" in written
    assert "shop_orders" not in written
    assert "spatial_ref_sys" not in written


def test_geoalchemy2_s_include_object_alone_leaves_out_what_postgis_made(database: Database, tmp_path: Path) -> None:
    program = """
from geoalchemy2 import alembic_helpers
for owns in (filters.everything, filters.from_callables(include_object=alembic_helpers.include_object)):
    project = Project(path, url, attributes={"environment": {"metadata": MetaData(), "owns": owns}})
    print(sorted(op.table_name for op in project.found().upgrade_ops.ops))
"""
    assert run_beside(program, database, tmp_path) == [
        "['pycon_places', 'pycon_talks', 'shop_orders', 'spatial_ref_sys']",
        "['pycon_places', 'pycon_talks', 'shop_orders']",
    ]
