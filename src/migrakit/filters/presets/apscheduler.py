"""APScheduler's job store (3.x) and data store (4.x) in a database."""

from __future__ import annotations

from migrakit.filters.presets.listed import listed, made

__all__ = ["apscheduler"]

_SCHEDULES = """
    id task_id trigger args kwargs paused coalesce misfire_grace_time max_jitter job_executor
    job_result_expiration_time metadata last_fire_time next_fire_time acquired_by acquired_until
"""

apscheduler = listed(
    "apscheduler",
    "APScheduler 3.11.3 or 4.0.0a6",
    made(
        relations="apscheduler_jobs",
        types="coalescepolicy joboutcome",
        shapes=(
            ("job_results", "job_id outcome started_at finished_at expires_at exception return_value"),
            (
                "jobs",
                """
                id task_id args kwargs schedule_id scheduled_fire_time executor jitter start_deadline
                result_expiration_time metadata created_at acquired_by acquired_until
                """,
            ),
            ("metadata", "schema_version"),
            ("schedules", _SCHEDULES),
            ("schedules", _SCHEDULES + "last_fire_time_utcoffset next_fire_time_utcoffset"),  # without time zones
            ("tasks", "id func job_executor max_running_jobs misfire_grace_time metadata running_jobs"),
        ),
    ),
)
"""``apscheduler_jobs`` of 3.x, and what the data store of 4.x makes. The latter's tables are named by ordinary words
(``jobs``, ``tasks``), and told from tables of yours by their columns."""
