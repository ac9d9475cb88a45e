"""What a script says to a database that it was not written for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Dialect

    from migrakit.versions import VersionTable

__all__ = ["Guard", "Needed", "guard_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """What a place in the script needs of the database.

    heads: the revisions that the version table has to hold; others may be there beside them.
    coming: revisions that it must not hold, since they are still to come.
    has_table: whether there is to be a version table: a script from nothing creates it.
    number: of the guard in the script. Those after the first need the one before to have passed, and what it let
        through to have been committed: a script that is stopped may else go on where it meets its revision again.
    """

    heads: tuple[str, ...]
    coming: tuple[str, ...] = ()
    has_table: bool = True
    number: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this comes before all that the script does."""
        return self.number == 1


class Guard(Protocol):
    """How a dialect's script says it. A guard is SQL that fails, and keeps what follows it from changing anything."""

    def first_lines(self) -> list[str]:
        """What has to be the script's beginning."""
        ...

    def advice(self) -> str:
        """How to apply the script."""
        ...

    def inside(self, needed: Needed) -> list[str]:
        """A guard that is a transaction's beginning."""
        ...

    def outside(self, needed: Needed) -> list[str]:
        """A guard before statements that are in no transaction."""
        ...

    def at_the_end(self) -> list[str]:
        """What sets the session back."""
        ...


def guard_of(dialect: Dialect, table: VersionTable) -> Guard | None:
    """This dialect's way, if it has one."""
    if dialect.name == "postgresql":
        return _PostgreSQL(dialect, table)
    if dialect.name in ("mysql", "mariadb"):
        return _MySQL(dialect, table)
    return _SQLite(dialect, table) if dialect.name == "sqlite" else None


class _Guard:
    """What they have in common."""

    def __init__(self, dialect: Dialect, table: VersionTable) -> None:
        preparer = dialect.identifier_preparer
        self._schema = None if table.schema is None else preparer.quote_schema(table.schema)
        self._name = preparer.quote(table.name)
        self._table = f"{self._schema}.{self._name}" if self._schema else self._name
        self._shown = f"{table.schema}.{table.name}" if table.schema else table.name
        self._given = table

    def first_lines(self) -> list[str]:
        return []

    def at_the_end(self) -> list[str]:
        return []


class _PostgreSQL(_Guard):
    """An error ends the transaction. What is in none is kept from writing, since psql goes on after an error."""

    def __init__(self, dialect: Dialect, table: VersionTable) -> None:
        super().__init__(dialect, table)
        self._sets: dict[str, None] = {}

    def advice(self) -> str:
        return "psql -X -v ON_ERROR_STOP=1 -f FILE (without ON_ERROR_STOP psql exits with 0 whatever fails)"

    def inside(self, needed: Needed) -> list[str]:
        # Whoever applies the same script waits here for the first, and finds another revision then.
        return [self._checked(needed, lock=" FOR UPDATE")]

    def outside(self, needed: Needed) -> list[str]:
        self._sets[_READ_ONLY] = None
        return [f"SET {_READ_ONLY} = on;", self._checked(needed, then=f"\n        RESET {_READ_ONLY};")]

    def at_the_end(self) -> list[str]:
        return [f"RESET {name};" for name in self._sets]

    def _checked(self, needed: Needed, *, lock: str = "", then: str = "") -> str:
        self._sets[_PASSED] = None
        body = f"""
DECLARE held text[];
BEGIN
    IF to_regclass({self._found(needed)}) IS NOT NULL THEN
        held := ARRAY(SELECT version_num FROM {self._table} ORDER BY version_num{lock});
    END IF;
    IF {self._condition(needed)} THEN{then}
        SET {_PASSED} = '{needed.number}';
        RETURN;
    END IF;
    RAISE EXCEPTION USING
        MESSAGE = {_quoted(self._refusal(needed))} || coalesce(nullif(array_to_string(held, ', '), ''), 'nothing'),
        HINT = {_quoted(_hint(needed))};
END """  # noqa: S608 - all of it is quoted
        return f"DO {_dollar_quoted(body)};"

    def _refusal(self, needed: Needed) -> str:
        return f"{_beginning(needed)}, and {self._shown} {'holds' if needed.has_table else 'is there already, with'} "

    def _found(self, needed: Needed) -> str:
        """A new table is made in the first schema, whatever search_path finds in those after it."""
        if needed.has_table or self._schema is not None:
            return _quoted(self._table)
        return f"quote_ident(current_schema()) || {_quoted(f'.{self._name}')}"

    def _condition(self, needed: Needed) -> str:
        if not needed.has_table:
            return "held IS NULL"
        conditions = [] if needed.is_first else [f"current_setting('{_PASSED}', true) = '{needed.number - 1}'"]
        conditions.append(f"held @> ARRAY[{_listed(needed.heads)}]" if needed.heads else "held = '{}'")
        if needed.coming:
            conditions.append(f"NOT held && ARRAY[{_listed(needed.coming)}]")
        return " AND ".join(conditions)


_READ_ONLY = "default_transaction_read_only"
_PASSED = "migrakit.passed"
"""A setting of our own: what a transaction sets it to is taken back with the transaction."""


class _MySQL(_Guard):
    """The session may not write until the guard has let it: mariadb --force goes on after an error."""

    def advice(self) -> str:
        return "mariadb DATABASE < FILE, or mysql, without --force"

    def inside(self, needed: Needed) -> list[str]:
        return self.outside(needed)

    def outside(self, needed: Needed) -> list[str]:
        before = "NULL" if needed.is_first else "@migrakit"
        # The text of an error can't be chosen outside of routines, but that of a wrong value is shown.
        return [
            "SET SESSION TRANSACTION READ ONLY;",
            f"SET @migrakit_before = {before}, @migrakit = {_escaped(f'{self._shown} was not read')};",
            f"SELECT {self._reason(needed)} INTO @migrakit\n{self._source(needed)};",
            f"SET @migrakit_then = IF(@migrakit IS NULL, '{_LIFT}', 'SET SESSION sql_mode = @migrakit');",
            "PREPARE migrakit FROM @migrakit_then;",
            "EXECUTE migrakit;",
            "DEALLOCATE PREPARE migrakit;",
        ]

    def _reason(self, needed: Needed) -> str:
        beginning = _beginning(needed, separator=" and ")
        if not needed.has_table:
            text = _escaped(f"{beginning} and {self._shown} is there already")
            return f"IF(COUNT(*) = 0, NULL, {text})"
        text = _escaped(f"{beginning} and {self._shown} holds ")
        held = "COALESCE(GROUP_CONCAT(version_num SEPARATOR ' and '), 'nothing')"
        return f"IF({self._condition(needed)}, NULL, CONCAT({text}, {held}))"

    def _condition(self, needed: Needed) -> str:
        if not needed.heads:
            return "COUNT(*) = 0 AND @migrakit_before IS NULL"
        heads, coming = (", ".join(map(_escaped, several)) for several in (needed.heads, needed.coming))
        conditions = ["@migrakit_before IS NULL", f"SUM(version_num IN ({heads})) = {len(needed.heads)}"]
        if coming:
            conditions.append(f"SUM(version_num IN ({coming})) = 0")
        return " AND ".join(conditions)

    def _source(self, needed: Needed) -> str:
        if needed.has_table:
            return f"FROM {self._table}"
        schema = "DATABASE()" if self._given.schema is None else _escaped(self._given.schema)
        name = _escaped(self._given.name)
        return f"FROM information_schema.tables WHERE table_schema = {schema} AND table_name = {name}"


_LIFT = "SET SESSION TRANSACTION READ WRITE"


class _SQLite(_Guard):
    """A constraint's name is what the error says."""

    def first_lines(self) -> list[str]:
        return [".bail on"]

    def advice(self) -> str:
        return "sqlite3 DATABASE < FILE (the first line is for sqlite3 to stop at the first error)"

    def inside(self, needed: Needed) -> list[str]:
        return self.outside(needed)

    def outside(self, needed: Needed) -> list[str]:
        otherwise = "is there already" if not needed.has_table else "is at another revision"
        reason = f"{_beginning(needed)}, and {self._shown} {otherwise}".replace('"', '""')
        return [
            "DROP TABLE IF EXISTS temp.migrakit_guard;",
            f'CREATE TEMP TABLE migrakit_guard (is_right CONSTRAINT "{reason}" CHECK (is_right));',
            f"INSERT INTO temp.migrakit_guard SELECT {self._condition(needed)};",
            "DROP TABLE temp.migrakit_guard;",
        ]

    def _condition(self, needed: Needed) -> str:
        if not needed.has_table:
            catalog = f"{self._schema}.sqlite_master" if self._schema else "sqlite_master"
            return f"{_count(f'{catalog} WHERE lower(name) = lower({_quoted(self._given.name)})')} = 0"
        if not needed.heads:
            return f"{_count(self._table)} = 0"
        condition = f"{self._held(needed.heads)} = {len(needed.heads)}"
        return f"{condition} AND {self._held(needed.coming)} = 0" if needed.coming else condition

    def _held(self, revisions: Iterable[str]) -> str:
        return _count(f"{self._table} WHERE version_num IN ({_listed(revisions)})")


def _count(rows: str) -> str:
    return f"(SELECT count(*) FROM {rows})"  # noqa: S608 - all of it is quoted


def _beginning(needed: Needed, separator: str = ", ") -> str:
    place = f"at {separator.join(needed.heads)}" if needed.heads else "at base"
    if not needed.is_first:
        return f"The script goes on {place}"
    comes = f" and applies {separator.join(needed.coming)}" if needed.coming else ""
    return f"This script begins {place}{comes}"


def _hint(needed: Needed) -> str:
    if not needed.is_first:
        return "What came before this has failed, or something else migrates this database at the same time."
    if not needed.has_table:
        return "Nothing was changed. If the version table is empty, drop it: this script creates it."
    return "Nothing was changed. Write a script that begins where this database is: --sql with FROM:TO."


def _listed(revisions: Iterable[str]) -> str:
    return ", ".join(map(_quoted, revisions))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _escaped(text: str) -> str:
    """As MariaDB and MySQL read it."""
    return _quoted(text.replace("\\", "\\\\"))


def _dollar_quoted(body: str) -> str:
    tag = "$migrakit$"
    while tag in body:
        tag = f"{tag[:-1]}_$"
    return f"{tag}{body}{tag}"
