"""What the tests run on: printed at the top of every report, and held by `test_versions` against what was asked for."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

__all__ = ["DEPENDENCIES", "VARIABLE", "installed", "newest", "pinned", "pytest_report_header"]

VARIABLE = "MIGRAKIT_DEPS"
"""Says which versions were asked for, ``lowest`` or ``newest``; ``make test`` sets it."""

DEPENDENCIES = ("alembic", "alembic-utils", "sqlalchemy")
_DRIVERS = ("asyncpg", "psycopg", "psycopg2-binary", "pymysql")

_LOWEST = Path(__file__).with_name("lowest.txt")


def pytest_report_header() -> str:
    versions = {"Python": platform.python_version(), **installed(*DEPENDENCIES), **installed(*_DRIVERS)}
    return "versions: " + ", ".join(f"{name} {version}" for name, version in versions.items())


def installed(*names: str) -> dict[str, str]:
    """The versions of those that are installed."""
    return {name: version for name in names if (version := _version(name)) is not None}


def pinned() -> dict[str, str]:
    """The versions that ``tests/lowest.txt`` names."""
    lines = (line for line in _LOWEST.read_text().splitlines() if line and not line.startswith("#"))
    requirements = [Requirement(line) for line in lines]
    return {each.name: str(each.specifier).removeprefix("==") for each in requirements}


def newest() -> dict[str, str]:
    """The versions that pip would choose on this Python, if nothing were installed.

    Asked about an upgrade, pip would call what is installed the newest when it can't reach the index.
    """
    options = ("--dry-run", "--ignore-installed", "--no-input", "--quiet", "--retries", "1", "--report", "-")
    command = [sys.executable, "-m", "pip", "install", *options, *DEPENDENCIES]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise LookupError(f"pip can't tell which versions are the newest (is there a network?):\n{answer.stderr}")
    chosen = (each["metadata"] for each in json.loads(answer.stdout)["install"])
    versions = {_canonical(each["name"]): each["version"] for each in chosen}
    return {name: versions[name] for name in DEPENDENCIES}


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _canonical(name: str) -> str:
    return name.lower().replace("_", "-")
