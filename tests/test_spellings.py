"""The default schema spelled out, and search_path set behind SQLAlchemy's back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, MetaData, Table, text

from migrakit import Environment, VersionTable, external, filters
from migrakit.errors import ConfigurationError, FilterError
from tests.project import STOCK_ENV, Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database


def linked(schema: str | None, target: str | None, **options: Any) -> MetaData:
    """Two tables in ``schema``, and foreign keys that say ``target`` for it."""
    metadata = MetaData()
    Table("users", metadata, Column("id", Integer, primary_key=True), schema=schema)
    prefix = f"{target}." if target else ""
    Table(
        "talks",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("user_id", Integer),
        Column("host_id", ForeignKey(f"{prefix}users.id")),
        ForeignKeyConstraint(["user_id"], [f"{prefix}users.id"], name="talks_user", **options),
        schema=schema,
    )
    return metadata


@pytest.mark.parametrize(("declared", "created"), [("public", None), (None, "public"), ("public", "public")])
def test_foreign_keys_to_the_default_schema(
    postgresql: Database, tmp_path: Path, declared: str | None, created: str | None
) -> None:
    """Stock drops and creates them in every revision."""
    linked(created, created).create_all(postgresql.engine())
    metadata = linked(declared, declared)
    stock = Project(tmp_path / "1", postgresql.url, STOCK_ENV, {"metadata": metadata, "options": {}})
    assert [op.split()[0] for op in stock.ops()] == (["add_fk", "add_fk", "remove_fk", "remove_fk"] if declared else [])

    ours = Project(tmp_path / "2", postgresql.url, attributes={"environment": {"metadata": metadata}})
    assert ours.ops() == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"ondelete": "CASCADE"}),
        ({}, {"onupdate": "CASCADE"}),
        ({}, {"deferrable": True}),
        ({"deferrable": True}, {"deferrable": True, "initially": "DEFERRED"}),
    ],
    ids=str,
)
def test_a_foreign_key_that_changes_is_found_in_any_spelling(
    postgresql: Database, tmp_path: Path, before: dict[str, Any], after: dict[str, Any]
) -> None:
    linked(None, None, **before).create_all(postgresql.engine())
    metadata = linked("public", "public", **after)
    ours = Project(tmp_path, postgresql.url, attributes={"environment": {"metadata": metadata}})
    assert ours.ops() == ["add_fk public.talks.talks_user", "remove_fk talks.talks_user"]
    ours.revision("change")
    ours.upgrade()
    assert ours.ops() == []


def settled(path: Path, database: Database, metadata: MetaData) -> None:
    """Nothing is found once what was found is there."""
    environment = {"metadata": metadata, "owns": filters.prefix("pycon_")}
    ours = Project(path, database.url, attributes={"environment": environment})
    assert ours.ops() == ["add_table " + next(str(each) for each in metadata.tables if "pycon" in each)]
    ours.revision("first")
    ours.upgrade()
    assert ours.ops() == []


@pytest.mark.parametrize(("schema", "target"), [("public", None), (None, "public")])
def test_a_table_and_its_foreign_key_may_spell_the_default_schema_each_in_its_way(
    postgresql: Database, tmp_path: Path, schema: str | None, target: str | None
) -> None:
    with postgresql.engine().begin() as connection:
        connection.execute(text("CREATE TABLE users (id integer PRIMARY KEY)"))
    metadata = MetaData()
    theirs = Table("users", metadata, Column("id", Integer, primary_key=True), schema=target, info=external())
    talks = Table("pycon_talks", metadata, Column("id", Integer, primary_key=True), schema=schema)
    talks.append_column(Column("user_id", ForeignKey(theirs.c.id)))
    settled(tmp_path, postgresql, metadata)


def test_a_foreign_key_to_a_table_further_on_in_search_path(postgresql: Database, tmp_path: Path) -> None:
    """PostgreSQL tells its bare name, though it isn't in the default schema."""
    with postgresql.engine().begin() as connection:
        connection.execute(text("CREATE SCHEMA app"))
        connection.execute(text("CREATE TABLE public.users (id integer PRIMARY KEY)"))
        connection.execute(text(f'ALTER DATABASE "{postgresql.url.database}" SET search_path = app, public'))
    metadata = MetaData()
    Table("users", metadata, Column("id", Integer, primary_key=True), schema="public", info=external())
    talks = Table("pycon_talks", metadata, Column("id", Integer, primary_key=True))
    talks.append_column(Column("user_id", ForeignKey("public.users.id")))
    settled(tmp_path, postgresql, metadata)


SETTING = """
from alembic import context
from sqlalchemy import create_engine, pool

given = context.config.attributes
engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
with engine.connect() as connection:
    connection.exec_driver_sql("SET search_path TO tenant")
    connection.commit()
    if given["told"]:
        connection.dialect.default_schema_name = "tenant"
    context.configure(connection=connection, target_metadata=given["metadata"], **given["owns"].hooks())
    with context.begin_transaction():
        context.run_migrations()
"""


@pytest.mark.parametrize("owns", [filters.schemas(None), filters.schemas("tenant")], ids=str)
def test_a_search_path_that_sqlalchemy_does_not_know_of(
    postgresql: Database, tmp_path: Path, owns: filters.Filter
) -> None:
    with postgresql.engine().begin() as connection:
        for statement in (
            "CREATE SCHEMA tenant",
            "CREATE TABLE tenant.old (id integer)",
            "CREATE TABLE public.x (id int)",
        ):
            connection.execute(text(statement))
    attributes: dict[str, Any] = {"metadata": MetaData(), "owns": owns, "told": False}
    with pytest.raises(ConfigurationError, match="search_path begins with 'tenant', and SQLAlchemy took 'public'"):
        Project(tmp_path / "1", postgresql.url, SETTING, attributes).ops()
    attributes["told"] = True
    assert Project(tmp_path / "2", postgresql.url, SETTING, attributes).ops() == ["remove_table old"]


def test_anothers_schema_that_the_role_may_not_use_is_no_matter(postgresql: Database, tmp_path: Path) -> None:
    role = f"{postgresql.url.database}_role"
    with postgresql.engine().begin() as connection:
        for statement in (
            f"CREATE ROLE {role} LOGIN",
            "CREATE SCHEMA secret",
            "CREATE TABLE secret.pycon_a (id serial PRIMARY KEY)",
            f"GRANT ALL ON SCHEMA public TO {role}",
            f"SET ROLE {role}",
            "CREATE TABLE pycon_a (id serial PRIMARY KEY)",
        ):
            connection.execute(text(statement))
    metadata = MetaData()
    Table("pycon_a", metadata, Column("id", Integer, primary_key=True))
    environment = {"metadata": metadata, "owns": filters.prefix("pycon_")}
    try:
        ours = Project(tmp_path, postgresql.url.set(username=role), attributes={"environment": environment})
        assert ours.ops() == []
    finally:
        with postgresql.engine().begin() as connection:
            connection.execute(text(f"DROP OWNED BY {role}"))
            connection.execute(text(f"DROP ROLE {role}"))


def test_a_version_table_of_a_domain_is_known(postgresql: Database, tmp_path: Path) -> None:
    with postgresql.engine().begin() as connection:
        connection.execute(text("CREATE DOMAIN revision AS varchar(32)"))
        connection.execute(text("CREATE TABLE theirs (version_num revision PRIMARY KEY)"))
    assert Project(tmp_path, postgresql.url, attributes={"environment": {"metadata": MetaData()}}).ops() == []


METADATA = linked(None, None)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"service": "", "version_table": VersionTable("x")}, "service='' comes without owns=."),
        ({"service": "", "version_table": VersionTable("x"), "owns": filters.nothing}, "A service can't be called ''"),
        ({"configure": {"autogenerate_plugins": "alembic.*"}}, "Pass ['alembic.*']."),
        ({"configure": {"fn": 3}}, "Alembic's commands pass it"),
        ({"configure": {"migrakit": 1}}, "Leave it out."),
        ({"configure": {"includ_object": 1}}, "Say it with owns=filters.from_callables(include_object=...)."),
        ({"owns": filters.prefix}, "Call it: prefix(...)."),
        ({"schemas": 5}, "schemas=5 are not names."),
        ({"metadata": [METADATA, linked(None, None)]}, "Two of the MetaData declare talks, users."),
    ],
)
def test_more_bad_input(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Environment(**{"metadata": METADATA, **given})
    assert message in str(raised.value)


@pytest.mark.parametrize("schemas", [None, (), iter(["billing"]), {"billing": 1}.keys(), ["billing"]])
def test_schemas_come_in_anything_that_can_be_gone_through(schemas: Any) -> None:
    assert Environment(metadata=METADATA, schemas=schemas).schemas in ((), ("billing",))


def test_environments_can_be_hashed() -> None:
    assert len({Environment(metadata=METADATA), Environment(metadata=METADATA)}) == 1


@pytest.mark.parametrize("word", ["shop_*", "shop_%", "billing.", "archive.shop_"])
def test_a_prefix_is_no_pattern(word: str) -> None:
    with pytest.raises(FilterError, match="holds a letter of patterns, and is taken to the letter"):
        filters.prefix(word)


def test_a_schema_has_no_dot() -> None:
    with pytest.raises(FilterError, match="with a dot"):
        filters.schemas("public.x")


def test_a_decorator_needs_a_function() -> None:
    with pytest.raises(FilterError, match=r"rule\(5\) is given no function"):
        filters.rule(parts=True)(5)  # type: ignore[arg-type]
