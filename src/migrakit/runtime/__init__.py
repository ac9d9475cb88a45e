"""Running Alembic's command on a database: every way in, one way through."""

from __future__ import annotations

from migrakit.runtime.locking import migration_lock
from migrakit.runtime.plan import Plan, SessionSettings

__all__ = ["Plan", "SessionSettings", "migration_lock", "run"]


def run(plan: Plan) -> None:
    """Run the command that is under way."""
    from migrakit.runtime.runner import run as run_plan  # noqa: PLC0415 - only a run needs it, and importing it costs

    run_plan(plan)
