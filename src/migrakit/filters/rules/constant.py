"""``everything`` and ``nothing``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from migrakit.filters.algebra import Answer, Filter, Rule

if TYPE_CHECKING:
    from migrakit.target import Target

__all__ = ["everything", "nothing"]


@dataclass(frozen=True, slots=True, repr=False)
class _Constant(Rule):
    answer: Answer
    name: str

    def _judge(self, target: Target) -> tuple[Answer, str]:  # noqa: ARG002 - whatever it is
        return self.answer, "always"

    def __repr__(self) -> str:
        return self.name


everything: Filter = _Constant(Answer.YES, "everything")
"""All of the database, version tables apart: the service has it to itself."""

nothing: Filter = _Constant(Answer.NO, "nothing")
"""Nothing at all: what to begin from when filters are put together by a program."""
