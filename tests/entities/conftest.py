"""alembic-utils registers a comparator as it is imported, which would take part in every other test of the process.

So it is imported here, before any test of this folder does, and what it registered is taken back.
"""

from __future__ import annotations

from importlib import import_module

from alembic.autogenerate import comparators

_before = {key: list(registered) for key, registered in comparators._registry.items()}
import_module("alembic_utils.replaceable_entity")
comparators._registry.clear()
comparators._registry.update(_before)
