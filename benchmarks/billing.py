"""What comparing the entities of a schema of public size costs: that of ``examples/billing``."""

from __future__ import annotations

from collections import Counter
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks.comparing import analyse, in_turn, show
from benchmarks.entities import STATEMENTS
from benchmarks.result import Result
from migrakit import Environment
from tests.entities.billing import Billing, make_roles
from tests.entities.unregistered import import_alembic_utils
from tests.project import Project

if TYPE_CHECKING:
    from benchmarks.servers import NewDatabase
    from tests.databases import Database

__all__ = ["billing"]


def billing(new_database: NewDatabase) -> list[Result]:
    """None of the peers has all of its kinds."""
    import_alembic_utils()  # of whose classes the example declares some
    database = new_database("postgresql-18")
    given = _migrated(database)
    analyse(database)
    kinds = Counter(each.kind for each in given["entities"]) + Counter(table=len(given["metadata"].tables))
    print(f"PostgreSQL 18: examples/billing, {', '.join(f'{kind} {number}' for kind, number in sorted(kinds.items()))}")
    tables = {name: value for name, value in given.items() if name != "entities"}
    ways = {"migrakit without entities": Environment(**tables).options, "migrakit": Environment(**given).options}
    measured = in_turn(database, 7, ways, given["metadata"])
    show(measured)
    more = measured["migrakit"].statements - measured["migrakit without entities"].statements
    return [Result("statements for entities", more, STATEMENTS["unchanged"], "statements")]


def _migrated(database: Database) -> dict[str, Any]:
    make_roles(database)
    with TemporaryDirectory() as directory, redirect_stdout(StringIO()):
        given = Billing.copied(Path(directory)).environment()
        project = Project(Path(directory) / "project", database.url, attributes={"environment": given})
        project.revision()
        project.upgrade()
    return given
