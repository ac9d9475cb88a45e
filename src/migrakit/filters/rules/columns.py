"""``columns("users.billing_*")``: columns on another service's table."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from migrakit.errors import FilterError, Problem
from migrakit.filters.algebra import Answer, Filter, Rule
from migrakit.filters.arguments import require_words

if TYPE_CHECKING:
    from migrakit.target import Target

__all__ = ["columns"]


class _Columns(Rule):
    __slots__ = ()
    word = "columns"
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
    stands_on = _columns_of(target.object)
    if not stands_on:
        return on_table & Answer.UNKNOWN
    return on_table & Answer.of(all(fnmatchcase(each, name) for each in stands_on))


def _on_table(glob: str, root: Target) -> Answer:
    schema, _, table = glob.rpartition(".")[0].rpartition(".")
    in_schema = Answer.YES
    if schema:
        in_schema = Answer.UNKNOWN if root.schema is None else Answer.of(fnmatchcase(root.schema, schema))
    if root.name is None:
        return in_schema & Answer.UNKNOWN
    return in_schema & Answer.of(root.kind == "table" and fnmatchcase(root.name, table))


def _columns_of(part: Any) -> list[str]:
    """The columns that an index or a constraint stands on; none where that can't be told."""
    return [column.name for column in getattr(part, "columns", ())]


def _unreadable(glob: str) -> Problem:
    return Problem(
        f"columns({glob!r}) can't be read as 'table.column' or 'schema.table.column'.",
        "A column is owned on a table.",
        "Write columns('users.billing_*').",
    )
