"""What customers owe."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, Enum, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from billing.models.base import Base, Keyed, OfTenant, Stamped

InvoiceStatus = Enum("draft", "open", "paid", "void", "written_off", name="invoice_status", schema="billing")


class InvoiceSequence(OfTenant, Base):
    """The last number of a year: numbers of invoices have no gaps, so a sequence won't do."""

    __tablename__ = "invoice_sequences"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True, server_default="invoice")
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("billing.tenants.id"), primary_key=True)
    last_number: Mapped[int] = mapped_column(server_default="0")


class Invoice(Keyed, OfTenant, Stamped, Base):
    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        CheckConstraint("status = 'draft' OR number IS NOT NULL", name="number"),
        Index("ix_invoices_open", "tenant_id", "due_on", postgresql_where=text("status = 'open'")),
    )

    customer_id: Mapped[int] = mapped_column(ForeignKey("billing.customers.id"), index=True)
    subscription_id: Mapped[int | None] = mapped_column(ForeignKey("billing.subscriptions.id"), index=True)
    number: Mapped[str | None]
    status: Mapped[str] = mapped_column(InvoiceStatus, server_default="draft")
    currency: Mapped[str] = mapped_column(ForeignKey("billing.currencies.code"))
    issued_on: Mapped[date | None]
    due_on: Mapped[date | None]
    period_start: Mapped[date | None]
    period_end: Mapped[date | None]
    net: Mapped[Decimal] = mapped_column(server_default="0")
    tax: Mapped[Decimal] = mapped_column(server_default="0")
    total: Mapped[Decimal] = mapped_column(Computed("net + tax", persisted=True))
    memo: Mapped[str | None]


class InvoiceLine(Keyed, OfTenant, Base):
    __tablename__ = "invoice_lines"
    __table_args__ = (UniqueConstraint("invoice_id", "position"),)

    invoice_id: Mapped[int] = mapped_column(ForeignKey("billing.invoices.id", ondelete="CASCADE"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("billing.subscription_items.id"), index=True)
    position: Mapped[int]
    description: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 4), server_default="1")
    unit_amount: Mapped[Decimal] = mapped_column(Numeric(14, 6))
    amount: Mapped[Decimal] = mapped_column(Computed("round(quantity * unit_amount, 2)", persisted=True))


class InvoiceTax(OfTenant, Base):
    __tablename__ = "invoice_taxes"

    invoice_id: Mapped[int] = mapped_column(ForeignKey("billing.invoices.id", ondelete="CASCADE"), primary_key=True)
    region: Mapped[str] = mapped_column(ForeignKey("billing.tax_regions.code"), primary_key=True)
    percent: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    net: Mapped[Decimal]
    amount: Mapped[Decimal]


class CreditNote(Keyed, OfTenant, Stamped, Base):
    __tablename__ = "credit_notes"
    __table_args__ = (UniqueConstraint("tenant_id", "number"),)

    invoice_id: Mapped[int] = mapped_column(ForeignKey("billing.invoices.id"), index=True)
    number: Mapped[str]
    issued_on: Mapped[date]
    reason: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(server_default="0")


class CreditNoteLine(Keyed, OfTenant, Base):
    __tablename__ = "credit_note_lines"
    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)

    credit_note_id: Mapped[int] = mapped_column(ForeignKey("billing.credit_notes.id", ondelete="CASCADE"), index=True)
    invoice_line_id: Mapped[int | None] = mapped_column(ForeignKey("billing.invoice_lines.id"))
    description: Mapped[str]
    amount: Mapped[Decimal]


class DunningStep(Keyed, OfTenant, Base):
    """A reminder that was sent, the last of which ends the customer's patience or ours."""

    __tablename__ = "dunning_steps"
    __table_args__ = (UniqueConstraint("invoice_id", "level"),)

    invoice_id: Mapped[int] = mapped_column(ForeignKey("billing.invoices.id", ondelete="CASCADE"))
    level: Mapped[int]
    sent_at: Mapped[datetime]
    fee: Mapped[Decimal] = mapped_column(server_default="0")
