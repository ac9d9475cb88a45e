"""Lets a comparison read what will be renamed under its new names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from migrakit import catalog
from migrakit.autogenerate.renames.finding import due
from migrakit.autogenerate.renames.heirs import with_heirs
from migrakit.autogenerate.renames.parts import renamed_parts
from migrakit.autogenerate.renames.translated import translated

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

__all__ = ["read_new_names"]


def read_new_names(context: AutogenContext, schemas: set[str | None]) -> None:
    """Put another inspector in the place of the comparison's, where a rename is due."""
    renames, inspector = due(context, schemas), context.inspector
    if not renames:
        return
    renames = replace(renames, parts=tuple(renamed_parts(context, renames, translated(inspector, renames))))
    if context.connection is not None:
        renames = with_heirs(renames, context.connection)
    context.inspector = translated(inspector, renames)
    if database := catalog.current():
        homes = ((each.schema or database.home_of(each.old), each) for each in renames.tables)
        database.rename({(home, each.old): each.new for home, each in homes})
