"""``alembic check``, for whoever reads its exit code: there may be changes, or nobody knows whether there are any."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic import command, context
from alembic.util.messaging import msg

from migrakit.errors import EntityError, NotComparedError

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["NOT_COMPARED", "check_exits"]

NOT_COMPARED = 3
"""The exit code of a check that could not compare. Alembic's own, for changes and for all else, is 255."""


@contextmanager
def check_exits() -> Generator[None]:
    """On the command line, end a check that could not compare with an exit code of its own."""
    try:
        yield
    except (EntityError, NotComparedError) as error:
        if not _is_check():
            raise
        msg(f"FAILED: {error}")
        sys.exit(NOT_COMPARED)


def _is_check() -> bool:
    function, *_ = getattr(context.config.cmd_opts, "cmd", (None,))
    return function is command.check
