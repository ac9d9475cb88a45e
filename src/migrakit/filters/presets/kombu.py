"""kombu's SQLAlchemy transport: a broker in the database."""

from __future__ import annotations

from migrakit.filters.presets.listed import listed, made

__all__ = ["kombu"]

kombu = listed(
    "kombu",
    "kombu 5.7.0",
    made(relations="kombu_message kombu_queue message_id_sequence queue_id_sequence"),
)
"""Where kombu's SQLAlchemy transport keeps messages: ``kombu_message``, ``kombu_queue`` and their sequences."""
