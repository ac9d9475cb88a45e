"""``CREATE EXTENSION``: one for each name, in whatever schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.entities.kinds.head import Head, Identity
from migrakit.entities.kinds.kind import Key, Kind, quoted
from migrakit.entities.lexing import tokenize

if TYPE_CHECKING:
    from migrakit.entities.value import Entity

__all__ = ["EXTENSION"]


def _read(head: Head) -> Identity | None:
    if not _takes_create(head):
        return None
    name = head.name()
    head.takes("WITH")
    schema: str | None = None
    while not head.is_over:
        head.require("SCHEMA", "VERSION", "CASCADE")
        if head.takes("SCHEMA"):
            schema = head.name()
        elif head.takes("VERSION"):
            head.skip()
        else:
            head.takes("CASCADE")
    return Identity(schema, name)


def _takes_create(head: Head) -> bool:
    if not head.takes("CREATE", "EXTENSION"):
        return False
    head.takes("IF", "NOT", "EXISTS")
    return True


def _create(entity: Entity) -> str:
    head = Head(tokenize(entity.sql))
    _takes_create(head)
    return f"CREATE EXTENSION{entity.sql[head.taken_to :]}"


def _replace(entity: Entity) -> tuple[str, ...]:
    """Nothing can be different but where it is."""
    if entity.schema is None:
        return ()
    return (f"ALTER EXTENSION {quoted(entity.name)} SET SCHEMA {quoted(entity.schema)}",)


def _drop(entity: Entity) -> str:
    return f"DROP EXTENSION {quoted(entity.name)}"


def _keys(entity: Entity) -> tuple[Key, ...]:
    return ((entity.name,),)


def _called(entity: Entity) -> str:
    return entity.name


EXTENSION = Kind("extension", _read, _create, _replace, _drop, keys=_keys, called=_called)
