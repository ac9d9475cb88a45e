"""Tables that are declared and another service's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, MetaData, Table, inspect, text
from sqlalchemy.exc import NoReferenceError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from migrakit import Environment, Target, external, filters
from migrakit.errors import ConfigurationError
from tests.counting import statements
from tests.project import OWN_ENV, STOCK_ENV, Project

if TYPE_CHECKING:
    from pathlib import Path

    from migrakit.filters import Filter
    from tests.databases import Database, NewDatabase

PYCON = filters.prefix("pycon_")


def execute(database: Database, *sql: str) -> None:
    with database.engine().begin() as connection:
        for statement in sql:
            connection.execute(text(statement))


def service(path: Path, database: Database, metadata: Any, owns: Filter | None = PYCON, **more: Any) -> Project:
    return Project(path, database.url, attributes={"environment": {"metadata": metadata, "owns": owns, **more}})


USERS = "CREATE TABLE users (id integer NOT NULL PRIMARY KEY, email varchar(20))"


def talks(metadata: MetaData, *columns: Any) -> Table:
    return Table("pycon_talks", metadata, Column("id", Integer, primary_key=True), *columns)


def users(metadata: MetaData, **marks: Any) -> Table:
    return Table("users", metadata, Column("id", Integer, primary_key=True), Column("new", Integer), info=marks)


@pytest.mark.parametrize("owns", [PYCON, filters.everything, filters.declared, None], ids=str)
def test_what_is_marked_is_never_touched(database: Database, tmp_path: Path, owns: Filter | None) -> None:
    metadata = MetaData()
    users(metadata, **external())
    talks(metadata, Column("user_id", ForeignKey("users.id", name="talks_user")))
    before = service(tmp_path, database, metadata, owns)
    assert before.ops() == ["add_table pycon_talks"]
    execute(database, USERS, "CREATE INDEX by_email ON users (email)")
    assert before.ops() == ["add_table pycon_talks"]
    before.revision("first")
    before.upgrade()
    assert before.ops() == []
    before.downgrade()


def users_elsewhere(database: Database, new_database: NewDatabase) -> str:
    """A schema with another service's tables in it; on MariaDB that is a database."""
    if database.dialect == "postgresql":
        schema = "auth"
        execute(database, "CREATE SCHEMA auth")
    else:
        schema = str(new_database(database.kind).url.database)
    for name in ("users", "sessions", "pycon_links"):
        execute(database, f"CREATE TABLE {schema}.{name} (id integer NOT NULL PRIMARY KEY)")
    return schema


@pytest.mark.parametrize("owns", [PYCON, filters.everything, filters.everything & ~filters.prefix("shop_"), None])
@pytest.mark.parametrize("database", ["postgresql-18", "mariadb"], indirect=True)
def test_what_is_beside_a_marked_table_in_another_schema_is_not_looked_at(
    database: Database, new_database: NewDatabase, tmp_path: Path, owns: Filter | None
) -> None:
    schema = users_elsewhere(database, new_database)
    metadata = MetaData()
    Table("users", metadata, Column("id", Integer, primary_key=True), schema=schema, info=external())
    talks(metadata, Column("user_id", ForeignKey(f"{schema}.users.id", name="talks_user")))
    ours = service(tmp_path, database, metadata, owns)
    assert ours.ops() == ["add_table pycon_talks"]
    ours.revision("first")
    ours.upgrade()
    assert ours.ops() == []
    assert not Environment(metadata=metadata, owns=owns).options()["include_schemas"]
    assert service(tmp_path, database, metadata, owns, schemas=["another"]).ops() == []
    assert service(tmp_path, database, metadata, PYCON, schemas=[schema]).ops() == [
        f"remove_table {schema}.pycon_links"
    ]
    ours.downgrade()


def test_not_looking_where_marked_tables_are_is_no_contradiction() -> None:
    metadata = MetaData()
    Table("users", metadata, Column("id", Integer, primary_key=True), schema="auth", info=external())
    Environment(metadata=metadata, configure={"include_schemas": False})


def test_what_is_marked_is_not_even_read(mariadb: Database, tmp_path: Path) -> None:
    execute(mariadb, USERS)
    metadata = MetaData()
    users(metadata, **external())
    ours = service(tmp_path, mariadb, metadata, filters.everything)
    ours.ops()
    with statements() as sent:
        ours.ops()
    assert not [statement for statement in sent if statement.startswith("SHOW CREATE TABLE")]


def test_orm_models_are_marked_in_table_args(database: Database, tmp_path: Path) -> None:
    class Base(DeclarativeBase):
        pass

    class User(Base):
        __tablename__ = "users"
        __table_args__ = {"info": external()}  # noqa: RUF012 - as SQLAlchemy has it
        id: Mapped[int] = mapped_column(primary_key=True)

    class Talk(Base):
        __tablename__ = "pycon_talks"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

    assert service(tmp_path, database, Base.metadata).ops() == ["add_table pycon_talks"]


@pytest.mark.parametrize("env", ["Environment", "hooks"])
def test_a_declared_table_that_is_not_owned_has_to_be_marked(database: Database, tmp_path: Path, env: str) -> None:
    metadata = MetaData()
    users(metadata)
    Table("rooms", metadata, Column("id", Integer, primary_key=True))
    talks(metadata)
    if env == "hooks":
        attributes = {"metadata": metadata, "owns": PYCON, "options": {}}
        project = Project(tmp_path, database.url, OWN_ENV, attributes)
    else:
        project = service(tmp_path, database, metadata)
    with pytest.raises(ConfigurationError) as raised:
        project.ops()
    message = str(raised.value)
    assert message.startswith("The metadata declares what owns=prefix('pycon_') does not own: table ")
    assert "rooms, table" in message
    assert message.endswith(
        "users. Alembic must neither create it nor alter it here. "
        "If it is another service's, mark it: Table(..., info=external()). If it is yours, let owns= say so."
    )


def test_a_foreign_key_to_a_table_that_is_not_declared(database: Database, tmp_path: Path) -> None:
    metadata = MetaData()
    talks(metadata, Column("user_id", ForeignKey("users.id")), Column("room_id", ForeignKey("pycon_rooms.code")))
    Table("pycon_rooms", metadata, Column("id", Integer, primary_key=True))
    stock = Project(tmp_path / "1", database.url, STOCK_ENV, {"metadata": metadata, "options": {}})
    with pytest.raises(NoReferenceError):
        stock.ops()
    with pytest.raises(ConfigurationError) as raised:
        service(tmp_path / "2", database, metadata).ops()
    column, table = raised.value.problems
    why = "Without it the foreign key can't be compared, nor tables be put in an order."
    assert str(column) == (
        "pycon_talks.room_id refers to pycon_rooms.code, which its MetaData does not declare. "
        f"{why} Add that column to the table's declaration."
    )
    assert str(table) == (
        f"pycon_talks.user_id refers to users.id, which its MetaData does not declare. {why} Declare the table, "
        "and mark it if it is another service's: Table('users', metadata, Column(...), info=external())."
    )


@pytest.mark.parametrize(
    ("target", "schema"),
    [("auth.users.id", None), ("users.id", "auth")],
    ids=["the key's schema", "the MetaData's schema"],
)
def test_the_hint_declares_the_table_where_the_foreign_key_looks_for_it(
    postgres18: Database, tmp_path: Path, target: str, schema: str | None
) -> None:
    execute(postgres18, "CREATE SCHEMA auth", "CREATE TABLE auth.users (id integer PRIMARY KEY)")
    metadata = MetaData(schema=schema)
    talks(metadata, Column("user_id", ForeignKey(target, name="to_user")))
    ours = service(tmp_path, postgres18, metadata)
    with pytest.raises(ConfigurationError) as raised:
        ours.ops()
    assert str(raised.value).startswith(
        "pycon_talks.user_id refers to auth.users.id, which its MetaData does not declare."
    )
    assert "Table('users', metadata, Column(...), schema='auth', info=external())" in str(raised.value)
    Table("users", metadata, Column("id", Integer, primary_key=True), schema="auth", info=external())
    ours.revision("as the hint says")
    ours.upgrade()
    assert ours.ops() == []


def test_a_foreign_key_into_another_metadata_takes_the_column_itself(database: Database, tmp_path: Path) -> None:
    one, other = MetaData(), MetaData()
    rooms = Table("pycon_rooms", one, Column("id", Integer, primary_key=True))
    talks(other, Column("room_id", ForeignKey("pycon_rooms.id")))
    with pytest.raises(ConfigurationError) as raised:
        service(tmp_path, database, [one, other]).ops()
    assert str(raised.value).endswith(
        "Another MetaData declares it: write ForeignKey(pycon_rooms.c.id), the column and not its name."
    )
    by_column = MetaData()
    talks(by_column, Column("room_id", ForeignKey(rooms.c.id)))
    ours = service(tmp_path, database, [one, by_column])
    ours.revision("as the hint says")
    ours.upgrade()
    assert ours.ops() == []


def test_a_table_is_declared_in_one_spelling(postgresql: Database, tmp_path: Path) -> None:
    """Stock compares with the one or the other, and finds nothing."""
    metadata, another = MetaData(), MetaData()
    users(metadata)
    Table("users", another, Column("id", Integer, primary_key=True), schema="public", info=external())
    with pytest.raises(ConfigurationError, match=r"declares table public\.users twice, as 'public\.users' and 'users'"):
        service(tmp_path, postgresql, [metadata, another], None).ops()


def test_a_foreign_key_to_anothers_that_only_the_database_has_is_left_alone(database: Database, tmp_path: Path) -> None:
    execute(
        database,
        USERS,
        "CREATE TABLE pycon_rooms (id integer NOT NULL PRIMARY KEY)",
        "CREATE TABLE pycon_talks (id integer NOT NULL PRIMARY KEY, user_id integer, room_id integer, "
        "CONSTRAINT to_user FOREIGN KEY (user_id) REFERENCES users (id), "
        "CONSTRAINT to_room FOREIGN KEY (room_id) REFERENCES pycon_rooms (id))",
    )
    metadata = MetaData()
    Table("pycon_rooms", metadata, Column("id", Integer, primary_key=True))
    talks(metadata, Column("user_id", Integer), Column("room_id", Integer))
    for number, owns in enumerate((PYCON, filters.tagged(owner="pycon"), filters.declared)):
        for table in metadata.tables.values():
            table.info["owner"] = "pycon"
        found = [op for op in service(tmp_path / str(number), database, metadata, owns).ops() if "fk" in op]
        assert len(found) == 1, owns
        assert "room" in found[0]


def test_a_foreign_key_to_a_table_of_ones_own_that_goes_too_is_dropped(database: Database, tmp_path: Path) -> None:
    execute(
        database,
        "CREATE TABLE pycon_gone (id integer NOT NULL PRIMARY KEY)",
        "CREATE TABLE pycon_talks (id integer NOT NULL PRIMARY KEY, gone_id integer, "
        "CONSTRAINT to_gone FOREIGN KEY (gone_id) REFERENCES pycon_gone (id))",
    )
    metadata = MetaData()
    talks(metadata, Column("gone_id", Integer))
    for number, owns in enumerate((PYCON, filters.everything)):
        found = service(tmp_path / str(number), database, metadata, owns).ops()
        assert [op.split()[0] for op in found if "index" not in op] == ["remove_fk", "remove_table"]


def test_a_foreign_key_to_anothers_may_change(postgresql: Database, tmp_path: Path) -> None:
    execute(
        postgresql,
        USERS,
        "CREATE TABLE pycon_talks (id integer PRIMARY KEY, user_id integer, "
        "CONSTRAINT to_user FOREIGN KEY (user_id) REFERENCES users (id))",
    )
    metadata = MetaData()
    users(metadata, **external())
    talks(metadata, Column("user_id", ForeignKey("users.id", name="to_user_now", ondelete="CASCADE")))
    ours = service(tmp_path, postgresql, metadata)
    assert ours.ops() == ["add_fk pycon_talks.to_user_now", "remove_fk pycon_talks.to_user"]
    ours.revision("cascade")
    ours.upgrade()
    assert ours.ops() == []
    ours.downgrade()


def foreign_keys(database: Database) -> list[str]:
    found = inspect(database.engine()).get_foreign_keys("pycon_talks")
    return sorted(
        f"{key['name']} {key['constrained_columns']} {key['referred_table']} {key.get('options')}" for key in found
    )


@pytest.mark.parametrize("declares", [True, False], ids=["marked", "not declared"])
def test_a_foreign_key_to_anothers_goes_with_its_column_and_comes_back(
    database: Database, tmp_path: Path, declares: bool
) -> None:
    execute(
        database,
        USERS,
        "CREATE TABLE pycon_talks (id integer NOT NULL PRIMARY KEY, user_id integer, "
        "CONSTRAINT to_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE)",
    )
    metadata = MetaData()
    talks(metadata)
    if declares:
        users(metadata, **external())
    before = foreign_keys(database)
    ours = service(tmp_path, database, metadata, configure={"render_as_batch": database.kind == "sqlite"})
    assert {op for op in ours.ops() if "index" not in op} == {
        "remove_fk pycon_talks.to_user",
        "remove_column pycon_talks pycon_talks.user_id",
    }
    ours.revision("no user")
    ours.upgrade()
    assert ours.ops() == []
    assert foreign_keys(database) == []
    ours.downgrade()
    assert foreign_keys(database) == before


def test_a_foreign_key_whose_column_is_not_ones_own_is_left_alone(postgres18: Database, tmp_path: Path) -> None:
    execute(
        postgres18,
        USERS,
        "CREATE TABLE pycon_talks (id integer PRIMARY KEY, theirs_id integer REFERENCES users (id))",
    )

    @filters.rule(parts=True)
    def not_theirs(target: Target) -> bool:
        return target.kind != "column" or not str(target.name).startswith("theirs")

    metadata = MetaData()
    talks(metadata)
    assert service(tmp_path, postgres18, metadata, PYCON & not_theirs).ops() == []


TENANTS = """
CREATE TABLE users (
    id integer NOT NULL PRIMARY KEY, tenant_id integer NOT NULL, UNIQUE (id, tenant_id), UNIQUE (tenant_id, id)
)
"""


def talks_of_tenants(*keys: ForeignKeyConstraint) -> MetaData:
    metadata = MetaData(
        naming_convention={"fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s"},
    )
    columns = Column("id", Integer, primary_key=True), Column("tenant_id", Integer)
    Table("users", metadata, *columns, info=external())
    talks(metadata, Column("user_id", Integer), Column("tenant_id", Integer), *keys)
    return metadata


@pytest.mark.parametrize("database", ["postgresql-18", "postgresql-16", "mariadb"], indirect=True)
@pytest.mark.parametrize(
    ("existing", "declared", "changes"),
    [
        pytest.param(
            "CONSTRAINT fk_pycon_talks_user_id_users FOREIGN KEY (user_id) REFERENCES users (id)",
            (["user_id", "tenant_id"], ["users.id", "users.tenant_id"]),
            True,
            id="another column, the same name",
        ),
        pytest.param(
            "CONSTRAINT other FOREIGN KEY (user_id) REFERENCES users (id)",
            (["user_id", "tenant_id"], ["users.id", "users.tenant_id"]),
            True,
            id="another column, another name",
        ),
        pytest.param(
            "CONSTRAINT f FOREIGN KEY (user_id, tenant_id) REFERENCES users (id, tenant_id)",
            (["tenant_id", "user_id"], ["users.tenant_id", "users.id"], "f"),
            False,
            id="another order",
        ),
        pytest.param(
            "CONSTRAINT f FOREIGN KEY (user_id, tenant_id) REFERENCES users (id, tenant_id)",
            (["tenant_id", "user_id"], ["users.tenant_id", "users.id"], "g", None, "CASCADE"),
            True,
            id="another order, and it changes",
        ),
    ],
)
def test_a_foreign_key_to_anothers_is_dropped_before_another_takes_its_place(
    database: Database, tmp_path: Path, existing: str, declared: tuple[Any, ...], changes: bool
) -> None:
    key = "id integer NOT NULL PRIMARY KEY, user_id integer, tenant_id integer"
    execute(database, TENANTS, f"CREATE TABLE pycon_talks ({key}, {existing})")
    before = foreign_keys(database)
    ours = service(tmp_path, database, talks_of_tenants(ForeignKeyConstraint(*declared)))
    found = [op.split()[0] for op in ours.ops() if "index" not in op]
    assert found == (["add_fk", "remove_fk"] if changes else [])
    ours.revision("both")
    ours.upgrade()
    assert [op for op in ours.ops() if "index" not in op] == []
    ours.downgrade()
    assert foreign_keys(database) == before


def test_a_foreign_key_to_anothers_gives_its_name_away(postgresql: Database, tmp_path: Path) -> None:
    """On MariaDB its index keeps the name, for stock Alembic too."""
    columns = "id integer PRIMARY KEY, user_id integer, tenant_id integer"
    execute(
        postgresql,
        TENANTS,
        f"CREATE TABLE pycon_talks ({columns}, CONSTRAINT f FOREIGN KEY (user_id) REFERENCES users (id))",
    )
    ours = service(tmp_path, postgresql, talks_of_tenants(ForeignKeyConstraint(["tenant_id"], ["users.id"], "f")))
    assert ours.ops() == ["add_fk pycon_talks.f", "remove_fk pycon_talks.f"]
    ours.revision("another column")
    ours.upgrade()
    assert ours.ops() == []
    ours.downgrade()


def test_a_foreign_key_to_anothers_beside_one_that_stays_is_left_alone(postgres18: Database, tmp_path: Path) -> None:
    execute(
        postgres18,
        TENANTS,
        "CREATE TABLE pycon_talks (id integer PRIMARY KEY, user_id integer, tenant_id integer, "
        "CONSTRAINT mine FOREIGN KEY (user_id) REFERENCES users (id), "
        "CONSTRAINT theirs FOREIGN KEY (user_id, tenant_id) REFERENCES users (id, tenant_id))",
    )
    metadata = talks_of_tenants(ForeignKeyConstraint(["user_id"], ["users.id"], name="mine"))
    assert service(tmp_path, postgres18, metadata).ops() == []


def test_marked_and_shared_contradict_each_other(sqlite: Database, tmp_path: Path) -> None:
    metadata = MetaData()
    users(metadata, **external()).append_column(Column("pycon_plan", Integer))
    with pytest.raises(
        ConfigurationError, match=r"Table main\.users is marked with external\(\), and columns\(\) owns"
    ):
        service(tmp_path, sqlite, metadata, filters.columns("users.pycon_*")).ops()


@pytest.mark.parametrize(
    "owns",
    [
        filters.everything & ~filters.columns("users.billing_*"),
        PYCON & ~filters.columns("users.billing_*"),
        PYCON | filters.columns("*.pycon_*"),
        PYCON | filters.columns("users.pycon_*"),
        PYCON | filters.names("users") | filters.columns("users.billing_*"),
    ],
    ids=str,
)
def test_what_is_marked_and_bears_no_column_of_ones_own_is_no_contradiction(
    database: Database, tmp_path: Path, owns: Filter
) -> None:
    execute(database, USERS)
    metadata = MetaData()
    users(metadata, **external()).append_column(Column("billing_plan", Integer))
    talks(metadata, Column("user_id", ForeignKey("users.id")))
    assert service(tmp_path, database, metadata, owns).ops() == ["add_table pycon_talks"]


def test_a_mark_goes_with_other_info() -> None:
    table = Table("users", MetaData(), info={**external(), "owner": "accounts"})
    assert table.info["owner"] == "accounts"
