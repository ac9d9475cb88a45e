"""Waiting a moment, with or without an event loop."""

from __future__ import annotations

import asyncio
import time

__all__ = ["pause"]


def pause(seconds: float, *, in_loop: bool) -> None:
    """Sleep; in a loop, let the others on it go on meanwhile."""
    if in_loop:
        from sqlalchemy.util import await_only  # noqa: PLC0415 - it needs greenlet

        await_only(asyncio.sleep(seconds))
    else:
        time.sleep(seconds)
