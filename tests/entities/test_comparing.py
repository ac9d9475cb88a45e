"""What a comparison of entities costs, what it leaves alone, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import MetaData, create_engine, event, pool, text

from migrakit import entities, filters
from migrakit.errors import ConfigurationError, EntityError, NotComparedError
from tests.counting import statements
from tests.entities.checker import untouched
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.databases import Database

VIEW = "CREATE VIEW v{} AS SELECT id, total FROM invoices WHERE id > {}"


def project_of(path: Path, database: Database, **environment: Any) -> Project:
    given = {"metadata": MetaData(), "owns": ~filters.names("invoices"), **environment}
    return Project(path, database.url, attributes={"environment": given})


def make(database: Database, sql: str) -> None:
    with database.engine().begin() as connection:
        connection.exec_driver_sql(sql)


@contextmanager
def role(database: Database) -> Iterator[str]:
    """One that may do nothing but look."""
    name = f"reader_{uuid4().hex[:12]}"
    make(database, f"CREATE ROLE {name}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}")
    try:
        yield name
    finally:
        make(database, f"DROP OWNED BY {name}; DROP ROLE {name}")


def declared(number: int, more: str = "") -> str:
    return ";".join(VIEW.format(each, each) for each in range(number)) + ";" + more


@pytest.mark.parametrize("number", [10, 500])
@pytest.mark.parametrize("live", ["the same", "none", "some others"])
def test_what_it_costs_is_the_same_for_any_number(number: int, live: str, postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, "CREATE TABLE invoices (id integer PRIMARY KEY, total integer)")
    if live != "none":
        make(postgres18, declared(number).replace("> 3;", "> 4;" if live == "some others" else "> 3;"))
    project = project_of(tmp_path, postgres18)
    with statements() as without:
        project.ops()
    project.attributes["environment"]["entities"] = entities.sql(declared(number))
    with untouched(postgres18), statements() as sent:
        assert bool(project.ops()) is (live != "the same")
    assert len(sent) - len(without) <= (6 if live == "the same" else 12)


def test_it_takes_no_lock_that_anybody_could_notice(postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, "CREATE TABLE invoices (id integer PRIMARY KEY, total integer);" + declared(5))
    project = project_of(tmp_path, postgres18, entities=entities.sql(declared(4) + VIEW.format("5", "id")))
    query = (
        "SELECT DISTINCT mode FROM pg_locks JOIN pg_class c ON c.oid = relation "
        "WHERE c.relnamespace = 'public'::regnamespace"
    )
    seen: set[str] = set()

    def look(connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if sql != query:
            seen.update(connection.exec_driver_sql(query).scalars())

    engine = create_engine(postgres18.url, poolclass=pool.NullPool)
    event.listen(engine, "after_cursor_execute", look)
    project.attributes["connection"] = engine
    config = project.config()
    config.attributes["connection"] = engine
    with pytest.raises(Exception, match="New upgrade operations detected"):
        command.check(config)
    assert seen == {"AccessShareLock"}


@pytest.mark.parametrize("ends", ["well", "with an error"])
def test_it_leaves_nothing_behind_beside_somebody_idle(ends: str, postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, "CREATE TABLE invoices (id integer PRIMARY KEY, total integer);" + declared(3))
    wrong = "CREATE VIEW wrong AS SELECT nope FROM invoices" if ends == "with an error" else ""
    project = project_of(tmp_path, postgres18, entities=entities.sql(declared(3, wrong)))
    with create_engine(postgres18.url, poolclass=pool.NullPool).connect() as idle:
        idle.execute(text("SELECT * FROM v1")).all()
        with untouched(postgres18):
            if wrong:
                with pytest.raises(EntityError, match='column "nope" does not exist'):
                    project.ops()
            else:
                assert project.ops() == []


def test_all_that_the_server_refuses_is_said_at_once_with_its_place(postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, "CREATE TABLE invoices (id integer PRIMARY KEY, total integer)")
    folder = tmp_path / "sql"
    folder.mkdir()
    (folder / "views.sql").write_text(
        "CREATE VIEW a AS SELECT 1 AS one;\n\nCREATE VIEW b AS SELECT nope FROM invoices;\n"
    )
    (folder / "functions.sql").write_text("CREATE FUNCTION f() RETURNS nothing LANGUAGE sql AS 'SELECT 1';")
    project = project_of(tmp_path / "project", postgres18, entities=entities.from_folder(folder))
    with pytest.raises(EntityError) as raised:
        project.ops()
    said = str(raised.value)
    assert f'{folder / "views.sql"}:3: the server does not take view public.b: column "nope" does not exist.' in said
    assert (
        f'{folder / "functions.sql"}:1: the server does not take function public.f(): type "nothing" does not exist.'
        in said
    )
    assert len(raised.value.problems) == 2


def test_what_is_anothers_is_never_touched(postgres18: Database, tmp_path: Path) -> None:
    make(
        postgres18,
        """
        CREATE VIEW pycon_talks AS SELECT 1 AS id;
        CREATE VIEW shop_orders AS SELECT 1 AS id;
        CREATE FUNCTION shop_f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
        CREATE SCHEMA shop; CREATE VIEW shop.pycon_like AS SELECT 1 AS id;
        """,
    )
    project = project_of(tmp_path, postgres18, owns=filters.prefix("pycon_"), entities=[])
    project.revision()
    (file,) = (tmp_path / "migrations" / "versions").glob("*.py")
    code = file.read_text()
    assert "pycon_talks" in code
    assert "shop" not in code


def test_declared_and_anothers_is_refused(postgres18: Database, tmp_path: Path) -> None:
    project = project_of(
        tmp_path,
        postgres18,
        owns=filters.prefix("pycon_"),
        entities=entities.sql("CREATE VIEW shop_v AS SELECT 1 AS id"),
    )
    with pytest.raises(EntityError, match=r"view public.shop_v is declared, and not owned by prefix\('pycon_'\)"):
        project.ops()


def test_without_entities_nothing_is_compared(postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, "CREATE VIEW v AS SELECT 1 AS id")
    assert project_of(tmp_path, postgres18).ops() == []


@pytest.mark.parametrize("kind", ["mariadb", "sqlite"])
def test_another_database_is_refused(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    project = project_of(tmp_path, request.getfixturevalue(kind), entities=[])
    with pytest.raises(ConfigurationError, match="Entities are compared on PostgreSQL alone"):
        project.ops()


REGISTERING = """
from alembic import context
from alembic_utils.pg_view import PGView
from alembic_utils.replaceable_entity import register_entities
from migrakit import Environment

register_entities([PGView(schema="public", signature="registered", definition="SELECT 'a:b' AS one")])
Environment(**context.config.attributes["environment"]).run()
"""


def test_what_alembic_utils_registered_is_declared_and_its_comparator_silent(
    postgres18: Database, tmp_path: Path
) -> None:
    make(
        postgres18,
        """
        CREATE VIEW shop_orders AS SELECT 1 AS id;
        CREATE TABLE shop_t (id integer);
        CREATE FUNCTION shop_f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE TRIGGER t AFTER INSERT ON shop_t EXECUTE FUNCTION shop_f();
        """,
    )
    # In a process of its own, as its comparator registers itself for good.
    program = f"""
from pathlib import Path
from sqlalchemy import MetaData, make_url
from migrakit import filters
from tests.project import Project

url = make_url({postgres18.url.render_as_string(hide_password=False)!r})
given = {{"metadata": MetaData(), "owns": ~filters.prefix("shop_"), "entities": []}}
project = Project(Path({str(tmp_path)!r}), url, {REGISTERING!r}, {{"environment": given}})
project.revision()
project.upgrade()
print(project.ops())
project.downgrade()
import alembic_utils.replaceable_entity as module
print(len(module.registry.entities()), module.registry.entity_types)
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-2:] == ["[]", "1 set()"]
    (file,) = (tmp_path / "migrations" / "versions").glob("*.py")
    code = file.read_text()
    assert "'a:b'" in code
    assert "shop" not in code


@pytest.mark.parametrize(
    ("stands", "said"),
    [
        (
            "ALTER TABLE invoices ADD CHECK (is_seen(id))",
            "constraint invoices_id_check on table public.invoices, which postgres owns, stands on it",
        ),
        ("CREATE VIEW shop.theirs AS SELECT * FROM v", "view shop.theirs, which postgres owns, stands on it"),
    ],
)
def test_what_something_else_stands_on_does_not_go(
    stands: str, said: str, postgres18: Database, tmp_path: Path
) -> None:
    make(
        postgres18,
        f"""
        CREATE TABLE invoices (id integer PRIMARY KEY, total integer);
        CREATE SCHEMA shop;
        CREATE VIEW v AS SELECT 1 AS one;
        CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE FUNCTION is_seen(id integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
        {stands};
        """,
    )
    project = project_of(tmp_path, postgres18, entities=[])
    with untouched(postgres18), pytest.raises(EntityError, match=said):
        project.ops()


@pytest.mark.parametrize(
    "twice",
    [
        "CREATE VIEW v AS SELECT 1 AS one; CREATE OR REPLACE VIEW public.v AS SELECT 2 AS one",
        "CREATE OR REPLACE FUNCTION f(invoices) RETURNS int RETURN 1;"  # noqa: ISC004
        "CREATE OR REPLACE FUNCTION f(public.invoices) RETURNS int RETURN 2",
        "CREATE FUNCTION f(invoices) RETURNS int RETURN 1; CREATE FUNCTION f(public.invoices) RETURNS int RETURN 2",
    ],
)
def test_what_is_declared_twice_in_other_words_is_refused(twice: str, postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, "CREATE TABLE invoices (id integer)")
    project = project_of(tmp_path, postgres18, entities=entities.sql(twice))
    with pytest.raises(
        EntityError, match=r"another declaration makes the same|is declared twice|already exists with same"
    ):
        project.ops()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("-c default_transaction_read_only=on", "Connect where the session may write"),
        ("-c role=reader", "GRANT CREATE ON DATABASE"),
    ],
)
def test_what_keeps_it_from_comparing_is_said(options: str, said: str, postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, "CREATE TABLE invoices (id integer)")
    with role(postgres18) as name:
        project = project_of(tmp_path, postgres18, entities=entities.sql(VIEW.format(1, 1)))
        project.url = project.url.update_query_dict({"options": options.replace("reader", name)})
        with pytest.raises(NotComparedError, match=f"The entities can't be compared: .*{said}"):
            project.ops()
