"""``from_callables(include_object=...)``: the functions of an env.py that was there before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from migrakit.errors import FilterError, Problem
from migrakit.filters.algebra import Answer, Filter, Rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrakit.target import Target

__all__ = ["from_callables"]


class _Callables(Rule):
    __slots__ = ()
    given: tuple[Callable[..., Any] | None, Callable[..., Any] | None]

    def _subject(self, target: Target) -> Target:
        return target

    def _judge(self, target: Target) -> tuple[Answer, str]:
        include_object, include_name = self.given
        if include_name and not include_name(*_name_question(target)):
            return Answer.NO, "include_name() left it out"
        if include_object is None:
            return Answer.YES, "include_name() let it in"
        if target.question is None or target.object is None:
            return Answer.UNKNOWN, "include_object() has to see the object first"
        accepted = include_object(*target.question)
        return Answer.of(accepted), f"include_object() {'let it in' if accepted else 'left it out'}"

    def __repr__(self) -> str:
        given = zip(("include_object", "include_name"), self.given, strict=True)
        shown = (f"{key}={getattr(value, '__name__', value)}" for key, value in given if value)
        return f"from_callables({', '.join(shown)})"


def _name_question(target: Target) -> tuple[str | None, str, dict[str, str | None]]:
    """What Alembic asked include_name, or would have asked before it had the object."""
    if target.kind == "schema":
        return target.alembic_schema, "schema", {}
    if target.object is None and target.question is not None:
        name, type_, parents = target.question
        return name, type_, dict(parents)
    _, name, type_, *_ = target.question or (None, target.name, target.kind)
    return name, type_, _parent_names(target)


def _parent_names(target: Target) -> dict[str, str | None]:
    schema, table = target.alembic_schema, target.root.name
    names = {"schema_name": schema}
    if target.kind != "table":
        names["table_name"] = table
    if table is not None:
        names["schema_qualified_table_name"] = f"{schema}.{table}" if schema else table
    return names


def from_callables(
    *, include_object: Callable[..., Any] | None = None, include_name: Callable[..., Any] | None = None
) -> Filter:
    """Make one filter of the functions that an ``env.py`` passed to ``context.configure()``.

    They are asked as Alembic asks them, in Alembic's spelling, and what ``include_name`` leaves out stays out when
    ``include_object`` is asked.
    """
    problems = [
        Problem(f"{name}={value!r} can't be called.", "Alembic asks a function.", f"Pass the function {name} itself.")
        for name, value in {"include_object": include_object, "include_name": include_name}.items()
        if value is not None and not callable(value)
    ]
    if include_object is None and include_name is None:
        problems.append(Problem("from_callables() got nothing.", "All would be let in.", "Pass include_object=..."))
    if problems:
        raise FilterError(*problems)
    return _Callables((include_object, include_name))
