"""``renamed_from()``: autogenerate renames where it would drop and add, with all that hangs on the name."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

import tests
from migrakit import Environment, external, filters, renamed_from
from migrakit.autogenerate.renames.finding import due
from migrakit.autogenerate.renames.translated import translated
from migrakit.errors import ConfigurationError
from tests.autogenerate.applying import contents
from tests.autogenerate.renaming import CONVENTION, RENAMINGS, was
from tests.counting import statements
from tests.entities.checker import there_and_back as checked
from tests.guards.projects import ON_THE_WAY_UP
from tests.project import STOCK_ENV, Project, described
from tests.share import divided, share

if TYPE_CHECKING:
    from tests.databases import Database, Kind, NewDatabase

CONVENTIONS = {"no convention": None, "a convention": CONVENTION}


def settle(database: Database, before: sa.MetaData) -> None:
    """Make the tables, with rows in them that refer to each other."""
    with database.engine().begin() as connection:
        before.create_all(connection)
        for table in before.sorted_tables:
            for number in (1, 2):
                connection.execute(table.insert().values(row(table, number)))


def row(table: sa.Table, number: int) -> dict[str, Any]:
    return {
        column.name: number if isinstance(column.type, sa.Integer) else f"t{number}"
        for column in table.columns
        if column.computed is None and column.name != "gone"
    }


def rows(database: Database) -> dict[str, list[list[str]]]:
    """Each table's by its name, and in each row what is in it, by whatever names."""
    metadata = sa.MetaData()
    with database.engine().connect() as connection:
        metadata.reflect(connection)
        return {
            table.name: sorted(
                sorted(repr(each) for each in row if each is not None) for row in connection.execute(sa.select(table))
            )
            for table in metadata.sorted_tables
            if table.name not in ("alembic_version", "migrakit_journal")
        }


def seen(database: Database) -> dict[str, Any]:
    with database.engine().connect() as connection:
        return contents(connection)


def project_of(database: Database, path: Path, after: sa.MetaData, *, batch: bool = False, **more: Any) -> Project:
    environment = {"metadata": after, "configure": {"render_as_batch": batch}, "guards": ON_THE_WAY_UP, **more}
    return Project(path, database.url, attributes={"environment": environment})


def there_and_back(database: Database, project: Project) -> str:
    """Applied, nothing left to do, taken back, applied again; the code that does it."""
    before, had = seen(database), rows(database)
    project.revision()
    project.upgrade()
    after, has = seen(database), rows(database)
    assert project.ops() == []
    assert sorted(has.values()) == sorted(had.values())
    project.downgrade()
    assert (seen(database), rows(database)) == (before, had)
    project.upgrade()
    assert (seen(database), rows(database)) == (after, has)
    (file,) = (project.path / "migrations" / "versions").glob("*.py")
    return file.read_text()


@pytest.mark.parametrize(("name", "convention"), divided(list(product(RENAMINGS, CONVENTIONS))))
def test_every_row_stays_there_and_back(name: str, convention: str, database: Database, tmp_path: Path) -> None:
    renaming = RENAMINGS[name]
    before, after = renaming.models(CONVENTIONS[convention])
    settle(database, before)
    more: dict[str, Any] = {"guards": []} if name == "with_other_changes" else {}  # a column goes among these
    code = there_and_back(database, project_of(database, tmp_path, after, batch=True, **more))
    assert "migrakit" not in code


@pytest.mark.parametrize("name", [name for name, renaming in RENAMINGS.items() if not renaming.needs_batch])
def test_sqlite_renames_without_batch_mode_too(name: str, sqlite: Database, tmp_path: Path) -> None:
    before, after = RENAMINGS[name].models()
    settle(sqlite, before)
    assert "batch" not in there_and_back(sqlite, project_of(sqlite, tmp_path, after))


@pytest.mark.parametrize("name", share(list(RENAMINGS)))
def test_nothing_but_names_changes_in_the_catalogs(name: str, postgres18: Database, tmp_path: Path) -> None:
    """And the script of ``--sql`` does the same."""
    before, after = RENAMINGS[name].models(CONVENTION)
    settle(postgres18, before)
    checked(postgres18, tmp_path, metadata=after, guards=[])


@pytest.mark.parametrize("name", ["under_unique", "under_foreign_key", "table", "referring_to_itself"])
def test_stock_alembic_loses_the_rows(name: str, database: Database, tmp_path: Path) -> None:
    before, after = RENAMINGS[name].models(CONVENTION)
    settle(database, before)
    had = rows(database)
    options = {"render_as_batch": database.dialect == "sqlite"}
    stock = Project(tmp_path, database.url, STOCK_ENV, {"metadata": after, "options": options})
    stock.revision()
    stock.upgrade()
    assert sorted(rows(database).values()) != sorted(had.values())


def models(*items: Any, table: str = "prices", info: dict[str, Any] | None = None) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(table, metadata, sa.Column("id", sa.Integer, primary_key=True), *items, info=info or {})
    return metadata


def text(name: str, **kw: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.String(32), **kw)


class TestWithNothingToRename:
    def test_a_new_database_gets_the_new_names(self, database: Database, tmp_path: Path) -> None:
        _, after = RENAMINGS["table_and_column"].models()
        project = project_of(database, tmp_path, after)
        assert "add_table prices" in project.ops()
        project.revision()
        project.upgrade()
        assert project.ops() == []

    def test_the_mark_does_nothing_once_the_new_name_is_there(self, database: Database, tmp_path: Path) -> None:
        settle(database, models(text("market"), text("mic")))
        after = models(text("mic", info=renamed_from("market")), info=renamed_from("quotes"))
        assert project_of(database, tmp_path, after).ops() == ["remove_column prices prices.market"]

    def test_what_is_asked(self, postgres18: Database, tmp_path: Path) -> None:
        """Without marks what is asked without them; with those of columns, their tables' columns once more."""
        settle(postgres18, models(text("mic"), text("note")))
        notes = {"mic": renamed_from("a"), "note": renamed_from("b")}
        declared = {
            "without": models(text("mic"), text("note")),
            "of a table": models(text("mic"), text("note"), info=renamed_from("quotes")),
            "of columns": models(*(text(name, info=info) for name, info in notes.items())),
        }
        asked = {
            name: asked_by(project_of(postgres18, tmp_path / name, metadata)) for name, metadata in declared.items()
        }
        assert asked["of a table"] == asked["without"]
        assert asked["of columns"] - asked["without"] in (1, 2, 3)


def asked_by(project: Project) -> int:
    with statements() as sent:
        assert project.ops() == []
    return len(sent)


class TestWhatIsRefused:
    @pytest.mark.parametrize("name", ["", None, 5])
    def test_a_name_that_is_none(self, name: Any) -> None:
        with pytest.raises(ConfigurationError, match="is not a name"):
            renamed_from(name)

    def test_a_column_declared_by_both_names(self, database: Database, tmp_path: Path) -> None:
        settle(database, models(text("market")))
        after = models(text("market"), text("mic", info=renamed_from("market")))
        with pytest.raises(ConfigurationError, match=r"'prices\.mic' is marked .* and 'market' is declared too"):
            project_of(database, tmp_path, after).ops()

    def test_a_table_declared_by_both_names(self, database: Database, tmp_path: Path) -> None:
        settle(database, models(table="quotes"))
        after = models(table="quotes")
        sa.Table("prices", after, sa.Column("id", sa.Integer), info=renamed_from("quotes"))
        with pytest.raises(ConfigurationError, match=r"'prices' is marked .* and 'quotes' is declared too"):
            project_of(database, tmp_path, after).ops()

    def test_one_old_name_for_two(self, database: Database, tmp_path: Path) -> None:
        settle(database, models(text("market"), table="quotes"))
        after = models(
            text("mic", info=renamed_from("market")), text("place", info=renamed_from("market")), table="quotes"
        )
        with pytest.raises(ConfigurationError, match=r"quotes\.mic and column quotes\.place are all marked"):
            project_of(database, tmp_path, after).ops()

    def test_a_table_that_is_anothers_by_its_old_name(self, database: Database, tmp_path: Path) -> None:
        settle(database, models(table="quotes"))
        after = models(table="shop_prices", info=renamed_from("quotes"))
        project = project_of(database, tmp_path, after, owns=filters.prefix("shop_"))
        with pytest.raises(ConfigurationError, match=r"'shop_prices' is marked .* does not own table .*quotes"):
            project.ops()

    @pytest.mark.parametrize(("old", "new"), [("market", "shop_mic"), ("shop_market", "mic")])
    def test_a_column_that_is_anothers_by_one_name(
        self, old: str, new: str, database: Database, tmp_path: Path
    ) -> None:
        settle(database, models(text(old), table="users"))
        after = models(text(new, info=renamed_from(old)), table="users")
        project = project_of(database, tmp_path, after, owns=filters.columns("users.shop_*"))
        foreign = "market" if new == "shop_mic" else "mic"
        with pytest.raises(ConfigurationError, match=f"'{new}' is marked .* does not own column {foreign}"):
            project.ops()

    def test_all_of_it_at_once(self, sqlite: Database, tmp_path: Path) -> None:
        settle(sqlite, models(text("market"), text("day"), table="quotes"))
        after = models(
            text("market"),
            text("mic", info=renamed_from("market")),
            text("date", info=renamed_from("day")),
            text("when", info=renamed_from("day")),
            table="quotes",
        )
        with pytest.raises(ConfigurationError) as raised:
            project_of(sqlite, tmp_path, after).ops()
        assert len(raised.value.problems) == 2


class TestOwnership:
    def test_both_names_are_owned(self, database: Database, tmp_path: Path) -> None:
        settle(database, models(text("market"), table="shop_quotes"))
        after = models(text("mic", info=renamed_from("market")), table="shop_prices", info=renamed_from("shop_quotes"))
        there_and_back(database, project_of(database, tmp_path, after, owns=filters.prefix("shop_")))

    @pytest.mark.parametrize("owns", [filters.declared, filters.tagged(migrakit="yes")], ids=repr)
    def test_what_is_declared_is_owned_by_its_old_name(self, owns: Any, database: Database, tmp_path: Path) -> None:
        settle(database, models(table="quotes"))
        after = models(info={**renamed_from("quotes"), "migrakit": "yes"})
        there_and_back(database, project_of(database, tmp_path, after, owns=owns))

    def test_the_catalogs_are_asked_by_the_old_name(self, postgresql: Database, tmp_path: Path) -> None:
        settle(postgresql, models(text("market"), table="quotes"))
        with postgresql.engine().connect() as connection:
            role = connection.scalar(sa.text("SELECT current_user"))
        after = models(text("mic", info=renamed_from("market")), info=renamed_from("quotes"))
        there_and_back(postgresql, project_of(postgresql, tmp_path, after, owns=filters.owned_by(str(role))))

    def test_a_column_of_anothers_table(self, database: Database, tmp_path: Path) -> None:
        settle(database, models(text("shop_market"), text("name"), table="users"))
        after = models(text("shop_mic", info=renamed_from("shop_market")), table="users")
        there_and_back(database, project_of(database, tmp_path, after, owns=filters.columns("users.shop_*")))

    def test_of_anothers_table_only_what_stands_on_own_columns(self, database: Database, tmp_path: Path) -> None:
        """Its own index would be called otherwise too, by the convention that this service has."""
        before, after = sa.MetaData(naming_convention=CONVENTION), sa.MetaData(naming_convention=CONVENTION)
        users = sa.Table("users", before, sa.Column("id", sa.Integer, primary_key=True), text("name"))
        users.append_column(text("shop_market", index=True))
        sa.Index("their_own", users.c.name)
        column = text("shop_mic", index=True, info=renamed_from("shop_market"))
        sa.Table("users", after, sa.Column("id", sa.Integer, primary_key=True), text("name", index=True), column)
        settle(database, before)
        code = there_and_back(database, project_of(database, tmp_path, after, owns=filters.columns("users.shop_*")))
        assert "ix_users_shop_mic" in code
        assert "their_own" not in code

    def test_what_is_marked_external_is_left_alone(self, database: Database, tmp_path: Path) -> None:
        settle(database, models(text("market"), table="users"))
        info = {**external(), **renamed_from("quotes")}
        after = models(text("mic", info=renamed_from("market")), table="users", info=info)
        assert project_of(database, tmp_path, after).ops() == []


class TestWhere:
    @pytest.mark.parametrize("schema", ["public", "shop", "Sh op"])
    def test_tables_of_a_schema(self, schema: str, postgresql: Database, tmp_path: Path) -> None:
        before, after = (in_schema(each, schema) for each in RENAMINGS["table_and_column"].models(CONVENTION))
        with postgresql.engine().begin() as connection:
            connection.exec_driver_sql(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        settle(postgresql, before)
        assert "drop" not in checked(postgresql, tmp_path, metadata=after)

    def test_tables_of_another_schema_on_mariadb(self, new_database: NewDatabase, tmp_path: Path) -> None:
        database, other = new_database("mariadb"), new_database("mariadb")
        schema = str(other.url.database)
        before, after = (in_schema(each, schema) for each in RENAMINGS["table_and_column"].models(CONVENTION))
        settle(database, before)
        had = rows(other)
        project = project_of(database, tmp_path, after)
        project.revision()
        project.upgrade()
        assert project.ops() == []
        assert sorted(rows(other).values()) == sorted(had.values())
        project.downgrade()
        assert rows(other) == had

    def test_tables_of_several_metadata(self, database: Database, tmp_path: Path) -> None:
        settle(database, models(text("market"), table="quotes"))
        settle(database, models(text("place"), table="notes"))
        after = [models(text("mic", info=renamed_from("market")), info=renamed_from("quotes"))]
        after += [models(text("where", info=renamed_from("place")), table="remarks", info=renamed_from("notes"))]
        environment = {"metadata": after}
        there_and_back(database, Project(tmp_path, database.url, attributes={"environment": environment}))

    def test_orm_classes(self, database: Database, tmp_path: Path) -> None:
        class Base(DeclarativeBase):
            pass

        class Price(Base):
            __tablename__ = "prices"
            __table_args__ = {"info": renamed_from("quotes")}  # noqa: RUF012 - as SQLAlchemy has it
            id: Mapped[int] = mapped_column(primary_key=True)
            mic: Mapped[str | None] = mapped_column(sa.String(32), info=renamed_from("market"))

        settle(database, models(text("market"), table="quotes"))
        code = there_and_back(database, project_of(database, tmp_path, Price.metadata))
        assert code.count("op.") == 4


PARTITIONED = """
CREATE TABLE prices (id integer NOT NULL, market varchar(32), CONSTRAINT uq_prices_market UNIQUE (id, market))
    PARTITION BY LIST (market);
CREATE INDEX ix_prices_market ON prices (market);
CREATE TABLE prices_xetr PARTITION OF prices FOR VALUES IN ('XETR');
INSERT INTO prices VALUES (1, 'XETR')
"""


@pytest.mark.parametrize("declared", [False, True], ids=["partition", "declared partition"])
def test_a_column_that_partitions_have(declared: bool, postgresql: Database, tmp_path: Path) -> None:
    with postgresql.engine().begin() as connection:
        connection.exec_driver_sql(PARTITIONED)
    metadata = sa.MetaData(naming_convention=CONVENTION)
    for name in ("prices", "prices_xetr")[: 1 + declared]:
        columns: list[sa.Column[Any]] = [sa.Column("id", sa.Integer, nullable=False)]
        columns += [text("mic", info=renamed_from("market"), index=True)]
        table = sa.Table(name, metadata, *columns, sa.UniqueConstraint("id", "mic"))
        if name == "prices":
            table.kwargs["postgresql_partition_by"] = "LIST (mic)"
    checked(postgresql, tmp_path, metadata=metadata)


def in_schema(metadata: sa.MetaData, schema: str) -> sa.MetaData:
    moved = sa.MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.sorted_tables:
        table.to_metadata(moved, schema=schema)
    return moved


PARTICULAR = """
CREATE TABLE prices (
    id integer PRIMARY KEY AUTO_INCREMENT,
    market varchar(32) CHARACTER SET latin1 COLLATE latin1_german1_ci NOT NULL DEFAULT 'XETR' COMMENT 'of: 50% ''a''',
    changed timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
    INVISIBLE_ONE integer INVISIBLE DEFAULT 5,
    CONSTRAINT said CHECK (market <> '')
)
"""


def test_mariadb_keeps_what_a_column_has_besides(mariadb: Database, tmp_path: Path) -> None:
    """Alembic's own op would state the column anew, without what it doesn't know of."""
    with mariadb.engine().begin() as connection:
        connection.exec_driver_sql(PARTICULAR, execution_options={"no_parameters": True})
    before = shown(mariadb)
    after = sa.MetaData()
    collated = sa.String(32, collation="latin1_german1_ci")
    columns: list[sa.Column[Any]] = [
        sa.Column("mic", collated, nullable=False, comment="of: 50% 'a'", info=renamed_from("market")),
        sa.Column("touched", sa.TIMESTAMP, nullable=False, info=renamed_from("changed")),
        sa.Column("hidden", sa.Integer, info=renamed_from("INVISIBLE_ONE")),
    ]
    sa.Table("prices", after, sa.Column("id", sa.Integer, primary_key=True), *columns)
    there_and_back(mariadb, project_of(mariadb, tmp_path, after))
    names = {"market": "mic", "changed": "touched", "INVISIBLE_ONE": "hidden"}
    for old, new in names.items():
        before = before.replace(f"`{old}`", f"`{new}`")
    assert shown(mariadb) == before


def shown(database: Database) -> str:
    with database.engine().connect() as connection:
        return str(connection.exec_driver_sql("SHOW CREATE TABLE prices").one()[1])


@pytest.mark.parametrize("kind", ["mariadb", "sqlite"])
def test_the_script_of_sql_does_the_same(kind: Kind, new_database: NewDatabase, tmp_path: Path) -> None:
    """On PostgreSQL the checker sees to that."""
    before, after = RENAMINGS["odd_names"].models()
    database = new_database(kind)
    settle(database, before)
    project = project_of(database, tmp_path, after)
    project.revision()
    script = project.upgrade_sql()
    if kind == "sqlite":
        assert 'ALTER TABLE "Old: Quotes" RENAME TO "select"' in script
        assert 'ALTER TABLE "select" RENAME COLUMN "The Market: 50%" TO "The \'Mic\'"' in script
    else:
        assert "ALTER TABLE `Old: Quotes` RENAME TO `select`" in script
        assert "ALTER TABLE `select` RENAME COLUMN `The Market: 50%` TO `The 'Mic'`" in script


def test_check_says_what_is_to_be_renamed(postgres18: Database, tmp_path: Path) -> None:
    before, after = RENAMINGS["table_and_column"].models(CONVENTION)
    settle(postgres18, before)
    assert project_of(postgres18, tmp_path, after).ops()[:5] == [
        "rename_column prices market mic",
        "rename_constraint notes fk_notes_of_quotes fk_notes_of_prices",
        "rename_constraint prices pk_quotes pk_prices",
        "rename_constraint prices uq_quotes_day_market uq_prices_day_mic",
        "rename_index prices ix_quotes_market ix_prices_mic",
    ]


def test_defaults_are_compared_by_the_new_names(database: Database, tmp_path: Path) -> None:
    """A sequence keeps its name, and a computed column's text is one that speaks of the new one."""
    before, after = sa.MetaData(), sa.MetaData()
    for metadata, is_before in ((before, True), (after, False)):
        column = "sum" if is_before else "total"
        sa.Table(
            "quotes" if is_before else "prices",
            metadata,
            sa.Column("id" if is_before else "number", sa.Integer, primary_key=True, info=was(is_before, "id")),
            sa.Column(column, sa.Integer, server_default=sa.text("5"), info=was(is_before, "sum")),
            sa.Column("double", sa.Integer, sa.Computed(f"{column} * 2", persisted=True)),
            info=was(is_before, "quotes"),
        )
    settle(database, before)
    project = project_of(database, tmp_path, after)
    project.attributes["environment"]["configure"] |= {"compare_server_default": True}
    code = there_and_back(database, project)
    assert "server_default" not in code


PARTIAL = """
CREATE TABLE quotes (id serial PRIMARY KEY, market text, day integer, "Of Day" integer);
CREATE INDEX by_lower ON quotes (lower(market), "Of Day", (market || 'market'));
CREATE INDEX partial ON quotes (day) INCLUDE (market) WHERE market IS NOT NULL AND "Of Day" > 0;
INSERT INTO quotes (market) VALUES ('XETR')
"""


def test_what_expressions_say_is_compared_by_the_new_names(postgresql: Database, tmp_path: Path) -> None:
    with postgresql.engine().begin() as connection:
        connection.exec_driver_sql(PARTIAL, execution_options={"no_parameters": True})
    after = sa.MetaData()
    columns: list[sa.Column[Any]] = [
        sa.Column("mic", sa.Text, info=renamed_from("market")),
        sa.Column("day", sa.Integer),
        sa.Column("The Day", sa.Integer, info=renamed_from("Of Day")),
    ]
    prices = sa.Table("prices", after, sa.Column("id", sa.Integer, primary_key=True), *columns)
    prices.info.update(renamed_from("quotes"))
    sa.Index("by_lower", sa.func.lower(prices.c.mic), prices.c["The Day"], sa.text("(mic || 'market')"))
    where = sa.text('mic IS NOT NULL AND "The Day" > 0')
    sa.Index("partial", prices.c.day, postgresql_include=["mic"], postgresql_where=where)
    code = checked(postgresql, tmp_path, metadata=after)
    assert code.count("op.") == 6


def test_checks_of_types_are_left_to_these(database: Database, tmp_path: Path) -> None:
    """On PostgreSQL this one isn't made, and has no name."""
    before, after = sa.MetaData(), sa.MetaData(naming_convention=CONVENTION)
    for metadata, is_before in ((before, True), (after, False)):
        flag = sa.Boolean(create_constraint=not is_before and database.dialect == "postgresql")
        columns = [sa.Column("id", sa.Integer, primary_key=True), sa.Column("flag", flag)]
        sa.Table("quotes" if is_before else "prices", metadata, *columns, info=was(is_before, "quotes"))
    before.create_all(database.engine())
    project = project_of(database, tmp_path, after)
    assert "rename_table quotes prices" in project.ops()


def test_tables_that_search_path_makes_visible(postgresql: Database, tmp_path: Path) -> None:
    with postgresql.engine().begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA shop; CREATE TABLE shop.quotes (id serial PRIMARY KEY, market text)")
        connection.exec_driver_sql("INSERT INTO shop.quotes (market) VALUES ('XETR')")
        name = postgresql.url.database
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET search_path = public, shop")
    after = sa.MetaData()
    mic = sa.Column("mic", sa.Text, info=renamed_from("market"))
    sa.Table("prices", after, sa.Column("id", sa.Integer, primary_key=True), mic, info=renamed_from("quotes"))
    project = project_of(postgresql, tmp_path, after)
    project.revision()
    project.upgrade()
    assert project.ops() == []
    with postgresql.engine().connect() as connection:
        assert connection.scalar(sa.text("SELECT mic FROM shop.prices")) == "XETR"
    project.downgrade()
    with postgresql.engine().connect() as connection:
        assert connection.scalar(sa.text("SELECT market FROM shop.quotes")) == "XETR"


def test_outside_of_an_environment(database: Database) -> None:
    """As a program compares, or a test of a service's."""
    before, after = RENAMINGS["table_and_column"].models(CONVENTION)
    settle(database, before)
    Environment(metadata=after).options()
    with database.engine().connect() as connection:
        options = {"autogenerate_plugins": ["alembic.autogenerate.*", "migrakit.*"]}
        context = MigrationContext.configure(connection, opts={**options, "target_metadata": after})
        upgrade = produce_migrations(context, after).upgrade_ops
    assert upgrade is not None
    assert {"rename_table quotes prices", "rename_column prices market mic"} <= set(described(upgrade))


def test_an_inspector_of_new_names_reads_tables_whole(database: Database) -> None:
    """As a plugin may, which asks for the tables that foreign keys refer to."""
    before, after = RENAMINGS["two_tables"].models()
    settle(database, before)
    with database.engine().connect() as connection:
        context = AutogenContext(MigrationContext.configure(connection), metadata=after)
        inspector = translated(context.inspector, due(context, {None}))
        inspector.reflect_table(table := sa.Table("remarks", metadata := sa.MetaData()), None)
        assert (inspector.has_table("prices"), inspector.has_table("quotes")) == (True, False)
    assert sorted(metadata.tables) == ["prices", "remarks"]
    assert [key.target_fullname for key in table.foreign_keys] == ["prices.mic"]


def test_the_hash_seed_changes_nothing(postgres18: Database, tmp_path: Path) -> None:
    settle(postgres18, RENAMINGS["table_with_all"].models(CONVENTION)[0])
    url = postgres18.url.render_as_string(hide_password=False)
    written = {seeded(seed, SEEDED.format(url=url, path=str(tmp_path / str(seed)))) for seed in range(4)}
    assert len(written) == 1
    assert written.pop().count("RENAME") == 14


SEEDED = """
from pathlib import Path
from sqlalchemy import make_url
from tests.autogenerate.renaming import CONVENTION, RENAMINGS
from tests.autogenerate.test_renames import project_of
from tests.databases import Database

_, after = RENAMINGS["table_with_all"].models(CONVENTION)
project = project_of(Database("postgresql-18", make_url({url!r})), Path({path!r}), after)
project.revision()
(file,) = (project.path / "migrations" / "versions").glob("*.py")
print("def upgrade" + file.read_text().partition("def upgrade")[2])
"""


def seeded(seed: int, program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
        cwd=Path(tests.__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return "".join(done.stdout.partition("def upgrade")[1:])
