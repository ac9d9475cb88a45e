"""Traps of rows of tables, of rules, and of names: each is taken there and back, or refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import BigInteger, MetaData, String

from migrakit import entities, filters
from migrakit.errors import EntityError
from tests.entities.checker import there_and_back
from tests.entities.test_rights import role
from tests.entities.test_traps import make, metadata_of, with_column
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from migrakit.filters import Filter
    from tests.databases import Database

NOTED = "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;"
F = "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT a';"
WIDER_F = "CREATE FUNCTION f(a int) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT a::bigint';"
V, NARROW_V = "CREATE VIEW v AS SELECT id, note FROM invoices;", "CREATE VIEW v AS SELECT id FROM invoices;"
M = V.replace("VIEW v", "MATERIALIZED VIEW m")
PARTED = """
CREATE TABLE parted (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE parted_26 PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY RANGE (at);
CREATE TABLE parted_26_1 PARTITION OF parted_26 FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
"""
ON_PARTED = "CREATE TRIGGER t AFTER INSERT ON parted FOR EACH ROW EXECUTE FUNCTION noted();"
SEE = "CREATE FUNCTION see(i invoices) RETURNS boolean LANGUAGE sql AS 'SELECT true';"
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
    Case(
        "a default of another's function of rows",
        "CREATE FUNCTION f(i invoices, n int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE POLICY p ON invoices USING (f(invoices) = 1)",
        owns=~filters.names("f"),
    ),
    Case(
        "an argument's name of another's function of rows",
        "CREATE FUNCTION f(i invoices) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE VIEW v AS SELECT f(i => i) AS n, gone FROM invoices i",
        with_column,
        ~filters.names("f"),
    ),
    Case(
        "columns of another's function of rows",
        "CREATE FUNCTION f(i invoices) RETURNS TABLE (a int) LANGUAGE sql AS 'SELECT 1'",
        "CREATE VIEW v AS SELECT x.a, gone FROM invoices i, f(i) x",
        with_column,
        ~filters.names("f"),
    ),
    Case(
        "rows of another's function",
        "CREATE FUNCTION f() RETURNS SETOF invoices LANGUAGE sql AS 'SELECT * FROM invoices'",
        f"{POLICY} {SEE} CREATE VIEW v AS SELECT see(f) AS seen FROM f()",
        owns=~filters.names("f"),
    ),
    Case(
        "rows of an heir",
        "CREATE TABLE heir () INHERITS (invoices)",
        f"{POLICY} {SEE} CREATE VIEW v AS SELECT see(heir) AS seen FROM heir",
    ),
    Case(
        "rows of an heir's heir",
        "CREATE TABLE heir () INHERITS (invoices); CREATE TABLE next () INHERITS (heir)",
        f"{POLICY} {SEE} CREATE VIEW v AS SELECT see(next) AS seen FROM next",
    ),
    Case(
        "rows of a partition",
        PARTED,
        "CREATE POLICY p ON parted USING (true); CREATE FUNCTION see(p parted) RETURNS int LANGUAGE sql AS 'SELECT 1';"
        "CREATE VIEW v AS SELECT see(parted_26) AS seen FROM parted_26",
    ),
    Case(
        "what takes rows of an heir gives another type",
        f"CREATE TABLE heir () INHERITS (invoices); {SEE} CREATE VIEW v AS SELECT see(heir) AS seen FROM heir",
        f"{POLICY} {SEE.replace('boolean', 'text')} CREATE VIEW v AS SELECT see(heir) AS seen FROM heir",
    ),
    Case(
        "rows in a column",
        "CREATE SCHEMA apart; CREATE TABLE apart.stored (invoice invoices, invoices invoices[])",
        f"{POLICY} {SEE} CREATE VIEW v AS SELECT see(invoice) AS seen, see(invoices[1]) AS first FROM apart.stored",
    ),
    Case(
        "rows of an heir that has a policy",
        "CREATE TABLE heir () INHERITS (invoices);"
        "CREATE FUNCTION f(i invoices) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
        "CREATE POLICY p ON heir USING (f(heir));",
        owns=~filters.names("f"),
    ),
    Case(
        "all kinds of arguments of another's function of rows",
        "CREATE FUNCTION f(INOUT i invoices, n int DEFAULT 1, OUT \"a b\" int, VARIADIC more invoices[] DEFAULT '{}')"
        "LANGUAGE sql AS 'SELECT i, n'; CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END';"
        "CREATE FUNCTION f(record) RETURNS SETOF invoices LANGUAGE plpgsql AS 'BEGIN END'",
        'CREATE POLICY p ON invoices USING ((f(invoices)).i.id = 1 AND (f(invoices, 2, invoices))."a b" = 1)',
        owns=~filters.names("f"),
    ),
    Case(
        "a trigger disabled on a partition that has partitions",
        f"{NOTED} {PARTED} {ON_PARTED} ALTER TABLE parted_26 DISABLE TRIGGER t",
        NOTED + ON_PARTED.replace("INSERT", "DELETE"),
    ),
    Case(
        "a trigger disabled on a partition, and enabled below it",
        f"{NOTED} {PARTED} {ON_PARTED} ALTER TABLE parted DISABLE TRIGGER t; ALTER TABLE parted_26_1 ENABLE TRIGGER t",
        NOTED + ON_PARTED.replace("INSERT", "DELETE"),
    ),
    Case(
        "a rule that uses a function made anew",
        f"{F} {NARROW_V} CREATE RULE r AS ON INSERT TO v WHERE f(NEW.id) > 1 DO INSTEAD NOTHING",
        WIDER_F + NARROW_V,
    ),
    Case(
        "a rule that writes into a view made anew",
        f"{V.replace('VIEW v', 'VIEW w')} {NARROW_V}"
        "CREATE RULE r AS ON INSERT TO v DO INSTEAD INSERT INTO w VALUES (NEW.id)",
        NARROW_V.replace("VIEW v", "VIEW w") + NARROW_V,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_change_is_taken_there_and_back(case: Case, postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, case.live)
    metadata = metadata_of(postgres18)
    for name in [each for each in metadata.tables if each.startswith("parted_")]:
        metadata.remove(metadata.tables[name])
    if case.change:
        case.change(metadata)
    more = {} if case.owns is None else {"owns": case.owns}
    there_and_back(postgres18, tmp_path, metadata=metadata, entities=entities.sql(case.declared), **more)


FOLLOWING = {
    "two columns of a view": "CREATE VIEW v AS SELECT note, paid FROM bills",
    "a view of both on another view": (
        "CREATE VIEW v AS SELECT note FROM bills; CREATE VIEW w AS SELECT v.note, paid FROM v, bills"
    ),
    "rows of a function": (
        "CREATE FUNCTION f() RETURNS SETOF bills LANGUAGE sql AS 'SELECT * FROM bills';"
        "CREATE VIEW v AS SELECT paid FROM f()"
    ),
    "a function of rows with a default": (
        "CREATE FUNCTION f(b bills, n int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT 1';"
        "CREATE VIEW v AS SELECT paid, f(bills) AS f FROM bills"
    ),
}


@pytest.mark.parametrize("name", FOLLOWING)
def test_what_stands_on_retyped_columns_follows_them(name: str, postgres18: Database, tmp_path: Path) -> None:
    """In a service that declares no entities."""
    make(postgres18, f"CREATE TABLE bills (id int PRIMARY KEY, note text, paid int); {FOLLOWING[name]}")
    metadata = metadata_of(postgres18)
    columns = metadata.tables["bills"].c
    columns.note.type, columns.paid.type = String(40), BigInteger()
    columns.note.autoincrement = columns.paid.autoincrement = "auto"
    there_and_back(postgres18, tmp_path, metadata=metadata)


def test_a_refusal_of_what_stands_on_a_table_that_goes_names_no_scratch_schema(
    postgres18: Database, tmp_path: Path
) -> None:
    make(postgres18, "CREATE TABLE gone (id int)")
    metadata = metadata_of(postgres18)
    metadata.remove(metadata.tables["gone"])
    declared = entities.sql("CREATE MATERIALIZED VIEW m AS SELECT id FROM gone; CREATE INDEX i ON m (id)")
    with pytest.raises(EntityError) as refused:
        service(postgres18, tmp_path, metadata=metadata, entities=declared).ops()
    assert "migrakit_" not in str(refused.value)


def service(database: Database, path: Path, **environment: Any) -> Project:
    return Project(path, database.url, attributes={"environment": environment})


HANGING = {
    "a default that calls a function made anew": (
        f"{F} {V} ALTER VIEW v ALTER COLUMN id SET DEFAULT f(1)",
        WIDER_F + V,
        r"default value for column id of view public\.v.* stands on it",
    ),
    "a rule that calls a function that goes": (
        f"{F} {V} CREATE RULE r AS ON INSERT TO v WHERE f(NEW.id) > 1 DO INSTEAD NOTHING",
        V,
        r"view public\.v is declared, and stands on the function public\.f\(integer\), which is not",
    ),
}


@pytest.mark.parametrize("name", HANGING)
def test_what_hangs_on_a_view_and_can_not_come_again_is_refused(
    name: str, postgres18: Database, tmp_path: Path
) -> None:
    live, declared, said = HANGING[name]
    make(postgres18, live)
    with pytest.raises(EntityError, match=said):
        service(postgres18, tmp_path, metadata=metadata_of(postgres18), entities=entities.sql(declared)).ops()


def test_a_view_called_as_an_index_that_is_kept_is_refused(postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, f"{M} CREATE INDEX i ON m (id)")
    declared = entities.sql(f"{M} CREATE VIEW i AS SELECT 1 AS n")
    with pytest.raises(EntityError, match=r"index i on public\.m"):
        service(postgres18, tmp_path, metadata=metadata_of(postgres18), entities=declared).ops()


RETURNS = "RETURNS text LANGUAGE sql AS"
ADMINISTRATORS = [
    "CREATE VIEW billing.v AS SELECT 'migrakit_billing' AS a",
    "CREATE VIEW billing.v AS SELECT 'of migrakit_billing.v' AS a",
    "CREATE VIEW billing.v AS SELECT 1 AS migrakit_billing",
    "CREATE VIEW billing.v AS SELECT 1 AS n, 'billing.w'::regclass AS w; CREATE VIEW billing.w AS SELECT 1 AS n",
    'CREATE VIEW billing.v AS SELECT 1 AS "a ""migrakit_billing"".b"',
    f"CREATE FUNCTION billing.migrakit_billing(migrakit_billing int) {RETURNS} $$ SELECT 'migrakit_billing.f' $$",
]


@pytest.mark.parametrize("declared", ADMINISTRATORS)
def test_texts_and_names_that_are_an_administrators_schema(declared: str, postgres18: Database, tmp_path: Path) -> None:
    """They are no schema there."""
    make(postgres18, ";".join(reversed(declared.split("; "))))
    rights = (
        "GRANT USAGE ON SCHEMA billing TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA billing TO {role};"
        "CREATE SCHEMA migrakit_billing AUTHORIZATION {role}"
    )
    with role(postgres18, rights) as name:
        url = postgres18.url.update_query_dict({"options": f"-c role={name}"})
        environment = {"metadata": metadata_of(postgres18), "entities": entities.sql(declared)}
        assert Project(tmp_path, url, attributes={"environment": environment}).ops() == []
