"""Twenty changes of the example ``examples/billing``, one after the other: what a team edits, and what then happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TEAM_CHANGES", "TeamChange"]


@dataclass(frozen=True)
class Edit:
    """In a file of the package one text becomes another."""

    path: str
    old: str
    new: str

    def apply(self, package: Path) -> None:
        file = package / self.path
        text = file.read_text()
        assert text.count(self.old) == 1, f"{self.old!r} is {text.count(self.old)} times in {self.path}"
        file.write_text(text.replace(self.old, self.new))


@dataclass(frozen=True)
class Added:
    """At the end of a file there is more."""

    path: str
    text: str

    def apply(self, package: Path) -> None:
        file = package / self.path
        file.write_text(file.read_text() + self.text)


@dataclass(frozen=True)
class TeamChange:
    """What is edited, and the ops of the upgrade: how often each is there."""

    name: str
    edits: tuple[Edit | Added, ...]
    does: dict[str, int]

    def apply(self, package: Path) -> None:
        for each in self.edits:
            each.apply(package)


Change = TeamChange
CUSTOMERS, INVOICES, PAYMENTS = "models/customers.py", "models/invoices.py", "models/payments.py"
API, SALES, RECEIVABLES, REPORTS = (f"db/views/{each}.sql" for each in ("api", "sales", "receivables", "materialized"))
POLICIES, TRIGGERS, GRANTS, LEGACY = "db/policies.sql", "db/triggers.sql", "db/grants.sql", "db/legacy.py"

IS_CONFIDENTIAL = '    is_confidential: Mapped[bool] = mapped_column(server_default="false")\n'
REGION_KEY = "    code: Mapped[str] = mapped_column(primary_key=True)\n"
OPEN_DISPUTES = """\
CREATE VIEW billing.open_disputes AS
SELECT d.id, d.tenant_id, p.reference, d.opened_on, d.amount, d.opened_on + 14 AS answer_by
FROM billing.disputes AS d JOIN billing.payments AS p ON p.id = d.payment_id WHERE d.outcome IS NULL;
"""
DISPUTE = """\
class Dispute(Keyed, OfTenant, Stamped, Base):
    __tablename__ = "disputes"
    __table_args__ = (CheckConstraint("outcome IN ('won', 'lost')", name="outcome"),)

    payment_id: Mapped[int] = mapped_column(ForeignKey("billing.payments.id"), index=True)
    opened_on: Mapped[date]
    amount: Mapped[Decimal]
    outcome: Mapped[str | None]
"""
QUOTE = """

class Quote(Keyed, OfTenant, Stamped, Base):
    __tablename__ = "quotes"
    __table_args__ = (CheckConstraint("billing.is_quote_number(number)", name="number"),)

    customer_id: Mapped[int] = mapped_column(ForeignKey("billing.customers.id"), index=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("billing.plans.id"))
    number: Mapped[str] = mapped_column(unique=True)
    quantity: Mapped[int] = mapped_column(server_default="1")
    valid_until: Mapped[date]
    accepted_at: Mapped[datetime | None]
"""
QUOTES_API = """
CREATE VIEW billing_api.quotes WITH (security_invoker = true) AS
SELECT q.id, q.customer_id, q.number, p.code AS plan, q.quantity, q.valid_until, q.accepted_at
FROM billing.quotes AS q JOIN billing.plans AS p ON p.id = q.plan_id;
"""
QUOTE_FUNCTIONS = """
CREATE FUNCTION billing.is_quote_number(number text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN number ~ '^Q[0-9]{4}-[0-9]{6}$';

CREATE FUNCTION billing.accept_quote(quote billing.quotes) RETURNS bigint
    LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE billing.quotes AS q SET accepted_at = now() WHERE q.id = (quote).id;
    RETURN billing.start_subscription((quote).customer_id, (quote).plan_id, (quote).quantity);
END
$$;
"""
QUOTE_TRIGGER = """
CREATE TRIGGER kept BEFORE DELETE ON billing.quotes
    FOR EACH ROW WHEN (OLD.accepted_at IS NOT NULL) EXECUTE FUNCTION billing.refuse('are kept once accepted');
"""
QUOTE_POLICY = """
CREATE POLICY support ON billing.quotes FOR SELECT TO billing_readonly
    USING (tenant_id = (SELECT billing.current_tenant()));
"""
QUOTE_GRANTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON billing.quotes TO billing_app;
GRANT SELECT ON billing_api.quotes TO billing_app;
"""
BUCKET = """\
CREATE FUNCTION billing.aging_bucket(days integer) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE
        WHEN days <= 0 THEN 'not due'
        WHEN days <= 30 THEN '1-30'
        WHEN days <= 60 THEN '31-60'
        ELSE 'over 60'
    END;
"""
TENANT_MRR = """\
CREATE VIEW billing.tenant_mrr AS
SELECT tenant_id, currency, count(*) AS subscriptions, sum(mrr) AS mrr
FROM billing.subscription_mrr GROUP BY tenant_id, currency;
"""
TENANT_MRR_MODEL = '''

class TenantMrr(OfTenant, Base):
    """What it was on each day: a view knows today alone."""

    __tablename__ = "tenant_mrr"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("billing.tenants.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(ForeignKey("billing.currencies.code"), primary_key=True)
    subscriptions: Mapped[int]
    mrr: Mapped[Decimal]
'''
VALUE_KEY = """\
CREATE UNIQUE INDEX customer_value_key ON billing.customer_value (customer_id);
CREATE INDEX customer_value_revenue ON billing.customer_value (tenant_id, revenue DESC) WHERE revenue > 0;

"""
MAILING_LIST = '''

mailing_list = PGView(
    schema="billing",
    signature="mailing_list",
    definition="""
        SELECT c.tenant_id, c.name, c.email, billing.full_address(c.customer_id) AS address
        FROM billing.contacts AS c WHERE c.gets_invoices
    """,
)
'''
MAILING_LIST_IN_SQL = """
CREATE VIEW billing.mailing_list AS
SELECT c.tenant_id, c.name, c.email, billing.full_address(c.customer_id) AS address
FROM billing.contacts AS c WHERE c.gets_invoices;
"""

TEAM_CHANGES = [
    Change(
        "customers that support does not see, as the api says",
        (
            Edit(
                CUSTOMERS,
                "    fax: Mapped[str | None]\n",
                "    fax: Mapped[str | None]\n" + IS_CONFIDENTIAL,
            ),
            Edit(API, "a.city, a.region\nFROM", "a.city, a.region, c.is_confidential\nFROM"),
            Edit(
                POLICIES,
                "support ON billing.customers FOR SELECT TO billing_readonly\n    USING (",
                "support ON billing.customers FOR SELECT TO billing_readonly\n    USING (NOT is_confidential AND ",
            ),
        ),
        {"add_column": 1, "replace_entity": 2},
    ),
    Change(
        "the api shows invoices without net and tax",
        (Edit(API, "i.due_on, i.net, i.tax, i.total", "i.due_on, i.total"),),
        {"create_entity": 2, "drop_entity": 1},
    ),
    Change(
        "days_overdue is a bigint: its views and functions go with it",
        (
            Edit(
                "db/functions/invoices.sql",
                "days_overdue(invoice billing.invoices) RETURNS integer",
                "days_overdue(invoice billing.invoices) RETURNS bigint",
            ),
        ),
        {"create_entity": 4, "drop_entity": 3},
    ),
    Change(
        "an argument of tax_on is renamed",
        (
            Edit(
                "db/functions/money.sql",
                "tax_on(net numeric, percent numeric)",
                "tax_on(amount numeric, percent numeric)",
            ),
            Edit("db/functions/money.sql", "round(net * percent / 100, 2)", "round(amount * percent / 100, 2)"),
        ),
        {"create_entity": 2, "drop_entity": 2},
    ),
    Change(
        "roles are short: under a function that policies call, a view and a trigger's condition",
        (
            Edit(
                "models/tenants.py",
                'role: Mapped[str] = mapped_column(server_default="viewer")',
                'role: Mapped[str] = mapped_column(String(20), server_default="viewer")',
            ),
            Edit("models/tenants.py", "Index, UniqueConstraint, text", "Index, String, UniqueConstraint, text"),
        ),
        {"alter_column": 1, "create_entity": 9, "drop_entity": 8},
    ),
    Change(
        "usage is counted more finely: under functions, views and a materialized view",
        (
            Edit(
                "models/subscriptions.py",
                "    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 4))\n    events:",
                "    quantity: Mapped[Decimal] = mapped_column(Numeric(24, 8))\n    events:",
            ),
        ),
        {"alter_column": 1, "create_entity": 8, "drop_entity": 5},
    ),
    Change(
        "quotes: a table with all that belongs to it",
        (
            Added(INVOICES, QUOTE),
            Added(API, QUOTES_API),
            Added("db/functions/invoices.sql", QUOTE_FUNCTIONS),
            Added(TRIGGERS, QUOTE_TRIGGER),
            Added(POLICIES, QUOTE_POLICY),
            Added(GRANTS, QUOTE_GRANTS),
        ),
        {"create_entity": 9, "create_index": 2, "create_table": 1, "replace_entity": 1},
    ),
    Change(
        "disputes go, with all that stands on them",
        (
            Edit(PAYMENTS, DISPUTE, ""),
            Edit(PAYMENTS, "import date, datetime", "import datetime"),
            Edit(RECEIVABLES, OPEN_DISPUTES, ""),
            Edit(GRANTS, "\n    billing.disputes, billing.usage_totals", " billing.usage_totals"),
        ),
        {"drop_entity": 3, "drop_index": 2, "drop_table": 1},
    ),
    Change(
        "monthly revenue counts invoices, by another index",
        (
            Edit(REPORTS, "AS customers, sum(l.amount) AS net", "AS customers, sum(l.amount) AS net,\n    count(*)"),
            Edit(REPORTS, "(month DESC) INCLUDE (net)", "(tenant_id, month DESC) INCLUDE (net, customers)"),
        ),
        {"create_entity": 7, "drop_entity": 3},
    ),
    Change(
        "triggers fire at other times",
        (
            Edit(
                TRIGGERS,
                "tidy_email BEFORE INSERT OR UPDATE OF email ON billing.contacts",
                "tidy_email BEFORE INSERT OR UPDATE OF email, name ON billing.contacts",
            ),
            Edit(
                TRIGGERS,
                "settle AFTER INSERT ON billing.payment_allocations",
                "settle AFTER INSERT OR UPDATE ON billing.payment_allocations",
            ),
            Edit(
                TRIGGERS,
                "billing.refunds\n    DEFERRABLE INITIALLY DEFERRED",
                "billing.refunds\n    DEFERRABLE INITIALLY IMMEDIATE",
            ),
        ),
        {"create_entity": 1, "drop_entity": 1, "replace_entity": 2},
    ),
    Change(
        "support reads what reports read",
        (
            Edit(
                POLICIES,
                "reports ON billing.subscriptions FOR SELECT TO billing_reports",
                "reports ON billing.subscriptions FOR SELECT TO billing_reports, billing_readonly",
            ),
            Edit(
                POLICIES,
                """\
CREATE POLICY support ON billing.subscriptions FOR SELECT TO billing_readonly
    USING (tenant_id = (SELECT billing.current_tenant()));
""",
                "",
            ),
        ),
        {"drop_entity": 1, "replace_entity": 1},
    ),
    Change(
        "rights are fewer, by column, and gone",
        (
            Edit(GRANTS, "GRANT SELECT, INSERT, DELETE ON ledger.balances", "GRANT SELECT, INSERT ON ledger.balances"),
            Edit(
                GRANTS, "(id, tenant_id, currency) ON billing.customers", "(id, tenant_id, number) ON billing.customers"
            ),
            Edit(GRANTS, "    billing.revenue_growth, billing.top_customers, ", "    billing.revenue_growth, "),
            Added(GRANTS, "REVOKE EXECUTE ON FUNCTION ledger.open_year(integer) FROM PUBLIC;\n"),
        ),
        {"create_entity": 1, "drop_entity": 3},
    ),
    Change(
        "a function moves into another schema, under a chain of views",
        (
            Edit("db/functions/time.sql", BUCKET, ""),
            Added("db/functions/ledger.sql", "\n" + BUCKET.replace("billing.", "ledger.")),
            Edit(RECEIVABLES, "billing.aging_bucket(", "ledger.aging_bucket("),
        ),
        {"create_entity": 6, "drop_entity": 5},
    ),
    Change(
        "row security is forced for what is paid, too",
        (
            Edit(
                "db/tenancy.py", "for model in (ApiKey, PaymentMethod)", "for model in (ApiKey, Payment, PaymentMethod)"
            ),
            Edit(
                "db/tenancy.py",
                "from billing.models.tenants",
                "from billing.models.payments import Payment\nfrom billing.models.tenants",
            ),
        ),
        {"replace_entity": 1},
    ),
    Change(
        "a view becomes a table of the same name",
        (
            Edit(SALES, TENANT_MRR, ""),
            Added("models/subscriptions.py", TENANT_MRR_MODEL),
            Edit(
                "models/subscriptions.py", "from typing import Any\n", "from typing import Any\nfrom uuid import UUID\n"
            ),
        ),
        {"create_entity": 2, "create_table": 1, "drop_entity": 1, "replace_entity": 1},
    ),
    Change(
        "a materialized view becomes a view",
        (
            Edit(REPORTS, "CREATE MATERIALIZED VIEW billing.customer_value", "CREATE VIEW billing.customer_value"),
            Edit(REPORTS, VALUE_KEY, ""),
            Edit("db/functions/reports.sql", "    REFRESH MATERIALIZED VIEW billing.customer_value;\n", ""),
        ),
        {"create_entity": 4, "drop_entity": 2, "replace_entity": 1},
    ),
    Change(
        "a view of alembic-utils' is written as SQL: nothing to do",
        (
            Edit(LEGACY, MAILING_LIST, ""),
            Edit(LEGACY, "from alembic_utils.pg_view import PGView\n", ""),
            Added(RECEIVABLES, MAILING_LIST_IN_SQL),
        ),
        {},
    ),
    Change(
        "a column goes that a view and a policy name, and another is renamed under a materialized view",
        (
            Edit(CUSTOMERS, IS_CONFIDENTIAL, ""),
            Edit(API, ", c.is_confidential", ""),
            Edit(POLICIES, "NOT is_confidential AND ", ""),
            Edit(CUSTOMERS, REGION_KEY + "    name:", REGION_KEY + "    title:"),
            Edit(RECEIVABLES, "t.region, r.name", "t.region, r.title AS name"),
        ),
        {"add_column": 1, "create_entity": 8, "drop_column": 2, "drop_entity": 5},
    ),
    Change(
        "functions and procedures take more arguments",
        (
            Edit(
                "db/functions/invoices.sql",
                "finalize_invoice(of_invoice bigint, on_day date DEFAULT CURRENT_DATE)",
                "finalize_invoice(of_invoice bigint, on_day date DEFAULT CURRENT_DATE, note text DEFAULT NULL)",
            ),
            Edit(
                "db/functions/invoices.sql",
                "        issued_on = on_day,\n",
                "        issued_on = on_day,\n        memo = coalesce(note, i.memo),\n",
            ),
            Edit(
                "db/functions/time.sql",
                "period_end(first_day date, unit text, units",
                "period_end(day date, unit text, units",
            ),
            Edit("db/functions/time.sql", "RETURN (first_day + CASE", "RETURN (day + CASE"),
        ),
        {"create_entity": 2, "drop_entity": 2},
    ),
    Change(
        "postings say when they were booked, before all else: whatever reads them is made anew",
        (
            Edit(
                "db/views/ledger.sql",
                "SELECT e.id, e.tenant_id, j.id AS",
                "SELECT j.booked_at, e.id, e.tenant_id, j.id AS",
            ),
            Edit(
                "db/views/ledger.sql",
                "CREATE VIEW ledger.unbalanced AS",
                "CREATE VIEW ledger.unbalanced WITH (security_invoker = true) AS",
            ),
        ),
        {"create_entity": 5, "drop_entity": 5, "replace_entity": 1},
    ),
]
