"""What a service declares beside its tables: views and functions, each by the statement that creates it."""

from __future__ import annotations

from migrakit.entities.value import Entities, Entity

__all__ = ["Entities", "Entity"]
