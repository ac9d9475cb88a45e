"""An env.py of one's own that takes all of migrakit, merged in one place."""

from alembic import context
from migrakit import Environment, filters, migration_lock
from sqlalchemy import engine_from_config, pool

from conference.models import Base

environment = Environment(service="pycon", metadata=Base.metadata, owns=filters.prefix("pycon_"))

if context.is_offline_mode():
    url = context.config.get_main_option("sqlalchemy.url")
    context.configure(url=url, literal_binds=True, **environment.options())
    with context.begin_transaction():
        context.run_migrations()
else:
    engine = engine_from_config(context.config.get_section("alembic", {}), poolclass=pool.NullPool)
    with engine.connect() as connection, migration_lock(connection, environment.version_table):
        context.configure(connection=connection, **environment.options())
        with context.begin_transaction():
            context.run_migrations()
