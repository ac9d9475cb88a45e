"""The head of ``ALTER TABLE``, which tells what is to be so of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from migrakit.entities.kinds.head import Head, refused
from migrakit.entities.kinds.kind import quoted
from migrakit.entities.lexing import tokenize

if TYPE_CHECKING:
    from migrakit.entities.kinds.head import Name
    from migrakit.entities.value import Entity

__all__ = ["Altered", "altered", "altering"]


class Altered(NamedTuple):
    """The table, and how it is said."""

    table: Name
    is_only: bool
    is_unsure: bool

    def require_sure(self) -> None:
        """Refuse what is only declared of a table that may not be there."""
        if self.is_unsure:
            why = "Without the table, nothing would be there of what is declared."
            raise refused("The statement says IF EXISTS.", why, "Leave it out.")


def altered(head: Head) -> Altered:
    """Take ``[IF EXISTS] [ONLY] name`` after ``ALTER TABLE``, in all its spellings."""
    is_unsure = head.takes("IF", "EXISTS")
    is_only = head.takes("ONLY")
    in_parentheses = is_only and head.takes_sign("(")
    table = head.qualified_name()
    if in_parentheses:
        head.require(")")
        head.takes_sign(")")
    head.takes_sign("*")
    return Altered(table, is_only, is_unsure)


def altering(entity: Entity) -> str:
    """The beginning of another statement on the same table."""
    head = Head(tokenize(entity.sql))
    head.takes("ALTER", "TABLE")
    found = altered(head)
    return f"ALTER TABLE {'ONLY ' if found.is_only else ''}{quoted(entity.schema, entity.table)}"
