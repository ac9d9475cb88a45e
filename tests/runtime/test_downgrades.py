"""Downgrades through branches, merges and dependencies, and an old release on the database of a newer one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, pool, text

from migrakit import filters, migration_lock
from migrakit.errors import LockError, VersionTableError
from tests.autogenerate.applying import contents
from tests.dumps import dump
from tests.project import STOCK_ENV, Project
from tests.runtime.test_migration_lock import PYCON, connected, is_free
from tests.share import share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from alembic.config import Config

    from tests.databases import Database, NewDatabase

    Command = Callable[[Config], Any]

OWN = "alembic_version_pycon"

REVISION = """
from alembic import op

revision = {name!r}
down_revision = {down!r}
branch_labels = {label!r}
depends_on = {depends_on!r}


def upgrade():
    op.execute("CREATE TABLE pycon_{name} (id integer NOT NULL PRIMARY KEY)")


def downgrade():
    from tests.runtime.test_downgrades import RUNNING
    for look in RUNNING:
        look({name!r})
    op.execute("DROP TABLE pycon_{name}")
"""

RUNNING: list[Callable[[str], None]] = []
"""What looks on while a revision is taken back."""

#      r0 - a1 - a2 ---- m1 - m2
#        \\     \\       /
#         b1 -- (b2) -+         b2 depends on a1, and c1, which has a base of its own, on a2
SCRIPTS: dict[str, dict[str, Any]] = {
    "r0": {},
    "a1": {"down": "r0", "label": "talks"},
    "a2": {"down": "a1"},
    "b1": {"down": "r0", "label": "rooms"},
    "b2": {"down": "b1", "depends_on": "a1"},
    "m1": {"down": ("a2", "b2")},
    "m2": {"down": "m1"},
    "c1": {"label": "extras", "depends_on": "a2"},
}


@pytest.fixture(autouse=True)
def nobody_looks_on() -> Iterator[None]:
    RUNNING.clear()
    yield
    RUNNING.clear()


def write(project: Project, *names: str) -> Project:
    for name in names:
        code = REVISION.format(name=name, **{"down": None, "label": None, "depends_on": None, **SCRIPTS[name]})
        (project.path / "migrations" / "versions" / f"{name}.py").write_text(code)
    return project


def service(path: Path, database: Database, *names: str, **environment: Any) -> Project:
    """With these revisions, or all that there are."""
    given = {"metadata": metadata_of(*(names or SCRIPTS)), "service": "pycon", "owns": filters.prefix("pycon_")}
    attributes = {"environment": {**given, **environment}}
    return write(Project(path, database.url, attributes=attributes), *(names or SCRIPTS))


def stock(path: Path, database: Database, *names: str) -> Project:
    attributes = {"metadata": MetaData(), "options": {"version_table": OWN}}
    return write(Project(path, database.url, STOCK_ENV, attributes), *(names or SCRIPTS))


def metadata_of(*names: str) -> MetaData:
    metadata = MetaData()
    for name in names:
        Table(f"pycon_{name}", metadata, Column("id", Integer, primary_key=True))
    return metadata


def held(database: Database) -> list[str]:
    with create_engine(database.url, poolclass=pool.NullPool).connect() as connection:
        return sorted(connection.scalars(text(f"SELECT version_num FROM {OWN}")))


def schema(database: Database) -> dict[str, Any]:
    """Of what the revisions make: the version table is wider than Alembic's."""
    with create_engine(database.url, poolclass=pool.NullPool).connect() as connection:
        return {part: facts for part, facts in contents(connection).items() if ".pycon_" in part}


# From the heads, m2 and c1: each destination in turn, and what the version table holds then.
PATHS: dict[str, list[tuple[str, list[str]]]] = {
    "a revision at a time": [
        ("extras@-1", ["m2"]),
        ("-1", ["m1"]),
        ("a2", ["a2", "b2"]),
        ("rooms@-1", ["a2", "b1"]),
        ("talks@-1", ["a1", "b1"]),
        ("talks@-1", ["b1"]),
        ("-1", ["r0"]),
        ("-1", []),
    ],
    "to revisions": [("m1", ["c1", "m1"]), ("b1", ["b1", "c1"]), ("a1", ["a1", "b1"]), ("r0", ["r0"]), ("base", [])],
    "from one said by its name": [("m2-1", ["c1", "m1"]), ("b2-1", ["b1", "c1"]), ("a2-1", ["a1", "b1"])],
    "at once": [("base", [])],
    "a branch alone": [("extras@base", ["m2"]), ("talks@base", []), ("base", [])],
    "to where it is": [("m2", ["c1", "m2"]), ("c1", ["c1", "m2"]), ("m1", ["c1", "m1"]), ("m1", ["c1", "m1"])],
    "what another depends on": [("a1", ["b2"]), ("rooms@-1", ["a1", "b1"]), ("base", [])],
}


@pytest.mark.parametrize("path", share(list(PATHS)))
def test_a_downgrade_goes_back_through_the_states_of_the_way_up(
    path: str, database: Database, new_database: NewDatabase, tmp_path: Path
) -> None:
    """The same that stock Alembic goes through."""
    ours, other = service(tmp_path / "ours", database), new_database(database.kind)
    theirs = stock(tmp_path / "theirs", other)
    for each in (ours, theirs):
        each.upgrade("heads")
    for destination, revisions in PATHS[path]:
        for each in (ours, theirs):
            each.downgrade(destination)
        assert held(database) == held(other) == revisions, destination
        assert schema(database) == schema(other) == reached(new_database(database.kind), tmp_path, revisions)
    ours.upgrade("heads")
    assert held(database) == ["c1", "m2"]


def reached(database: Database, path: Path, revisions: list[str]) -> dict[str, Any]:
    """The schema of a database that was upgraded to these."""
    project = stock(path / "reached", database)
    for revision in revisions:
        project.upgrade(revision)
    return schema(database)


@pytest.mark.parametrize("per_migration", [False, True])
def test_the_migration_lock_is_held_all_the_way_down(
    database: Database, tmp_path: Path, *, per_migration: bool
) -> None:
    project = service(tmp_path, database, configure={"transaction_per_migration": per_migration})
    project.upgrade("heads")
    taken: dict[str, bool] = {}

    def look(revision: str) -> None:
        taken[revision] = not is_free(database)

    RUNNING.append(look)
    project.downgrade()
    assert taken == dict.fromkeys(SCRIPTS, True)
    assert is_free(database)


@pytest.mark.parametrize("destination", ["-1", "extras@-1", "m1", "m2-1", "base"])
def test_a_downgrade_waits_for_the_lock(destination: str, database: Database, tmp_path: Path) -> None:
    project = service(tmp_path, database, lock_wait=0.1)
    project.upgrade("heads")
    before = dump(database)
    with connected(database) as holder, migration_lock(holder, PYCON), pytest.raises(LockError, match="is held by"):
        project.downgrade(destination)
    assert dump(database) == before


@pytest.mark.parametrize("destination", ["m1-1", "talks@-9", "nonsense"])
def test_what_alembic_cant_tell_is_its_own_error_and_changes_nothing(
    destination: str, database: Database, tmp_path: Path
) -> None:
    project = service(tmp_path / "ours", database)
    project.upgrade("heads")
    before = dump(database)
    said = []
    for each in (project, stock(tmp_path / "theirs", database)):
        with pytest.raises(CommandError) as raised:
            each.downgrade(destination)
        said.append(str(raised.value))
    assert said[0] == said[1]
    assert dump(database) == before
    assert is_free(database)


@pytest.mark.parametrize("revisions", [[], ["r0"], ["a1", "b1"]], ids=str)
@pytest.mark.parametrize("destination", ["base", "extras@base", "r0", "rooms@base", "heads", "a1"])
def test_where_there_is_nothing_to_take_back_it_does_what_stock_does(
    destination: str, revisions: list[str], sqlite: Database, new_database: NewDatabase, tmp_path: Path
) -> None:
    """It succeeds or fails as Alembic does, without a false alarm."""
    ends = []
    for make, of in ((service, sqlite), (stock, new_database("sqlite"))):
        project = make(tmp_path / make.__name__, of)
        for revision in revisions:
            project.upgrade(revision)
        if not revisions:
            command.ensure_version(project.config())
        ends.append((said_by(project, destination), held(of), schema(of)))
    assert ends[0] == ends[1]


def said_by(project: Project, destination: str) -> str | None:
    try:
        project.downgrade(destination)
    except CommandError as error:
        return str(error)
    return None


def test_one_step_from_several_heads_is_that_of_stock_with_its_warning(
    database: Database, new_database: NewDatabase, tmp_path: Path
) -> None:
    ends = []
    for make, of in ((service, database), (stock, new_database(database.kind))):
        project = make(tmp_path / make.__name__, of)
        project.upgrade("heads")
        with pytest.warns(UserWarning, match="downgrade -1 from multiple heads is ambiguous"):
            project.downgrade("-1")
        ends.append((held(of), schema(of)))
    assert ends[0] == ends[1]


def upgrade(config: Config) -> None:
    command.upgrade(config, "heads")


def upgrade_by_one(config: Config) -> None:
    command.upgrade(config, "+1")


def downgrade_by_one(config: Config) -> None:
    command.downgrade(config, "-1")


def downgrade_to_one_of_its_own(config: Config) -> None:
    command.downgrade(config, "r0")


def downgrade_to_base(config: Config) -> None:
    command.downgrade(config, "base")


def stamp(config: Config) -> None:
    command.stamp(config, "heads")


def revision(config: Config) -> None:
    config.set_main_option("revision_environment", "true")
    command.revision(config)


def autogenerate(config: Config) -> None:
    command.revision(config, autogenerate=True)


def history_indicate_current(config: Config) -> None:
    command.history(config, indicate_current=True)


def history_to_current(config: Config) -> None:
    command.history(config, ":current")


def show_current(config: Config) -> None:
    command.show(config, "current")


COMMANDS = [
    upgrade,
    upgrade_by_one,
    downgrade_by_one,
    downgrade_to_one_of_its_own,
    downgrade_to_base,
    stamp,
    command.ensure_version,
    revision,
    autogenerate,
    command.check,
    command.current,
    history_indicate_current,
    history_to_current,
    show_current,
]

# What the old release has, what the newer one has applied, and what of that the old one doesn't know.
OLDER: dict[str, tuple[list[str], list[str], list[str]]] = {
    "before a revision of each branch": (["r0", "a1", "b1"], ["a2", "b2"], ["a2", "b2"]),
    "before a revision of one branch": (["r0", "a1", "b1"], ["a2", "b1"], ["a2"]),
    "before a merge": (["r0", "a1", "a2", "b1", "b2"], ["m1"], ["m1"]),
    "before a branch": (["r0", "a1", "a2", "b1", "b2", "m1"], ["m1", "c1"], ["c1"]),
}


class TestAnOldRelease:
    """Fewer scripts than the release that has migrated the database."""

    @pytest.fixture(params=OLDER)
    def old(self, request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> tuple[Project, list[str]]:
        names, applied, unknown = OLDER[request.param]
        newer = service(tmp_path / "newer", database)
        for revision in applied:
            newer.upgrade(revision)
        return service(tmp_path / "older", database, *names), unknown

    def test_is_refused_before_anything_is_changed(self, old: tuple[Project, list[str]], database: Database) -> None:
        project, unknown = old
        before, files = dump(database), files_of(project)
        for run in COMMANDS:
            with pytest.raises(VersionTableError) as raised:
                run(project.config())
            said = str(raised.value)
            assert all(repr(revision) in said for revision in unknown), run.__name__
            assert "of a newer release of this one" in said
            assert "since no other can downgrade from it" in said
            assert "alembic stamp --purge REVISION" in said
        assert dump(database) == before
        assert files_of(project) == files
        assert is_free(database)

    def test_shows_its_own_scripts_without_the_database(self, old: tuple[Project, list[str]]) -> None:
        project, _ = old
        for run in (command.history, command.heads, command.branches):
            run(project.config())
        assert "r0" in upgrade_sql(project)

    def test_goes_on_once_the_newer_one_has_downgraded(
        self, old: tuple[Project, list[str]], database: Database, tmp_path: Path
    ) -> None:
        project, unknown = old
        newer = service(tmp_path / "newer", database)
        for revision in sorted(unknown, reverse=True):
            newer.downgrade(f"{revision}-1" if revision != "m1" else "a2")
        for run in (command.current, history_indicate_current, upgrade, command.check):
            run(project.config())

    def test_goes_on_from_what_a_stamp_that_purges_says(
        self, old: tuple[Project, list[str]], database: Database
    ) -> None:
        project, _ = old
        before = schema(database)
        command.stamp(project.config(), "heads", purge=True)
        assert schema(database) == before
        stamped = held(database)
        assert set(stamped) <= {each.stem for each in files_of(project)}
        project.upgrade("heads")
        assert held(database) == stamped
        assert schema(database) == before


class TestStockOfAnOldRelease:
    @pytest.mark.parametrize("run", [upgrade, downgrade_by_one, stamp, command.check, command.current])
    def test_says_what_it_cant_locate(self, run: Command, database: Database, tmp_path: Path) -> None:
        service(tmp_path / "newer", database, "r0", "a1").upgrade()
        with pytest.raises(CommandError, match=r"^Can't locate revision identified by 'a1'$"):
            run(stock(tmp_path / "older", database, "r0").config())


def upgrade_sql(project: Project) -> str:
    config = project.config()
    command.upgrade(config, "heads", sql=True)
    output: Any = config.output_buffer
    return str(output.getvalue())


def files_of(project: Project) -> set[Path]:
    return set((project.path / "migrations" / "versions").glob("*.py"))
