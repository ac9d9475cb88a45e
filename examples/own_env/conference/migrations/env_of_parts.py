"""An env.py of one's own that takes two parts of migrakit: the filter, and the version table's name."""

from alembic import context
from migrakit import VersionTable, filters
from sqlalchemy import engine_from_config, pool

from conference.models import Base

target_metadata = Base.metadata

engine = engine_from_config(context.config.get_section("alembic", {}), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=target_metadata,
        **filters.prefix("pycon_").hooks(),
        **VersionTable.for_service("pycon").options(),
    )
    with context.begin_transaction():
        context.run_migrations()
