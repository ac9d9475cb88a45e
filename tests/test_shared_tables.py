"""Several services that put columns on one table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    inspect,
    text,
)

from migrakit import Target, filters
from migrakit.errors import ConfigurationError, FilterError
from migrakit.filters import UNKNOWN, Answer
from migrakit.versions.journal import JOURNAL
from tests.project import OWN_ENV, STOCK_ENV, Project

if TYPE_CHECKING:
    from pathlib import Path

    from migrakit.filters import Filter
    from tests.databases import Database, NewDatabase
    from tests.databases.database import ServerKind

YES, NO = Answer.YES, Answer.NO

BILLING = filters.prefix("billing_") | filters.columns("users.billing_*")
ACCOUNTS = filters.names("users") & ~filters.columns("users.billing_*")


def users(metadata: MetaData, *columns: Any) -> Table:
    return Table("users", metadata, Column("id", Integer, primary_key=True), *columns)


def billing_metadata(round_: int, *, both_ways: bool = True) -> MetaData:
    """Each round has a column and an index of its own; the one before is dropped."""
    metadata = MetaData()
    tier = Column(f"billing_tier_{round_}", Integer)
    plan: Column[int] = Column("billing_plan_id", ForeignKey("billing_plans.id", name="billing_users_plan"))
    plans = Table("billing_plans", metadata, Column("id", Integer, primary_key=True))
    if both_ways:
        plans.append_column(Column("owner_id", ForeignKey("users.id", name="billing_plans_owner", use_alter=True)))
    Index(f"billing_ix_{round_}", tier)
    users(metadata, tier, plan, UniqueConstraint(f"billing_tier_{round_}", name=f"billing_uq_{round_}"))
    return metadata


def accounts_metadata(round_: int) -> MetaData:
    metadata = MetaData()
    email = Column(f"email_{round_}", String(20))
    table = users(metadata, email, Column("name", String(20), nullable=False))
    table.comment = "whoever signs in"
    Index(f"by_email_{round_}", email)
    return metadata


def test_two_services_on_one_table_take_turns(database: Database, tmp_path: Path) -> None:
    def project(name: str, round_: int) -> Project:
        metadata = (billing_metadata if name == "billing" else accounts_metadata)(round_)
        environment = {
            "metadata": metadata,
            "service": name,
            "owns": BILLING if name == "billing" else ACCOUNTS,
            "configure": {"render_as_batch": database.kind == "sqlite"},
        }
        return Project(tmp_path / name, database.url, attributes={"environment": environment})

    for round_ in range(5):
        for name in ("accounts", "billing"):
            service = project(name, round_)
            mine = "billing" if name == "billing" else "email"
            found = service.ops()
            assert found
            assert all(mine in op for op in found if round_), found
            service.revision(f"round {round_}")
            service.upgrade()
            assert service.ops() == []
        # What one did is nothing to the other.
        assert project("accounts", round_).ops() == []
    columns = {column["name"] for column in inspect(database.engine()).get_columns("users")}
    assert columns == {"id", "email_4", "name", "billing_tier_4", "billing_plan_id"}
    for name in ("billing", "accounts"):
        project(name, 4).downgrade()
    assert {*inspect(database.engine()).get_table_names()} - {JOURNAL} == {
        "alembic_version_accounts",
        "alembic_version_billing",
    }


def test_stock_they_drop_each_others_columns(postgresql: Database, tmp_path: Path) -> None:
    accounts_metadata(0).create_all(postgresql.engine())
    metadata = billing_metadata(0)
    stock = Project(tmp_path, postgresql.url, STOCK_ENV, {"metadata": metadata, "options": {}})
    assert {"remove_column users users.email_0", "remove_column users users.name"} <= set(stock.ops())


def test_a_shared_table_is_neither_created_nor_commented_nor_dropped(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    owns = filters.prefix("billing_") | filters.columns("users.billing_*")
    metadata = billing_metadata(0, both_ways=False)
    service = Project(tmp_path, database.url, attributes={"environment": {"metadata": metadata, "owns": owns}})
    assert service.ops() == ["add_table billing_plans"]
    assert "Not there yet, and another service's to create: table" in caplog.text

    with database.engine().begin() as connection:
        accounts_metadata(0).create_all(connection)
    found = service.ops()
    assert not [op for op in found if "comment" in op or "email" in op or op.startswith(("remove", "add_table users"))]
    assert "add_column users users.billing_tier_0" in found

    undeclared = {"environment": {"metadata": MetaData(), "owns": owns}}
    assert Project(tmp_path / "2", database.url, attributes=undeclared).ops() == []


INDEXES = """
CREATE TABLE users (id integer PRIMARY KEY, email text, billing_plan text, billing_tier integer);
CREATE INDEX theirs_lower ON users (lower(email));
CREATE INDEX theirs_lower_id ON users (lower(billing_plan), id);
CREATE INDEX theirs_include ON users (billing_plan) INCLUDE (email);
CREATE INDEX theirs_where ON users (email) WHERE billing_tier > 1;
CREATE INDEX either_lower ON users (lower(email), billing_plan);
CREATE INDEX either_where ON users (billing_plan) WHERE email IS NOT NULL;
CREATE INDEX mine ON users (billing_plan DESC, billing_tier);
CREATE INDEX mine_include ON users (billing_plan) INCLUDE (billing_tier)
"""


def users_of_both(metadata: MetaData) -> Table:
    columns = Column("billing_plan", Text), Column("billing_tier", Integer), Column("email", Text)
    return users(metadata, *columns)


def project(path: Path, database: Database, metadata: MetaData, owns: Filter) -> Project:
    return Project(path, database.url, attributes={"environment": {"metadata": metadata, "owns": owns}})


def execute(database: Database, script: str) -> None:
    with database.engine().begin() as connection:
        for statement in script.split(";"):
            connection.execute(text(statement))


def test_an_index_on_more_than_ones_own_columns_is_not_ones_own(
    postgresql: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    execute(postgresql, INDEXES)
    metadata = MetaData()
    users_of_both(metadata)
    mine = ["remove_index users.mine", "remove_index users.mine_include"]
    assert project(tmp_path / "1", postgresql, metadata, BILLING).ops() == mine
    assert "index either_lower of table public.users, index either_where of table public.users" in caplog.text
    caplog.clear()
    assert project(tmp_path / "2", postgresql, metadata, ACCOUNTS).ops() == [
        "remove_index users.theirs_include",
        "remove_index users.theirs_lower_id",
        "remove_index users.theirs_where",
    ]
    # An expression is text to whoever reads it from a database: what may be either's is left alone.
    left = ("either_lower", "either_where", "theirs_lower")
    assert ", ".join(f"index {name} of table public.users" for name in left) in caplog.text


def test_an_index_on_expressions_of_ones_own_columns_is_created_and_compared(
    postgresql: Database, tmp_path: Path
) -> None:
    execute(postgresql, "CREATE TABLE users (id integer PRIMARY KEY, email text)")
    metadata = MetaData()
    table = users_of_both(metadata)
    Index("mine", func.lower(table.c.billing_plan), postgresql_include=["billing_tier"])
    Index("mine_too", table.c.billing_tier.desc(), postgresql_where=table.c.billing_plan.is_not(None))
    ours = project(tmp_path, postgresql, metadata, BILLING)
    assert [op for op in ours.ops() if "index" in op] == ["add_index users.mine", "add_index users.mine_too"]
    ours.revision("indexes")
    ours.upgrade()
    assert ours.ops() == []
    ours.downgrade()


def test_a_declared_index_on_columns_of_others_too_is_left_out_and_said(
    postgresql: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    execute(postgresql, "CREATE TABLE users (id integer PRIMARY KEY, email text, billing_plan text, billing_tier int)")
    metadata = MetaData()
    table = users_of_both(metadata)
    Index("mixed", table.c.billing_plan, table.c.email)
    Index("mixed_lower", func.lower(table.c.email), table.c.billing_plan)
    Index("mixed_where", table.c.billing_plan, postgresql_where=table.c.email.is_not(None))
    Index("theirs", table.c.email)
    assert project(tmp_path, postgresql, metadata, BILLING).ops() == []
    (said,) = [record.message for record in caplog.records if record.name == "migrakit"]
    names = ", ".join(f"index {name} of table public.users" for name in ("mixed", "mixed_lower", "mixed_where"))
    assert said == f"Declared, but on columns of others too, and so left out: {names}."


def test_owned_columns_of_a_table_that_is_no_longer_declared_are_said(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    execute(
        database, "CREATE TABLE users (id integer NOT NULL PRIMARY KEY, billing_plan integer, billing_tier integer)"
    )
    assert project(tmp_path, database, MetaData(), BILLING).ops() == []
    said = [record.message for record in caplog.records if record.name == "migrakit"]
    assert len(said) == 1
    assert said[0].startswith("Left alone, as the metadata does not declare what they are on: column billing_plan of")
    assert "billing_tier" in said[0]


def test_they_are_said_in_a_schema_that_the_filter_names(
    postgresql: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    execute(postgresql, "CREATE SCHEMA auth; CREATE TABLE auth.users (id integer PRIMARY KEY, billing_plan integer)")
    owns = filters.prefix("billing_") | filters.columns("auth.users.billing_*")
    assert project(tmp_path, postgresql, MetaData(), owns).ops() == []
    assert "column billing_plan of table auth.users" in caplog.text


def test_the_hooks_alone_have_no_say_in_comments_and_tell(
    postgresql: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    execute(postgresql, "CREATE TABLE users (id integer PRIMARY KEY); COMMENT ON TABLE users IS 'whoever signs in'")
    metadata = MetaData()
    users(metadata)
    assert project(tmp_path / "1", postgresql, metadata, BILLING).ops() == []
    assert "hooks() alone" not in caplog.text
    alone = Project(tmp_path / "2", postgresql.url, OWN_ENV, {"metadata": metadata, "owns": BILLING, "options": {}})
    assert [op.split()[0] for op in alone.ops()] == ["remove_table_comment"]
    said = "hooks() alone compares the comments of columns('users.billing_*')'s tables: use Environment.options()."
    assert said in caplog.text
    caplog.clear()
    ACCOUNTS.hooks()
    assert not caplog.records


@pytest.mark.parametrize("kind", ["postgresql-18", "mariadb"])
def test_a_foreign_key_of_an_owned_column_goes_with_it(
    new_database: NewDatabase, tmp_path: Path, kind: ServerKind
) -> None:
    """Another's table beside another's table: nothing but the column is this service's."""
    database = new_database(kind)
    with database.engine().begin() as connection:
        connection.execute(text("CREATE TABLE orgs (id integer NOT NULL PRIMARY KEY)"))
        connection.execute(
            text(
                "CREATE TABLE users (id integer NOT NULL PRIMARY KEY, billing_org integer, "
                "CONSTRAINT to_org FOREIGN KEY (billing_org) REFERENCES orgs (id))"
            )
        )
    metadata = MetaData()
    users(metadata)
    environment = {"metadata": metadata, "owns": filters.columns("users.billing_*")}
    service = Project(tmp_path, database.url, attributes={"environment": environment})
    service.revision("no org")
    service.upgrade()
    assert [column["name"] for column in inspect(database.engine()).get_columns("users")] == ["id"]
    service.downgrade()
    assert [key["name"] for key in inspect(database.engine()).get_foreign_keys("users")] == ["to_org"]


@pytest.mark.parametrize(
    "owns",
    [
        filters.prefix("accounts_") & ~filters.columns("users.billing_*"),
        (filters.prefix("billing_") | filters.columns("users.billing_*")) & filters.schemas("billing"),
    ],
    ids=str,
)
def test_a_table_that_none_of_the_owned_columns_is_on_is_not_shared(
    database: Database, tmp_path: Path, owns: Filter
) -> None:
    metadata = MetaData()
    users(metadata, Column("billing_plan", Integer))
    service = Project(tmp_path, database.url, attributes={"environment": {"metadata": metadata, "owns": owns}})
    with pytest.raises(ConfigurationError, match=r"does not own: table .*users"):
        service.ops()


def elsewhere(metadata: MetaData, *columns: Any) -> MetaData:
    Table("users", metadata, Column("id", Integer, primary_key=True), *columns, schema="auth")
    return metadata


@pytest.mark.parametrize(("glob", "schemas"), [("auth.users.billing_*", []), ("users.billing_*", ["auth"])])
def test_a_shared_table_in_another_schema(postgresql: Database, tmp_path: Path, glob: str, schemas: list[str]) -> None:
    with postgresql.engine().begin() as connection:
        connection.execute(text("CREATE SCHEMA auth"))
        connection.execute(text("CREATE TABLE auth.users (id integer PRIMARY KEY, billing_old integer)"))
        connection.execute(text("CREATE TABLE auth.sessions (id integer PRIMARY KEY)"))
    environment = {
        "metadata": elsewhere(MetaData(), Column("billing_plan", Integer)),
        "owns": filters.prefix("billing_") | filters.columns(glob),
        "schemas": schemas,
    }
    assert Project(tmp_path, postgresql.url, attributes={"environment": environment}).ops() == [
        "add_column auth users auth.users.billing_plan",
        "remove_column auth users auth.users.billing_old",
    ]


@pytest.mark.parametrize("way", ["Environment", "hooks"])
def test_a_shared_table_in_a_schema_that_nobody_names_is_refused(
    postgresql: Database, tmp_path: Path, way: str
) -> None:
    """What is beside it in that schema would look like this service's."""
    with postgresql.engine().begin() as connection:
        connection.execute(text("CREATE SCHEMA auth"))
        connection.execute(text("CREATE TABLE auth.users (id integer PRIMARY KEY)"))
    given = {
        "metadata": elsewhere(MetaData(), Column("billing_plan", Integer)),
        "owns": filters.prefix("billing_") | filters.columns("users.billing_*"),
    }
    service = (
        Project(tmp_path, postgresql.url, attributes={"environment": given})
        if way == "Environment"
        else Project(tmp_path, postgresql.url, OWN_ENV, {**given, "options": {}})
    )
    do = r"columns\('auth\.users" if way == "Environment" else "Pass include_schemas=True"
    with pytest.raises(ConfigurationError, match=f"not told to look into schema 'auth'.*{do}"):
        service.ops()


@pytest.mark.parametrize(
    ("owns", "claiming"),
    [
        (filters.everything & ~filters.columns("a.b"), [filters.everything]),
        (~(~filters.columns("a.b") & filters.prefix("a_")), [filters.columns("a.b")]),
        (filters.prefix("a_") | filters.columns("a.b"), [filters.prefix("a_"), filters.columns("a.b")]),
    ],
    ids=str,
)
def test_what_is_taken_away_claims_nothing(owns: Filter, claiming: list[Filter]) -> None:
    assert list(owns.rules()) == claiming


@pytest.mark.parametrize(
    ("glob", "target", "answer"),
    [
        ("users.billing_*", Target("table", "users", schema="public"), UNKNOWN),
        ("users.billing_*", Target("table", "orders", schema="public"), NO),
        ("users.billing_*", Target("schema", None, schema="public"), UNKNOWN),
        ("accounts.users.billing_*", Target("schema", None, schema="public"), NO),
        ("accounts.users.billing_*", Target("schema", None, schema="accounts"), UNKNOWN),
        ("users.billing_*", Target("column", "billing_x", table=Target("table", "users")), YES),
        ("users.billing_*", Target("column", "email", table=Target("table", "users")), NO),
        ("users.billing_*", Target("column", "billing_x", table=Target("table", "orders")), NO),
        ("accounts.users.*", Target("column", "x", table=Target("table", "users", schema="accounts")), YES),
        ("accounts.users.*", Target("column", "x", table=Target("table", "users", schema="public")), NO),
        ("accounts.users.*", Target("column", "x", table=Target("table", "users")), UNKNOWN),
        ("users.billing_*", Target("index", "any", table=Target("table", "users")), UNKNOWN),
        ("users.billing_*", Target("view", "users"), NO),
    ],
)
def test_answers(glob: str, target: Target, answer: Answer) -> None:
    assert filters.columns(glob).decide(target) is answer


@pytest.mark.parametrize("glob", ["users", "a.b.c.d", "users.", ".billing_x", ""])
def test_what_cannot_be_read_is_refused(glob: str) -> None:
    with pytest.raises(FilterError, match=r"columns\("):
        filters.columns(glob)
