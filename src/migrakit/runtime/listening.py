"""Listening to a connection for a while."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from sqlalchemy import Connection

__all__ = ["listening"]


@contextmanager
def listening(connection: Connection, listeners: dict[str, Callable[..., Any]], **options: bool) -> Generator[None]:
    """Each is called at the event of its name, as long as the block."""
    for name, listener in listeners.items():
        event.listen(connection, name, listener, **options)
    try:
        yield
    finally:
        for name, listener in listeners.items():
            event.remove(connection, name, listener)
