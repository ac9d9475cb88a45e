"""Programs that use another package beside migrakit, each in a process of its own.

Such a package registers comparators with Alembic, or changes SQLAlchemy, when it is imported, and nothing takes that
back. A program finds ``url`` and ``path`` (an empty folder), and ``tests.project`` to run Alembic's commands with.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests import written

if TYPE_CHECKING:
    from tests.databases import Database

__all__ = ["run_beside"]

ROOT = Path(__file__).parent.parent
PREAMBLE = """
import io, logging, sys, warnings
from contextlib import redirect_stdout
from pathlib import Path
from sqlalchemy import *
from migrakit import Environment, external, filters
from tests.project import STOCK_ENV, Project, described

url, path = make_url(sys.argv[1]), Path(sys.argv[2])
logging.basicConfig(stream=sys.stdout, format="%(levelname)s %(message)s", level=logging.WARNING)
warnings.filterwarnings("ignore", "Did not recognize type 'vector'")


def migrate(project):
    project.attributes.get("environment", {}).setdefault("guards", [])  # what they say has tests of its own
    with redirect_stdout(io.StringIO()):  # Alembic says what file it writes
        project.revision()
    project.upgrade()
"""


def run_beside(program: str, database: Database, path: Path) -> list[str]:
    """What the program prints, warnings of migrakit's among it, line by line."""
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", PREAMBLE + program, url, str(path)]
    # What another package adds to the ops is its own.
    environment = {name: value for name, value in os.environ.items() if name != written.VARIABLE}
    run = subprocess.run(command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()
