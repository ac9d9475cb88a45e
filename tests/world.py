"""A shared database: what the service ``pycon`` declares, and all that others keep beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

from migrakit import external

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["FOREIGN_TABLES", "own_metadata", "settle"]

FOREIGN_TABLES = frozenset(
    {
        "accounts_users",
        "accounts_profiles",
        "shop_orders",
        "shop_items",
        "alembic_version",
        "alembic_version_shop",
        "pycon_eu_versions",
    }
)
"""In the default schema, on every database. One of the version tables bears this service's prefix."""

POSTGRESQL_TABLES = frozenset({"shop_events", "pycon_events_of_shop", "pycon_models", "spatial_ref_sys", "state"})
"""In PostgreSQL's default schema beside: some bear this service's prefix too, and are another's by the catalogs."""

# Each statement by itself, for drivers that take one at a time.
EVERYWHERE = """
CREATE TABLE accounts_users (id integer PRIMARY KEY, email varchar(50) NOT NULL);
CREATE TABLE accounts_profiles (id integer NOT NULL PRIMARY KEY, bio varchar(20));
CREATE INDEX accounts_profiles_bio ON accounts_profiles (bio);
CREATE UNIQUE INDEX accounts_users_email ON accounts_users (email);
CREATE TABLE shop_orders (id integer PRIMARY KEY, user_id integer REFERENCES accounts_users (id), total integer);
CREATE TABLE shop_items (id integer PRIMARY KEY, order_id integer, FOREIGN KEY (order_id) REFERENCES shop_orders (id));
CREATE INDEX shop_items_order ON shop_items (order_id);
CREATE VIEW shop_totals AS SELECT user_id, sum(total) AS total FROM shop_orders GROUP BY user_id;
CREATE TABLE alembic_version (version_num varchar(32) NOT NULL, PRIMARY KEY (version_num));
CREATE TABLE alembic_version_shop (version_num varchar(32) NOT NULL, PRIMARY KEY (version_num));
CREATE TABLE pycon_eu_versions (version_num varchar(32) NOT NULL, PRIMARY KEY (version_num));
INSERT INTO alembic_version VALUES ('0001');
"""

POSTGRESQL = """
CREATE TYPE shop_state AS ENUM ('open', 'paid');
CREATE TYPE shop_span AS RANGE (subtype = integer);
CREATE SEQUENCE shop_numbers;
CREATE EXTENSION vector;
ALTER TABLE shop_orders ADD COLUMN state shop_state, ADD COLUMN place vector(3);
CREATE MATERIALIZED VIEW shop_sums AS SELECT count(*) FROM shop_orders;
CREATE FUNCTION shop_touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER shop_touched BEFORE UPDATE ON shop_orders FOR EACH ROW EXECUTE FUNCTION shop_touch();
ALTER TABLE shop_orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY shop_own ON shop_orders USING (user_id > 0);
CREATE TABLE shop_events (id integer, day date) PARTITION BY RANGE (day);
CREATE TABLE pycon_events_of_shop PARTITION OF shop_events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE pycon_models (id integer PRIMARY KEY);
ALTER EXTENSION vector ADD TABLE pycon_models;
CREATE TABLE spatial_ref_sys (srid integer PRIMARY KEY);
CREATE TABLE state (gid integer PRIMARY KEY);
CREATE SCHEMA _timescaledb_internal;
CREATE TABLE _timescaledb_internal._hyper_1_1_chunk (id integer);
CREATE SCHEMA topology;
CREATE TABLE topology.layer (layer_id integer PRIMARY KEY);
"""

MARIADB = """
CREATE TRIGGER shop_touched BEFORE UPDATE ON shop_orders FOR EACH ROW SET new.total = new.total;
CREATE FUNCTION shop_twice(n integer) RETURNS integer DETERMINISTIC RETURN 2 * n;
CREATE SEQUENCE shop_numbers;
"""

SQLITE = """
CREATE TRIGGER shop_touched AFTER UPDATE ON shop_orders BEGIN SELECT 1; END
"""

IN_A_SCHEMA = """
CREATE TABLE {schema}.tickets (id integer PRIMARY KEY, title varchar(20));
CREATE INDEX tickets_title ON {schema}.tickets (title);
CREATE TABLE {schema}.seats (id integer PRIMARY KEY, ticket_id integer,
    FOREIGN KEY (ticket_id) REFERENCES {schema}.tickets (id));
CREATE TABLE {schema}.alembic_version (version_num varchar(32) NOT NULL, PRIMARY KEY (version_num));
CREATE TABLE {schema}.pycon_versions (version_num varchar(32) NOT NULL, PRIMARY KEY (version_num));
CREATE VIEW {schema}.titles AS SELECT title FROM {schema}.tickets;
"""

BY_DIALECT = {"postgresql": POSTGRESQL, "mysql": MARIADB, "mariadb": MARIADB, "sqlite": SQLITE}


def settle(engine: Engine, *, schema: str | None = None) -> None:
    """Create what the others keep: in the default schema, and in one of their own where there are schemas."""
    scripts = [EVERYWHERE, BY_DIALECT[engine.dialect.name]]
    if schema is not None:
        scripts.append(IN_A_SCHEMA.format(schema=schema))
    with engine.begin() as connection:
        for statement in _statements("\n".join(scripts)):
            connection.execute(text(statement))


def own_metadata(*, shares: bool = False) -> MetaData:
    """What ``pycon`` declares: two tables, another's as a foreign key's target, and maybe a column on another's."""
    metadata = MetaData()
    Table("accounts_users", metadata, Column("id", Integer, primary_key=True), info=external())
    if shares:
        Table("accounts_profiles", metadata, Column("id", Integer, primary_key=True), Column("pycon_bio", String(20)))
    Table(
        "pycon_rooms",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("name", String(40), nullable=False),
        UniqueConstraint("name", name="pycon_rooms_name"),
    )
    talks = Table(
        "pycon_talks",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("title", String(80), nullable=False),
        Column("room_id", Integer, ForeignKey("pycon_rooms.id", name="pycon_talks_room")),
        Column("speaker_id", Integer, ForeignKey("accounts_users.id", name="pycon_talks_speaker")),
        CheckConstraint("room_id > 0", name="pycon_talks_positive"),
    )
    Index("pycon_talks_title", talks.c.title)
    return metadata


def own_tables(metadata: MetaData) -> list[Table]:
    return [table for table in metadata.sorted_tables if table.name.startswith("pycon_")]


def _statements(script: str) -> list[str]:
    # SQLite's trigger has a semicolon of its own, so statements end where a line does.
    return [statement.strip() for statement in script.split(";\n") if statement.strip()]
