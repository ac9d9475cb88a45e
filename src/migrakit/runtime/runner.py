"""One way through for every way in: a URL, a connection or an engine of the caller's, with or without a loop."""

from __future__ import annotations

import asyncio
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any

from alembic import context
from sqlalchemy import Connection, Engine, NullPool

from migrakit.errors import ConfigurationError, ConnectionFailedError, Problem
from migrakit.runtime import offline
from migrakit.runtime.checking import check_exits
from migrakit.runtime.connecting import connected, is_async
from migrakit.runtime.migrating import migrate
from migrakit.runtime.signals import ending_at_sigterm
from migrakit.runtime.url import find

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrakit.runtime.plan import Plan

__all__ = ["run"]


def run(plan: Plan) -> None:
    """Run the command that is under way."""
    _configure_logging()
    with check_exits():
        _run(plan)


def _run(plan: Plan) -> None:
    given = context.config.attributes.get("connection")
    if context.is_offline_mode():
        offline.run(plan)
    elif given is None:
        with ending_at_sigterm():
            _run_on_url(plan)
    else:
        _run_on_given(plan, given)


def _run_on_url(plan: Plan) -> None:
    source = find(plan.url, plan.url_variable)
    url = source.url()

    def run_connected() -> None:
        with connected(source, url, wait=plan.server_wait) as connection:
            _leave_what_was_begun(connection)
            migrate(connection, plan, is_ours=True)

    if is_async(url):
        _in_loop(run_connected)
    else:
        run_connected()


def _run_on_given(plan: Plan, given: Any) -> None:
    if isinstance(given, Connection):
        # That of an asynchronous driver too: it is given inside of run_sync(), where it needs no loop from here.
        migrate(given, plan, is_ours=False)
        return
    engine = getattr(given, "sync_engine", given)
    if not isinstance(engine, Engine) or hasattr(given, "sync_connection"):
        raise ConfigurationError(_not_a_connection(given))
    if engine.dialect.is_async and not isinstance(engine.pool, NullPool):
        raise ConfigurationError(_of_another_loop(engine))

    def run_connected() -> None:
        with engine.connect() as connection:
            _leave_what_was_begun(connection)
            migrate(connection, plan, is_ours=False)

    if engine.dialect.is_async:
        _in_loop(run_connected)
    else:
        run_connected()


def _leave_what_was_begun(connection: Connection) -> None:
    """By whoever listens to engines, to set a tenant perhaps: nobody would commit what came after it."""
    if connection.in_transaction():
        connection.commit()


def _in_loop(function: Callable[[], None]) -> None:
    """Run it in an event loop of its own; where this thread is inside of one already, in another thread."""
    _require_greenlet()
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(_spawned(function))
        return
    failures: list[BaseException] = []
    thread = threading.Thread(target=_run_and_keep_failure, args=(function, failures), daemon=True)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def _run_and_keep_failure(function: Callable[[], None], failures: list[BaseException]) -> None:
    try:
        asyncio.run(_spawned(function))
    except BaseException as error:  # noqa: BLE001 - it is raised again where it belongs
        failures.append(error)


async def _spawned(function: Callable[[], None]) -> None:
    from sqlalchemy.util import greenlet_spawn  # noqa: PLC0415 - it needs greenlet

    await greenlet_spawn(function)


def _require_greenlet() -> None:
    try:
        import_module("greenlet")
    except ImportError:
        raise ConnectionFailedError(
            Problem(
                "The URL names an asynchronous driver, and greenlet is not installed.",
                "SQLAlchemy runs asynchronous drivers with it.",
                "Install it: pip install 'sqlalchemy[asyncio]'; or name a synchronous driver.",
            )
        ) from None


def _configure_logging() -> None:
    """As the config file says, on the command line alone: a program that calls Alembic has a set-up of its own."""
    from logging.config import fileConfig  # noqa: PLC0415 - seldom needed

    config = context.config
    if config.cmd_opts is not None and config.config_file_name and config.file_config.has_section("loggers"):
        fileConfig(config.config_file_name, disable_existing_loggers=False)


def _of_another_loop(engine: Engine) -> Problem:
    return Problem(
        f"config.attributes['connection'] is an AsyncEngine with {type(engine.pool).__name__}.",
        "Its connections belong to one event loop, and Alembic needs another: what either leaves in the pool breaks "
        "in the other.",
        "Pass the connection that run_sync() gives, as in await connection.run_sync(upgrade); or an engine without a "
        "pool: create_async_engine(..., poolclass=sqlalchemy.NullPool).",
    )


def _not_a_connection(given: Any) -> Problem:
    is_async_connection = hasattr(given, "sync_connection")
    do = (
        "Pass the one that run_sync() gives: await connection.run_sync(upgrade), and in upgrade(sync_connection) set "
        "config.attributes['connection'] = sync_connection."
        if is_async_connection
        else "Pass a Connection, an Engine or an AsyncEngine."
    )
    return Problem(
        f"config.attributes['connection'] is {'an' if is_async_connection else 'a'} {type(given).__name__}.",
        "Alembic runs on a Connection.",
        do,
    )
