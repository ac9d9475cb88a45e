"""All kinds of entities as the database has them."""

from __future__ import annotations

from migrakit.autogenerate.entities.kinds.extension import EXTENSION
from migrakit.autogenerate.entities.kinds.grant import GRANT
from migrakit.autogenerate.entities.kinds.index import INDEX
from migrakit.autogenerate.entities.kinds.materialized_view import MATERIALIZED_VIEW
from migrakit.autogenerate.entities.kinds.policy import POLICY
from migrakit.autogenerate.entities.kinds.routine import FUNCTION, PROCEDURE
from migrakit.autogenerate.entities.kinds.states import ROW_SECURITY, TRIGGER_STATE
from migrakit.autogenerate.entities.kinds.trigger import TRIGGER
from migrakit.autogenerate.entities.kinds.view import VIEW

__all__ = ["LIVE_KINDS"]

_ALL = (
    *(EXTENSION, FUNCTION, PROCEDURE, VIEW, MATERIALIZED_VIEW, INDEX),
    *(TRIGGER, TRIGGER_STATE, POLICY, ROW_SECURITY, GRANT),
)

LIVE_KINDS = {kind.name: kind for kind in _ALL}
"""By their names."""
