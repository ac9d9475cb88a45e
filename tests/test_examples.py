"""Each example, run as a user runs it: a copy of the project, and Alembic's own command line."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import inspect, text

from tests.entities.billing import make_roles

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from tests.databases import Database

EXAMPLES = Path(__file__).parent.parent / "examples"
ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}


@dataclass(frozen=True)
class Copy:
    """An example's project, copied to where it may write."""

    path: Path

    @classmethod
    def of(cls, example: str, into: Path, url: URL) -> Copy:
        path = into / Path(example).name
        shutil.copytree(EXAMPLES / example, path)
        ini = path / "alembic.ini"
        spelled = url.render_as_string(hide_password=False).replace("%", "%%")
        settings, replaced = re.subn(
            "^sqlalchemy.url = .*$", f"sqlalchemy.url = {spelled}", ini.read_text(), flags=re.M
        )
        assert replaced == 1
        ini.write_text(settings)
        return cls(path)

    def alembic(self, *arguments: str) -> str:
        """What the command wrote to stdout; it has to succeed."""
        return ran(["-m", "alembic", "-c", f"{self.path.name}/alembic.ini", *arguments], directory=self.path.parent)

    def use_env(self, name: str) -> None:
        shutil.copy(self.path / "migrations" / name, self.path / "migrations" / "env.py")

    def migrate(self) -> None:
        self.alembic("revision", "--autogenerate", "-m", "first tables")
        self.alembic("upgrade", "head")

    def has_nothing_left_to_do(self) -> bool:
        return "No new upgrade operations detected." in self.alembic("check")

    def replace_in_models(self, old: str, new: str) -> None:
        models = self.path / "models.py"
        assert models.read_text().count(old) == 1
        models.write_text(models.read_text().replace(old, new))

    def newest_revision(self) -> str:
        newest = max((self.path / "migrations" / "versions").glob("*_*.py"), key=lambda path: path.stat().st_mtime_ns)
        return newest.read_text()


def ran(arguments: list[str], *, directory: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=directory,
        env={**ENVIRONMENT, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def tables(database: Database) -> list[str]:
    return sorted(inspect(database.engine()).get_table_names())


def test_one_service(sqlite: Database, tmp_path: Path) -> None:
    movies = Copy.of("one_service/movies", tmp_path, sqlite.url)

    movies.migrate()

    assert tables(sqlite) == ["alembic_version", "migrakit_journal", "movies"]
    assert movies.has_nothing_left_to_do()


@pytest.mark.parametrize("env", ["env.py", "env_of_parts.py"])
def test_an_env_py_of_ones_own(env: str, sqlite: Database, tmp_path: Path) -> None:
    with sqlite.engine().begin() as connection:
        connection.execute(text("CREATE TABLE shop_orders (id INTEGER PRIMARY KEY)"))
    conference = Copy.of("own_env/conference", tmp_path, sqlite.url)
    if env != "env.py":
        conference.use_env(env)

    conference.migrate()

    assert tables(sqlite) == ["alembic_version_pycon", "pycon_talks", "shop_orders"]
    assert conference.has_nothing_left_to_do()


def test_an_env_py_of_ones_own_writes_sql_for_a_database_that_it_does_not_see(sqlite: Database, tmp_path: Path) -> None:
    conference = Copy.of("own_env/conference", tmp_path, sqlite.url)
    conference.alembic("revision", "--autogenerate", "-m", "first tables")

    sql = conference.alembic("upgrade", "head", "--sql")

    assert "CREATE TABLE alembic_version_pycon" in sql
    assert "CREATE TABLE pycon_talks" in sql
    assert tables(sqlite) == ["alembic_version_pycon"]


def test_billing(postgres18: Database, tmp_path: Path) -> None:
    make_roles(postgres18)
    billing = Copy.of("billing", tmp_path, postgres18.url)

    billing.migrate()

    assert len(inspect(postgres18.engine()).get_view_names("billing_api")) == 20
    assert billing.has_nothing_left_to_do()


@pytest.mark.parametrize("env", ["env.py", "stock_env.py"])
def test_prices(env: str, mariadb: Database, tmp_path: Path) -> None:
    """What is done, and which market each price has then, as the README shows it."""
    prices = Copy.of("prices/prices", tmp_path, mariadb.url)
    if env != "env.py":
        prices.use_env(env)
    prices.alembic("upgrade", "0001")
    with mariadb.engine().begin() as connection:
        connection.exec_driver_sql((prices.path / "rows.sql").read_text())

    prices.alembic("revision", "--autogenerate", "-m", "market is mic")
    prices.alembic("upgrade", "head")

    with mariadb.engine().connect() as connection:
        rows = connection.execute(text("SELECT isin, mic FROM prices ORDER BY isin"))
        shown = "".join(f"{' '.join(row).strip()}\n" for row in rows)
    readme = (EXAMPLES / "prices" / "README.md").read_text()
    done, left = re.findall(r"```python\n(.*?)```.*?```text\n(.*?)```", readme, re.DOTALL)[env != "env.py"]
    assert ast.unparse(ast.parse(done)) == upgrade_of(prices.newest_revision())
    assert left == shown
    assert prices.has_nothing_left_to_do()

    prices.alembic("downgrade", "0001")
    with mariadb.engine().connect() as connection:
        markets = connection.scalars(text("SELECT market FROM prices ORDER BY isin")).all()
    assert markets == (["XETR", "XAMS", "XNAS"] if env == "env.py" else ["", "", ""])


def upgrade_of(revision: str) -> str:
    upgrade = next(each for each in ast.parse(revision).body if getattr(each, "name", "") == "upgrade")
    assert isinstance(upgrade, ast.FunctionDef)
    return "\n".join(map(ast.unparse, upgrade.body))


def test_three_services(postgres18: Database, tmp_path: Path) -> None:
    services = {
        name: Copy.of(f"three_services/{name}", tmp_path, postgres18.url) for name in ("accounts", "pycon", "shop")
    }

    for service in services.values():
        service.migrate()

    owned = ["accounts_sessions", "accounts_users", "pycon_rooms", "pycon_talks", "shop_orders", "shop_products"]
    assert tables(postgres18) == sorted([*owned, *(f"alembic_version_{name}" for name in services)])
    assert all(service.has_nothing_left_to_do() for service in services.values())

    pycon = services["pycon"]
    pycon.replace_in_models("title: Mapped[str]", "level: Mapped[int | None]\n    title: Mapped[str]")
    pycon.alembic("revision", "--autogenerate", "-m", "levels")
    upgrade, _, downgrade = pycon.newest_revision().partition("def downgrade")
    assert re.findall(r"op\.\w+", upgrade) == ["op.add_column"]
    assert re.findall(r"op\.\w+", downgrade) == ["op.drop_column"]
    pycon.alembic("upgrade", "head")
    assert all(service.has_nothing_left_to_do() for service in services.values())


def test_the_demo_shows_what_it_should_and_leaves_nothing_behind() -> None:
    before = files(EXAMPLES)
    # Not tmp_path, whose length is more than a socket's path may have.
    with tempfile.TemporaryDirectory() as directory:
        shown = ran([str(EXAMPLES / "three_services" / "demo.py")], directory=Path(directory), TMPDIR=directory)
        left_behind = list(Path(directory).iterdir())

    readme = (EXAMPLES.parent / "README.md").read_text()
    excerpt = readme[readme.index("  stock Alembic   ") :].partition("```")[0]
    assert excerpt in shown
    assert "drop_table alembic_version_shop" in excerpt
    assert "add_column pycon_talks, level" in shown
    assert max(map(len, shown.splitlines())) <= 100
    assert left_behind == []
    assert files(EXAMPLES) == before


def files(directory: Path) -> set[Path]:
    return {path for path in directory.rglob("*") if not {"__pycache__", ".ruff_cache"} & set(path.parts)}
