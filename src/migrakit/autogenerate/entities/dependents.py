"""What stands on an entity that is to go, and is not taken along: the server would refuse the drop, or lose it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, BigInteger, bindparam, text

from migrakit.errors import EntityError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from migrakit.autogenerate.entities.reading import Rendered

__all__ = ["require_nobody_else_on"]

# A view stands on others by its rule, and a table's default or check by an entry of its own.
_DEPENDENTS = text("""
    WITH gone AS (
        SELECT 'pg_class'::regclass AS class, unnest(:views) AS oid
        UNION ALL
        SELECT 'pg_proc'::regclass, unnest(:functions)
    ), own AS (
        SELECT class, oid FROM gone
        UNION ALL
        SELECT 'pg_rewrite'::regclass, r.oid FROM gone g JOIN pg_rewrite r ON r.ev_class = g.oid
        WHERE g.class = 'pg_class'::regclass
        UNION ALL
        SELECT 'pg_type'::regclass, t.oid FROM gone g JOIN pg_type t ON t.typrelid = g.oid
        WHERE g.class = 'pg_class'::regclass
        UNION ALL
        SELECT 'pg_type'::regclass, t.typarray FROM gone g JOIN pg_type t ON t.typrelid = g.oid
        WHERE g.class = 'pg_class'::regclass
    )
    SELECT DISTINCT
        pg_describe_object(o.class, o.oid, 0) AS base,
        pg_describe_object(d.classid, d.objid, 0) AS dependent
    FROM own o
    JOIN pg_depend d ON d.refclassid = o.class AND d.refobjid = o.oid AND d.deptype IN ('n', 'a')
    WHERE NOT EXISTS (SELECT FROM own WHERE own.class = d.classid AND own.oid = d.objid)
    ORDER BY 1, 2
""").bindparams(bindparam("views", type_=ARRAY(BigInteger)), bindparam("functions", type_=ARRAY(BigInteger)))


def require_nobody_else_on(going: Iterable[Rendered], connection: Connection) -> None:
    """Refuse to drop, or to make anew, what something else stands on."""
    numbers: dict[str, list[int]] = {"view": [], "function": []}
    for each in going:
        numbers[each.identity.kind].append(each.number)
    if any(numbers.values()):
        found = connection.execute(_DEPENDENTS, {"views": numbers["view"], "functions": numbers["function"]}).all()
        if found:
            raise EntityError(*(_stands_on(base, dependent) for base, dependent in found))


def _stands_on(base: str, dependent: str) -> Problem:
    return Problem(
        f"The {base} is to be dropped, for good or to be made anew, and {dependent} stands on it.",
        "The server would refuse the revision, or something else would be lost with it.",
        "Declare that too, keep what it stands on, or drop it in a revision of its own before.",
    )
