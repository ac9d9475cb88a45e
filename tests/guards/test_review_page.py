"""What docs/review.md shows is what a reader sees: the console's output, and the file."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import alembic
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "review.md"
TEMPLATE = Path(alembic.__file__).parent / "templates" / "generic"

INI = """
[alembic]
script_location = .
path_separator = os
sqlalchemy.url = sqlite:///prices.db
"""
MODELS = """
from sqlalchemy import Column, Integer, MetaData, Numeric, String, Table

metadata = MetaData()
Table(
    "prices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column({name!r}, String(32)),
    Column("amount", Numeric({digits}, 4)),
)
"""
ENV = """
import logging, sys
sys.path.insert(0, ".")
from migrakit import Environment
from models import metadata
logging.getLogger("migrakit").addHandler(handler := logging.StreamHandler(sys.stdout))
handler.setFormatter(logging.Formatter("%(levelname)-5.5s [%(name)s] %(message)s"))
Environment(metadata=metadata, configure={"render_as_batch": True}).run()
"""


class Service:
    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "versions").mkdir()
        (path / "alembic.ini").write_text(INI)
        (path / "env.py").write_text(ENV)
        (path / "script.py.mako").write_text((TEMPLATE / "script.py.mako").read_text())

    def declares(self, name: str, digits: int) -> None:
        (self.path / "models.py").write_text(MODELS.format(name=name, digits=digits))

    def run(self, *words: str) -> str:
        ran = subprocess.run(
            [sys.executable, "-B", "-m", "alembic", *words], cwd=self.path, capture_output=True, text=True, check=False
        )
        return ran.stdout

    @property
    def file(self) -> Path:
        return self.path / "versions" / "3f2a61c09d1b_prices_by_mic.py"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    service = Service(tmp_path_factory.mktemp("service"))
    service.declares("market", 12)
    service.run("revision", "--autogenerate", "-m", "first")
    service.run("upgrade", "head")
    with sqlite3.connect(service.path / "prices.db") as connection:
        connection.execute("INSERT INTO prices VALUES (1, 'XETR', 1), (2, 'XLON', 2)")
    connection.close()
    service.declares("mic", 10)
    return service


def shown(name: str) -> str:
    found = re.search(rf"<!-- review: {name} -->\n```\w+\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def test_the_page_shows_what_is_seen(service: Service) -> None:
    command = ("revision", "--autogenerate", "--rev-id", "3f2a61c09d1b", "-m", "prices by mic")
    said = service.run(*command)
    logged = "".join(line for line in said.splitlines(keepends=True) if not line.startswith("Generating"))
    assert shown("console") == '$ alembic revision --autogenerate --rev-id 3f2a61c09d1b -m "prices by mic"\n' + logged
    upgrade = service.file.read_text().partition("def downgrade")[0].partition("def upgrade")
    body = "".join(line for line in "".join(upgrade[1:]).splitlines(keepends=True) if "###" not in line)
    assert shown("file") == body.replace('    """Upgrade schema."""\n', "").rstrip() + "\n"
    assert folded(shown("upgrade")) == folded("$ alembic upgrade head\n" + service.run("upgrade", "head"))
    service.file.write_text(f"{service.file.read_text()}\n{shown('accepts')}")
    assert "FAILED" not in service.run("upgrade", "head")
    assert "No new upgrade operations" in service.run("check")


def folded(text: str) -> list[str]:
    """Whatever the width of the terminal."""
    return text.split()
