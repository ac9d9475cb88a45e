"""Values of PostgreSQL's enums, which alembic-postgresql-enum migrates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.beside import run_beside

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database

PROGRAM = """
import alembic_postgresql_enum
from alembic import command
from migrakit.errors import GuardError
from tests.guards.projects import keys_of
from tests.guards.test_mutations import accept, codes_in, generated, keys_in

logging.disable(logging.WARNING)


def prices(*values):
    metadata = MetaData()
    columns = [Column("id", Integer, primary_key=True), Column("state", Enum(*values, name="state"))]
    Table("prices", metadata, *columns)
    return {"metadata": metadata}


def run(what, *words):
    try:
        with redirect_stdout(io.StringIO()):
            what(*words)
        print("done", values())
    except GuardError as error:
        print(sorted(keys_of(error)), values())


def values():
    found = inspect(create_engine(url)).get_enums()
    return [label for each in found for label in each["labels"]]


def written(project):
    with redirect_stdout(io.StringIO()):
        return generated(project)


project = Project(path, url, attributes={"environment": prices("new", "open", "void")})
with redirect_stdout(io.StringIO()):
    migrate(project)
"""
ROWS = """
with create_engine(url).begin() as connection:
    connection.exec_driver_sql("INSERT INTO prices VALUES (1, 'new')")
"""
REMOVED = """
project.attributes["environment"] = prices("new", "open")
file = written(project)
print(sorted(keys_in(file)))
run(project.upgrade)
"""


def test_a_value_that_goes(postgres18: Database, tmp_path: Path) -> None:
    more = """
run(lambda: command.check(project.config()))
accept(file, keys_in(file))
run(project.upgrade)
print(project.ops())
"""
    assert run_beside(PROGRAM + ROWS + REMOVED + more, postgres18, tmp_path) == [
        "['MK104 state.void']",
        "['MK104 state.void'] ['new', 'open', 'void']",
        "['MK104 state.void'] ['new', 'open', 'void']",
        "done ['new', 'open']",
        "[]",
    ]


def test_without_rows_it_is_applied(postgres18: Database, tmp_path: Path) -> None:
    assert run_beside(PROGRAM + REMOVED, postgres18, tmp_path) == ["['MK104 state.void']", "done ['new', 'open']"]


def test_a_new_value_is_found_on_the_way_back(postgres18: Database, tmp_path: Path) -> None:
    more = """
project.attributes["environment"] = prices("new", "open", "void", "paid")
print(sorted(codes_in(written(project))))
run(project.upgrade)
run(project.downgrade, "-1")
"""
    assert run_beside(PROGRAM + ROWS + more, postgres18, tmp_path) == [
        "[]",
        "done ['new', 'open', 'void', 'paid']",
        "['MK104 state.paid'] ['new', 'open', 'void', 'paid']",
    ]
