"""``columns("users.billing_*")``: columns on another service's table."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, TextClause
from sqlalchemy.sql.expression import ColumnClause
from sqlalchemy.sql.visitors import iterate

from migrakit.errors import FilterError, Problem
from migrakit.filters.algebra import Answer, Filter, Rule
from migrakit.filters.arguments import require_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from migrakit.target import Target

__all__ = ["columns"]


class _Columns(Rule):
    __slots__ = ()
    word = "columns"
    needs_plugins = True  # Alembic asks nobody about a table's comment
    given: tuple[str, ...]

    def _subject(self, target: Target) -> Target:
        return target

    def _judge(self, target: Target) -> tuple[Answer, str]:
        answers = {glob: _judge_glob(glob, target) for glob in self.given}
        best = max(answers.values(), key=lambda answer: answer.value)
        fitting = next(glob for glob, answer in answers.items() if answer is best)
        words = {Answer.YES: f"{fitting!r} fits", Answer.NO: "none of them fits"}
        return best, words.get(best, f"{fitting!r} may fit a part of it")

    def shares(self, table: Target) -> bool:
        return any(_on_table(glob, table) is Answer.YES for glob in self.given)

    def speaks_of_schema(self, schema: str | None, *, is_default: bool) -> bool:  # noqa: ARG002 - by its name alone
        named = (glob.rpartition(".")[0].rpartition(".")[0] for glob in self.given)
        return schema is not None and any(fnmatchcase(schema, pattern) for pattern in named if pattern)

    @property
    def speaks_of_schemas(self) -> bool:
        return any(glob.count(".") > 1 for glob in self.given)


def columns(*globs: str) -> Filter:
    """Columns of these names on a table that is another's, and what stands on nothing but them.

    ``columns("users.billing_*")``, or with the schema ``columns("accounts.users.billing_*")``: with their indexes and
    constraints they are this service's, the table and its other columns are not. Declare the table with the columns
    that are yours, and with those that your foreign keys need. The table's owner writes ``& ~columns(...)``.
    """
    require_words("columns", globs, example="columns('users.billing_*')")
    problems = [_unreadable(glob) for glob in globs if glob.count(".") not in (1, 2) or "" in glob.split(".")]
    if problems:
        raise FilterError(*problems)
    return _Columns(globs)


def _judge_glob(glob: str, target: Target) -> Answer:
    on_table = _on_table(glob, target.root)
    if target.table is None:
        # By its name a table may have such columns; the table itself is another's.
        return on_table & (Answer.UNKNOWN if target.object is None else Answer.NO)
    name = glob.rpartition(".")[2]
    if target.kind == "column":
        return on_table & (Answer.UNKNOWN if target.name is None else Answer.of(fnmatchcase(target.name, name)))
    return on_table & _judge_columns(name, list(_columns_of(target.object)))


def _judge_columns(pattern: str, stands_on: list[str | None]) -> Answer:
    answer = Answer.YES if stands_on else Answer.UNKNOWN
    for name in stands_on:
        answer &= Answer.UNKNOWN if name is None else Answer.of(fnmatchcase(name, pattern))
    return answer


def _on_table(glob: str, root: Target) -> Answer:
    schema, _, table = glob.rpartition(".")[0].rpartition(".")
    in_schema = Answer.YES
    if schema:
        in_schema = Answer.UNKNOWN if root.schema is None else Answer.of(fnmatchcase(root.schema, schema))
    if root.name is None:
        return in_schema & Answer.UNKNOWN
    return in_schema & Answer.of(root.kind == "table" and fnmatchcase(root.name, table))


def _columns_of(part: Any) -> Iterator[str | None]:
    """The columns that an index or a constraint stands on; ``None`` where there may be more."""
    for key in getattr(part, "expressions", getattr(part, "columns", ())):
        yield from _columns_in(key)
    for option, value in getattr(part, "dialect_kwargs", {}).items():
        if option.endswith("_include"):
            yield from (getattr(column, "name", column) for column in value or ())
        elif option.endswith("_where") and value is not None:
            yield from _columns_in(value)


def _columns_in(expression: Any) -> Iterator[str | None]:
    # What is read from the database is text, unless it is a column by itself.
    elements = [] if isinstance(expression, str) else list(iterate(expression))
    names = [each.name for each in elements if isinstance(each, Column)]
    yield from names
    if not names or any(map(_is_text, elements)):
        yield None


def _is_text(element: Any) -> bool:
    return isinstance(element, (TextClause, ColumnClause)) and not isinstance(element, Column)


def _unreadable(glob: str) -> Problem:
    return Problem(
        f"columns({glob!r}) can't be read as 'table.column' or 'schema.table.column'.",
        "A column is owned on a table.",
        "Write columns('users.billing_*').",
    )
