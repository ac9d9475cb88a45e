"""The same without migrakit, to see what becomes of the rows."""

from alembic import context
from sqlalchemy import create_engine, pool

from prices.models import Base

engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
