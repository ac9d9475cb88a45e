"""What a service declares beside its tables: views, functions, triggers and more, each by the statement of it."""

from __future__ import annotations

from migrakit.entities.declaring import entity, row_security, sql, view
from migrakit.entities.loading import from_folder, from_package
from migrakit.entities.value import Entities, Entity

__all__ = ["Entities", "Entity", "entity", "from_folder", "from_package", "row_security", "sql", "view"]
