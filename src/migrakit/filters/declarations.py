"""What a service's metadata has to say about tables that it doesn't own, checked before anything is compared."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import NoReferencedColumnError, NoReferencedTableError

from migrakit.errors import ConfigurationError, Problem
from migrakit.filters.algebra import Answer
from migrakit.target import is_external

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from sqlalchemy import ForeignKey, Table

    from migrakit.filters.algebra import Filter
    from migrakit.target import Reader, Target

__all__ = ["column_of", "is_shared", "not_owned", "require_sound", "several"]


def require_sound(tables: Sequence[Table], reader: Reader, owns: Filter) -> None:
    """Refuse tables that are neither owned nor marked, both, or point to what isn't declared; all at once."""
    strangers = [
        target
        for target in map(reader.from_declared, tables)
        if owns.decide(target) is Answer.NO and not is_external(target.object) and not is_shared(target, owns)
    ]
    problems = [
        *_problems_of_spellings(tables, reader),
        *_problems_of_foreign_keys(tables),
        *_problems_of_shared(tables, reader, owns),
    ]
    if strangers:
        problems.insert(0, not_owned(strangers, owns))
    if problems:
        raise ConfigurationError(*problems)


def not_owned(tables: Iterable[Target], owns: Filter) -> Problem:
    """The problem of declared tables that are another's."""
    return Problem(
        f"The metadata declares what owns={owns!r} does not own: {several(tables)}.",
        "Alembic must neither create it nor alter it here.",
        "If it is another service's, mark it: Table(..., info=external()). If it is yours, let owns= say so.",
    )


def several(targets: Iterable[Target], named: int = 5) -> str:
    """The first few by name, and how many more there are."""
    names = sorted(map(str, targets))
    rest = f", and {len(names) - named} more" if len(names) > named else ""
    return ", ".join(names[:named]) + rest


def _problems_of_spellings(tables: Iterable[Table], reader: Reader) -> Iterator[Problem]:
    spellings: dict[Target, set[str]] = {}
    for table in tables:
        spellings.setdefault(reader.from_declared(table), set()).add(table.fullname)
    for target, spelled in spellings.items():
        if len(spelled) > 1:
            yield Problem(
                f"The metadata declares {target} twice, as {' and '.join(map(repr, sorted(spelled)))}.",
                "Alembic would compare it with one of the two, and not say with which.",
                "Spell the default schema in one way, and declare the table once.",
            )


def _problems_of_foreign_keys(tables: Sequence[Table]) -> Iterator[Problem]:
    declared = {table.fullname for table in tables}
    for table in tables:
        for foreign_key in sorted(table.foreign_keys, key=lambda each: str(each.parent.name)):
            try:
                foreign_key.column  # noqa: B018 - resolved on access
            except NoReferencedTableError as error:
                column = foreign_key.target_fullname.rpartition(".")[2]
                do = _how_to_declare(error.table_name, column, declared)
                yield _unresolved(foreign_key, f"{error.table_name}.{column}", do)
            except NoReferencedColumnError:
                do = "Add that column to the table's declaration."
                yield _unresolved(foreign_key, foreign_key.target_fullname, do)


def _how_to_declare(key: str, column: str, declared: Collection[str]) -> str:
    schema, _, name = key.rpartition(".")
    if key in declared:
        return f"Another MetaData declares it: write ForeignKey({name}.c.{column}), the column and not its name."
    where = f", schema={schema!r}" if schema else ""
    declare = f"Table({name!r}, metadata, Column(...){where}, info=external())"
    return f"Declare the table, and mark it if it is another service's: {declare}."


def _unresolved(foreign_key: ForeignKey, column: str, do: str) -> Problem:
    return Problem(
        f"{foreign_key.parent} refers to {column}, which its MetaData does not declare.",
        "Without it the foreign key can't be compared, nor tables be put in an order.",
        do,
    )


def is_shared(target: Target, owns: Filter) -> bool:
    """Whether the filter owns columns of the table, which may be another's as a whole."""
    unnamed = replace(target, kind="column", name=None, table=target, object=None, question=None)
    return any(rule.shares(target) for rule in owns.rules()) and owns.decide(unnamed) is not Answer.NO


def column_of(table: Target, column: Any, *, declared: bool) -> Target:
    """The target of one column of a table: of the metadata's, or of the database's."""
    facts: dict[str, Any] = {"declared": declared, "object": column, "question": None}
    return replace(table, kind="column", name=column.name, table=table, **facts)


def _problems_of_shared(tables: Iterable[Table], reader: Reader, owns: Filter) -> Iterator[Problem]:
    for target in map(reader.from_declared, tables):
        if is_external(target.object) and _owns_a_column(target, owns):
            yield Problem(
                f"{str(target).capitalize()} is marked with external(), and columns() owns a part of it.",
                "The mark says that nothing on it is this service's.",
                "Drop the mark: columns() leaves the rest of the table alone.",
            )


def _owns_a_column(table: Target, owns: Filter) -> bool:
    """Whether a column that is declared on another's table is this service's."""
    if owns.decide(table) is not Answer.NO or not is_shared(table, owns):
        return False
    return any(owns.decide(column_of(table, column, declared=True)) is Answer.YES for column in table.object.columns)
