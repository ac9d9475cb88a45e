"""Alembic is configured twice, to learn what the command passed before it is wrapped; it is to say so once."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["quietly"]


@contextmanager
def quietly() -> Generator[None]:
    """Without what Alembic logs about the context."""
    logger = logging.getLogger("alembic.runtime.migration")

    def refuse(_record: logging.LogRecord) -> bool:
        return False

    logger.addFilter(refuse)
    try:
        yield
    finally:
        logger.removeFilter(refuse)
