"""Comparing takes few rights, and where one is missing it is named as the statement that grants it."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import URL, Column, Integer, MetaData, Table, create_engine, event, pool
from sqlalchemy.schema import CreateSchema

from migrakit import entities, filters
from migrakit.errors import EntityError, NotComparedError
from migrakit.runtime.checking import NOT_COMPARED
from tests.databases import postgresql
from tests.databases.daemon import discard
from tests.databases.fixtures import SESSION
from tests.entities.checker import untouched
from tests.entities.test_comparing import make
from tests.entities.test_drivers import DRIVERS
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
        ("SELECT ON billing", "GRANT SELECT ON billing.invoices TO {role}"),
    ],
)
def test_a_missing_right_is_named(missing: str, said: str, postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, LIVE)
    rights = ";".join(each for each in RIGHTS.split(";") if missing not in each)
    with role(postgres18, rights) as name, untouched(postgres18):
        project = service(postgres18, tmp_path, name)
        with pytest.raises((NotComparedError, EntityError), match=said.format(role=name)):
            project.ops()


@pytest.mark.parametrize("driver", DRIVERS)
def test_every_driver_tells_of_both_ways(driver: str, postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, LIVE)
    with role(postgres18, RIGHTS.partition(";")[2]) as name, untouched(postgres18):
        project = service(postgres18, tmp_path, name)
        project.url = postgres18.url.set(drivername=driver, username=name)
        said = (
            rf"GRANT CREATE ON DATABASE \w+ TO {name}; or else CREATE SCHEMA migrakit_billing AUTHORIZATION {name}\.$"
        )
        with pytest.raises(NotComparedError, match=said):
            project.ops()


def test_what_only_its_rows_need_is_not_asked_for(postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, f"{LIVE}; CREATE SCHEMA other; CREATE FUNCTION other.one() RETURNS int RETURN 1;")
    make(postgres18, "REVOKE ALL ON FUNCTION other.one() FROM PUBLIC; GRANT USAGE ON SCHEMA other TO PUBLIC")
    declared = "CREATE MATERIALIZED VIEW billing.ones AS SELECT other.one()"
    with role(postgres18, RIGHTS) as name, untouched(postgres18):
        assert len(service(postgres18, tmp_path, name, declared).ops()) == 1


def test_what_a_trigger_may_not_call_is_named(postgres18: Database, tmp_path: Path) -> None:
    """With its schema, its quotes and no arguments: there is one that takes some."""
    make(
        postgres18,
        f"""{LIVE} CREATE SCHEMA "Other";
        CREATE FUNCTION "Other"."Noted"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
        CREATE FUNCTION "Other"."Noted"(at integer) RETURNS integer RETURN at;
        REVOKE ALL ON FUNCTION "Other"."Noted"() FROM PUBLIC; GRANT USAGE ON SCHEMA "Other" TO PUBLIC
        """,
    )
    declared = """
    CREATE TRIGGER t BEFORE INSERT ON billing.invoices FOR EACH ROW EXECUTE FUNCTION "Other"."Noted"()
    """
    with role(postgres18, RIGHTS) as name:
        project = service(postgres18, tmp_path, name, declared)
        grant_what_is_named(postgres18, project)
        assert len(project.ops()) == 1


def grant_what_is_named(database: Database, project: Project) -> None:
    """The statements at the error's end, as a person would run them."""
    with untouched(database), pytest.raises((NotComparedError, EntityError)) as error:
        project.ops()
    said = str(error.value)
    make(database, said[said.index("GRANT") :].rstrip("."))


def test_all_that_can_be_told_is_named_at_once(postgres18: Database, tmp_path: Path) -> None:
    """And is of those tables, not of others of the same name."""
    make(
        postgres18,
        f"""{LIVE} CREATE TABLE public.invoices (secret text);
        CREATE SCHEMA "My Schema"; CREATE TABLE "My Schema"."of 50" (id integer)
        """,
    )
    declared = """
    CREATE POLICY small ON billing.invoices USING (total < 100);
    CREATE POLICY small ON "My Schema"."of 50" USING (id < 100)
    """
    with role(postgres18, "GRANT CREATE ON DATABASE {database} TO {role}") as name:
        project = service(postgres18, tmp_path, name, declared)
        grant_what_is_named(postgres18, project)
        assert len(project.ops()) == 5
        with postgres18.engine().connect() as connection:
            may = f"SELECT has_table_privilege('{name}', 'public.invoices', 'SELECT')"
            assert not connection.exec_driver_sql(may).scalar()


def test_a_schema_of_search_path_that_may_not_be_used_is_named(postgres18: Database, tmp_path: Path) -> None:
    """The server passes over it: what is there isn't found, and what is to be there goes to the next."""
    make(postgres18, 'CREATE SCHEMA app; CREATE SCHEMA "Lib"; CREATE TABLE "Lib".rows (id integer PRIMARY KEY)')
    use = "GRANT USAGE ON SCHEMA {schema} TO {{role}}; GRANT CREATE ON DATABASE {{database}} TO {{role}}"
    declared = "CREATE VIEW v AS SELECT id FROM rows"
    for schema, said in (("app", r'GRANT USAGE ON SCHEMA "Lib" TO {}'), ('"Lib"', "to be in app")):
        with role(postgres18, use.format(schema=schema)) as name:
            project = service(
                postgres18,
                tmp_path / said[:5],
                name,
                declared,
                metadata=MetaData(),
                owns=filters.schemas("app"),
                service="x",
            )
            options = f'-c role={name} -c search_path=app,\\"Lib\\"'.replace("\\", "")
            project.url = postgres18.url.update_query_dict({"options": options})
            with pytest.raises(EntityError, match=said.format(name)):
                project.ops()


def test_a_parameter_that_may_not_be_set_is_named(postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, LIVE)
    declared = "CREATE FUNCTION billing.f() RETURNS int LANGUAGE sql SET log_min_messages = 'error' AS 'SELECT 1'"
    with role(postgres18, RIGHTS) as name:
        project = service(postgres18, tmp_path, name, declared)
        grant_what_is_named(postgres18, project)
        try:
            assert len(project.ops()) == 1
        finally:
            make(postgres18, f"REVOKE SET ON PARAMETER log_min_messages FROM {name}")


@pytest.mark.parametrize("schema", ["team-a", "My Schema", "a%b", "a" * 60])
def test_an_administrators_schema_may_be_called_anything(schema: str, postgres18: Database, tmp_path: Path) -> None:
    metadata = MetaData()
    Table("rows", metadata, Column("id", Integer, primary_key=True), schema=schema)
    with postgres18.engine().begin() as connection:
        connection.execute(CreateSchema(schema))
        metadata.create_all(connection)
    declared = f'CREATE VIEW "{schema}".v AS SELECT id FROM "{schema}".rows'
    with role(postgres18, "") as name:
        make(postgres18, f'GRANT USAGE ON SCHEMA "{schema}" TO {name}'.replace("%", "%%"))
        owned = {"metadata": metadata, "owns": filters.schemas(schema), "service": "x"}
        project = service(postgres18, tmp_path, name, declared, **owned)
        with pytest.raises(NotComparedError) as error:
            project.ops()
        make(postgres18, str(error.value).partition("or else ")[2].rstrip(".").replace("%", "%%"))
        assert len(project.ops()) == 1


def test_an_administrators_schema_in_which_nothing_may_be_made(postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, f"{LIVE} CREATE SCHEMA migrakit_billing")
    with role(postgres18, RIGHTS.partition(";")[2] + "; GRANT USAGE ON SCHEMA migrakit_billing TO {role}") as name:
        project = service(postgres18, tmp_path, name)
        grant_what_is_named(postgres18, project)
        assert project.ops()


@pytest.mark.parametrize(
    "granted",
    [
        "GRANT SELECT (id) ON billing.invoices TO pg_monitor",
        "GRANT SELECT (id) ON billing.invoices TO PUBLIC",
        "REVOKE SELECT (id) ON billing.invoices FROM pg_monitor",
    ],
)
@pytest.mark.parametrize("rights", [RIGHTS, RIGHTS.partition(";")[2] + ";" + ADMINISTRATORS], ids=["its", "theirs"])
def test_what_is_granted_on_columns_alone(granted: str, rights: str, postgres18: Database, tmp_path: Path) -> None:
    """What a role may do with what it has made itself is no grant."""
    make(postgres18, f"{LIVE} {granted}")
    rights = rights.replace("GRANT SELECT ON billing.invoices", "GRANT pg_read_all_data")
    with role(postgres18, rights) as name:
        assert service(postgres18, tmp_path, name, granted).ops() == []


def test_what_the_owners_default_privileges_gave_is_seen(postgres18: Database, tmp_path: Path) -> None:
    """By a role that has others, or none."""
    declared = """
    CREATE VIEW billing.v AS SELECT 1 AS a; GRANT SELECT ON billing.v TO pg_read_all_stats;
    CREATE VIEW billing.w AS SELECT 1 AS a; REVOKE SELECT ON billing.w FROM pg_monitor;
    CREATE FUNCTION billing.f(rows billing.v[]) RETURNS int RETURN 1;
    GRANT EXECUTE ON FUNCTION billing.f(billing.v[]) TO pg_monitor;
    """
    make(
        postgres18,
        f"""{LIVE} ALTER DEFAULT PRIVILEGES IN SCHEMA billing GRANT SELECT ON TABLES TO pg_monitor WITH GRANT OPTION;
        ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; {declared}
        """,
    )
    assert service(postgres18, tmp_path / "its", "none", declared).ops() == []
    for more in ("", "; ALTER DEFAULT PRIVILEGES FOR ROLE {role} GRANT ALL ON TABLES TO PUBLIC"):
        with role(postgres18, RIGHTS + more) as name:
            project = service(postgres18, tmp_path / "looking", name, declared)
            assert project.ops() == []
            project.attributes["environment"]["entities"] = entities.sql(declared.partition("REVOKE")[0])
            assert project.ops() == ["drop_entity function billing.f(billing.v[])"]


def test_a_session_that_is_ended_meanwhile_is_said(postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, LIVE)
    engine = create_engine(postgres18.url, poolclass=pool.NullPool)

    @event.listens_for(engine, "before_cursor_execute")
    def end(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "$migrakit$" in statement:
            others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
            with create_engine(postgres18.url, poolclass=pool.NullPool).connect() as other:
                other.exec_driver_sql(f"{others} AND pid <> pg_backend_pid()")

    project = service(postgres18, tmp_path, "none")
    project.attributes["connection"] = engine
    with pytest.raises(NotComparedError, match=r"can't be compared: .*terminat.* See what the server says"):
        project.ops()


def test_autocommit_is_refused(postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, LIVE)
    engine = create_engine(postgres18.url, poolclass=pool.NullPool, isolation_level="AUTOCOMMIT")
    project = service(postgres18, tmp_path, "none")
    with engine.connect() as connection, untouched(postgres18):
        project.attributes["connection"] = connection
        with pytest.raises(NotComparedError, match="Leave AUTOCOMMIT out"):
            project.ops()


@pytest.mark.parametrize("when", ["", "WHEN TAG IN ('CREATE VIEW')"])
def test_an_event_trigger_that_raises_is_named(when: str, postgres18: Database, tmp_path: Path) -> None:
    make(
        postgres18,
        f"""{LIVE};
        CREATE FUNCTION never() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not on my watch'; END $$;
        CREATE EVENT TRIGGER "my guard" ON ddl_command_start {when} EXECUTE FUNCTION never()
        """,
    )
    said = r'not on my watch.* event trigger "my guard"'
    with untouched(postgres18), pytest.raises((NotComparedError, EntityError), match=said):
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
