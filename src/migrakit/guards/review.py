"""A revision as guards see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory
    from sqlalchemy import Dialect

    from migrakit.catalog.live import Live
    from migrakit.guards.operation import Operation, Unchecked

__all__ = ["Review"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One revision in one direction: as it is generated, or before it is applied.

    operations: what it does, in order.
    unchecked: what only running it would tell.
    revision, parents: its id, and those that it follows.
    is_upgrade, is_generated: the direction, and whether autogenerate has just found it.
    scripts: all revisions there are.
    dialect: what is spoken there.
    live: the database as it is before; ``None`` for a script (``--sql``).
    own_tables: how many tables of the database are this service's; known when it is generated.
    """

    operations: tuple[Operation, ...]
    revision: str
    parents: tuple[str, ...]
    is_upgrade: bool
    is_generated: bool
    scripts: ScriptDirectory
    dialect: Dialect
    live: Live | None = None
    own_tables: int | None = None
    unchecked: tuple[Unchecked, ...] = ()

    @property
    def does_nothing(self) -> bool:
        """Whether there is nothing to be done, for all that can be read."""
        return not self.operations and not self.unchecked

    def name(self, operation: Operation, *parts: object) -> str:
        """What the operation is done to, or a part of that, as ``billing.prices.market``; the default schema goes
        without saying."""
        return self.dotted(operation.schema, operation.table, *parts)

    def dotted(self, schema: str | None, *parts: object) -> str:
        """The same of any names."""
        shown = None if schema == self.dialect.default_schema_name else schema
        return ".".join(str(each) for each in (shown, *parts) if each is not None)
