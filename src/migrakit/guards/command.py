"""Which command is under way: Alembic does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["is_check"]


def is_check(options: Mapping[str, Any]) -> bool:
    """Whether these are the options of a check: it passes what revision does, and only its function's name tells."""
    return str(getattr(options.get("fn"), "__qualname__", "")).startswith("check.")
