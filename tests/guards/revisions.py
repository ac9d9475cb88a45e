"""Revisions' files, written and loaded as Alembic does it."""

from __future__ import annotations

from itertools import count
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from alembic.runtime.migration import MigrationContext
from alembic.util import load_python_file

from migrakit.guards.reading import read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

    from alembic.operations.ops import MigrateOperation

    from migrakit.guards.reading import Reading

__all__ = ["HEAD", "context_of", "loaded", "ops_of", "reading_of"]

HEAD = """\
import sqlalchemy as sa
from alembic import op

"""

_numbers = count()


def context_of(dialect: str = "postgresql", **opts: Any) -> MigrationContext:
    return MigrationContext.configure(dialect_name=dialect, opts=opts)


def loaded(directory: Path, source: str | bytes) -> ModuleType:
    path = directory / f"revision_{next(_numbers)}.py"
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    return load_python_file(str(directory), path.name)


def reading_of(directory: Path, body: str, *, head: str = HEAD, dialect: str = "postgresql", **opts: Any) -> Reading:
    """What is read in ``upgrade()``: of a file that has it, or as a function's body."""
    body = dedent(body).strip("\n")
    if "def upgrade" not in body:
        body = "def upgrade():\n" + "\n".join(f"    {line}" for line in body.splitlines())
    function: Callable[..., Any] = loaded(directory, f"{head}{body}\n").upgrade
    return read(function, context_of(dialect, **opts))


def ops_of(reading: Reading) -> list[MigrateOperation]:
    return [each.op for each in reading.operations]
