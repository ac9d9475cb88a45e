"""Revisions as their files say them: rendered, run, taken back; and what a database holds, before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.dialects import mysql

from tests import written
from tests.project import described

if TYPE_CHECKING:
    from alembic.operations import ops

__all__ = ["contents", "found", "rendered", "run", "there_and_back"]

PARTS = ("columns", "pk_constraint", "foreign_keys", "unique_constraints", "indexes", "check_constraints")


def found(connection: sa.Connection, metadata: sa.MetaData, options: dict[str, Any]) -> ops.MigrationScript:
    context = MigrationContext.configure(connection, opts={**options, "target_metadata": metadata})
    return produce_migrations(context, metadata)


def rendered(operations: ops.UpgradeOps | ops.DowngradeOps | None, connection: sa.Connection) -> str:
    assert operations is not None
    context = MigrationContext.configure(connection)
    as_batch = connection.dialect.name == "sqlite"
    return render_python_code(operations, migration_context=context, render_as_batch=as_batch)


def run(code: str, connection: sa.Connection) -> None:
    operations = Operations(MigrationContext.configure(connection))
    exec(f"if True:\n    {code}", {"op": operations, "sa": sa, "mysql": mysql})


def there_and_back(connection: sa.Connection, metadata: sa.MetaData, options: dict[str, Any]) -> str:
    """Apply what is found; see that nothing is left to find, and that the way back leads back; apply it again."""
    before = contents(connection)
    script = found(connection, metadata, options)
    upgrade, downgrade = rendered(script.upgrade_ops, connection), rendered(script.downgrade_ops, connection)
    if options:  # those of stock Alembic differ
        written.keep(lambda: upgrade + downgrade)
    run(upgrade, connection)
    after = contents(connection)
    left = found(connection, metadata, options).upgrade_ops
    assert left is not None
    assert described(left) == [], upgrade
    run(downgrade, connection)
    assert contents(connection) == before, downgrade
    run(upgrade, connection)
    assert contents(connection) == after, upgrade
    return upgrade


def contents(connection: sa.Connection) -> dict[str, Any]:
    """All tables and their parts. A column that comes back comes last, so the columns' order is left out."""
    inspector = sa.inspect(connection)
    return {
        f"{schema}.{table} {part}": sorted(_fact(fact) for fact in (facts if isinstance(facts, list) else [facts]))
        for schema in _schemas(inspector)
        for part in PARTS
        for (_, table), facts in getattr(inspector, f"get_multi_{part}")(schema=schema).items()
        if table not in ("alembic_version", "migrakit_journal")
    }


def _schemas(inspector: sa.Inspector) -> list[str | None]:
    if inspector.dialect.name != "postgresql":
        return [None]
    return [name for name in inspector.get_schema_names() if name != "information_schema"]


def _fact(fact: dict[str, Any]) -> str:
    # MariaDB makes an index for a foreign key that has none, and calls it by whether the foreign key had a name.
    is_index = fact.get("unique") is False
    return str({key: str(value) for key, value in sorted(fact.items()) if not (is_index and key == "name")})
