"""Traps of grants: none is taken from anybody whom it wasn't meant for, and none is asked for again and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from migrakit import entities, filters
from migrakit.errors import EntityError
from tests.entities.checker import there_and_back
from tests.entities.test_traps import make, metadata_of, project

if TYPE_CHECKING:
    from pathlib import Path

    from migrakit.filters import Filter
    from tests.databases import Database

V, NARROW_V = "CREATE VIEW v AS SELECT id, note FROM invoices;", "CREATE VIEW v AS SELECT id FROM invoices;"
F = "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a';"
WIDER_F = "CREATE FUNCTION f(a int) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT a::bigint';"
OF_ANOTHER = "ALTER TABLE invoices OWNER TO pg_monitor;"
BY_GRANTEE = """
GRANT SELECT ON invoices TO pg_monitor WITH GRANT OPTION;
SET ROLE pg_monitor; GRANT SELECT ON invoices TO pg_checkpoint; RESET ROLE;
"""
OF_COLUMN = BY_GRANTEE.replace("SELECT", "SELECT (id)")


@dataclass(frozen=True)
class Case:
    """What is live beside the world, what is declared, and whose that is."""

    name: str
    live: str
    declared: str
    owns: Filter = filters.everything


CASES = [
    Case(
        "an owner who has default privileges",
        f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor; {V} ALTER VIEW v OWNER TO pg_monitor",
        NARROW_V,
    ),
    Case(
        "an owner who has default privileges on functions",
        f"ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO pg_monitor; {F} ALTER FUNCTION f OWNER TO pg_monitor",
        WIDER_F,
    ),
    Case("a grant to another owner", OF_ANOTHER, "GRANT SELECT ON invoices TO pg_monitor"),
    Case("a grant to whoever migrates, and owns it", "", "GRANT SELECT ON invoices TO CURRENT_USER"),
    Case("a grant to whoever migrates, on another's", OF_ANOTHER, "GRANT SELECT ON invoices TO CURRENT_USER"),
    Case(
        "some of what whoever migrates may do with another's",
        f"{OF_ANOTHER} GRANT SELECT, INSERT ON invoices TO CURRENT_USER",
        "GRANT SELECT (id), INSERT ON invoices TO CURRENT_USER",
    ),
    Case(
        "a grant to whoever migrates, on another's schema",
        "ALTER SCHEMA billing OWNER TO pg_monitor",
        "GRANT USAGE ON SCHEMA billing TO CURRENT_USER; GRANT SELECT ON billing.invoices TO pg_monitor",
    ),
    Case(
        "a grant to whoever migrates, on another's that is made anew",
        f"{V} ALTER VIEW v OWNER TO pg_monitor; GRANT SELECT ON v TO CURRENT_USER",
        f"{NARROW_V} GRANT SELECT ON v TO CURRENT_USER",
    ),
    Case(
        "what whoever migrates may do with another's that is made anew",
        f"{V} ALTER VIEW v OWNER TO pg_monitor; GRANT SELECT ON v TO CURRENT_USER",
        NARROW_V,
    ),
    Case("what the owner may not", f"{V} REVOKE INSERT ON v FROM CURRENT_USER", NARROW_V),
    Case(
        "what another owner may not, where grants are declared",
        f"{V} ALTER VIEW v OWNER TO pg_monitor; REVOKE INSERT ON v FROM pg_monitor",
        f"{NARROW_V} GRANT SELECT ON v TO pg_checkpoint",
    ),
    Case(
        "a grant on a routine that is a procedure",
        "",
        "CREATE PROCEDURE p() LANGUAGE sql AS ''; GRANT EXECUTE ON ROUTINE p() TO pg_monitor",
    ),
    Case(
        "a grant on a routine, of which there are two",
        "",
        "CREATE PROCEDURE p(a int) LANGUAGE sql AS ''; CREATE FUNCTION p() RETURNS int LANGUAGE sql AS 'SELECT 1';"
        "GRANT EXECUTE ON ROUTINE p(int) TO pg_monitor; GRANT EXECUTE ON ROUTINE p() TO pg_checkpoint",
    ),
    Case(
        "grants on views of another's",
        "CREATE VIEW theirs AS SELECT 1 AS n; CREATE MATERIALIZED VIEW stored AS SELECT 1 AS n",
        "GRANT SELECT (n) ON theirs TO pg_monitor; GRANT SELECT ON stored TO pg_monitor",
        ~filters.kinds("view", "materialized_view"),
    ),
    Case(
        "a trigger on a view of another's, and a grant",
        "CREATE VIEW theirs AS SELECT 1 AS n",
        "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;"
        "CREATE TRIGGER t INSTEAD OF INSERT ON theirs FOR EACH ROW EXECUTE FUNCTION noted();"
        "GRANT SELECT ON theirs TO pg_monitor",
        ~filters.kinds("view"),
    ),
    Case(
        "from the table to its column",
        "GRANT SELECT ON invoices TO pg_monitor; GRANT SELECT (id) ON invoices TO pg_monitor",
        "GRANT SELECT (id) ON invoices TO pg_monitor",
    ),
    Case(
        "from all of the table to some of it, and other columns",
        "GRANT SELECT, INSERT ON invoices TO pg_monitor WITH GRANT OPTION; GRANT UPDATE ON invoices TO pg_monitor;"
        "GRANT SELECT (id, note), INSERT (id), UPDATE (note) ON invoices TO pg_monitor",
        "GRANT SELECT (total, note), INSERT (id) ON invoices TO pg_monitor; GRANT UPDATE ON invoices TO pg_monitor",
    ),
    Case("what a grantee granted", BY_GRANTEE, "GRANT SELECT ON invoices TO pg_monitor WITH GRANT OPTION"),
    Case(
        "what a grantee granted, beside what is taken from it",
        f"{BY_GRANTEE} GRANT INSERT ON invoices TO pg_monitor WITH GRANT OPTION",
        "GRANT SELECT ON invoices TO pg_monitor WITH GRANT OPTION; GRANT SELECT ON invoices TO pg_checkpoint",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_change_is_taken_there_and_back(case: Case, postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, case.live)
    metadata = metadata_of(postgres18)
    there_and_back(postgres18, tmp_path, metadata=metadata, entities=entities.sql(case.declared), owns=case.owns)


def test_what_is_granted_to_whoever_migrates_is_not_revoked(postgres18: Database, tmp_path: Path) -> None:
    granted = "GRANT SELECT ON invoices TO CURRENT_USER;"
    make(postgres18, f"{OF_ANOTHER} {granted}")
    declared = entities.sql(f"{granted} GRANT SELECT ON invoices TO pg_checkpoint")
    found = project(postgres18, tmp_path, metadata=metadata_of(postgres18), entities=declared).ops()
    assert [each.partition(" ")[0] for each in found] == ["create_entity"]


NEEDED = {
    "the option": (BY_GRANTEE, "GRANT SELECT ON invoices TO pg_monitor"),
    "the grantee": (BY_GRANTEE, "GRANT SELECT ON invoices TO pg_checkpoint"),
    "a column's": (OF_COLUMN, "GRANT SELECT (note) ON invoices TO pg_monitor"),
}


@pytest.mark.parametrize("name", NEEDED)
def test_what_a_grantee_granted_is_not_taken_away_with_the_right_to(
    name: str, postgres18: Database, tmp_path: Path
) -> None:
    live, declared = NEEDED[name]
    make(postgres18, live)
    refused = r"grant on table public.invoices takes SELECT from pg_monitor,.* have pg_monitor revoke it"
    with pytest.raises(EntityError, match=refused):
        project(postgres18, tmp_path, metadata=metadata_of(postgres18), entities=entities.sql(declared)).ops()


@pytest.mark.parametrize("live", [BY_GRANTEE, OF_COLUMN], ids=["a view's", "a column's"])
def test_what_a_grantee_granted_on_what_is_made_anew_is_said_to_be_lost(
    live: str, postgres18: Database, tmp_path: Path
) -> None:
    make(postgres18, V + live.replace("invoices", "v"))
    service = project(postgres18, tmp_path, metadata=metadata_of(postgres18), entities=entities.sql(NARROW_V))
    service.revision()
    [script] = tmp_path.rglob("versions/*.py")
    assert "Not kept: that pg_monitor granted some of it." in script.read_text()
    service.upgrade()
    assert service.ops() == []
    service.downgrade()
