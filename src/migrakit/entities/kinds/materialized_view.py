"""``CREATE MATERIALIZED VIEW``, and whether it is filled as it is made."""

from __future__ import annotations

from migrakit.entities.kinds.head import Head, Identity
from migrakit.entities.kinds.kind import Kind, anew, created, dropped
from migrakit.entities.lexing import tokenize

__all__ = ["MATERIALIZED_VIEW", "is_populated", "with_data", "without_data"]

_DATA, _NO_DATA = ("WITH", "DATA"), ("WITH", "NO", "DATA")


def _read(head: Head) -> Identity | None:
    create_ends = head.takes_create()
    head.takes("UNLOGGED")
    if not head.takes("MATERIALIZED", "VIEW"):
        return None
    schema, name, at = head.qualified_name()
    head.require("AS", "WITH", "USING", "TABLESPACE", "(")
    return Identity(schema, name, name_at=at, create_ends=create_ends)


def is_populated(sql: str) -> bool:
    """Whether the statement fills what it makes."""
    return _data_clause(sql)[1] != _NO_DATA


def without_data(sql: str) -> str:
    """The statement that makes the same and leaves it empty."""
    ends, clause = _data_clause(sql)
    return sql if clause == _NO_DATA else f"{sql[:ends]}\nWITH NO DATA"


def with_data(sql: str) -> str:
    """The statement that makes the same and fills it."""
    ends, clause = _data_clause(sql)
    return sql[:ends] if clause == _NO_DATA else sql


def _data_clause(sql: str) -> tuple[int, tuple[str, ...]]:
    """Where the query ends, and the words after it."""
    tokens = [token for token in tokenize(sql) if not token.is_blank and token.text != ";"]
    for clause in (_NO_DATA, _DATA):
        before, said = tokens[: -len(clause)], tokens[-len(clause) :]
        # "x.with data" is a column and its alias.
        if tuple(token.keyword for token in said) == clause and before[-1].text != ".":
            return before[-1].offset + len(before[-1].text), clause
    return tokens[-1].offset + len(tokens[-1].text), ()


MATERIALIZED_VIEW = Kind("materialized_view", _read, created, anew(dropped), dropped)
