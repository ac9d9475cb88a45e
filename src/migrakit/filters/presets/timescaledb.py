"""TimescaleDB's schemas."""

from __future__ import annotations

from migrakit.filters.presets.listed import listed

__all__ = ["timescaledb"]

timescaledb = listed(
    "timescaledb",
    "TimescaleDB 2.24 to 2.30",
    schemas="""
        _timescaledb_cache _timescaledb_catalog _timescaledb_config _timescaledb_debug _timescaledb_functions
        _timescaledb_internal timescaledb_experimental timescaledb_information
    """,
)
"""The schemas of TimescaleDB, with all that is in them: chunks too. Your hypertables are yours."""
