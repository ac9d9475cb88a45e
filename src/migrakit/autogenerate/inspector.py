"""Reads what will be compared in bulk, every schema of it.

Alembic fills its inspector's cache from the first schema and reads the others table by table; and where no table of
the first is wanted, it reads all of them, wanted or not. Filling the cache beforehand costs a few statements a schema.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from alembic.util import DispatchPriority, PriorityDispatchResult

from migrakit.autogenerate.renames import pending
from migrakit.autogenerate.serials import leave_out_defaults

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps
    from alembic.runtime.plugins import Plugin
    from sqlalchemy import Inspector

__all__ = ["setup"]

_Facts = dict[Any, Any] | type[NotImplementedError]

_ALEMBICS_OWN = "alembic.autogenerate.compare.util"


def _prefill_cache(
    context: AutogenContext,
    upgrade_ops: UpgradeOps,  # noqa: ARG001 - a comparator's signature
    schemas: set[str | None],
) -> PriorityDispatchResult:
    inspector = context.inspector
    cached: dict[str, _Facts] = {key: {} for key in _keys()}
    for schema in sorted(schemas, key=lambda name: name or ""):
        wanted = [
            table
            for table in inspector.get_table_names(schema=schema)
            if context.run_name_filters(table, "table", {"schema_name": schema})
        ]
        if wanted:
            cached = {key: _merged(known, _read(inspector, key, schema, wanted)) for key, known in cached.items()}
    columns = cached.get("columns")
    if isinstance(columns, dict) and context.connection is not None:
        leave_out_defaults(context.connection, columns, pending(context))
    inspector.info_cache.update({f"alembic_{key}": facts for key, facts in cached.items()})
    return PriorityDispatchResult.CONTINUE


def _keys() -> tuple[str, ...]:
    """What Alembic keeps in its inspector's cache: private, and if gone, Alembic's way is slower and as right."""
    try:
        return tuple(import_module(_ALEMBICS_OWN)._INSP_KEYS)  # noqa: SLF001 - as said
    except (ImportError, AttributeError):
        return ()


def _read(inspector: Inspector, key: str, schema: str | None, tables: list[str]) -> _Facts:
    try:
        facts: _Facts = getattr(inspector, f"get_multi_{key}")(schema=schema, filter_names=tables)
    except NotImplementedError:
        return NotImplementedError
    return facts


def _merged(one: _Facts, other: _Facts) -> _Facts:
    # Alembic marks what a dialect can't tell by the exception's class, in the place of the facts.
    return {**one, **other} if isinstance(one, dict) and isinstance(other, dict) else NotImplementedError


def setup(plugin: Plugin) -> None:
    plugin.add_autogenerate_comparator(_prefill_cache, "schema", "inspector", priority=DispatchPriority.FIRST)
