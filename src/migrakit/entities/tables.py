"""What is declared of a table: its row security."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Table

from migrakit.entities.kinds import Head, UnreadableError
from migrakit.entities.lexing import UnterminatedError, tokenize
from migrakit.entities.selects import quoted
from migrakit.errors import EntityError, Problem

if TYPE_CHECKING:
    from migrakit.entities.value import Position

__all__ = ["alter_row_security"]


def alter_row_security(table: Any, place: Position, *, enabled: object, force: object) -> str:
    """The statement that says both of what there is to say."""
    flags = {"enabled": enabled, "force": force}
    problems = [_no_flag(name, value) for name, value in flags.items() if not isinstance(value, bool)]
    name = _name(table)
    if name is None:
        problems.append(_no_table(table))
    if enabled is False and force is True:
        problems.append(_FORCED_AND_OFF)
    if problems:
        raise EntityError(*(Problem(f"{place}: {each.what}", each.why, each.do) for each in problems))
    security = "ROW LEVEL SECURITY"
    return (
        f"ALTER TABLE {name} {'ENABLE' if enabled else 'DISABLE'} {security}, {'' if force else 'NO '}FORCE {security}"
    )


def _name(given: Any) -> str | None:
    """As SQL takes it; ``None`` where it is none."""
    table = getattr(given, "__table__", given)
    if isinstance(table, Table):
        return quoted(table.name, table.schema)
    return _name_in(table) if isinstance(table, str) else None


def _name_in(text: str) -> str | None:
    try:
        head = Head(tokenize(text))
        schema, name, _ = head.qualified_name()
    except (UnreadableError, UnterminatedError):
        return None
    return quoted(name, schema) if head.is_over else None


def _no_table(given: object) -> Problem:
    return Problem(
        f"row_security() got {given!r} for its table.",
        "It is a mapped class, a Table, or a name as SQL has it.",
        """Write row_security(Invoice), or row_security('billing.invoices'), with quotes as in 'billing."Odd name"'.""",
    )


def _no_flag(name: str, value: object) -> Problem:
    return Problem(f"row_security({name}={value!r}) means nothing.", "It is on or off.", "Write True or False.")


_FORCED_AND_OFF = Problem(
    "row_security(enabled=False, force=True) contradicts itself.",
    "While it is disabled, nothing is forced on anybody.",
    "Take one of them out.",
)
