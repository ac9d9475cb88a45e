"""What a service declares beside its tables: views and functions, each by the statement that creates it."""

from __future__ import annotations

from migrakit.entities.declaring import entity, sql, view
from migrakit.entities.loading import from_folder, from_package
from migrakit.entities.value import Entities, Entity

__all__ = ["Entities", "Entity", "entity", "from_folder", "from_package", "sql", "view"]
