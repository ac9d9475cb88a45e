"""Revisions that a person wrote: what they destroy is seen without running them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from migrakit import SessionSettings
from migrakit.errors import GuardError
from tests.dumps import dump
from tests.guards.projects import begun, keys_of, revision
from tests.share import share

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database

POSTGRESQL: dict[str, set[str]] = {
    "op.execute('DROP SCHEMA archive CASCADE')": {"MK103 archive"},
    "op.execute(sa.schema.DropSchema('archive', cascade=True))": {"MK103 archive"},
    "op.drop_table('old', schema='archive')": {"MK102 archive.old"},
    "op.drop_table('logs', schema='public')": {"MK102 logs"},
    "op.execute('DROP TABLE public.logs')": {"MK102 logs"},
    "op.execute('DROP TABLE IF EXISTS logs CASCADE;')": {"MK102 logs"},
    "op.execute(sa.text('ALTER TABLE prices DROP COLUMN note'))": {"MK101 prices.note"},
    "op.execute('ALTER TABLE ONLY prices DROP note CASCADE')": {"MK101 prices.note"},
    "op.drop_constraint('prices_pkey', 'prices', type_='primary')": {"MK107 prices.prices_pkey"},
    "op.drop_constraint('prices_pkey', 'prices')": {"MK107 prices.prices_pkey"},
    "op.drop_constraint('uq_venues_mic', 'venues')": {"MK107 venues.uq_venues_mic"},
    "op.drop_constraint('ck', 'prices', type_='check')": {"MK107 prices.ck"},
    "op.execute('ALTER TABLE prices DROP CONSTRAINT ck')": {"MK107 prices.ck"},
    "op.drop_index('uix_prices_market')": {"MK107 prices.uix_prices_market"},
    "op.drop_index('uix_prices_market', table_name='prices')": {"MK107 prices.uix_prices_market"},
    "op.execute('DROP INDEX CONCURRENTLY uix_prices_market')": {"MK107 prices.uix_prices_market"},
    "op.alter_column('prices', 'market', type_=sa.String(16))": {"MK105 prices.market"},
    "op.execute('ALTER TABLE logs RENAME TO lines')\nop.drop_table('lines')": {"MK102 lines"},
    "op.alter_column('prices', 'market', type_=sa.Text, postgresql_using='left(market, 1)')": {"MK105 prices.market"},
    "op.alter_column('prices', 'market', type_=sa.Text, postgresql_using='market::text')": set(),
    "op.execute('ALTER TABLE logs SET SCHEMA empty')\nop.execute('DROP SCHEMA empty CASCADE')": {"MK103 empty"},
    "op.execute('ALTER INDEX uix_prices_market RENAME TO b')\nop.drop_index('b', 'prices')": {"MK107 prices.b"},
    "op.create_index('b', 'prices', ['note'])\nop.drop_index('b', 'prices')": set(),
    "op.drop_constraint('fk_prices_venue', 'prices')\n"
    "op.create_foreign_key('fk', 'prices', 'totals', ['venue_id'], ['id'])": {"MK107 prices.fk_prices_venue"},
    "op.drop_constraint('fk_prices_venue', 'prices')\n"
    "op.create_foreign_key('fk', 'prices', 'venues', ['venue_id'], ['id'])": set(),
    "op.drop_index('ix_prices_size', 'prices')": set(),
    "op.execute('DROP INDEX ix_prices_size')": set(),
    "op.execute('DROP SCHEMA empty')": set(),
    "op.execute('DROP TABLE archive.none')": set(),
}

MARIADB: dict[str, set[str]] = {
    "op.drop_constraint('PRIMARY', 'logs', type_='primary')": {"MK107 logs.PRIMARY"},
    "op.drop_constraint('uq_venues_mic', 'venues', type_='unique')": {"MK107 venues.uq_venues_mic"},
    "op.drop_constraint('fk_prices_venue', 'prices', type_='foreignkey')": {"MK107 prices.fk_prices_venue"},
    "op.execute('ALTER TABLE prices DROP FOREIGN KEY fk_prices_venue')": {"MK107 prices.fk_prices_venue"},
    "op.execute('ALTER TABLE venues DROP INDEX uq_venues_mic')": {"MK107 venues.uq_venues_mic"},
    "op.execute('DROP INDEX uix_prices_market ON prices')": {"MK107 prices.uix_prices_market"},
    "op.alter_column('prices', 'state', type_=sa.Enum('new', 'open'), existing_type=sa.Enum('new', 'open', 'void'))": {
        "MK104 prices.state.void"
    },
    "op.drop_index('ix_prices_size', 'prices')": set(),
    "op.execute('ALTER TABLE prices DROP INDEX ix_prices_size')": set(),
}

_RENAMED = """with op.batch_alter_table('prices') as batch:
    batch.drop_index('uix_prices_market')
    batch.alter_column('market', new_column_name='mic', existing_type=sa.String(32))
"""
EVERYWHERE: dict[str, set[str]] = {
    "op.drop_table('logs')": {"MK102 logs"},
    "op.execute('DROP TABLE logs')": {"MK102 logs"},
    "with op.batch_alter_table('prices') as batch:\n    batch.drop_column('note')": {"MK101 prices.note"},
    "with op.batch_alter_table('prices') as b:\n    b.alter_column('market', type_=sa.String(9))": {
        "MK105 prices.market"
    },
    "for name in ('logs', 'totals'):\n    op.drop_table(name)": {"MK102 logs", "MK102 totals"},
    "if op.get_bind().exec_driver_sql('SELECT 1').scalar() == 2:\n    op.drop_table('logs')": {"MK102 logs"},
    "op.rename_table('logs', 'lines')\nop.drop_column('lines', 'line')": {"MK101 lines.line"},
    "op.alter_column('prices', 'market', new_column_name='mic', existing_type=sa.String(32))\n"
    "op.drop_index('uix_prices_market', 'prices')\nop.create_index('uix', 'prices', ['mic'], unique=True)": set(),
    "op.execute('ALTER TABLE prices RENAME COLUMN market TO mic')\nop.drop_index('uix_prices_market', 'prices')\n"
    "op.create_index('uix', 'prices', ['mic'], unique=True)": set(),
    "op.execute('ALTER TABLE prices RENAME COLUMN market TO mic')\nop.rename_table('prices', 'quotes')\n"
    "with op.batch_alter_table('quotes') as b:\n    b.alter_column('mic', type_=sa.String(9))": {"MK105 quotes.mic"},
    "op.alter_column('prices', 'market', existing_type=sa.String(4), type_=sa.String(16))": {"MK105 prices.market"},
    "with op.batch_alter_table('venues') as b:\n"
    "    b.alter_column('mic', existing_type=sa.String(10), nullable=False)": set(),
    "op.drop_column('nowhere', 'x')": {"MK101 nowhere.x"},
    "drop = op.drop_table\ndrop('logs')": {"MK102 logs"},
    "op.create_table('logs', sa.Column('id', sa.Integer), if_not_exists=True)\nop.drop_table('logs')": {"MK102 logs"},
    "op.execute('CREATE TABLE IF NOT EXISTS logs (id INTEGER)')\nop.drop_table('logs')": {"MK102 logs"},
    "if not sa.inspect(op.get_bind()).has_table('logs'):\n    op.create_table('logs')\nop.drop_table('logs')": {
        "MK102 logs"
    },
    "op.create_table('t', sa.Column('id', sa.Integer))\nop.drop_table('t')": set(),
    "op.execute('CREATE TABLE t (id INTEGER)')\nop.execute('ALTER TABLE t RENAME TO u')\nop.drop_table('u')": set(),
    f"{_RENAMED}op.create_index('uix_prices_mic', 'prices', ['mic'], unique=True)": set(),
    f"{_RENAMED}op.create_index('uix_prices_mic', 'prices', ['mic', 'size'], unique=True)": {
        "MK107 prices.uix_prices_market"
    },
    "op.execute('CREATE TEMPORARY TABLE t (id INTEGER)')\nop.execute('DROP TABLE t')": set(),
    "op.add_column('logs', sa.Column('x', sa.Integer))": set(),
    "op.execute('INSERT INTO logs (line) VALUES (1)')": set(),
}


def refused(database: Database, path: Path, body: str) -> set[str]:
    """What keeps the revision from being applied; what it does nothing about stays as it is."""
    archive = (
        "CREATE SCHEMA archive",
        "CREATE SCHEMA empty",
        "CREATE TABLE archive.old (id integer)",
        "CREATE TABLE archive.none (id integer)",
        "INSERT INTO archive.old VALUES (1)",
        "ALTER TABLE prices ADD CONSTRAINT ck CHECK (size > 0)",
    )
    project = begun(database, path, *(archive if database.dialect == "postgresql" else ()))
    revision(project, "r2", "r1", body)
    before = dump(database)
    try:
        project.upgrade()
    except GuardError as error:
        assert dump(database) == before
        return keys_of(error)
    return set()


@pytest.mark.parametrize(("body", "keys"), share(list(EVERYWHERE.items())), ids=share(list(EVERYWHERE)))
def test_what_is_destroyed_is_refused(database: Database, tmp_path: Path, body: str, keys: set[str]) -> None:
    assert refused(database, tmp_path, body) == keys


@pytest.mark.parametrize(
    ("body", "keys"),
    share(list(POSTGRESQL.items())),
    ids=share(list(POSTGRESQL)),
)
def test_what_is_destroyed_is_refused_on_postgresql(
    postgres18: Database, tmp_path: Path, body: str, keys: set[str]
) -> None:
    assert refused(postgres18, tmp_path, body) == keys


@pytest.mark.parametrize(("body", "keys"), MARIADB.items(), ids=list(MARIADB))
def test_what_is_destroyed_is_refused_on_mariadb(mariadb: Database, tmp_path: Path, body: str, keys: set[str]) -> None:
    assert refused(mariadb, tmp_path, body) == keys


def test_what_an_earlier_revision_renames_is_followed(database: Database, tmp_path: Path) -> None:
    project = begun(database, tmp_path)
    revision(project, "r2", "r1", "op.rename_table('logs', 'lines')")
    revision(project, "r3", "r2", "op.create_table('logs', sa.Column('id', sa.Integer))")
    revision(project, "r4", "r3", "op.drop_table('logs')")
    revision(project, "r5", "r4", "op.drop_table('lines')")
    with pytest.raises(GuardError) as caught:
        project.upgrade()
    assert keys_of(caught.value) == {"MK102 lines"}
    project.upgrade("r4")


def test_what_takes_the_place_of_a_table_that_went_is_new(database: Database, tmp_path: Path) -> None:
    project = begun(database, tmp_path)
    revision(project, "r2", "r1", "op.drop_table('logs')", more='accepts = {"MK102 logs": "nobody reads it"}')
    revision(project, "r3", "r2", "op.create_table('logs', sa.Column('id', sa.Integer))")
    revision(project, "r4", "r3", "op.drop_table('logs')")
    project.upgrade()


def test_sqlite_means_a_table_in_any_case(sqlite: Database, tmp_path: Path) -> None:
    project = begun(sqlite, tmp_path, "DELETE FROM alembic_version")
    revision(project, "r1", None, "op.execute('DROP TABLE LOGS')")
    with pytest.raises(GuardError):
        project.upgrade()


COPIES = (
    (
        "op.create_table('lines', sa.Column('id', sa.Integer), sa.Column('line', sa.String(80)))\n"
        "op.execute('INSERT INTO lines SELECT id, line FROM logs')"
    ),
    "op.execute('CREATE TABLE lines AS SELECT * FROM logs')",
)


@pytest.mark.parametrize("body", COPIES)
def test_what_an_earlier_revision_copies_is_there(database: Database, tmp_path: Path, body: str) -> None:
    project = begun(database, tmp_path)
    moved = f"{body}\nop.drop_table('logs')"
    revision(project, "r2", "r1", moved, more="accepts = {'MK102 logs': 'copied to lines'}")
    revision(project, "r3", "r2", "op.drop_table('lines')")
    with pytest.raises(GuardError) as caught:
        project.upgrade()
    assert keys_of(caught.value) == {"MK102 lines"}


@pytest.mark.parametrize("body", COPIES)
def test_a_table_to_work_with_may_go_again(sqlite: Database, tmp_path: Path, body: str) -> None:
    project = begun(sqlite, tmp_path)
    revision(project, "r2", "r1", f"{body}\nop.drop_table('lines')")
    project.upgrade()


def test_a_copy_that_somebody_describes_is_not_taken_for_the_table(
    sqlite: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    project = begun(sqlite, tmp_path)
    body = (
        "table = sa.Table('logs', sa.MetaData(), sa.Column('id', sa.Integer, primary_key=True))\n"
        "with op.batch_alter_table('logs', recreate='always', copy_from=table) as batch:\n    pass"
    )
    revision(project, "r2", "r1", body)
    project.upgrade()
    assert "Not checked by any guard, as only running it would tell: r2" in caplog.text


def test_a_revision_is_not_run_to_be_looked_at(sqlite: Database, tmp_path: Path) -> None:
    project = begun(sqlite, tmp_path)
    mark = tmp_path / "ran"
    revision(project, "r2", "r1", f"open({str(mark)!r}, 'a').write('x')\nop.drop_table('logs')")
    with pytest.raises(GuardError):
        project.upgrade()
    assert not mark.exists()


def test_what_cant_be_seen_is_said(sqlite: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    project = begun(sqlite, tmp_path)
    revision(project, "r2", "r1", "op.execute('UPDATE logs SET line = 2')\nop.get_bind().exec_driver_sql('SELECT 1')")
    revision(project, "r3", "r2", "op.add_column('logs', sa.Column('x', sa.Integer))")
    with caplog.at_level(logging.WARNING, "migrakit"):
        project.upgrade()
    assert [each.getMessage() for each in caplog.records if each.name == "migrakit"] == [
        "Not checked by any guard, as only running it would tell: r2 (lines 8, 9)."
    ]


def test_what_row_security_hides_is_there(postgres18: Database, tmp_path: Path) -> None:
    project = begun(
        postgres18,
        tmp_path,
        "ALTER TABLE logs ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE logs FORCE ROW LEVEL SECURITY",
        f"CREATE ROLE owner_{postgres18.url.database}",
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO owner_{postgres18.url.database}",
        f"ALTER TABLE logs OWNER TO owner_{postgres18.url.database}",
    )
    project.attributes["environment"]["session"] = SessionSettings(role=f"owner_{postgres18.url.database}")
    revision(project, "r2", "r1", "op.drop_table('logs')")
    with pytest.raises(GuardError, match="an unknown number of rows"):
        project.upgrade()
    with postgres18.engine().connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM logs")) == 2
