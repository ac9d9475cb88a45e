"""The plain way: Alembic's command line, and the URL of its config file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic import context
from sqlalchemy import create_engine, pool

from migrakit.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["run"]


def run(options: Mapping[str, Any]) -> None:
    """Run the command that is under way with these options of ``context.configure()``, offline or online."""
    _configure_logging()
    if context.is_offline_mode():
        _run_offline(options)
    else:
        _run_online(options)


def _run_offline(options: Mapping[str, Any]) -> None:
    defaults: dict[str, Any] = {"literal_binds": True, "dialect_opts": {"paramstyle": "named"}}
    context.configure(url=_url(), **{**defaults, **options})
    with context.begin_transaction():
        context.run_migrations()


def _run_online(options: Mapping[str, Any]) -> None:
    engine = create_engine(_url(), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, **options)
        with context.begin_transaction():
            context.run_migrations()


def _url() -> str:
    url = context.config.get_main_option("sqlalchemy.url")
    if not url:
        raise ConfigurationError(
            Problem(
                "Alembic's configuration has no sqlalchemy.url.",
                "Without it there is no database to run on.",
                "Set it in alembic.ini: sqlalchemy.url = postgresql+psycopg://...",
            )
        )
    return url


def _configure_logging() -> None:
    """As the config file says, on the command line alone: a program that calls Alembic has a set-up of its own."""
    from logging.config import fileConfig  # noqa: PLC0415 - a third of what importing this package costs

    config = context.config
    if config.cmd_opts is not None and config.config_file_name and config.file_config.has_section("loggers"):
        fileConfig(config.config_file_name, disable_existing_loggers=False)
