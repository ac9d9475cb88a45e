"""What is the same of every kind: where its objects stand in the catalog, and how one is put in another's place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from migrakit.autogenerate.entities.identity import Rendered

__all__ = ["COLUMNS", "INPUT_TYPES", "OPTIONS", "LiveKind", "always", "never"]


@dataclass(frozen=True, slots=True)
class LiveKind:
    """A kind of entity as the database has it.

    ``rows`` is a query of all objects in the schemas ``named``: class, oid, schema, name, relation (what it stands on,
    or ``''``), types (of a function's input), definition (the statement that makes it), shape (what a replacement has
    to keep) and state (the statement's end that no declaration is held to). What belongs to an extension is left out
    afterwards.
    """

    name: str
    catalog: str
    rows: str
    fits: Callable[[Rendered, Rendered], bool]
    """Whether the server puts the second in the place of the first."""
    asked: str = ""
    """What is always there is seen only of what is asked about: the field of ``Scratch`` that names it."""


def always(before: Rendered, after: Rendered) -> bool:  # noqa: ARG001 - as the others
    """Nothing stands on it, so one may go and the other come."""
    return True


def never(before: Rendered, after: Rendered) -> bool:  # noqa: ARG001
    """The server has no way to replace it."""
    return False


# Their order means nothing.
OPTIONS = """
    coalesce((
        SELECT ' WITH (' || string_agg(split_part(o, '=', 1) || '='
            || CASE WHEN substr(o, strpos(o, '=') + 1) ~ '^[A-Za-z0-9]+$' THEN substr(o, strpos(o, '=') + 1)
               ELSE quote_literal(substr(o, strpos(o, '=') + 1)) END, ', ' ORDER BY o) || ')'
        FROM unnest(c.reloptions) AS o
    ), '')
"""

COLUMNS = """
    ARRAY(
        SELECT quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
            || CASE WHEN a.attcollation <> t.typcollation THEN ' ' || a.attcollation::regcollation::text
               ELSE '' END
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY a.attnum
    )
"""

INPUT_TYPES = "ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS o(t, i) ORDER BY i)"
