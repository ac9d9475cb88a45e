"""SQLite: a file below the test's own directory, which pytest removes."""

from pathlib import Path
from uuid import uuid4

from sqlalchemy import URL

from tests.databases.database import Database


def new_database(directory: Path) -> Database:
    path = directory / f"{uuid4().hex}.sqlite"
    path.touch()
    return Database("sqlite", URL.create("sqlite", database=str(path)))
