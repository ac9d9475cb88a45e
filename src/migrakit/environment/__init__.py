"""The one value that an ``env.py`` is made of."""

from __future__ import annotations

from migrakit.environment.value import Environment

__all__ = ["Environment"]
