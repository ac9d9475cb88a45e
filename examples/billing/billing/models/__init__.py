"""All tables, so that ``Base.metadata`` knows them."""

from billing.models import catalog, customers, events, invoices, ledger, payments, subscriptions, tenants
from billing.models.base import Base, OfTenant, Stamped

__all__ = [
    "Base",
    "OfTenant",
    "Stamped",
    "catalog",
    "customers",
    "events",
    "invoices",
    "ledger",
    "payments",
    "subscriptions",
    "tenants",
]
