"""Declared objects, made where nobody sees them, so that the server writes them in its own words."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from sqlalchemy import Connection

__all__ = ["Item", "Said", "Scratch", "made"]


@dataclass(frozen=True, slots=True)
class Item:
    """One object, and two ways to make it: the second where the first was misread."""

    sql: str
    otherwise: str


@dataclass(frozen=True, slots=True)
class Scratch:
    """What is to be made: schemas and tables first, which have to succeed, then items of which each may fail."""

    schemas: Mapping[str, str]
    """Of each real schema the one that stands in for it."""
    before: Sequence[str]
    items: Sequence[Item]


@dataclass(frozen=True, slots=True)
class Said:
    """What the server said of an item that it did not take."""

    sqlstate: str
    message: str
    detail: str
    hint: str


_GIVE = text("SELECT set_config('migrakit.given', :given, true)")

# All at once first, since each attempt that may fail takes a transaction id of its own. What isn't about an item, such
# as a lock that is not to be had, ends all of it.
_MAKE = """
DO $migrakit$
DECLARE
    given jsonb := current_setting('migrakit.given');
    items text[] := ARRAY(SELECT jsonb_array_elements(given->'items')->>'sql');
    otherwise text[] := ARRAY(SELECT jsonb_array_elements(given->'items')->>'otherwise');
    path text;
    statement text;
    at int;
    waiting int[] := ARRAY(SELECT generate_series(1, cardinality(items)));
    still int[];
    made int[] := waiting;
    failed jsonb := '[]';
    message text; state text; detail text; hint text;
BEGIN
    SELECT string_agg(concat_ws(', ', given->'schemas'->>schema, quote_ident(schema)), ', ' ORDER BY number) INTO path
        FROM unnest(current_schemas(false)) WITH ORDINALITY AS found(schema, number);
    FOR statement IN SELECT 'CREATE SCHEMA ' || value FROM jsonb_each_text(given->'schemas') LOOP
        EXECUTE statement;
    END LOOP;
    PERFORM set_config('check_function_bodies', 'off', true);
    PERFORM set_config('search_path', path, true);
    FOR statement IN SELECT jsonb_array_elements_text(given->'before') LOOP
        EXECUTE statement;
    END LOOP;
    BEGIN
        FOREACH statement IN ARRAY items LOOP
            EXECUTE statement;
        END LOOP;
        waiting := '{}';
    EXCEPTION
        WHEN lock_not_available OR query_canceled OR out_of_memory OR disk_full OR deadlock_detected THEN RAISE;
        WHEN OTHERS THEN made := '{}';
    END;
    WHILE cardinality(waiting) > 0 LOOP
        still := '{}';
        failed := '[]';
        FOREACH at IN ARRAY waiting LOOP
            BEGIN
                BEGIN
                    EXECUTE items[at];
                EXCEPTION
                    WHEN lock_not_available OR query_canceled OR out_of_memory OR disk_full OR deadlock_detected
                    THEN RAISE;
                    WHEN OTHERS THEN
                        GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, state = RETURNED_SQLSTATE,
                            detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
                        EXECUTE otherwise[at];
                END;
                made := made || at;
            EXCEPTION
                WHEN lock_not_available OR query_canceled OR out_of_memory OR disk_full OR deadlock_detected
                THEN RAISE;
                WHEN OTHERS THEN
                    still := still || at;
                    failed := failed || jsonb_build_array(jsonb_build_array(at, state, message, detail, hint));
            END;
        END LOOP;
        EXIT WHEN cardinality(still) = cardinality(waiting);
        waiting := still;
    END LOOP;
    PERFORM set_config('migrakit.said', jsonb_build_object('made', made, 'failed', failed)::text, true);
    PERFORM set_config('search_path', 'pg_catalog', true);
END $migrakit$
"""


@contextmanager
def made(connection: Connection, scratch: Scratch) -> Generator[None]:
    """They are there inside of the block, and search_path leads nowhere; afterwards all is as it was."""
    savepoint = connection.begin_nested()
    try:
        connection.execute(_GIVE, {"given": json.dumps(asdict(scratch))})
        connection.exec_driver_sql(_MAKE)
        yield
    finally:
        savepoint.rollback()
