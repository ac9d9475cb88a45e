"""``names("talks", "room_*", "archive.talks_*")``: globs, with the schema or without."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from migrakit.errors import FilterError, Problem
from migrakit.filters.algebra import Answer, Filter, Rule
from migrakit.filters.arguments import require_words

if TYPE_CHECKING:
    from migrakit.target import Target

__all__ = ["names"]


class _Names(Rule):
    __slots__ = ()
    word = "names"
    given: tuple[str, ...]

    def _judge(self, target: Target) -> tuple[Answer, str]:
        answers = {glob: _judge_glob(glob, target) for glob in self.given}
        best = max(answers.values(), key=lambda answer: answer.value)
        if best is Answer.NO:
            return best, f"none of them fits {str(target)!r}"
        fitting = next(glob for glob, answer in answers.items() if answer is best)
        if best is Answer.YES:
            return best, f"{fitting!r} fits"
        return best, f"{fitting!r} may fit, but the {'name' if target.name is None else 'schema'} isn't known yet"

    def speaks_of_schema(self, schema: str | None, *, is_default: bool) -> bool:  # noqa: ARG002 - by its name alone
        return schema is not None and any(fnmatchcase(schema, pattern) for pattern in self._schemas())

    @property
    def speaks_of_schemas(self) -> bool:
        return bool(self._schemas())

    def _schemas(self) -> list[str]:
        return [glob.partition(".")[0] for glob in self.given if "." in glob]


def _judge_glob(glob: str, target: Target) -> Answer:
    schema, _, name = glob.rpartition(".")
    in_schema = _judge_schema(schema, target) if schema else Answer.YES
    return in_schema & (Answer.UNKNOWN if target.name is None else Answer.of(fnmatchcase(target.name, name)))


def _judge_schema(pattern: str, target: Target) -> Answer:
    return Answer.UNKNOWN if target.schema is None else Answer.of(fnmatchcase(target.schema, pattern))


def names(*globs: str) -> Filter:
    """What one of these globs fits: ``names("talks", "room_*")`` in any schema, ``names("archive.*")`` in one.

    ``*`` stands for any letters, ``?`` for one, ``[ab]`` for one of these; upper and lower case are different letters.
    """
    require_words("names", globs, example="names('talks', 'room_*', 'archive.*')")
    problems = [_too_many_dots(glob) for glob in globs if glob.count(".") > 1 or "" in glob.split(".")]
    if problems:
        raise FilterError(*problems)
    return _Names(globs)


def _too_many_dots(glob: str) -> Problem:
    return Problem(
        f"names({glob!r}) can't be read as 'name' or 'schema.name'.",
        "A dot parts the schema from the name.",
        "Write '?' for a dot that is a letter of the name.",
    )
