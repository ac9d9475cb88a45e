"""Revisions that are cut off at every point, and what the next run makes of them."""

from __future__ import annotations

import io
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import inspect, text

from tests.databases.clients import apply
from tests.deployments import Service, own_env
from tests.killing import Killer, Run, killer
from tests.share import divided

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from tests.databases import Database, Kind, NewDatabase

BEFORE = (
    "CREATE TABLE talks (id integer NOT NULL PRIMARY KEY, room integer)",
    "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL PRIMARY KEY)",
    "INSERT INTO alembic_version VALUES ('0001')",
)

DDL = """
op.create_table("rooms", sa.Column("id", sa.Integer, primary_key=True), sa.Column("size", sa.Integer))
rooms = sa.table("rooms", sa.column("id", sa.Integer), sa.column("size", sa.Integer))
op.bulk_insert(rooms, [{"id": 1, "size": 10}, {"id": 2, "size": 20}])
op.add_column("rooms", sa.Column("name", sa.String(20)))
op.execute("UPDATE rooms SET size = size * 3")
op.create_index("ix_rooms_size", "rooms", ["size"])
op.execute("INSERT INTO applied VALUES ('0002')")
"""

BATCH = """
op.create_table("rooms", sa.Column("id", sa.Integer, primary_key=True), sa.Column("size", sa.Integer))
with op.batch_alter_table("talks", recreate="always") as batch:
    batch.add_column(sa.Column("title", sa.String(20)))
    batch.alter_column("room", type_=sa.BigInteger)
op.create_index("ix_talks_room", "talks", ["room"])
op.execute("INSERT INTO applied VALUES ('0002')")
"""

CONCURRENTLY = """
op.create_table("rooms", sa.Column("id", sa.Integer, primary_key=True), sa.Column("size", sa.Integer))
rooms = sa.table("rooms", sa.column("id", sa.Integer), sa.column("size", sa.Integer))
op.bulk_insert(rooms, [{"id": 1, "size": 10}, {"id": 2, "size": 20}])
with op.get_context().autocommit_block():
    op.create_index("ix_rooms_size", "rooms", ["size"], postgresql_concurrently=True)
    op.execute("UPDATE rooms SET size = size * 3")
    op.create_index("ix_talks_room", "talks", ["room"], postgresql_concurrently=True)
op.execute("INSERT INTO applied VALUES ('0002')")
"""

ONE_MORE = "INSERT INTO talks (id, room) SELECT count(*) + 1, 1 FROM talks"

COMMITTED = f"""
op.execute("{ONE_MORE}")
op.execute("COMMIT")
op.create_table("halls", sa.Column("id", sa.Integer))
op.execute("INSERT INTO applied VALUES ('0002')")
"""

LOCKED = """
op.execute("LOCK TABLES talks WRITE")
op.execute("INSERT INTO talks (id, room) VALUES (1, 1)")
op.execute("ALTER TABLE talks ADD COLUMN title text")
op.execute("UPDATE talks SET room = room * 3")
op.execute("UNLOCK TABLES")
op.execute("INSERT INTO applied VALUES ('0002')")
"""

# Python's driver begins no transaction before WITH, and RELEASE ends one that a savepoint began.
BY_ITSELF = f"""
op.create_table("rooms", sa.Column("id", sa.Integer))
op.execute("WITH numbers AS (SELECT 1 AS id) INSERT INTO rooms SELECT id FROM numbers")
with op.get_bind().begin_nested():
    op.execute("{ONE_MORE}")
op.create_table("halls", sa.Column("id", sa.Integer))
op.execute("INSERT INTO applied VALUES ('0002')")
"""


@dataclass(frozen=True)
class Variant:
    name: str
    kind: Kind
    body: str
    arguments: str = ""
    before: tuple[str, ...] = BEFORE


VARIANTS = [
    Variant("postgresql", "postgresql-18", DDL),
    Variant("postgresql with a journal", "postgresql-18", DDL, "journal=True"),
    Variant(
        "postgresql by migration",
        "postgresql-18",
        DDL,
        "journal=True, configure={'transaction_per_migration': True}",
    ),
    Variant("postgresql CONCURRENTLY", "postgresql-18", CONCURRENTLY, "journal=True"),
    Variant("mariadb", "mariadb", DDL),
    Variant("sqlite", "sqlite", DDL),
    Variant("sqlite in batch", "sqlite", BATCH),
    Variant("sqlite by itself", "sqlite", BY_ITSELF),
    Variant("mariadb with a COMMIT", "mariadb", COMMITTED),
    Variant("mariadb with locked tables", "mariadb", LOCKED),
]

each_variant = pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)


@pytest.fixture(scope="module")
def runs() -> Iterator[Killer]:
    with killer() as made:
        yield made


@dataclass(frozen=True)
class Deployed:
    """A service whose second revision is still to come, in a database of its own."""

    service: Service
    database: Database
    runs: Killer

    def upgrade(self, revision: str = "head", **how: Any) -> Run:
        return self.runs.run(self.service.ini, "upgrade", revision, **how)


def deployed(variant: Variant, runs: Killer, new_database: NewDatabase, path: Path) -> Deployed:
    service = Service(
        path,
        own_env(f"guards=[], {variant.arguments}", names="Environment, filters"),
        ("", variant.body),
        variant.before,
    )
    database = new_database(variant.kind)
    service.settle(database)
    return Deployed(service, database, runs)


def dump(connection: Connection) -> dict[str, Any]:
    """All that is there, but for the journal."""
    inspector = inspect(connection)
    quote = connection.dialect.identifier_preparer.quote
    return {
        table: {
            "columns": [(column["name"], str(column["type"])) for column in inspector.get_columns(table)],
            "indexes": sorted((index["name"], tuple(index["column_names"])) for index in inspector.get_indexes(table)),
            "rows": sorted(map(repr, connection.exec_driver_sql(f"SELECT * FROM {quote(table)}"))),
        }
        for table in inspector.get_table_names()
        if table != "migrakit_journal"
    }


def dumped(database: Database) -> dict[str, Any]:
    with database.engine().connect() as connection:
        return dump(connection)


def journal(database: Database, columns: str) -> list[tuple[Any, ...]]:
    with database.engine().connect() as connection:
        if not inspect(connection).has_table("migrakit_journal"):
            return []
        rows = connection.execute(text(f"SELECT {columns} FROM migrakit_journal ORDER BY id"))
        return [tuple(row) for row in rows]


def revisions(database: Database) -> set[str]:
    with database.engine().connect() as connection:
        return set(connection.scalars(text("SELECT version_num FROM alembic_version")))


def finished(database: Database) -> set[str]:
    return {revision for revision, at in journal(database, "revision, finished") if at is not None}


LOOKS = {
    "whether 4 (UPDATE rooms)": (4, "SELECT count(*) FROM rooms WHERE id = 1 AND size = 30"),
    "whether 2 (WITH numbers)": (2, "SELECT count(*) FROM rooms"),
}


def follow(message: str, made: Deployed) -> Run:
    """What the message says, after a look where it asks for one."""
    assert message.startswith("TornRevisionError: The upgrade of revision '0002' was begun at "), message
    assert "holds, ." not in message
    found = re.search(r"alembic -x resume=(\S+) upgrade (\S+)\. ", message)
    assert found is not None, message
    resume, revision = found.groups()
    if resume.endswith(":N"):
        number, query = next(
            look for words, look in LOOKS.items() if f"{words} is done, the catalog can't tell" in message
        )
        with made.database.engine().connect() as connection:
            is_done = connection.scalar(text(query))
        resume = resume.replace(":N", f":{number + 1 if is_done else number}")
    return made.upgrade(revision, resume=resume)


@each_variant
def test_killed_at_any_point_the_next_run_succeeds_or_says_how(
    variant: Variant, runs: Killer, new_database: NewDatabase, tmp_path: Path
) -> None:
    whole = deployed(variant, runs, new_database, tmp_path / "whole")
    assert whole.upgrade() == Run(is_killed=False, error=None)
    expected = dumped(whole.database)
    outcomes = []
    for at in divided(range(1, 200)):
        made = deployed(variant, runs, new_database, tmp_path / str(at))
        before = dumped(made.database)
        if not made.upgrade(at=at).is_killed:
            break
        if "journal" in variant.arguments or not variant.kind.startswith("postgresql"):
            assert finished(made.database) == revisions(made.database) - {"0001"}, at
        run = made.upgrade()
        outcomes.append("stopped" if run.error else "succeeded")
        if run.error:
            assert dumped(made.database) != before
            run = follow(run.error, made)
        assert run.error is None, at
        assert dumped(made.database) == expected, at
    else:
        pytest.fail("it is never whole")
    assert set(outcomes) == ({"succeeded", "stopped"} if may_be_torn(variant) else {"succeeded"})


TAKEN_BACK = """

def downgrade():
    op.execute("CREATE TABLE kept (id integer)")
    op.execute("INSERT INTO kept SELECT id FROM rooms")
    op.drop_index("ix_rooms_size", "rooms")
    op.execute("UPDATE kept SET id = id * 3")
    op.drop_column("rooms", "name")
    op.execute("DELETE FROM applied")
"""


@pytest.mark.parametrize("kind", ["postgresql-18", "mariadb", "sqlite"])
def test_a_downgrade_killed_at_any_point_is_told_so(
    kind: Kind, runs: Killer, new_database: NewDatabase, tmp_path: Path
) -> None:
    def upgraded(path: Path) -> Deployed:
        made = deployed(Variant("downgrade", kind, DDL, "journal=True"), runs, new_database, path)
        rewrite(made, "\n\ndef downgrade():\n    pass\n", TAKEN_BACK)
        assert made.upgrade() == Run(is_killed=False, error=None)
        return made

    def downgrade(made: Deployed, **how: Any) -> Run:
        return runs.run(made.service.ini, "downgrade", "0001", **how)

    whole = upgraded(tmp_path / "whole")
    assert downgrade(whole).error is None
    expected = dumped(whole.database)
    outcomes = set()
    for at in divided(range(1, 200)):
        made = upgraded(tmp_path / str(at))
        if not downgrade(made, at=at).is_killed:
            break
        run = downgrade(made)
        outcomes.add(run.error is None)
        if run.error:
            assert "The downgrade of revision '0002' was begun at " in run.error
            assert re.search(
                r"alembic -x resume=0002 downgrade 0002@0001\. .* stamp 0001\. .* stamp 0002\.$", run.error
            )
            run = downgrade(made, resume="0002")
        assert run.error is None, at
        assert dumped(made.database) == expected, at
    else:
        pytest.fail("it is never whole")
    assert outcomes == ({True} if kind.startswith("postgresql") else {True, False})


def may_be_torn(variant: Variant) -> bool:
    return variant.body is CONCURRENTLY or not variant.kind.startswith("postgresql")


FAILING = """
op.create_table("rooms", sa.Column("id", sa.Integer, primary_key=True))
op.execute("INSERT INTO rooms VALUES (1)")
op.execute("CREATE TABLE {table} (id integer)")
op.execute("INSERT INTO applied VALUES ('0002')")
"""


def rewrite(made: Deployed, before: str, after: str) -> None:
    file = made.service.path / "migrations" / "versions" / "0002.py"
    text_before = file.read_text()
    assert before in text_before
    file.write_text(text_before.replace(before, after))
    # As if it was later: within the second its bytecode would be taken for the file's still.
    os.utime(file, (0, file.stat().st_mtime + 10))


class TestARevisionThatFailed:
    """Not cut off: its author mends it, and it goes on."""

    @pytest.fixture(params=["mariadb", "sqlite"])
    def failed(self, request: Any, runs: Killer, new_database: NewDatabase, tmp_path: Path) -> Deployed:
        body = FAILING.format(table="talks")
        made = deployed(Variant("failing", request.param, body), runs, new_database, tmp_path)
        error = made.upgrade().error
        assert error is not None
        assert error.startswith("TornRevisionError: Revision '0002' makes what is there already: ")
        return made

    def test_goes_on_with_the_statement_that_failed(self, failed: Deployed) -> None:
        rewrite(failed, "CREATE TABLE talks", "CREATE TABLE talks_of_rooms")
        error = failed.upgrade().error
        assert error is not None
        assert "Its first statement is done." in error or "Its first 2 statements are done." in error
        assert follow(error, failed).error is None
        with failed.database.engine().connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM rooms")) == 1
        assert {"talks_of_rooms", "rooms", "talks"} < dumped(failed.database).keys()
        assert revisions(failed.database) == {"0002"}

    def test_is_refused_where_what_is_done_has_changed(self, failed: Deployed) -> None:
        rewrite(failed, '"rooms", sa', '"halls", sa')
        before = dumped(failed.database)
        run = failed.upgrade("0002", resume="0002")
        assert run.error is not None
        assert (
            "Statement 1 of the revision was CREATE TABLE rooms when it was cut off, and is CREATE TABLE halls"
            in run.error
        )
        assert dumped(failed.database) == before

    def test_is_refused_where_data_that_is_done_has_changed(self, failed: Deployed) -> None:
        rewrite(failed, "VALUES (1)", "VALUES (7)")
        rewrite(failed, "CREATE TABLE talks", "CREATE TABLE talks_of_rooms")
        before = dumped(failed.database)
        error = failed.upgrade("0002", resume="0002").error
        if "rooms" in before and before["rooms"]["rows"]:
            assert error is not None
            assert "executes before its statement 3, which was CREATE TABLE talks, is not what it executed" in error
            assert dumped(failed.database) == before

    def test_is_refused_where_somebody_took_it_back_by_hand(self, failed: Deployed) -> None:
        with failed.database.engine().begin() as connection:
            connection.exec_driver_sql("DROP TABLE rooms")
        rewrite(failed, "CREATE TABLE talks", "CREATE TABLE talks_of_rooms")
        error = failed.upgrade("0002", resume="0002").error
        assert error is not None
        assert "1 (CREATE TABLE rooms) is not done." in error
        assert "resume=0002:N" in error
        assert failed.upgrade("0002", resume="0002:1").error is None
        assert revisions(failed.database) == {"0002"}

    @pytest.mark.parametrize("stamped", ["0001", "0002"])
    def test_is_settled_by_a_stamp(self, failed: Deployed, stamped: str) -> None:
        if stamped == "0001":
            with failed.database.engine().begin() as connection:
                connection.exec_driver_sql("DROP TABLE rooms")
        rewrite(failed, "CREATE TABLE talks", "CREATE TABLE talks_of_rooms")
        assert failed.runs.run(failed.service.ini, "stamp", stamped).error is None
        assert failed.upgrade().error is None
        assert revisions(failed.database) == {"0002"}
        assert ("talks_of_rooms" in dumped(failed.database)) is (stamped == "0001")

    def test_stops_a_downgrade_too(self, failed: Deployed) -> None:
        before = dumped(failed.database)
        error = failed.runs.run(failed.service.ini, "downgrade", "base").error
        assert error is not None
        assert "The upgrade of revision '0002' was begun at" in error
        error = failed.runs.run(failed.service.ini, "downgrade", "base", resume="0002").error
        assert error is not None
        assert "this command begins with another" in error
        assert dumped(failed.database) == before


@pytest.mark.parametrize("kind", ["mariadb", "sqlite"])
def test_one_whose_first_statement_failed_is_simply_run_again(
    kind: Kind, runs: Killer, new_database: NewDatabase, tmp_path: Path
) -> None:
    body = 'op.execute("CREATE TABLE talks (id integer)")'
    made = deployed(Variant("failing", kind, body), runs, new_database, tmp_path)
    assert made.upgrade().error
    rewrite(made, "CREATE TABLE talks", "CREATE TABLE rooms")
    assert made.upgrade().error is None


@pytest.mark.parametrize("resume", ["0002:x", "0002:0", ":3"])
def test_a_resume_that_is_not_understood_is_refused(
    resume: str, runs: Killer, new_database: NewDatabase, tmp_path: Path
) -> None:
    made = deployed(Variant("plain", "sqlite", DDL), runs, new_database, tmp_path)
    error = made.upgrade(resume=resume).error
    assert error is not None
    assert f"-x resume={resume} is not understood." in error
    assert revisions(made.database) == {"0001"}


def test_a_resume_of_what_is_whole_is_no_matter(runs: Killer, new_database: NewDatabase, tmp_path: Path) -> None:
    made = deployed(Variant("plain", "sqlite", DDL), runs, new_database, tmp_path)
    assert made.upgrade(resume="0002").error is None
    assert made.upgrade(resume="0002").error is None


def test_what_the_journal_holds(runs: Killer, new_database: NewDatabase, tmp_path: Path) -> None:
    arguments = "service='pycon', owns=filters.everything"
    made = deployed(Variant("plain", "mariadb", DDL, arguments, BEFORE[:1]), runs, new_database, tmp_path)
    assert runs.run(made.service.ini, "stamp", "0001").error is None
    assert made.upgrade().error is None
    columns = "service, version_table, revision, direction, statement, did, finished IS NOT NULL, by_whom"
    rows = journal(made.database, columns)
    assert {row[:2] for row in rows} == {("pycon", "alembic_version_pycon")}
    assert [row[2:7] for row in rows] == [
        ("0001", "stamp", 0, None, 1),
        ("0002", "upgrade", 0, None, 0),
        ("0002", "upgrade", 1, "CREATE TABLE rooms", 0),
        ("0002", "upgrade", 3, "ALTER TABLE rooms ADD COLUMN name", 0),
        ("0002", "upgrade", 5, "CREATE INDEX ix_rooms_size ON rooms", 0),
        ("0002", "upgrade", 0, None, 1),
    ]
    assert all("@" in row[7] for row in rows)


@pytest.mark.parametrize("options", ["", "configure={'transaction_per_migration': True}"])
def test_on_postgresql_the_rows_are_of_the_version_rows_transaction(
    options: str, runs: Killer, new_database: NewDatabase, tmp_path: Path
) -> None:
    made = deployed(Variant("plain", "postgresql-18", DDL, f"journal=True, {options}"), runs, new_database, tmp_path)
    assert made.upgrade().error is None
    with made.database.engine().connect() as connection:
        wrote = set(connection.scalars(text("SELECT xmin::text FROM migrakit_journal WHERE revision = '0002'")))
        assert wrote == set(connection.scalars(text("SELECT xmin::text FROM alembic_version")))


def script_of(made: Deployed, revisions: str = "0001:0002") -> str:
    written = io.StringIO()
    config = Config(made.service.ini, output_buffer=written)
    command.upgrade(config, revisions, sql=True)
    return written.getvalue()


@pytest.mark.parametrize("kind", ["postgresql-18", "postgresql-16", "mariadb", "sqlite"])
class TestAScript:
    def test_has_the_journals_rows(self, kind: Kind, runs: Killer, new_database: NewDatabase, tmp_path: Path) -> None:
        made = deployed(Variant("script", kind, DDL, "journal=True"), runs, new_database, tmp_path)
        assert apply(made.database, script_of(made)) == ""
        rows = journal(made.database, "version_table, revision, direction, did, finished IS NOT NULL, from_where")
        assert rows == [
            ("alembic_version", "0002", "upgrade", "script", False, "a script"),
            ("alembic_version", "0002", "upgrade", None, True, "a script"),
        ]
        assert made.upgrade().error is None

    def test_that_was_cut_off_stops_the_next_run(
        self, kind: Kind, runs: Killer, new_database: NewDatabase, tmp_path: Path
    ) -> None:
        body = DDL.replace("INSERT INTO applied", "INSERT INTO nowhere")
        made = deployed(Variant("script", kind, body, "journal=True"), runs, new_database, tmp_path)
        before = dumped(made.database)
        assert "nowhere" in apply(made.database, script_of(made))
        rewrite(made, "INSERT INTO nowhere", "INSERT INTO applied")
        run = made.upgrade()
        if kind.startswith("postgresql"):
            assert run.error is None
            return
        assert dumped(made.database) != before
        assert run.error is not None
        assert "A script was at it, so how far it came is not known." in run.error
        assert "alembic -x resume=0002:N upgrade 0002" in run.error
        assert made.upgrade("0002", resume="0002").error == run.error
        assert made.upgrade("0002", resume="0002:6").error is None
        assert dumped(made.database)["applied"]["rows"] == ["('0002',)"]


RAISING = """
op.execute("CREATE TABLE rooms AS SELECT 1 AS size")
op.execute("CALL thrice()")
if not Path({mark!r}).exists():
    {fails}
op.create_table("halls", sa.Column("id", sa.Integer))
"""

THRICE = "CREATE PROCEDURE thrice() BEGIN UPDATE rooms SET size = size * 3; COMMIT; END"


# The server does not commit before what it can't read: what the journal says of that is taken back too.
@pytest.mark.parametrize("fails", ['raise RuntimeError("not yet")', 'op.execute("CREATE TABL halls")'])
def test_what_was_done_before_something_failed_is_not_done_again(
    fails: str, runs: Killer, new_database: NewDatabase, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    variant = Variant("raising", "mariadb", RAISING.format(mark=str(mark), fails=fails), before=(*BEFORE, THRICE))
    made = deployed(variant, runs, new_database, tmp_path)
    error = made.upgrade().error
    assert error is not None
    assert not error.startswith("TornRevisionError")
    mark.touch()
    error = made.upgrade().error
    assert error is not None
    assert "Its first 2 statements are done." in error
    assert follow(error, made).error is None
    assert dumped(made.database)["rooms"]["rows"] == ["(3,)"]


LATER = """
op.create_table("rooms", sa.Column("id", sa.Integer))
if Path({mark!r}).exists():
    raise RuntimeError("not now")
with op.get_context().autocommit_block():
    op.execute("INSERT INTO rooms VALUES (1)")
op.create_table("halls", sa.Column("id", sa.Integer))
"""


def test_a_resumed_run_that_fails_before_the_statement_at_work_leaves_that_in_doubt(
    runs: Killer, new_database: NewDatabase, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    variant = Variant("later", "mariadb", LATER.format(mark=str(mark)))
    error = None
    for at in range(1, 30):
        made = deployed(variant, runs, new_database, tmp_path / str(at))
        made.upgrade(at=at)
        error = made.upgrade().error
        if error is not None and "the catalog can't tell" in error:
            break
    mark.touch()
    assert made.upgrade("0002", resume="0002:2").error == "RuntimeError: not now"
    mark.unlink()
    assert made.upgrade().error == error


BY_WHAT_IS_FOUND = """
op.add_column("talks", sa.Column("slug", sa.String(20)))
for (id,) in op.get_bind().execute(sa.text("SELECT id FROM talks WHERE slug IS NULL")).all():
    op.get_bind().execute(sa.text("UPDATE talks SET slug = 'x' WHERE id = :id"), {{"id": id}})
op.create_index("ix_talks_slug", "talks", ["slug"], unique={unique})
op.execute("INSERT INTO talks VALUES (3, 3, 'y')")
"""


def test_one_that_does_something_else_by_what_is_done_is_refused(
    runs: Killer, new_database: NewDatabase, tmp_path: Path
) -> None:
    """Its UPDATE is no more there, and the index would be taken for it."""
    before = (*BEFORE, "INSERT INTO talks VALUES (1, 1)", "INSERT INTO talks VALUES (2, 2)")
    made = deployed(
        Variant("found", "mariadb", BY_WHAT_IS_FOUND.format(unique=True), before=before), runs, new_database, tmp_path
    )
    error = made.upgrade().error
    assert error is not None
    assert "Duplicate entry" in error
    rewrite(made, "unique=True", "unique=False")
    expected = dumped(made.database)
    error = made.upgrade("0002", resume="0002").error
    assert error is not None
    assert "What the revision executes before its statement 4, which was CREATE UNIQUE INDEX ix_talks_slug" in error
    assert dumped(made.database) == expected


@pytest.mark.parametrize(
    ("keeps", "fills"),
    [
        ("CREATE TEMPORARY TABLE held (room integer)", "INSERT INTO held VALUES (1)"),
        ("SET @held = (SELECT count(*) FROM talks)", "DELETE FROM talks"),
    ],
)
def test_what_was_in_the_session_is_not_taken_for_nothing(
    keeps: str, fills: str, runs: Killer, new_database: NewDatabase, tmp_path: Path
) -> None:
    body = f"""
op.execute("{keeps}")
op.execute("{fills}")
op.create_table("rooms", sa.Column("id", sa.Integer))
op.create_table("talks", sa.Column("id", sa.Integer))
"""
    made = deployed(Variant("held", "mariadb", body), runs, new_database, tmp_path)
    assert made.upgrade().error
    rewrite(made, '"talks"', '"halls"')
    error = made.upgrade("0002", resume="0002").error
    assert error is not None
    assert "the revision makes a temporary table or sets a variable" in error
    assert "halls" not in dumped(made.database)
    assert revisions(made.database) == {"0001"}


BESIDE = """
revision = "other"
down_revision = {down!r}
depends_on = {needs!r}


def upgrade():
    pass


def downgrade():
    raise RuntimeError("nobody asked for it")
"""

DOWN = """

def downgrade():
    op.drop_table("rooms")
    op.execute("{fails}")
"""


class TestADowngradeThatFailedBesideAnotherBranch:
    """What the message says touches the one that was cut off alone."""

    @pytest.fixture(params=[None, "0001"], ids=["of its own", "from the same revision"])
    def failed(self, request: Any, runs: Killer, new_database: NewDatabase, tmp_path: Path) -> Deployed:
        made = deployed(Variant("branches", "sqlite", FAILING.format(table="halls")), runs, new_database, tmp_path)
        versions = tmp_path / "migrations" / "versions"
        (versions / "other.py").write_text(BESIDE.format(down=request.param, needs=None))
        with (versions / "0002.py").open("a") as file:
            file.write(DOWN.format(fails="CREATE TABLE talks (id integer)"))
        assert made.upgrade("heads").error is None
        assert revisions(made.database) == {"0002", "other"}
        assert runs.run(made.service.ini, "downgrade", "0002@0001").error is not None
        rewrite(made, "CREATE TABLE talks (id integer)", "DROP TABLE halls")
        return made

    def test_goes_on_alone(self, failed: Deployed) -> None:
        error = failed.runs.run(failed.service.ini, "downgrade", "0002@0001").error
        assert error is not None
        assert "To go on with statement 2: alembic -x resume=0002 downgrade 0002@0001." in error
        assert failed.runs.run(failed.service.ini, "downgrade", "0002@0001", resume="0002").error is None
        assert {"rooms", "halls"}.isdisjoint(dumped(failed.database))
        assert "other" in revisions(failed.database)

    def test_is_stamped_alone(self, failed: Deployed) -> None:
        error = failed.runs.run(failed.service.ini, "downgrade", "0002@0001").error
        assert error is not None
        other = (failed.service.path / "migrations" / "versions" / "other.py").read_text()
        expected = "other" if "down_revision = '0001'" in other else "0001 other"
        assert f"If you finish it by hand, say so: alembic stamp --purge {expected}." in error
        assert "If you take it back by hand: alembic stamp --purge 0002 other." in error


def test_what_a_revision_that_failed_on_its_way_down_depends_on_stays_stamped(
    runs: Killer, new_database: NewDatabase, tmp_path: Path
) -> None:
    made = deployed(Variant("needs", "sqlite", ""), runs, new_database, tmp_path)
    other = tmp_path / "migrations" / "versions" / "other.py"
    other.write_text(BESIDE.format(down=None, needs="0002"))
    assert made.upgrade("heads").error is None
    assert revisions(made.database) == {"other"}
    fails = """op.execute("CREATE TABLE halls (id integer)")
    op.execute("CREATE TABLE talks (id integer)")"""
    other.write_text(
        other.read_text().replace('raise RuntimeError("nobody asked for it")', fails) + "\n\nfrom alembic import op\n"
    )
    assert runs.run(made.service.ini, "downgrade", "other@base").error is not None
    error = runs.run(made.service.ini, "downgrade", "other@base").error
    assert error is not None
    assert "alembic -x resume=other downgrade other@base." in error
    assert "If you finish it by hand, say so: alembic stamp 0002." in error
    assert runs.run(made.service.ini, "stamp", "0002").error is None
    assert revisions(made.database) == {"0002"}


def test_after_a_commit_by_hand_each_statement_is_noted(
    runs: Killer, new_database: NewDatabase, tmp_path: Path
) -> None:
    """As was usual before there was autocommit_block(): psycopg2 begins no other transaction."""
    body = f"""
op.execute("COMMIT")
op.execute("{ONE_MORE}")
op.execute("CREATE INDEX CONCURRENTLY ix_talks_room ON talks (room)")
op.execute("SELECT 1 / 0")
"""
    made = deployed(Variant("by hand", "postgresql-18", body, "journal=True"), runs, new_database, tmp_path)
    ini = made.service.ini
    ini.write_text(ini.read_text().replace("postgresql+psycopg:", "postgresql+psycopg2:"))
    assert "division by zero" in str(made.upgrade().error)
    rewrite(made, "1 / 0", "1")
    error = made.upgrade().error
    assert error is not None
    assert "Its first 2 statements are done" in error
    assert "2 (CREATE INDEX CONCURRENTLY ix_talks_room ON talks) is done" in error
    assert follow(error, made).error is None
    assert len(dumped(made.database)["talks"]["rows"]) == 1
    assert revisions(made.database) == {"0002"}
