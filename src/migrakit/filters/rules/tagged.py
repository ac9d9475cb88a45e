"""``tagged(owner="billing")``: what the models themselves say, in ``info``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migrakit.errors import FilterError, Problem
from migrakit.filters.algebra import Answer, Filter, Rule

if TYPE_CHECKING:
    from migrakit.target import Target

__all__ = ["tagged"]


class _Tagged(Rule):
    __slots__ = ()
    given: tuple[tuple[str, Any], ...]

    def _judge(self, target: Target) -> tuple[Answer, str]:
        if not target.declared:
            return Answer.UNKNOWN, "only what is declared can bear a tag"
        info = getattr(target.object, "info", None)
        if info is None:
            return Answer.UNKNOWN, "it can bear no tag"
        missing = [key for key, value in self.given if key not in info or info[key] != value]
        return Answer.of(not missing), f"its info says {f'another {missing[0]}, or none' if missing else 'so'}"

    def __repr__(self) -> str:
        return f"tagged({', '.join(f'{key}={value!r}' for key, value in self.given)})"


def tagged(**tags: Any) -> Filter:
    """What is declared with all of these in its ``info``: ``Table(..., info={"owner": "billing"})``.

    What is only in the database bears no tag, so this rule alone can't tell whether it was the service's once: it is
    left alone, and the run says so. ``prefix(...) | tagged(...)`` is how a service gets its old tables dropped too.
    """
    if not tags:
        problem = Problem("tagged() got nothing.", "Every table would fit.", "Write tagged(owner='billing').")
        raise FilterError(problem)
    return _Tagged(tuple(tags.items()))
