"""A schema of public size: from nothing and back, and changed as a team changes it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.exc import DBAPIError

from tests.entities.billing import Billing, make_roles
from tests.entities.billing_changes import TEAM_CHANGES
from tests.entities.catalog import difference
from tests.entities.checker import check, comparing, downgrade_by_script, upgrade_by_script, watched
from tests.project import Project
from tests.share import share

if TYPE_CHECKING:
    from sqlalchemy import Connection, CursorResult

    from tests.databases import Database

AT_LEAST = {"table": 40, "function": 60, "view": 40, "materialized_view": 5, "trigger": 30, "policy": 40, "grant": 40}
DROP_TYPES = "".join(
    f'    op.execute("DROP TYPE billing.{name}_status")\n' for name in ("invoice", "payment", "subscription")
)


def test_it_comes_from_nothing_and_goes(postgresql: Database, tmp_path: Path) -> None:
    check(postgresql, begun(postgresql, Billing.copied(tmp_path)))


def test_its_size(tmp_path: Path, record_property: Any) -> None:
    given = Billing.copied(tmp_path).environment()
    kinds = Counter(each.kind for each in given["entities"]) + Counter(table=len(given["metadata"].tables))
    record_property("tally", f"billing: {', '.join(f'{kind} {number}' for kind, number in sorted(kinds.items()))}")
    assert all(kinds[kind] >= number for kind, number in AT_LEAST.items())


def begun(database: Database, billing: Billing) -> Project:
    """With its first revision, to which a person has added what Alembic leaves behind: types of enums."""
    make_roles(database)
    project = as_it_is(database, billing)
    revision = written(database, project)
    code, count = re.subn("^(?=.*DROP SCHEMA billing;)", DROP_TYPES, revision.read_text(), flags=re.M)
    assert count == 1
    revision.write_text(code)
    return project


def as_it_is(database: Database, billing: Billing) -> Project:
    return Project(billing.path / "project", database.url, attributes={"environment": billing.environment()})


def written(database: Database, project: Project, message: str = "") -> Path:
    """Autogenerate's revision of what is declared now."""
    versions = project.path / "migrations" / "versions"
    before = {*versions.glob("*.py")}
    comparing(database, project).revision(message)
    (revision,) = {*versions.glob("*.py")} - before
    return revision


def done(revision: Path) -> Counter[str]:
    upgrade = revision.read_text().partition("def upgrade()")[2].partition("def downgrade()")[0]
    return Counter(re.findall(r"^    op\.(\w+)\(", upgrade, flags=re.M))


def test_it_is_changed_as_a_team_changes_it(postgres18: Database, tmp_path: Path) -> None:
    """Each change applies, is taken back and applied as a script too, to the same end, and leaves nothing to do.

    All are taken back then, one after the other, and applied again.
    """
    billing = Billing.copied(tmp_path)
    project = begun(postgres18, billing)
    project.upgrade()
    changes = TEAM_CHANGES[: len(share(TEAM_CHANGES))]
    with watched(postgres18) as see:
        states = [see()]
        for change in changes:
            change.apply(billing.path / "billing")
            project = as_it_is(postgres18, billing)
            assert done(written(postgres18, project, change.name)) == change.does, change.name
            project.upgrade()
            states.append(see())
            downgrade_by_script(project)
            assert difference(states[-2], see()) == [], change.name
            upgrade_by_script(project)
            assert difference(states[-1], see()) == [], change.name
            assert comparing(postgres18, project).ops() == [], change.name
        for change, before in zip(reversed(changes), reversed(states[:-1]), strict=True):
            project.downgrade("-1")
            assert difference(before, see()) == [], change.name
        project.upgrade()
        assert difference(states[-1], see()) == []


LIFE = (Path(__file__).parent / "billing_life.sql").read_text()

SEEN = {
    "SELECT number IS NOT NULL, status, net, tax, balance FROM billing_api.invoices": (True, "paid", 100, 19, 0),
    "SELECT count(*), sum(amount), sum(unallocated) FROM billing_api.payments": (2, 200, 31),
    "SELECT label FROM billing_api.payment_methods WHERE is_default": ("two",),
    "SELECT quantity, events FROM billing_api.usage": (20, 2),
    "SELECT email, city FROM billing_api.customers": ("bob@example.com", "Berlin"),
    "SELECT array_agg(topic ORDER BY id) FROM billing_api.webhook_deliveries": (["invoice.open", "invoice.paid"],),
    "SELECT percent, redeemed FROM billing.coupons": (10, 1),
    "SELECT count(*) FROM billing_api.audit_log WHERE after ? 'token'": (0,),
    "SELECT count(*) FROM billing_api.audit_log WHERE relation = 'billing.payment_methods'": (3,),
    "SELECT full_address, billing.owed_by(1) FROM billing.full_address(1)": ("1 Main Street\nBerlin", 0),
}
REPORTS = {
    "SELECT net, customers FROM billing.monthly_revenue": (100, 1),
    "SELECT revenue, rank FROM billing.top_customers WHERE revenue > 0": (100, 1),
    "SELECT mrr FROM billing.mrr_by_plan": (90,),
    "SELECT debit, credit, balance FROM ledger.trial_balance WHERE code = '8400'": (0, 100, 100),
    "SELECT amount FROM ledger.closing_balances WHERE code = '1400'": (119,),
    "SELECT count(*) FROM ledger.unbalanced": (0,),
}
REFUSED = {
    "UPDATE billing.invoices SET net = 1": "is issued",
    "DELETE FROM billing.invoice_lines": "stay",
    "SELECT ledger.post(CURRENT_DATE, 'Late', '{\"1400\": 1, \"8400\": -1}')": "is closed",
    "UPDATE billing.memberships SET role = 'viewer'": "no owner",
    "UPDATE billing.tax_ids SET number = '1'": "ck_tax_ids_number",
    "SELECT billing.refund_payment(1, 1000, 'all')": "spent twice",
    "INSERT INTO ledger.entries (tenant_id, journal_id, account_id, debit)"
    " VALUES (billing.current_tenant(), 1, 1, 1)": "not balanced",
}


def test_it_does_what_it_says(postgresql: Database, tmp_path: Path) -> None:
    begun(postgresql, Billing.copied(tmp_path)).upgrade()
    with postgresql.engine().begin() as connection:
        _execute(connection, LIFE)
    with postgresql.engine().begin() as connection:
        assert {query: _row(connection, query) for query in REPORTS} == REPORTS
    with postgresql.engine().begin() as connection:
        _enter(connection, "other")
        assert _row(connection, "SELECT count(*) FROM billing_api.invoices") == (0,)
        _enter(connection, "acme")
        assert {query: _row(connection, query) for query in SEEN} == SEEN
    for statement, why in REFUSED.items():
        with postgresql.engine().begin() as connection:
            _enter(connection, "acme")
            with pytest.raises(DBAPIError, match=why), connection.begin_nested():
                _execute(connection, f"{statement}; SET CONSTRAINTS ALL IMMEDIATE")


def _enter(connection: Connection, tenant: str) -> None:
    _execute(
        connection, f"SET LOCAL ROLE billing_app; SET LOCAL app.user_id = 1; SELECT billing.enter_tenant('{tenant}')"
    )


def _row(connection: Connection, query: str) -> tuple[Any, ...]:
    return tuple(_execute(connection, query).one())


def _execute(connection: Connection, sql: str) -> CursorResult[Any]:
    return connection.exec_driver_sql(sql, execution_options={"no_parameters": True})
