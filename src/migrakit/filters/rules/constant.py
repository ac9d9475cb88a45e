"""``everything`` and ``nothing``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migrakit.filters.algebra import Answer, Filter, Rule

if TYPE_CHECKING:
    from migrakit.target import Target

__all__ = ["everything", "nothing"]


class _Constant(Rule):
    __slots__ = ()
    given: Answer

    def _judge(self, target: Target) -> tuple[Answer, str]:  # noqa: ARG002 - whatever it is
        return self.given, "always"

    def __repr__(self) -> str:
        return "everything" if self.given is Answer.YES else "nothing"


everything: Filter = _Constant(Answer.YES)
"""All of the database, version tables apart: the service has it to itself."""

nothing: Filter = _Constant(Answer.NO)
"""Nothing at all: what to begin from when filters are put together by a program."""
