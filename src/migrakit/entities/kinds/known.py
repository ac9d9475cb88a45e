"""All kinds that there are, and the head of any entity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.entities.kinds.extension import EXTENSION
from migrakit.entities.kinds.function import FUNCTION
from migrakit.entities.kinds.grant import GRANT
from migrakit.entities.kinds.head import Head, UnreadableError
from migrakit.entities.kinds.index import INDEX
from migrakit.entities.kinds.materialized_view import MATERIALIZED_VIEW
from migrakit.entities.kinds.policy import POLICY
from migrakit.entities.kinds.procedure import PROCEDURE
from migrakit.entities.kinds.refused import refusal
from migrakit.entities.kinds.row_security import ROW_SECURITY
from migrakit.entities.kinds.trigger import TRIGGER
from migrakit.entities.kinds.trigger_state import TRIGGER_STATE
from migrakit.entities.kinds.view import VIEW
from migrakit.entities.lexing import tokens_of

if TYPE_CHECKING:
    from migrakit.entities.kinds.head import Identity
    from migrakit.entities.value import Entity

__all__ = ["KINDS", "head_of"]

KINDS = {
    kind.name: kind
    for kind in (
        EXTENSION,
        FUNCTION,
        GRANT,
        INDEX,
        MATERIALIZED_VIEW,
        POLICY,
        PROCEDURE,
        ROW_SECURITY,
        TRIGGER,
        TRIGGER_STATE,
        VIEW,
    )
}
"""All that there are."""


def head_of(entity: Entity) -> Identity:
    """What its statement says at its head, and where: offsets are those in ``entity.sql``."""
    head = Head(tokens_of(entity.sql))
    found = KINDS[entity.kind].read(head)
    if found is None:
        raise UnreadableError(refusal(head.again()))
    return found
