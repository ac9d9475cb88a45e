"""The same without migrakit, to see what becomes of the rows."""

from alembic import context
from sqlalchemy import engine_from_config, pool

from prices.models import Base

engine = engine_from_config(context.config.get_section("alembic", {}), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
