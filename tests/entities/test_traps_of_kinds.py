"""What hangs on others, and what only the way back has to do: taken there and back, or left alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from migrakit import entities, filters
from tests.entities.checker import there_and_back
from tests.entities.test_traps import make, metadata_of, without
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import MetaData

    from migrakit.filters import Filter
    from tests.databases import Database

NOTED = "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;"
V, NARROW_V = "CREATE VIEW v AS SELECT id, note FROM invoices;", "CREATE VIEW v AS SELECT id FROM invoices;"
M, NARROW_M = V.replace("VIEW v", "MATERIALIZED VIEW m"), NARROW_V.replace("VIEW v", "MATERIALIZED VIEW m")
WIDE_M = M.replace("note", "note, 1 AS n")
KEYED = "CREATE VIEW v AS SELECT id, note, count(*) FROM invoices GROUP BY id;"
POLICY = "CREATE POLICY p ON invoices USING (true);"


@dataclass(frozen=True)
class Case:
    """What is live beside the world, what is declared, and whose that is."""

    name: str
    live: str
    declared: str
    change: Callable[[MetaData], object] | None = None
    owns: Filter | None = None


CASES = [
    Case("grouped by the key of a table with a policy", "", POLICY + KEYED),
    Case("grouped by the key of a table with a grant", "", "GRANT SELECT ON invoices TO pg_monitor;" + KEYED),
    Case(
        "grouped by the key of a table with a trigger",
        "",
        NOTED + "CREATE TRIGGER t BEFORE INSERT ON invoices FOR EACH ROW EXECUTE FUNCTION noted();" + KEYED,
    ),
    Case(
        "a view called as a column",
        "CREATE VIEW z AS SELECT 1 AS total; CREATE VIEW a AS SELECT * FROM z WHERE total > 0;"
        "CREATE VIEW total AS SELECT total FROM a",
        "CREATE VIEW z AS SELECT 1 AS total, 2 AS n; CREATE VIEW a AS SELECT * FROM z WHERE total > 0;"
        "CREATE VIEW total AS SELECT total FROM a",
    ),
    Case(
        "a view called by a keyword",
        'CREATE VIEW z AS SELECT 1 AS n; CREATE VIEW a AS SELECT * FROM z; CREATE VIEW "select" AS SELECT n FROM a',
        "CREATE VIEW z AS SELECT 1 AS n, 2 AS m; CREATE VIEW a AS SELECT * FROM z;"
        'CREATE VIEW "select" AS SELECT n FROM a',
    ),
    Case("an index on a column that goes", f"{M} CREATE INDEX i ON m (note)", NARROW_M),
    Case(
        "what was granted on a column that goes",
        "GRANT SELECT (id, note) ON invoices TO pg_monitor",
        "GRANT SELECT (id) ON invoices TO pg_monitor",
        lambda metadata: without(metadata, "note"),
    ),
    Case(
        "row security and grants of a table that goes",
        "CREATE TABLE gone (id int); ALTER TABLE gone ENABLE ROW LEVEL SECURITY; GRANT SELECT ON gone TO pg_monitor",
        "",
        lambda metadata: metadata.remove(metadata.tables["gone"]),
    ),
    Case("an extension in a new schema", "", "CREATE EXTENSION vector SCHEMA ext"),
    Case(
        "a view in a new schema of an extension",
        "",
        "CREATE EXTENSION vector SCHEMA ext; CREATE VIEW ext.v AS SELECT '[1]'::ext.vector AS v",
    ),
    Case(
        "a rule's comment",
        f"{V} CREATE RULE r AS ON DELETE TO v DO INSTEAD NOTHING; COMMENT ON RULE r ON v IS 'r'",
        NARROW_V,
    ),
    Case(
        "the index to cluster on",
        f"{M} CREATE INDEX i ON m (id); ALTER MATERIALIZED VIEW m CLUSTER ON i",
        WIDE_M,
    ),
    Case("the storage of a column", f"{M} ALTER MATERIALIZED VIEW m ALTER note SET STORAGE EXTERNAL", WIDE_M),
    Case("the compression of a column", f"{M} ALTER MATERIALIZED VIEW m ALTER note SET COMPRESSION pglz", WIDE_M),
    Case("the statistics of a column", f"{M} ALTER MATERIALIZED VIEW m ALTER note SET STATISTICS 500", WIDE_M),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_change_is_taken_there_and_back(case: Case, postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, case.live)
    metadata = metadata_of(postgres18)
    if case.change:
        case.change(metadata)
    more = {} if case.owns is None else {"owns": case.owns}
    there_and_back(postgres18, tmp_path, metadata=metadata, entities=entities.sql(case.declared), **more)


def service(database: Database, path: Path, **environment: Any) -> Project:
    return Project(path, database.url, attributes={"environment": environment})


STANDING = f"""
{NOTED} CREATE VIEW theirs AS SELECT 1 AS n;
CREATE TRIGGER t INSTEAD OF INSERT ON theirs FOR EACH ROW EXECUTE FUNCTION noted();
CREATE MATERIALIZED VIEW stored AS SELECT 1 AS n; CREATE INDEX i ON stored (n);
"""


def test_what_stands_on_views_that_are_not_owned_is_left_alone(postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, STANDING)
    found = service(
        postgres18, tmp_path, metadata=metadata_of(postgres18), owns=filters.kinds("table"), entities=[]
    ).ops()
    assert found == []
