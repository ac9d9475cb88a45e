"""One version table for each service, by a name that every database takes and that never changes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, TypedDict

from migrakit.errors import Problem, VersionTableError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SHARED_NAME", "VersionTable", "VersionTableOptions"]

SHARED_NAME = "alembic_version"
"""Alembic's own default, which all services share that don't say otherwise."""

# PostgreSQL cuts names at 63 bytes, and Alembic adds "_pkc" to this one for its primary key. MariaDB stops at 64
# characters, which 59 bytes never reach.
_LONGEST = 59
_LONGEST_SCHEMA = 63
_DIGEST_LENGTH = 12
_LOOKS_DIGESTED = re.compile(rf"(^|_)[0-9a-f]{{{_DIGEST_LENGTH}}}$")
_RESERVED = "sqlite_"
_KEY = "_pkc"
_HIGHEST_IN_MYSQL = "\uffff"


class VersionTableOptions(TypedDict):
    """The two keywords of ``context.configure()`` that say where revisions are kept."""

    version_table: str
    version_table_schema: str | None


@dataclass(frozen=True, slots=True)
class VersionTable:
    """Where a service keeps its revisions: ``VersionTable("pycon_versions")``, or by the service's name."""

    name: str
    schema: str | None = None

    def __post_init__(self) -> None:
        problems = [*_problems_of_name(self.name), *_problems_of_schema(self.schema)]
        if problems:
            raise VersionTableError(*problems)

    @classmethod
    def for_service(
        cls, name: str, schema: str | None = None, template: str = "alembic_version_{service}"
    ) -> VersionTable:
        """The version table of a service, whatever the service is called: ``alembic_version_pycon``.

        A name of ``[a-z0-9_]`` that fits is used as it is. Any other is shortened and spelled with these letters, and
        ends with a digest of the whole, so that no two services meet, not even where case is ignored.
        """
        if not isinstance(name, str) or not name.strip():
            raise VersionTableError(
                Problem(
                    f"A service can't be called {name!r}.",
                    "Its version table is named after it.",
                    "Give it a name, such as 'billing'.",
                )
            )
        before, after = _split(template)
        plain = f"{before}{name}{after}"
        return cls(plain if _is_taken_as_it_stands(name, plain) else _digested(name, before, after), schema)

    def options(self) -> VersionTableOptions:
        """What ``context.configure()`` takes: ``version_table`` and ``version_table_schema``."""
        return {"version_table": self.name, "version_table_schema": self.schema}


def _is_taken_as_it_stands(service: str, table: str) -> bool:
    return (
        re.fullmatch("[a-z0-9_]+", service) is not None
        and len(table) <= _LONGEST
        and not _LOOKS_DIGESTED.search(service)
        and table != SHARED_NAME
        and not table.startswith(_RESERVED)
        and not table.endswith(_KEY)
    )


def _digested(service: str, before: str, after: str) -> str:
    digest = sha256(service.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_LENGTH]
    room = _LONGEST - len(before) - len(after) - _DIGEST_LENGTH - 1
    readable = re.sub("[^a-z0-9]+", "_", service.lower()).strip("_")[: max(room, 0)].strip("_")
    if not readable or f"{before}{readable}_".startswith(_RESERVED):
        return f"{before}{digest}{after}"
    return f"{before}{readable}_{digest}{after}"


def _split(template: str) -> tuple[str, str]:
    before, marker, after = str(template).partition("{service}")
    if not marker or not re.fullmatch("[a-z0-9_]*", before + after):
        raise _bad_template(template, "has to hold '{service}' once, and else only a to z, 0 to 9 and '_'")
    if before.startswith(_RESERVED):
        raise _bad_template(template, "begins with 'sqlite_', which SQLite keeps to itself")
    if after.endswith(_KEY):
        raise _bad_template(template, f"ends with {_KEY!r}, as the primary key of another version table may")
    if len(before) + len(after) + _DIGEST_LENGTH > _LONGEST:
        raise _bad_template(template, f"leaves no room for a service's name within {_LONGEST} bytes")
    return before, after


def _bad_template(template: str, reason: str) -> VersionTableError:
    return VersionTableError(
        Problem(
            f"The template {template!r} {reason}.",
            "Each service needs a version table that every database takes.",
            "Write one such as '{service}_versions'.",
        )
    )


def _problems_of_name(name: str) -> Iterator[Problem]:
    do = "Choose a name such as 'pycon_versions', or let VersionTable.for_service() make one."
    for reason, why in _reasons_against(name):
        yield Problem(f"A version table can't be called {name!r}: {reason}.", why, do)


def _problems_of_schema(schema: str | None) -> Iterator[Problem]:
    if schema is None:
        return
    if not isinstance(schema, str) or not schema or "\0" in schema or len(_bytes(schema)) > _LONGEST_SCHEMA:
        yield Problem(
            f"A version table can't be in schema {schema!r}.",
            f"A schema's name has 1 to {_LONGEST_SCHEMA} bytes.",
            "Name a schema that exists, or leave it out for the default one.",
        )


def _reasons_against(name: object) -> Iterator[tuple[str, str]]:
    if not isinstance(name, str):
        yield "it is not a string", "Alembic would quote it as one."
        return
    if not name.strip():
        yield "it is empty", "No database takes a table without a name."
        return
    if len(_bytes(name)) > _LONGEST:
        yield (
            f"it has {len(_bytes(name))} bytes, and {_LONGEST} is the most",
            "PostgreSQL would cut it, or its primary key's name, without a word.",
        )
    if name != name.strip():
        yield "it begins or ends with white space", "MariaDB and MySQL refuse that."
    if name.lower().startswith(_RESERVED):
        yield "it begins with 'sqlite_'", "SQLite keeps such names to itself."
    if name.endswith(_KEY):
        yield f"it ends with {_KEY!r}", "Alembic gives that ending to the primary key of the table without it."
    if not name.isprintable() or max(name) > _HIGHEST_IN_MYSQL:
        yield "it holds a letter that can't be printed or is beyond U+FFFF", "MariaDB and MySQL refuse these."


def _bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")
