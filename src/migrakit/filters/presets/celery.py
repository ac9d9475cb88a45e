"""Celery's database result backend."""

from __future__ import annotations

from migrakit.filters.presets.listed import listed, made

__all__ = ["celery"]

celery = listed(
    "celery",
    "Celery 5.7.0",
    made(relations="celery_taskmeta celery_tasksetmeta task_id_sequence taskset_id_sequence"),
)
"""Where Celery's database backend keeps results: ``celery_taskmeta``, ``celery_tasksetmeta`` and their sequences."""
