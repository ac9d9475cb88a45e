"""``names("talks", "room_*", "archive.talks_*")``: globs, with the schema or without."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from migrakit.errors import FilterError, Problem
from migrakit.filters.algebra import Answer, Filter, Rule
from migrakit.filters.arguments import require_words

if TYPE_CHECKING:
    from migrakit.target import Target

__all__ = ["names"]


@dataclass(frozen=True, slots=True)
class _Glob:
    written: str
    schema: str | None
    name: str

    def judge(self, target: Target) -> Answer:
        in_schema = self._in_schema(target)
        if target.name is None:
            return in_schema & Answer.UNKNOWN
        return in_schema & Answer.of(fnmatchcase(target.name, self.name))

    def _in_schema(self, target: Target) -> Answer:
        if self.schema is None:
            return Answer.YES
        if target.schema is None:
            return Answer.UNKNOWN
        return Answer.of(fnmatchcase(target.schema, self.schema))


@dataclass(frozen=True, slots=True, repr=False)
class _Names(Rule):
    globs: tuple[_Glob, ...]

    def _judge(self, target: Target) -> tuple[Answer, str]:
        answers = {glob.written: glob.judge(target) for glob in self.globs}
        best = max(answers.values(), key=lambda answer: answer.value)
        if best is Answer.NO:
            return best, f"none of them fits {str(target)!r}"
        fitting = next(written for written, answer in answers.items() if answer is best)
        return best, f"{fitting!r} fits" if best is Answer.YES else f"{fitting!r} may fit, the name isn't known yet"

    def speaks_of_schema(self, schema: str | None, *, is_default: bool) -> bool:  # noqa: ARG002 - by its name alone
        qualified = (glob.schema for glob in self.globs if glob.schema is not None)
        return schema is not None and any(fnmatchcase(schema, pattern) for pattern in qualified)

    @property
    def speaks_of_schemas(self) -> bool:
        return any(glob.schema is not None for glob in self.globs)

    def __repr__(self) -> str:
        return f"names({', '.join(repr(glob.written) for glob in self.globs)})"


def names(*globs: str) -> Filter:
    """What one of these globs fits: ``names("talks", "room_*")`` in any schema, ``names("archive.*")`` in one.

    ``*`` stands for any letters, ``?`` for one, ``[ab]`` for one of these; upper and lower case are different letters.
    """
    require_words("names", globs, example="names('talks', 'room_*', 'archive.*')")
    problems = [_too_many_dots(glob) for glob in globs if glob.count(".") > 1 or "" in glob.split(".")]
    if problems:
        raise FilterError(*problems)
    return _Names(tuple(_parse(glob) for glob in globs))


def _parse(glob: str) -> _Glob:
    schema, dot, name = glob.rpartition(".")
    return _Glob(glob, schema if dot else None, name)


def _too_many_dots(glob: str) -> Problem:
    return Problem(
        f"names({glob!r}) can't be read as 'name' or 'schema.name'.",
        "A dot parts the schema from the name.",
        "Write '?' for a dot that is a letter of the name.",
    )
