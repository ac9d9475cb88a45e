"""What a person may write into ``Environment(...)``, and what is wrong with it."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from alembic.runtime.environment import EnvironmentContext
from sqlalchemy import MetaData

from migrakit.errors import Problem, VersionTableError
from migrakit.filters import Filter
from migrakit.filters.arguments import close_matches
from migrakit.target import is_external
from migrakit.versions import VersionTable

__all__ = ["Given", "as_tuple", "listed"]

_OURS = (
    "metadata",
    "service",
    "owns",
    "version_table",
    "entities",
    "schemas",
    "guards",
    "configure",
    "url",
    "url_variable",
    "session",
    "lock_wait",
    "server_wait",
    "journal",
)

# What of Alembic's keywords is settled by one of ours, or by the command that is under way.
_SETTLED = {
    "target_metadata": "metadata=",
    "include_name": "owns=filters.from_callables(include_name=...)",
    "include_object": "owns=filters.from_callables(include_object=...)",
    "version_table": "version_table=VersionTable(...)",
    "version_table_schema": "version_table=VersionTable(..., schema=...)",
    "connection": "an env.py of your own with context.configure(connection=..., **environment.options())",
    "url": "url=",
}
_ALEMBICS = ("fn", "script", "as_sql", "migrakit", "migrakit_entities")
_NOT_IN_SIGNATURE = ("version_table_pk", "output_encoding", "mssql_batch_separator", "oracle_batch_separator")


@dataclass(frozen=True, slots=True)
class Given:
    """What the constructor was given: whatever a person may write, so nothing is taken for granted."""

    metadata: Any
    service: Any
    owns: Any
    version_table: Any
    schemas: Any
    guards: Any
    configure: Any
    unknown: Mapping[str, Any]

    def problems(self) -> Iterator[Problem]:
        for name in self.unknown:
            why = f"It takes {', '.join(_OURS)}."
            do = f"Options of Alembic and of its plugins go into configure={{{name!r}: ...}}."
            meant = close_matches(name, _OURS)
            yield Problem(f"Environment() takes no {name!r}.", why, f"Write {meant[0]!r}." if meant else do)
        yield from self._problems_of_metadata()
        yield from self._problems_of_ownership()
        yield from self._problems_of_version_table()
        yield from self._problems_of_schemas()
        yield from self._problems_of_guards()
        yield from self._problems_of_configure()

    def _problems_of_metadata(self) -> Iterator[Problem]:
        given = as_tuple(self.metadata)
        is_set = isinstance(self.metadata, (set, frozenset))
        if is_set:
            why = "Its order is another in every process, and with it that of what autogenerate finds."
            yield Problem(f"metadata={self.metadata!r} is a set.", why, "Pass a list.")
            return
        wrong = [each for each in given if not isinstance(each, MetaData)]
        if wrong or not given:
            has_metadata = all(isinstance(getattr(each, "metadata", None), MetaData) for each in wrong)
            do = "Pass its .metadata" if wrong and has_metadata else "Pass metadata=Base.metadata, or a list of several"
            yield Problem(
                f"metadata={self.metadata!r} is not a MetaData.", "It is what the database is compared with.", f"{do}."
            )
        elif twice := _declared_twice(given):
            why = "Alembic compares a table with one declaration."
            yield Problem(f"Two of the MetaData declare {', '.join(twice)}.", why, "Declare each table in one of them.")

    def _problems_of_ownership(self) -> Iterator[Problem]:
        if self.owns is not None and not isinstance(self.owns, Filter):
            why = "It decides what may be dropped."
            yield Problem(f"owns={self.owns!r} is not a filter.", why, _filter_meant(self.owns))
        if self.service is not None and self.owns is None:
            yield Problem(
                f"service={self.service!r} comes without owns=.",
                "A service that shares its database would be offered to drop all the others' tables.",
                "Pass owns=filters.prefix(...), or owns=filters.everything if it has the database to itself.",
            )

    def _problems_of_version_table(self) -> Iterator[Problem]:
        if self.version_table is not None and not isinstance(self.version_table, VersionTable):
            yield Problem(
                f"version_table={self.version_table!r} is not a VersionTable.",
                "Its name is checked before it is used.",
                f"Pass version_table=VersionTable({self.version_table!r}).",
            )
        if self.service is not None:
            try:
                VersionTable.for_service(self.service)
            except VersionTableError as error:
                yield from error.problems

    def _problems_of_schemas(self) -> Iterator[Problem]:
        if isinstance(self.schemas, str):
            do = f"Pass schemas=[{self.schemas!r}]."
            yield Problem(f"schemas={self.schemas!r} is one string.", "It is read letter by letter.", do)
        elif not _are_names(self.schemas):
            do = "Pass schemas=['billing']; the default schema is always looked into."
            yield Problem(f"schemas={self.schemas!r} are not names.", "Alembic looks into schemas by name.", do)

    def _problems_of_guards(self) -> Iterator[Problem]:
        from migrakit.guards import Guard  # noqa: PLC0415 - models import this package too, and it costs

        for each in as_tuple(self.guards):
            if not isinstance(each, Guard):
                do = (
                    f"Call it: guards.{each.__name__}()."
                    if callable(each)
                    else "Pass guards=[*guards.defaults(), ...]."
                )
                yield Problem(f"guards= holds {each!r}, which is no guard.", "It has no code.", do)
        if isinstance(self.guards, Guard):
            do = "Pass guards=[*guards.defaults(), ...]."
            yield Problem("guards= is one guard and no list.", "Without the others data may be lost unseen.", do)

    def _problems_of_configure(self) -> Iterator[Problem]:
        is_mapping = isinstance(self.configure, Mapping)
        if not is_mapping:
            do = "Pass configure={'compare_server_default': True}."
            yield Problem(f"configure={self.configure!r} is not a dict.", "It holds keywords.", do)
            return
        known = {*inspect.signature(EnvironmentContext.configure).parameters, *_NOT_IN_SIGNATURE} - {"self", "kw"}
        for name in self.configure:
            yield from _problems_of_keyword(str(name), known)
        if isinstance(self.configure.get("autogenerate_plugins", []), str):
            do = f"Pass [{self.configure['autogenerate_plugins']!r}]."
            yield Problem("configure={'autogenerate_plugins': ...} is one string.", "It is read letter by letter.", do)
        if self.configure.get("include_schemas", True) is False and self._used_schemas():
            yield Problem(
                f"configure={{'include_schemas': False}}, and the metadata uses {', '.join(self._used_schemas())}.",
                "What is declared there would be created again in every revision.",
                "Leave include_schemas out: the schemas that the metadata uses are looked into.",
            )

    def _used_schemas(self) -> list[str]:
        metadata = (each for each in as_tuple(self.metadata) if isinstance(each, MetaData))
        tables = (table for each in metadata for table in each.tables.values())
        return sorted({table.schema for table in tables if table.schema and not is_external(table)})


def as_tuple(given: Any) -> tuple[Any, ...]:
    """One, several or nothing, as several."""
    if given is None:
        return ()
    is_several = isinstance(given, (list, tuple))
    return tuple(cast("Iterable[Any]", given)) if is_several else (given,)


def listed(given: Any) -> Any:
    """Names as a tuple, whatever they came in; a string as it is, to be refused."""
    if given is None:
        return ()
    several = not isinstance(given, str) and hasattr(given, "__iter__")
    return tuple(cast("Iterable[Any]", given)) if several else given


def _are_names(given: Any) -> bool:
    is_tuple = isinstance(given, tuple)
    return is_tuple and all(isinstance(each, str) and each for each in cast("Iterable[Any]", given))


def _declared_twice(several: tuple[MetaData, ...]) -> list[str]:
    counts = Counter(key for each in several for key in each.tables)
    return sorted(key for key, count in counts.items() if count > 1)


def _filter_meant(given: Any) -> str:
    if str(getattr(given, "__module__", "")).startswith("migrakit.filters"):
        return f"Call it: {given.__name__}(...)."
    return "Decorate the function with @filters.rule." if callable(given) else "Pass filters.prefix('pycon_')."


def _problems_of_keyword(name: str, known: set[str]) -> Iterator[Problem]:
    if name in _SETTLED:
        why = "It would contradict what migrakit passes itself."
        yield Problem(f"configure={{{name!r}: ...}} is not taken.", why, f"Say it with {_SETTLED[name]}.")
    elif name in _ALEMBICS:
        why = "Alembic's commands pass it, and what runs depends on it."
        yield Problem(f"configure={{{name!r}: ...}} is not taken.", why, "Leave it out.")
    elif name not in known and (meant := close_matches(name, known, likeness=0.85)):
        why = "Alembic ignores a keyword that it doesn't know, without a word."
        do = f"Say it with {_SETTLED[meant[0]]}." if meant[0] in _SETTLED else f"Write {meant[0]!r}."
        yield Problem(f"configure={{{name!r}: ...}} looks like a slip.", why, do)
