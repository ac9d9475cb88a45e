"""Who pays: a tenant's customers."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from billing.models.base import Base, Keyed, OfTenant, Stamped


class Customer(Keyed, OfTenant, Stamped, Base):
    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        Index("ix_customers_search", text("to_tsvector('simple', search)"), postgresql_using="gin"),
    )

    number: Mapped[str]
    name: Mapped[str]
    email: Mapped[str]
    currency: Mapped[str] = mapped_column(ForeignKey("billing.currencies.code"))
    payment_days: Mapped[int] = mapped_column(server_default="14")
    fax: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    search: Mapped[str] = mapped_column(Computed("lower(name || ' ' || email || ' ' || number)", persisted=True))


class Address(Keyed, OfTenant, Stamped, Base):
    __tablename__ = "addresses"
    __table_args__ = (UniqueConstraint("customer_id", "purpose"),)

    customer_id: Mapped[int] = mapped_column(ForeignKey("billing.customers.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(server_default="billing")
    lines: Mapped[list[str]]
    postcode: Mapped[str | None]
    city: Mapped[str]
    region: Mapped[str] = mapped_column(ForeignKey("billing.tax_regions.code"))


class Contact(Keyed, OfTenant, Stamped, Base):
    __tablename__ = "contacts"

    customer_id: Mapped[int] = mapped_column(ForeignKey("billing.customers.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    email: Mapped[str]
    gets_invoices: Mapped[bool] = mapped_column(server_default="true")


class PaymentMethod(Keyed, OfTenant, Stamped, Base):
    __tablename__ = "payment_methods"
    __table_args__ = (
        CheckConstraint("kind IN ('card', 'debit', 'transfer')", name="kind"),
        Index("ix_payment_methods_default", "customer_id", unique=True, postgresql_where=text("is_default")),
    )

    customer_id: Mapped[int] = mapped_column(ForeignKey("billing.customers.id", ondelete="CASCADE"))
    kind: Mapped[str]
    token: Mapped[str]
    label: Mapped[str]
    expires_on: Mapped[date | None]
    is_default: Mapped[bool] = mapped_column(server_default="false")


class TaxRegion(Base):
    __tablename__ = "tax_regions"

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class TaxRate(Base):
    __tablename__ = "tax_rates"
    __table_args__ = (CheckConstraint("percent >= 0", name="percent"),)

    region: Mapped[str] = mapped_column(ForeignKey("billing.tax_regions.code"), primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    percent: Mapped[Decimal] = mapped_column(Numeric(5, 2))


class TaxId(Keyed, OfTenant, Base):
    """The check needs ``billing.is_tax_id``: the function is made before the table."""

    __tablename__ = "tax_ids"
    __table_args__ = (CheckConstraint("billing.is_tax_id(country, number)", name="number"),)

    customer_id: Mapped[int] = mapped_column(ForeignKey("billing.customers.id", ondelete="CASCADE"), index=True)
    country: Mapped[str]
    number: Mapped[str]


class TaxExemption(Keyed, OfTenant, Base):
    __tablename__ = "tax_exemptions"
    __table_args__ = (CheckConstraint("valid_until >= valid_from", name="valid"),)

    customer_id: Mapped[int] = mapped_column(ForeignKey("billing.customers.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
