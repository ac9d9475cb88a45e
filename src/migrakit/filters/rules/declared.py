"""``declared``: what is in the service's metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.filters.algebra import Answer, Filter, Rule

if TYPE_CHECKING:
    from migrakit.target import Target

__all__ = ["declared"]


class _Declared(Rule):
    __slots__ = ()

    def _judge(self, target: Target) -> tuple[Answer, str]:
        if target.declared:
            return Answer.YES, "it is in the metadata"
        return Answer.UNKNOWN, "it is not in the metadata, but may have been once"

    def __repr__(self) -> str:
        return "declared"


declared: Filter = _Declared(())
"""What is in the service's metadata. What is only in the database is left alone, and the run says so."""
