"""alembic-utils' registry and its comparator: taken over for one comparison, and as they were after it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from alembic_utils.pg_view import PGView
from alembic_utils.replaceable_entity import ReplaceableEntity, register_entities, registry
from sqlalchemy import MetaData

import tests
from migrakit.errors import EntityError
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.databases import Database


class PGSynonym(ReplaceableEntity):
    """A user's own class, which only its author knows."""

    type_ = "synonym"


class PGSpecialView(PGView):
    """A user's own, of a kind that is known."""


SYNONYM = PGSynonym("public", "s", "SELECT 1")


@pytest.fixture
def registered() -> Iterator[None]:
    """What a test registers is forgotten after it."""
    yield
    cast("Any", registry).clear()


def project_of(path: Path, database: Database, declared: list[Any]) -> Project:
    return Project(path, database.url, attributes={"environment": {"metadata": MetaData(), "entities": declared}})


@pytest.mark.parametrize("way", ["entities=", "register_entities()"])
def test_a_class_that_is_not_known_is_refused_by_name(
    way: str, postgres18: Database, tmp_path: Path, registered: None
) -> None:
    given: list[Any] = [SYNONYM]
    if way == "register_entities()":
        register_entities([PGView("public", "v", "SELECT 1 AS one"), SYNONYM])
        given = []
    with pytest.raises(EntityError, match="alembic-utils' PGSynonym is not supported yet"):
        project_of(tmp_path, postgres18, given).ops()


def test_a_class_of_ones_own_is_what_it_is_based_on(postgres18: Database, tmp_path: Path, registered: None) -> None:
    register_entities([PGSpecialView("public", "v", "SELECT 1 AS one")])
    assert project_of(tmp_path, postgres18, []).ops() == [
        "create_entity view public.v CREATE VIEW public.v AS\nSELECT 1 AS one"
    ]


# In a process of its own, as alembic-utils registers its comparator for good, and says what is there.
PROGRAM = """
import json, sys
from pathlib import Path
from alembic.autogenerate import comparators
from alembic_utils.pg_view import PGView
from alembic_utils.replaceable_entity import register_entities, registry
from sqlalchemy import MetaData, make_url
from migrakit import Environment
from migrakit.entities import sql
from tests.project import STOCK_ENV, Project

given = json.loads(sys.argv[1])
url, path = make_url(given["url"]), Path(given["path"])
register_entities([PGView("public", "registered", "SELECT 1 AS one")])

def state():
    functions = {str(key): [repr(each) for each in found] for key, found in comparators._registry.items()}
    return json.dumps(functions), [each.identity for each in registry.entities()], repr(vars(registry))

def stock(name):
    project = Project(path / name, url, STOCK_ENV, {"metadata": MetaData(), "options": {}})
    return [each.split()[:3] for each in project.ops()]

def interrupted(*_):
    raise KeyboardInterrupt

before, found = state(), stock("before")
options = {"process_revision_directives": interrupted} if given["interrupted"] else {}
environment = {"metadata": MetaData(), "entities": sql(given["sql"]), "configure": options}
project = Project(path / "ours", url, attributes={"environment": environment})
try:
    project.revision()
    ended = "well"
except BaseException as error:
    ended = type(error).__name__
print(json.dumps([ended, state() == before, found, stock("after")]))
"""


@pytest.mark.parametrize(
    ("sql", "interrupted", "ends"),
    [
        ("CREATE VIEW v AS SELECT 1 AS one", False, "well"),
        ("CREATE VIEW v AS SELECT nope", False, "EntityError"),
        ("CREATE VIEW registered AS SELECT 1 AS one; CREATE VIEW v AS SELECT 1 AS one", False, "EntityError"),
        ("CREATE VIEW v AS SELECT 1 AS one", True, "KeyboardInterrupt"),
    ],
    ids=["done", "refused by the server", "declared twice", "interrupted"],
)
def test_what_is_alembic_utils_own_is_left_as_it_was(
    sql: str, interrupted: bool, ends: str, postgres18: Database, tmp_path: Path
) -> None:
    """And another env.py of the process, which knows nothing of migrakit, has its comparator as before."""
    url = postgres18.url.render_as_string(hide_password=False)
    given = json.dumps({"url": url, "path": str(tmp_path), "sql": sql, "interrupted": interrupted})
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, given],
        cwd=Path(tests.__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ended, is_as_it_was, before, after = json.loads(done.stdout.splitlines()[-1])
    assert ended == ends
    assert is_as_it_was
    assert before == after == [["create_entity", "PGView:", "public.registered"]]
