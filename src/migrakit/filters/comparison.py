"""One comparison of one database: what was asked, and what was answered."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from migrakit import catalog
from migrakit.errors import ConfigurationError, Problem
from migrakit.filters.algebra import Answer
from migrakit.filters.declarations import column_of, is_shared, not_owned, require_sound, several
from migrakit.filters.foreign_keys import is_among, replaces
from migrakit.filters.rules.extension_members import extension_members
from migrakit.filters.rules.external_tables import external_tables
from migrakit.filters.rules.partitions import partitions
from migrakit.filters.rules.version_tables import version_tables
from migrakit.target import Reader, is_external

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from sqlalchemy import ForeignKeyConstraint

    from migrakit.filters.algebra import Filter
    from migrakit.target import Place, Target

__all__ = ["Comparison", "protected"]

log = logging.getLogger("migrakit")

_OBJECT_QUESTION = 5
"""How many arguments ``include_object`` is asked with."""


def protected(owns: Filter, database: catalog.Database | None) -> Filter:
    """What is owned, less what is nobody's to migrate; by what can be known."""
    return _known_by_name(owns, database) & ~version_tables()


def _known_by_name(owns: Filter, database: catalog.Database | None) -> Filter:
    """As far as a name tells: that a table is a version table shows in its columns."""
    owns = owns & ~external_tables()
    return owns if database is None else owns & ~extension_members() & ~partitions()


class Comparison:
    """Answers for one comparison, so that of several databases in one process none reaches the next."""

    def __init__(self, owns: Filter, place: Place) -> None:
        self.database = place if isinstance(place, catalog.Database) else None
        self.reader = Reader(place)
        self.begun = False
        self.answered: dict[tuple[str | None, ...], bool] = {}
        self._said = owns
        self._owns = protected(owns, self.database)
        self._refused: set[tuple[Any, ...]] = set()
        self._shared: set[tuple[str | None, str | None]] = set()
        self._missing: list[Target] = []
        self._mixed: list[Target] = []
        self._undeclared: list[Target] = []
        self._left_alone: dict[str, list[Target]] = {}

    def check_metadata(self) -> None:
        """Refuse declarations that contradict the filter, before anything is read."""
        if self.database is not None:
            _require_search_path(self.database)
            own_version_table = self.database.version_table
            tables = [table for each in self.database.metadata for table in each.tables.values()]
            schema = self.database.default_schema
            declared = [table for table in tables if (table.schema or schema, table.name) != own_version_table]
            require_sound(declared, self.reader, self._said)

    def may_be_mine(self, target: Target) -> bool:
        """Whether the name alone doesn't rule it out."""
        if self._is_second_sight(target):
            return False
        mine = self._owns.decide(target) is not Answer.NO
        if not mine:
            self.refuse(target)
        return mine

    def refuse(self, target: Target) -> None:
        """Remember what was left out by name: it looks new once there are objects, and would be created again."""
        self._refused.add(_key(target))

    def is_mine(self, target: Target) -> bool:
        """The last answer, object in hand: what can't be told is the service's if it is declared."""
        answer = Answer.NO if self._was_refused(target) else self._owns.decide(target)
        if answer is Answer.NO and _is_unmarked(target) and is_shared(target, self._said):
            return self._let_in_for_its_parts(target)
        if answer is Answer.NO and self._is_stranger(target):
            raise ConfigurationError(not_owned([target], self._said))
        if answer is Answer.NO:
            self._note_own_columns(target)
        mine = self._settle(target) if answer is Answer.UNKNOWN else answer is Answer.YES
        if mine and target.kind == "table":
            self._require_sight(target)
        if mine and target.kind == "foreign_key_constraint":
            return not self._points_elsewhere(target) and not self._is_respelled(target)
        return mine

    def shares(self, table: Target) -> bool:
        """Whether the table was let in for the parts of it that are this service's."""
        return (table.schema, table.name) in self._shared

    def report(self) -> Iterator[str]:
        """What a person should know of what was left out, a sentence each."""
        if self._missing:
            yield f"Not there yet, and another service's to create: {several(self._missing)}."
        if self._mixed:
            yield f"Declared, but on columns of others too, and so left out: {several(self._mixed)}."
        if self._undeclared:
            yield f"Left alone, as the metadata does not declare what they are on: {several(self._undeclared)}."
        for why, targets in self._left_alone.items():
            yield (
                "Left alone, as only the database has it and nothing says whether it was this service's: "
                f"{several(targets)} ({why})."
            )

    def _is_mine_at_last(self, target: Target) -> bool:
        answer = self._owns.decide(target)
        return answer is Answer.YES or (answer is Answer.UNKNOWN and self._counts_as_declared(target))

    def _counts_as_declared(self, target: Target) -> bool:
        # A part follows its root: where the root is the service's by being declared, so is a column of it that isn't.
        by_root = self._owns.decide(target.root) is Answer.UNKNOWN
        return bool((target.root if by_root else target).declared)

    def _settle(self, target: Target) -> bool:
        if self._counts_as_declared(target):
            return True
        deciding = "; ".join(f"{rule.filter}: {rule.because}" for rule in self._owns.explain(target).deciding)
        self._left_alone.setdefault(deciding, []).append(target)
        log.info("Left alone: %s (%s)", target, deciding)
        return False

    def _let_in_for_its_parts(self, table: Target) -> bool:
        self._require_sight(table)
        if not table.exists:
            self._missing.append(table)
            return False
        self._shared.add((table.schema, table.name))
        return True

    def _note_own_columns(self, target: Target) -> None:
        """Remember what is left out though columns of this service are concerned."""
        if target.kind == "table" and target.declared is False and is_shared(target, self._said):
            self._undeclared += self._own_columns_of(target, target.object.columns)
        elif target.declared and target.table and target.kind != "column" and self.shares(target.table):
            self._mixed += [target] if self._own_columns_of(target.table, target.object.columns) else []

    def _own_columns_of(self, table: Target, columns: Iterable[Any]) -> list[Target]:
        targets = [column_of(table, column, declared=bool(table.declared)) for column in columns]
        return [target for target in targets if self._owns.decide(target) is Answer.YES]

    def _is_stranger(self, target: Target) -> bool:
        is_version_table = self.database is not None and (target.schema, target.name) == self.database.version_table
        return _is_unmarked(target) and not is_version_table

    def _points_elsewhere(self, target: Target) -> bool:
        """Whether this is a foreign key to another's table that only the database has: whoever made it wants it."""
        if target.declared is not False or self._is_redeclared(target) or self._loses_a_column(target):
            return False
        return not self._may_be_declared_or_mine(self.reader.referred(target.object))

    def _may_be_declared_or_mine(self, table: Target) -> bool:
        answer = _known_by_name(self._said, self.database).decide(table)
        if answer is Answer.UNKNOWN and self.database is not None:
            return self.database.declaration_of(table) is not None
        return answer is not Answer.NO

    def _is_redeclared(self, target: Target) -> bool:
        """Whether a foreign key of the metadata that the database lacks comes in this one's place."""
        declared, found = _foreign_keys_of(target.root)
        new = (each for each in declared if not is_among(each, found, self.reader.referred))
        return any(replaces(each, target.object) for each in new)

    def _loses_a_column(self, target: Target) -> bool:
        """Whether a column that this foreign key stands on is about to be dropped."""
        if not target.root.declared:
            return False
        kept = {column.name for column in target.root.object.columns}
        lost = [column for column in target.object.columns if column.name not in kept]
        return any(self._is_mine_at_last(column_of(target.root, column, declared=False)) for column in lost)

    def _is_respelled(self, target: Target) -> bool:
        """Whether metadata and database have the same foreign key, but for its spelling."""
        declared, found = _foreign_keys_of(target.root)
        return is_among(target.object, found if target.declared else declared, self.reader.referred)

    def _is_second_sight(self, table: Target) -> bool:
        """Whether this is a table that Alembic sees under another spelling too, and compares under that."""
        if self.database is None or table.kind != "table" or table.name is None or table.question is None:
            return False
        _, _, parents = table.question
        return self.database.is_second_sight(parents.get("schema_name"), table.name)

    def _was_refused(self, target: Target) -> bool:
        return _key(target) in self._refused or self._is_out_of_sight(target.schema)

    def _is_out_of_sight(self, schema: str | None) -> bool:
        return ("schema", schema, None, None) in self._refused

    def _require_sight(self, table: Target) -> None:
        """Refuse a declared table where Alembic doesn't look: it would be taken for a new one in every revision."""
        if self.database is None or table.in_default_schema or not table.declared or table.object.schema is None:
            return
        if not self.database.include_schemas:
            raise ConfigurationError(_out_of_sight(table, "Pass include_schemas=True to context.configure()."))
        if self._is_out_of_sight(table.schema):
            do = f"Name it in owns=, as columns('{table.schema}.users.billing_*') does, or in schemas=."
            raise ConfigurationError(_out_of_sight(table, do))


def _require_search_path(database: catalog.Database) -> None:
    current, default = database.relations.current_schema, database.default_schema
    if current not in (None, default):
        raise ConfigurationError(
            Problem(
                f"search_path begins with {current!r}, and SQLAlchemy took {default!r} for the default schema.",
                "Nobody can tell whose a table is that has no schema to its name.",
                "Set search_path in the URL or for the role, or say before context.configure() "
                f"connection.dialect.default_schema_name = {current!r}.",
            )
        )


def _out_of_sight(table: Target, do: str) -> Problem:
    return Problem(
        f"The metadata declares {table}, and Alembic was not told to look into schema {table.schema!r}.",
        "It would take the table for a new one in every revision.",
        do,
    )


def _foreign_keys_of(table: Target) -> tuple[Collection[ForeignKeyConstraint], Collection[ForeignKeyConstraint]]:
    """The metadata's and the database's, of a table that both have."""
    if table.question is None or len(table.question) != _OBJECT_QUESTION:
        return (), ()
    declared, *_, found = table.question
    return ((), ()) if found is None else (declared.foreign_key_constraints, found.foreign_key_constraints)


def _is_unmarked(target: Target) -> bool:
    """Whether this is a declared table, and not marked as another's."""
    return target.kind == "table" and bool(target.declared) and not is_external(target.object)


def _key(target: Target) -> tuple[Any, ...]:
    return target.kind, target.schema, target.name, target.table.name if target.table else None
