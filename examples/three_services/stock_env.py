"""What pycon's env.py would be without migrakit: demo.py shows what it proposes."""

from alembic import context
from sqlalchemy import engine_from_config, pool

from pycon.models import Base

engine = engine_from_config(context.config.get_section("alembic", {}), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        version_table="alembic_version_pycon",
    )
    with context.begin_transaction():
        context.run_migrations()
