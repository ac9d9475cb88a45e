"""README and docs: their Python runs, what they show as its output is its output, and their links lead somewhere.

A comment before a block says how it runs:

``<!-- test: env.py creates a b -->``   it is an env.py; afterwards the database holds these tables, and no others
``<!-- test: env.py beside c creates a b -->``   the same, where a table was there before
``<!-- test: in env.py creates a b -->``   the same, for the lines of an env.py in which there is a ``connection``
``<!-- test: raises -->``   it raises an error
``<!-- test: skip because ... -->``   it doesn't run

Any other block runs after those before it on its page, where ``Base`` is a service's declarative base. A block of
``text`` that follows is what it prints, the error that it raises, or what migrakit logs. ``<!-- file: ... -->`` says
that a block is a file's content, and what stands between ``<!-- same: name -->`` and ``<!-- /same -->`` is the same
on every page.
"""

from __future__ import annotations

import io
import re
import sys
import textwrap
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from sqlalchemy import Column, Integer, MetaData, String, Table, inspect

from migrakit import Target
from migrakit.errors import FilterError
from migrakit.filters import Answer
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.databases import Database

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
ROOT = Path(__file__).parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "examples/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]

BLOCK = re.compile(
    r"(?:^<!-- (?P<key>test|file): (?P<value>.*?) -->\n+)?^```(?P<language>\w+)\n(?P<text>.*?)^```$"
    r"(?:\n+^```text\n(?P<output>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)
ENV = re.compile(r"(?P<where>(?:in )?env\.py)(?: beside (?P<beside>.*?))? creates (?P<created>.*)")
SAME = re.compile(r"^<!-- same: (?P<name>.*?) -->\n(?P<text>.*?)^<!-- /same -->$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://)(?P<path>[^)#]*)(?:#(?P<anchor>[^)]+))?\)")

MODELS = """
from sqlalchemy import Column, ForeignKey, Integer, String, Table
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass


Table("{table}", Base.metadata, Column("id", Integer, primary_key=True), Column("title", String(80)))
"""
SERVICES = {"billing": "billing_invoices", "movies": "movies", "pycon": "pycon_talks", "shop": "shop_orders"}

AROUND = """
from alembic import context
from migrakit import Environment, VersionTable, filters
from sqlalchemy import create_engine, pool
from pycon.models import Base

target_metadata = Base.metadata
engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
with engine.connect() as connection:
{lines}
    with context.begin_transaction():
        context.run_migrations()
"""


@dataclass(frozen=True)
class Block:
    """A fenced block of Python, and what the page says of it."""

    page: Path
    line: int
    text: str
    how: str
    file: str | None
    output: str | None

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"

    @property
    def is_env(self) -> bool:
        return self.how.startswith(("env.py", "in env.py"))


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text()
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start("text"))
        said = {match["key"]: match["value"]}
        if match["language"] == "python":
            yield Block(page, line, match["text"], said.get("test", ""), said.get("file"), match["output"])


BLOCKS = [block for page in PAGES for block in blocks(page)]


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Packages of models, by the names that the pages import."""
    for service, table in SERVICES.items():
        package = tmp_path / "packages" / service
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "models.py").write_text(MODELS.format(table=table))
    monkeypatch.syspath_prepend(tmp_path / "packages")
    yield
    forget_models()


def forget_models() -> None:
    """As if the next command ran in a process of its own."""
    for name in [name for name in sys.modules if name.partition(".")[0] in SERVICES]:
        del sys.modules[name]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_on_a_page_runs_from_top_to_bottom(page: Path) -> None:
    namespace: dict[str, Any] = {"Base": a_declarative_base()}
    for block in blocks(page):
        if not (block.is_env or block.file or block.how.startswith("skip because")):
            run(block, namespace)


def run(block: Block, namespace: dict[str, Any]) -> None:
    code = compile("\n" * block.line + block.text, str(block.page), "exec")
    printed = io.StringIO()
    if block.how == "raises":
        with pytest.raises(Exception) as raised:  # noqa: PT011 - whichever, its message is compared
            exec(code, namespace)
        assert unfolded(str(raised.value)) == unfolded(block.output)
        return
    with redirect_stdout(printed):
        exec(code, namespace)
    assert printed.getvalue() == (block.output or ""), str(block)


def test_the_sample_rule_of_contributing_is_a_rule() -> None:
    (sample,) = blocks(ROOT / "CONTRIBUTING.md")
    namespace: dict[str, Any] = {"__name__": "suffix"}
    run(sample, namespace)
    suffix = namespace["suffix"]

    assert namespace["__all__"] == ["suffix"]
    owns = suffix("_log", "_audit") & ~suffix("_old_log")
    assert repr(owns) == "suffix('_log', '_audit') & ~suffix('_old_log')"
    assert owns == suffix("_log", "_audit") & ~suffix("_old_log")
    answers = {name: owns.decide(Target("table", name)) for name in ("pycon_log", "pycon_old_log", "log", None)}
    assert answers == {"pycon_log": YES, "pycon_old_log": NO, "log": NO, None: UNKNOWN}
    assert owns.decide(Target("index", "ix", table=Target("table", "pycon_log"))) is YES
    assert "'log' does not end so" in str(owns.explain(Target("table", "log")))
    with pytest.raises(FilterError, match=r"suffix\(\) got nothing.*Write suffix\('_log'\)"):
        suffix()


def a_declarative_base() -> Any:
    metadata = MetaData()
    Table("pycon_talks", metadata, Column("id", Integer, primary_key=True), Column("title", String(80)))
    return type("Base", (), {"metadata": metadata, "__module__": "__main__"})


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize("block", [block for block in BLOCKS if block.is_env], ids=str)
def test_an_env_py_runs(block: Block, sqlite: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    how = ENV.fullmatch(block.how)
    assert how, block.how
    beside, created = (how["beside"] or "").split(), how["created"].split()
    with sqlite.engine().begin() as connection:
        for table in beside:
            connection.exec_driver_sql(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY)")
    env = block.text if how["where"] == "env.py" else AROUND.format(lines=textwrap.indent(block.text, "    "))
    project = Project(tmp_path / "project", sqlite.url, env)

    def check() -> None:
        command.check(project.config())

    for run_command in (project.revision, project.upgrade, project.upgrade_sql, check):
        run_command()
        forget_models()

    assert sorted(inspect(sqlite.engine()).get_table_names()) == sorted(created + beside)
    if block.output is not None:
        messages = [record.getMessage() for record in caplog.records if record.name == "migrakit"]
        assert unfolded(block.output) == unfolded(messages[0])


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.file], ids=str)
def test_a_block_that_shows_a_file_is_that_file(block: Block) -> None:
    assert block.text == (ROOT / str(block.file)).read_text()


def test_what_pages_have_in_common_is_said_in_the_same_words() -> None:
    said: dict[str, set[str]] = {}
    for page in PAGES:
        for match in SAME.finditer(page.read_text()):
            said.setdefault(match["name"], set()).add(without_folder(match["text"]))

    assert {name for name, texts in said.items() if len(texts) > 1} == set()


def without_folder(text: str) -> str:
    """Links to ``docs/`` from above it and from within it lead to the same page."""
    return text.replace("](docs/", "](")


def test_the_lowest_versions_are_those_that_are_required() -> None:
    requirements = (ROOT / "pyproject.toml").read_text()
    readme = (ROOT / "README.md").read_text()

    for name, package in {"Alembic": "alembic", "SQLAlchemy": "sqlalchemy"}.items():
        lowest = re.search(rf'"{package}>=(.*?)"', requirements)
        assert lowest
        assert f"- {name} {lowest[1]} and" in readme


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for match in LINK.finditer(page.read_text()):
        target = (page.parent / match["path"]).resolve() if match["path"] else page
        if not target.exists() or (match["anchor"] and match["anchor"] not in anchors(target)):
            broken.append(match[0])

    assert broken == []


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def unfolded(text: str | None) -> str:
    return " ".join((text or "").split())
