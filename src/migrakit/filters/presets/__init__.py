"""What well-known products make in a database, to leave out of what a service owns.

``owns = filters.everything & ~presets.celery``, after ``from migrakit.filters import presets``.
"""

from __future__ import annotations

from migrakit.filters.presets.apscheduler import apscheduler
from migrakit.filters.presets.celery import celery
from migrakit.filters.presets.django import django
from migrakit.filters.presets.kombu import kombu
from migrakit.filters.presets.langgraph import langgraph
from migrakit.filters.presets.postgis import postgis
from migrakit.filters.presets.procrastinate import procrastinate
from migrakit.filters.presets.supabase import supabase
from migrakit.filters.presets.timescaledb import timescaledb

__all__ = [
    "apscheduler",
    "celery",
    "django",
    "kombu",
    "langgraph",
    "postgis",
    "procrastinate",
    "supabase",
    "timescaledb",
]
