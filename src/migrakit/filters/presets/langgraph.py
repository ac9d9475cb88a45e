"""LangGraph's checkpoints and store in PostgreSQL."""

from __future__ import annotations

from migrakit.filters.presets.listed import listed, made

__all__ = ["langgraph"]

langgraph = listed(
    "langgraph",
    "langgraph-checkpoint-postgres 3.2.0",
    made(
        relations="""
            checkpoint_blobs checkpoint_migrations checkpoint_writes store_migrations store_vectors vector_migrations
        """,
        shapes=(
            ("checkpoints", "thread_id checkpoint_ns checkpoint_id parent_checkpoint_id type checkpoint metadata"),
            ("checkpoints", "thread_id checkpoint_ns type checkpoint metadata"),  # the shallow saver's
            ("store", "prefix key value created_at updated_at expires_at ttl_minutes"),
        ),
    ),
)
"""What ``PostgresSaver`` and ``PostgresStore`` make. ``checkpoints`` and ``store`` are told from tables of yours by
their columns."""
