"""Comparing takes few rights, and where one is missing it is named as the statement that grants it."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import URL, Column, Integer, MetaData, Table, create_engine, pool

from migrakit import entities
from migrakit.errors import EntityError, NotComparedError
from migrakit.runtime.checking import NOT_COMPARED
from tests.databases import postgresql
from tests.databases.daemon import discard
from tests.databases.fixtures import SESSION
from tests.entities.checker import untouched
from tests.entities.test_comparing import make
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.databases import Database

LIVE = """
CREATE SCHEMA billing;
CREATE TABLE billing.invoices (id integer PRIMARY KEY, total integer);
CREATE TYPE billing.mood AS ENUM ('good', 'bad');
"""

DECLARED = """
CREATE FUNCTION billing.noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE VIEW billing.open AS SELECT id, 'good'::billing.mood AS mood FROM billing.invoices;
CREATE MATERIALIZED VIEW billing.sums AS SELECT count(*) FROM billing.open;
CREATE TRIGGER noting BEFORE INSERT ON billing.invoices FOR EACH ROW EXECUTE FUNCTION billing.noted();
CREATE POLICY small ON billing.invoices USING (total < 100);
GRANT SELECT ON billing.open TO pg_monitor;
"""

RIGHTS = """
GRANT CREATE ON DATABASE {database} TO {role};
GRANT USAGE ON SCHEMA billing TO {role};
GRANT SELECT ON billing.invoices TO {role};
GRANT USAGE ON TYPE billing.mood TO {role}
"""

ADMINISTRATORS = "CREATE SCHEMA migrakit_billing AUTHORIZATION {role}"


@contextmanager
def role(database: Database, rights: str) -> Iterator[str]:
    """One that owns nothing."""
    name = f"looker_{uuid4().hex[:12]}"
    make(database, f"CREATE ROLE {name} LOGIN")
    try:
        make(database, rights.format(role=name, database=database.url.database))
        yield name
    finally:
        make(database, f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}")


def service(database: Database, path: Path, role: str, declared: str = DECLARED, **more: Any) -> Project:
    metadata = MetaData()
    Table("invoices", metadata, Column("id", Integer, primary_key=True), Column("total", Integer), schema="billing")
    environment = {"metadata": metadata, "entities": entities.sql(declared), **more}
    url = database.url.update_query_dict({"options": f"-c role={role}"})
    return Project(path, url, attributes={"environment": environment})


@pytest.mark.parametrize("live", ["", DECLARED], ids=["new", "unchanged"])
def test_a_role_that_owns_nothing_may_compare(live: str, postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, LIVE + live)
    with role(postgres18, RIGHTS) as name, untouched(postgres18):
        found = service(postgres18, tmp_path, name).ops()
        assert any("row_security" in each or "ROW LEVEL SECURITY" in each for each in found)
        assert len(found) == (1 if live else 7)


def test_schemas_of_an_administrators_do_instead_of_the_right_to_make_some(
    postgres18: Database, tmp_path: Path
) -> None:
    make(postgres18, LIVE + DECLARED)
    rights = RIGHTS.partition(";")[2] + ";" + ADMINISTRATORS
    with role(postgres18, rights) as name, untouched(postgres18):
        declared = f"{DECLARED}; CREATE VIEW billing.more AS SELECT mood FROM billing.open"
        found = service(postgres18, tmp_path, name, declared).ops()
        assert sorted(each.split(" CREATE")[0].split(" [")[0] for each in found) == [
            "create_entity view billing.more",
            "replace_or_revert_entity row security of billing.invoices",
        ]


@pytest.mark.parametrize("rights", [RIGHTS, RIGHTS.partition(";")[2] + ";" + ADMINISTRATORS], ids=["its", "theirs"])
def test_what_is_granted_to_a_role_that_owns_nothing_is_seen(rights: str, postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, f"{LIVE} GRANT USAGE ON SCHEMA billing TO pg_monitor")
    declared = """
    GRANT USAGE ON SCHEMA billing TO pg_monitor, CURRENT_USER; GRANT SELECT ON billing.invoices TO CURRENT_USER;
    """
    with role(postgres18, rights) as name, untouched(postgres18):
        assert service(postgres18, tmp_path, name, declared).ops() == []
        found = service(postgres18, tmp_path, name, declared.replace("pg_monitor, ", "")).ops()
        assert found == ["drop_entity grant on schema billing"]


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (
            "CREATE ON DATABASE",
            r"GRANT CREATE ON DATABASE \w+ TO {role}; or else CREATE SCHEMA migrakit_billing AUTHOR",
        ),
        ("USAGE ON SCHEMA", "GRANT USAGE ON SCHEMA billing TO {role}"),
        ("SELECT ON billing", "GRANT SELECT ON invoices TO {role}"),
    ],
)
def test_a_missing_right_is_named(missing: str, said: str, postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, LIVE)
    rights = ";".join(each for each in RIGHTS.split(";") if missing not in each)
    with role(postgres18, rights) as name, untouched(postgres18):
        project = service(postgres18, tmp_path, name)
        with pytest.raises((NotComparedError, EntityError), match=said.format(role=name)):
            project.ops()


def test_a_function_that_may_not_be_called_is_named(postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, f"{LIVE}; CREATE SCHEMA other; CREATE FUNCTION other.one() RETURNS int RETURN 1;")
    make(postgres18, "REVOKE ALL ON FUNCTION other.one() FROM PUBLIC; GRANT USAGE ON SCHEMA other TO PUBLIC")
    declared = "CREATE MATERIALIZED VIEW billing.ones AS SELECT other.one()"
    with role(postgres18, RIGHTS) as name, untouched(postgres18):
        assert len(service(postgres18, tmp_path, name, declared).ops()) == 1


def test_autocommit_is_refused(postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, LIVE)
    engine = create_engine(postgres18.url, poolclass=pool.NullPool, isolation_level="AUTOCOMMIT")
    project = service(postgres18, tmp_path, "none")
    with engine.connect() as connection, untouched(postgres18):
        project.attributes["connection"] = connection
        with pytest.raises(NotComparedError, match="Leave AUTOCOMMIT out"):
            project.ops()


def test_an_event_trigger_that_raises_is_named(postgres18: Database, tmp_path: Path) -> None:
    make(
        postgres18,
        f"""{LIVE};
        CREATE FUNCTION never() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not on my watch'; END $$;
        CREATE EVENT TRIGGER "my guard" ON ddl_command_start EXECUTE FUNCTION never()
        """,
    )
    with untouched(postgres18), pytest.raises(NotComparedError, match=r'not on my watch.* event trigger "my guard"'):
        service(postgres18, tmp_path, "none").ops()


ENV = """
from sqlalchemy import MetaData
from migrakit import Environment
from migrakit.entities import sql

Environment(metadata=MetaData(), entities=sql({declared!r})).run()
"""


@pytest.mark.parametrize(
    ("declared", "code"), [("CREATE VIEW v AS SELECT nope", 3), ("CREATE VIEW v AS SELECT 1", 255)]
)
def test_a_check_that_could_not_compare_has_an_exit_code_of_its_own(
    declared: str, code: int, postgres18: Database, tmp_path: Path
) -> None:
    project = Project(tmp_path, postgres18.url, ENV.format(declared=declared))
    url = project.url.render_as_string(hide_password=False).replace("%", "%%")
    (tmp_path / "alembic.ini").write_text(f"[alembic]\nscript_location = migrations\nsqlalchemy.url = {url}\n")
    ended = subprocess.run(
        [sys.executable, "-m", "alembic", "check"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == code, ended.stderr
    if code == NOT_COMPARED:
        assert re.search("FAILED: .*does not take view", re.sub(r"\s+", " ", ended.stdout + ended.stderr))
        assert "Traceback" not in ended.stderr


@pytest.fixture
def small(pytestconfig: pytest.Config) -> Iterator[URL]:
    """A PostgreSQL server of the test's own, whose lock table has little room."""
    directory = pytestconfig.stash[SESSION].directory / f"small-{uuid4().hex[:8]}"
    options = ("--max_connections=5", "--max_locks_per_transaction=10")
    daemon = postgresql.daemon(18, directory, *options, initdb=("--username=postgres", "--auth=trust"))
    daemon.ensure_running()
    yield URL.create(postgresql.DRIVER, "postgres", port=5432, database="postgres", query={"host": str(directory)})
    discard(directory)


def test_a_lock_table_that_is_full_is_said(small: URL, tmp_path: Path) -> None:
    views = ";".join(f"CREATE VIEW v{at} AS SELECT {at} AS n" for at in range(2000))
    environment = {"metadata": MetaData(), "entities": entities.sql(views)}
    project = Project(tmp_path, small, attributes={"environment": environment})
    with pytest.raises(NotComparedError, match=r"out of shared memory.*Raise max_locks_per_transaction on the server"):
        project.ops()
