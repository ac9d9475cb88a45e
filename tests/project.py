"""A service's Alembic project on disk, driven through Alembic's own commands."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.autogenerate import render_python_code
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import DefaultClause

from tests import written

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.operations import ops
    from sqlalchemy.engine import URL, Connection

__all__ = ["OWN_ENV", "STOCK_ENV", "Project", "described"]

SCRIPT = '''"""${message}"""
from alembic import op
import sqlalchemy as sa
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade():
    ${upgrades if upgrades else "pass"}


def downgrade():
    ${downgrades if downgrades else "pass"}
'''

# What the test passes stands in the config's attributes; a service's env.py imports it.
MIGRAKIT_ENV = """
from alembic import context
from migrakit import Environment

Environment(**context.config.attributes["environment"]).run()
"""

_ONLINE = """
from alembic import context
from sqlalchemy import create_engine, pool

given = context.config.attributes
engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=given["metadata"], {options})
    with context.begin_transaction():
        context.run_migrations()
"""

STOCK_ENV = _ONLINE.format(options="**given['options']")
OWN_ENV = _ONLINE.format(options="**given['owns'].hooks(), **given['options']")


@dataclass
class Project:
    """Alembic's files below ``path``, and what the env.py reads."""

    path: Path
    url: URL
    env: str = MIGRAKIT_ENV
    attributes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        scripts = self.path / "migrations"
        (scripts / "versions").mkdir(parents=True, exist_ok=True)
        (scripts / "env.py").write_text(self.env)
        (scripts / "script.py.mako").write_text(SCRIPT)

    @property
    def _is_ordered(self) -> bool:
        """Whether what autogenerate finds has an order of migrakit's: with the hooks alone it is Alembic's."""
        return self.env not in (STOCK_ENV, OWN_ENV)

    def config(self) -> Config:
        config = Config(output_buffer=io.StringIO(), stdout=io.StringIO())
        config.set_main_option("script_location", str(self.path / "migrations"))
        config.set_main_option("path_separator", "os")
        config.set_main_option("sqlalchemy.url", self.url.render_as_string(hide_password=False).replace("%", "%%"))
        config.attributes.update(self.attributes)
        return config

    def found(self) -> ops.MigrationScript:
        """What autogenerate finds, without a file being written."""
        scripts: list[ops.MigrationScript] = []

        def keep(context: Any, _revision: Any, directives: list[ops.MigrationScript]) -> None:
            scripts.extend(directives)
            directives.clear()
            for each in (scripts[0].upgrade_ops, scripts[0].downgrade_ops):
                if each is not None and self._is_ordered:
                    written.keep(partial(_rendered, each, context.connection))

        command.revision(self.config(), autogenerate=True, process_revision_directives=keep)
        return scripts[0]

    def ops(self) -> list[str]:
        upgrade = self.found().upgrade_ops
        assert upgrade is not None
        return described(upgrade)

    def revision(self, message: str = "") -> None:
        scripts = command.revision(self.config(), message=message, autogenerate=True)
        for script in scripts if isinstance(scripts, list) else [scripts]:
            if script is not None and self._is_ordered:
                written.keep(Path(script.path).read_text)

    def upgrade(self, revision: str = "head") -> None:
        command.upgrade(self.config(), revision)

    def downgrade(self, revision: str = "base") -> None:
        command.downgrade(self.config(), revision)

    def upgrade_sql(self, revision: str = "head") -> str:
        return self._script(command.upgrade, revision)

    def downgrade_sql(self, revision: str) -> str:
        return self._script(command.downgrade, revision)

    def _script(self, write: Callable[..., None], revision: str) -> str:
        config = self.config()
        write(config, revision, sql=True)
        assert isinstance(config.output_buffer, io.StringIO)
        return config.output_buffer.getvalue()


def _rendered(found: ops.UpgradeOps | ops.DowngradeOps, connection: Connection) -> str:
    return render_python_code(found, migration_context=MigrationContext.configure(connection))


def described(found: ops.OpContainer) -> list[str]:
    """The ops as short sorted sentences, ``drop_table shop.orders``: what is compared, read and printed."""
    return sorted(_sentence(diff) for diff in _flat(found.as_diffs()))


def _flat(diffs: Any) -> Any:
    for diff in diffs:
        if isinstance(diff, list):
            yield from diff
        else:
            yield diff


def _sentence(diff: tuple[Any, ...]) -> str:
    verb, *words = diff
    return f"{verb} {' '.join(_word(word) for word in words if word is not None)}"


def _word(word: Any) -> str:
    if hasattr(word, "fullname"):  # a table
        return str(word.fullname)
    table = getattr(word, "table", None)
    if table is not None:
        columns = [column.name for column in getattr(word, "columns", ())]
        return f"{table.fullname}.{word.name or columns}"
    if isinstance(word, DefaultClause):
        return str(word.arg)
    if isinstance(word, dict):
        return ""
    return str(word)
