"""One deployment at a time, and nobody who need not wait."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, event, inspect, pool, text
from sqlalchemy.dialects import registry
from sqlalchemy.exc import DBAPIError

from migrakit import Environment, VersionTable, errors, filters, migration_lock
from tests.counting import statements
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from tests.databases import Database, NewDatabase

PYCON = VersionTable.for_service("pycon")


def metadata_of(*tables: str) -> MetaData:
    metadata = MetaData()
    for name in tables:
        Table(name, metadata, Column("id", Integer, primary_key=True))
    return metadata


def project_of(path: Path, database: Database, service: str = "pycon", **environment: Any) -> Project:
    owns = filters.prefix(f"{service}_")
    given = {"metadata": metadata_of(f"{service}_talks"), "service": service, "owns": owns, "lock_wait": 0.3}
    return Project(path, database.url, attributes={"environment": {**given, **environment}})


@pytest.fixture
def project(database: Database, tmp_path: Path) -> Project:
    project = project_of(tmp_path, database)
    project.revision()
    return project


@contextmanager
def connected(database: Database) -> Iterator[Connection]:
    with create_engine(database.url, poolclass=pool.NullPool).connect() as connection:
        yield connection


def tables_in(database: Database) -> set[str]:
    return {*inspect(database.engine()).get_table_names()} - {"migrakit_journal"}


def is_free(database: Database, table: VersionTable = PYCON) -> bool:
    with connected(database) as connection:
        try:
            with migration_lock(connection, table, wait=0):
                return True
        except errors.LockError:
            return False


@pytest.mark.parametrize("commanded", ["upgrade", "downgrade", "stamp"])
def test_what_migrates_waits_for_the_holder_and_names_it(database: Database, project: Project, commanded: str) -> None:
    with connected(database) as holder, migration_lock(holder, PYCON):
        with pytest.raises(
            errors.LockError, match=r"alembic_version_pycon is held by \w+.*for all of 0\.3 s"
        ) as raised:
            getattr(command, commanded)(project.config(), "base" if commanded == "downgrade" else "head")
        assert HOLDERS[database.dialect] in str(raised.value)
        assert tables_in(database) == set()
    project.upgrade()


HOLDERS = {
    "postgresql": "of role postgres",
    "mysql": "of user root from localhost",
    "sqlite": "process ",
}


@pytest.mark.parametrize("looks", ["check", "current", "history", "revision"])
def test_what_only_looks_waits_for_nobody(database: Database, project: Project, looks: str) -> None:
    project.upgrade()
    with connected(database) as holder, migration_lock(holder, PYCON):
        getattr(command, looks)(project.config())


def test_after_the_wait_the_state_is_read_anew(database: Database, tmp_path: Path) -> None:
    """The winner applies; whoever waited finds nothing to do, and succeeds."""
    project = project_of(tmp_path, database, lock_wait=20)
    project.revision()
    winner = project_of(tmp_path / "winner", database, lock_wait=None)
    for file in (tmp_path / "migrations" / "versions").glob("*.py"):
        (winner.path / "migrations" / "versions" / file.name).write_text(file.read_text())
    held, tried = threading.Event(), threading.Event()

    def win() -> None:
        with connected(database) as connection, migration_lock(connection, PYCON):
            held.set()
            tried.wait()
            with create_engine(database.url, poolclass=pool.NullPool).begin() as other:
                metadata_of("pycon_talks").create_all(other)
                other.exec_driver_sql("CREATE TABLE alembic_version_pycon (version_num varchar(32) PRIMARY KEY)")
                other.execute(text("INSERT INTO alembic_version_pycon VALUES (:head)"), {"head": head_of(project)})

    thread = threading.Thread(target=win)
    thread.start()
    held.wait()
    threading.Timer(0.3, tried.set).start()
    project.upgrade()
    thread.join()
    assert tables_in(database) == {"pycon_talks", "alembic_version_pycon"}


def head_of(project: Project) -> str:
    (file,) = (project.path / "migrations" / "versions").glob("*.py")
    return file.name.split("_")[0]


def test_it_is_free_again_however_a_run_ends(database: Database, project: Project) -> None:
    (file,) = (project.path / "migrations" / "versions").glob("*.py")
    good = file.read_text()
    file.write_text(good.replace("op.create_table(", "op.execute('nonsense'); op.create_table("))
    with pytest.raises(Exception, match="nonsense"):
        project.upgrade()
    assert is_free(database)
    file.write_text(good)
    project.upgrade()
    assert is_free(database)


def test_two_services_never_wait_for_each_other(postgresql: Database, tmp_path: Path) -> None:
    with connected(postgresql) as holder, migration_lock(holder, VersionTable.for_service("shop")):
        project = project_of(tmp_path, postgresql, lock_wait=0)
        project.revision()
        project.upgrade()


def test_nor_do_two_schemas_of_one_service(postgres18: Database) -> None:
    with postgres18.engine().begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA ops")
    with connected(postgres18) as holder, migration_lock(holder, VersionTable("versions")):
        assert is_free(postgres18, VersionTable("versions", schema="ops"))
        assert not is_free(postgres18, VersionTable("versions", schema="public"))


def test_nor_do_two_databases_of_one_server(new_database: NewDatabase) -> None:
    for kind in ("mariadb", "postgresql-18"):
        one, other = new_database(kind), new_database(kind)
        with connected(one) as holder, migration_lock(holder, PYCON):
            assert is_free(other)
            assert not is_free(one)


def test_services_of_one_sqlite_file_take_turns(sqlite: Database) -> None:
    with connected(sqlite) as holder, migration_lock(holder, PYCON):
        assert not is_free(sqlite, VersionTable.for_service("shop"))


def test_a_database_in_memory_is_nobody_elses(tmp_path: Path) -> None:
    engine = create_engine("sqlite://", poolclass=pool.NullPool)
    with engine.connect() as connection, migration_lock(connection, PYCON, wait=0):
        pass


def test_on_sqlite_it_lasts_until_the_callers_connection_goes_back(sqlite: Database, tmp_path: Path) -> None:
    project = project_of(tmp_path, sqlite)
    project.revision()
    config = project.config()
    with create_engine(sqlite.url, poolclass=pool.NullPool).begin() as connection:
        connection.execute(text("SELECT 1"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        assert not is_free(sqlite)
    assert is_free(sqlite)


def test_nor_is_it_given_back_before_where_an_event_begins(sqlite: Database, tmp_path: Path) -> None:
    """SQLAlchemy's recipe for DDL in transactions; to the driver it is autocommit."""
    engine = create_engine(sqlite.url, poolclass=pool.NullPool)
    event.listen(engine, "connect", lambda dbapi, _: setattr(dbapi, "isolation_level", None))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    project = project_of(tmp_path, sqlite)
    project.revision()
    config = project.config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        assert tables_in(sqlite) == set()
        assert not is_free(sqlite)
    assert is_free(sqlite)
    assert tables_in(sqlite) == {PYCON.name, "pycon_talks"}


def test_a_connection_does_not_wait_for_itself(database: Database, project: Project) -> None:
    config = project.config()
    with connected(database) as connection, migration_lock(connection, PYCON):
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        assert not is_free(database)
    assert is_free(database)


def test_a_callers_connection_that_commits_by_itself_holds_it_to_the_end(database: Database) -> None:
    """What SQLAlchemy calls its transaction is none on the server, and nothing lasts until that ends."""
    engine = create_engine(database.url, poolclass=pool.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        assert connection.in_transaction()
        with migration_lock(connection, PYCON):
            connection.execute(text("SELECT 1"))
            assert not is_free(database)
        assert is_free(database)


def test_a_block_of_the_callers_that_commits_by_itself_is_not_ended(database: Database, tmp_path: Path) -> None:
    project = project_of(tmp_path, database)
    project.revision()
    config = project.config()
    with create_engine(database.url, poolclass=pool.NullPool, isolation_level="AUTOCOMMIT").begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        assert connection.scalar(text("SELECT 1")) == 1
    assert tables_in(database) == {PYCON.name, "pycon_talks"}


def test_it_is_given_back_after_a_transaction_that_failed(database: Database) -> None:
    with connected(database) as connection:
        with suppress(DBAPIError), migration_lock(connection, PYCON):
            connection.execute(text("SELECT nonsense"))
        assert is_free(database)


def test_a_lock_on_a_file_that_was_removed_meanwhile_is_none(sqlite: Database) -> None:
    """Whoever waits has it open when the holder removes it: taken after that, nobody else would see the lock."""

    def take_turns() -> None:
        for _ in range(60):
            with connected(sqlite) as connection, migration_lock(connection, PYCON, wait=60):
                holders.append(1)
                together.append(len(holders))
                holders.pop()

    holders: list[int] = []
    together: list[int] = []
    threads = [threading.Thread(target=take_turns) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == [1] * 240


def test_nothing_is_left_beside_a_sqlite_file(sqlite: Database, project: Project) -> None:
    directory = sqlite.url.database
    assert directory is not None
    before = sorted(each.name for each in project.path.iterdir())
    with connected(sqlite) as connection, migration_lock(connection, PYCON):
        assert sorted(each.name for each in project.path.iterdir()) != before
    assert sorted(each.name for each in project.path.iterdir()) == before


def test_no_transaction_is_open_while_it_is_held(postgresql: Database) -> None:
    """CREATE INDEX CONCURRENTLY would wait for it."""
    with connected(postgresql) as holder, migration_lock(holder, PYCON):
        assert not holder.in_transaction()
        with connected(postgresql) as other:
            pid = holder.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
            state = other.scalar(text("SELECT state FROM pg_stat_activity WHERE pid = :pid"), {"pid": pid})
        assert state == "idle"


CONCURRENTLY = """
from alembic import op

revision = "r1"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE pycon_talks (id integer, title text)")
    with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY pycon_by_title ON pycon_talks (title)")


def downgrade():
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY pycon_by_title")
    op.execute("DROP TABLE pycon_talks")
"""


@pytest.mark.parametrize("per_migration", [False, True])
def test_indexes_are_built_concurrently_under_it(postgresql: Database, tmp_path: Path, *, per_migration: bool) -> None:
    project = project_of(tmp_path, postgresql, configure={"transaction_per_migration": per_migration})
    (tmp_path / "migrations" / "versions" / "r1.py").write_text(CONCURRENTLY)
    project.upgrade()
    with connected(postgresql) as connection:
        assert connection.scalar(text("SELECT indisvalid FROM pg_index WHERE indexrelid = 'pycon_by_title'::regclass"))
    assert is_free(postgresql)
    project.downgrade()


def test_in_a_callers_transaction_it_lasts_until_that_ends(postgresql: Database, project: Project) -> None:
    config = project.config()
    with create_engine(postgresql.url, poolclass=pool.NullPool).begin() as connection:
        connection.execute(text("SELECT 1"))
        config.attributes["connection"] = connection
        with statements() as sent:
            command.upgrade(config, "head")
        assert not is_free(postgresql)
    assert is_free(postgresql)
    assert not [statement for statement in sent if "pg_try_advisory_lock" in statement or "unlock" in statement]


def test_on_mariadb_it_lasts_until_the_callers_connection_goes_back(mariadb: Database, tmp_path: Path) -> None:
    project = project_of(tmp_path, mariadb)
    project.revision()
    config = project.config()
    engine = create_engine(mariadb.url)  # it keeps its connections
    with engine.begin() as connection, engine.connect() as unrelated:
        connection.execute(text("SELECT 1"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        unrelated.execute(text("SELECT 1"))
        unrelated.close()
        assert not is_free(mariadb)
    assert is_free(mariadb)
    engine.dispose()


@pytest.mark.parametrize("isolation", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_transaction_that_sees_no_others_is_refused(postgres18: Database, tmp_path: Path, isolation: str) -> None:
    project = project_of(tmp_path, postgres18)
    project.revision()
    config = project.config()
    with create_engine(postgres18.url, poolclass=pool.NullPool, isolation_level=isolation).begin() as connection:
        connection.execute(text("SELECT 1"))
        config.attributes["connection"] = connection
        with pytest.raises(errors.LockError, match=f"isolation level {isolation.lower()}"):
            command.upgrade(config, "head")
    assert tables_in(postgres18) == set()


@pytest.mark.parametrize("isolation", ["OFF", "ON"])
def test_a_mariadb_transaction_that_began_too_early_is_refused(
    mariadb: Database, tmp_path: Path, isolation: str
) -> None:
    """From 11.6 on MariaDB refuses by itself to read such a row for an update."""
    project = project_of(tmp_path, mariadb)
    project.revision()
    project.upgrade()
    project.downgrade()
    config = project.config()
    with create_engine(mariadb.url, poolclass=pool.NullPool).begin() as connection:
        connection.execute(text(f"SET SESSION innodb_snapshot_isolation = {isolation}"))
        connection.execute(text("SELECT * FROM alembic_version_pycon")).all()
        project.upgrade()
        config.attributes["connection"] = connection
        with pytest.raises(errors.LockError, match="transaction began before alembic_version_pycon changed"):
            command.upgrade(config, "head")


AUTOCOMMIT_IN_A_TRANSACTION = "This revision has an autocommit block, and all of this run is in one transaction"


def test_an_autocommit_block_in_a_callers_transaction_is_refused(postgresql: Database, tmp_path: Path) -> None:
    project = project_of(tmp_path, postgresql)
    (tmp_path / "migrations" / "versions" / "r1.py").write_text(CONCURRENTLY)
    config = project.config()
    with create_engine(postgresql.url, poolclass=pool.NullPool).connect() as connection:
        connection.execute(text("SELECT 1"))
        config.attributes["connection"] = connection
        with pytest.raises(errors.LockError, match=AUTOCOMMIT_IN_A_TRANSACTION):
            command.upgrade(config, "head")
        connection.rollback()
    assert tables_in(postgresql) == set()


def test_a_product_whose_locks_do_nothing_is_refused(postgres18: Database, tmp_path: Path) -> None:
    """By what it says it is; here a function of the database's says it, before PostgreSQL's own is asked."""
    with postgres18.engine().begin() as connection:
        says = "SELECT 'CockroachDB CCL v25.3.1 (x86_64-pc-linux-gnu)'::text"
        connection.exec_driver_sql(f"CREATE FUNCTION version() RETURNS text LANGUAGE sql AS $${says}$$")
    url = postgres18.url.update_query_dict({"options": "-csearch_path=public,pg_catalog"})
    project = project_of(tmp_path, postgres18)
    project.revision()
    project.url = url
    with pytest.raises(errors.LockError, match=r"no migration lock on CockroachDB CCL v25\.3\.1.*lock_wait=None"):
        project.upgrade()
    assert tables_in(postgres18) == set()
    without = project_of(tmp_path, postgres18, lock_wait=None)
    without.url = url
    without.upgrade()


def test_where_there_is_none_to_be_had_that_is_said(tmp_path: Path) -> None:
    """Another dialect, with a driver that is here."""
    registry.register("notsqlite", __name__, "NotSQLite")
    engine = create_engine("notsqlite://", poolclass=pool.NullPool)
    said = pytest.raises(errors.LockError, match=r"no migration lock on notsqlite.*lock_wait=None")
    with engine.connect() as connection, said, migration_lock(connection, PYCON):
        pass


class NotSQLite(registry.load("sqlite")):  # type: ignore[misc]
    name = "notsqlite"
    supports_statement_cache = True


def test_without_it_nothing_is_asked(database: Database, tmp_path: Path) -> None:
    project = project_of(tmp_path, database, lock_wait=None)
    project.revision()
    with connected(database) as holder, migration_lock(holder, PYCON), statements() as sent:
        project.upgrade()
    assert not [statement for statement in sent if "advisory" in statement or "GET_LOCK" in statement]


def test_an_env_py_of_ones_own_takes_it_too(database: Database, tmp_path: Path) -> None:
    project = project_of(tmp_path, database)
    project.revision()
    project = Project(tmp_path, database.url, OWN_ENV, project.attributes)
    with connected(database) as holder, migration_lock(holder, PYCON), pytest.raises(errors.LockError):
        project.upgrade()
    project.upgrade()
    assert tables_in(database) == {"pycon_talks", "alembic_version_pycon"}
    assert is_free(database)


OWN_ENV = """
from alembic import context
from sqlalchemy import create_engine, pool
from migrakit import Environment, migration_lock

environment = Environment(**context.config.attributes["environment"])
engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
with engine.connect() as connection, migration_lock(connection, environment.version_table, wait=0.2):
    context.configure(connection=connection, **environment.options())
    with context.begin_transaction():
        context.run_migrations()
"""


def test_how_many_statements_it_takes(database: Database, tmp_path: Path) -> None:
    """One for what the server is, one for each try, one to give it back; MariaDB asks for its database's name too."""
    project = project_of(tmp_path, database)
    project.revision()
    project.upgrade()
    counts = []
    for lock_wait in (None, 1):
        project.attributes["environment"]["lock_wait"] = lock_wait
        with statements() as sent:
            project.upgrade()
        counts.append(len(sent))
    assert counts[1] - counts[0] == {"postgresql": 3, "mysql": 4, "sqlite": 1}[database.dialect]


@pytest.mark.parametrize("given", [{"lock_wait": "60"}, {"lock_wait": -1}, {"server_wait": None}, {"lock_wait": True}])
def test_a_wait_that_is_none_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(errors.ConfigurationError, match="is no number of seconds"):
        Environment(metadata=MetaData(), **given)
