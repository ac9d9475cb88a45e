"""Entities of a service that declares none: those that stand on columns that get another type, as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.autogenerate.entities.canonical import canonical
from migrakit.autogenerate.entities.dependents import dependents
from migrakit.autogenerate.entities.kinds import LIVE_KINDS
from migrakit.autogenerate.entities.saying import stands_on
from migrakit.autogenerate.entities.tables import Surroundings
from migrakit.autogenerate.entities.touched import retyped
from migrakit.entities import Entities
from migrakit.errors import EntityError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alembic.operations import ops
    from sqlalchemy import Connection

    from migrakit.autogenerate.entities.dependents import Origin
    from migrakit.autogenerate.entities.states import States
    from migrakit.autogenerate.entities.touched import Touched

__all__ = ["following"]


def following(
    upgrade_ops: Sequence[ops.MigrateOperation], connection: Connection, states: States, schemas: set[str]
) -> Entities:
    """The server changes no column under them: they go before, and come again after."""
    columns: list[tuple[Origin, Touched]] = [("column", each) for each in retyped(upgrade_ops, states.default_schema)]
    if not columns:
        return Entities()
    with canonical(connection, Entities(), schemas=schemas, around=Surroundings(connection.dialect)) as found:
        standing = dependents(connection, on=columns, of=(), scratch=())
    own = {
        (LIVE_KINDS[each.kind].catalog, rendered.number): rendered
        for each, rendered in found.live.items()
        if states.is_own(each, found.live)
    }
    if strangers := [each for each in standing if each.number not in own]:
        raise EntityError(*dict.fromkeys(map(stands_on, strangers)))
    return Entities(states.entity(own[number]) for number in dict.fromkeys(each.number for each in standing))
