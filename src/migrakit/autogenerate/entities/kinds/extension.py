"""Extensions: of each there is one in a database, and only its schema can be changed."""

from __future__ import annotations

from migrakit.autogenerate.entities.kinds.kind import LiveKind, always

__all__ = ["EXTENSION"]

# As they were before any was made or moved for the comparison.
_ROWS = """
    SELECT 0::oid, 0::oid, '', e.key, '', '{}'::text[],
        format('CREATE EXTENSION %I SCHEMA %I', e.key, e.value), ARRAY[e.value], ''
    FROM asked, jsonb_each_text(said->'extensions') e
"""

EXTENSION = LiveKind("extension", "", _ROWS, always)
