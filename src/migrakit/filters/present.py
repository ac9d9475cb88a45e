"""The database of the run that is under way, for rules that ask it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migrakit.catalog import Database

__all__ = ["present_database"]


def present_database() -> Database | None:
    """``None`` where there is no run, as under ``compare_metadata()``."""
    from migrakit import catalog  # noqa: PLC0415 - only a run needs it, and importing it costs

    return catalog.current()
