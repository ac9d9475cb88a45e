"""What customers have paid, and got back."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Enum, ForeignKey, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from billing.models.base import Base, Keyed, OfTenant, Stamped

PaymentStatus = Enum("pending", "succeeded", "failed", name="payment_status", schema="billing")


class Payment(Keyed, OfTenant, Stamped, Base):
    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        UniqueConstraint("tenant_id", "reference"),
        Index("ix_payments_received", "tenant_id", "received_at", postgresql_include=["amount"]),
    )

    customer_id: Mapped[int] = mapped_column(ForeignKey("billing.customers.id"), index=True)
    method_id: Mapped[int | None] = mapped_column(ForeignKey("billing.payment_methods.id"))
    status: Mapped[str] = mapped_column(PaymentStatus, server_default="pending")
    currency: Mapped[str] = mapped_column(ForeignKey("billing.currencies.code"))
    amount: Mapped[Decimal]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    reference: Mapped[str]
    failure: Mapped[str | None]


class PaymentAllocation(OfTenant, Base):
    __tablename__ = "payment_allocations"
    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)

    payment_id: Mapped[int] = mapped_column(ForeignKey("billing.payments.id"), primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("billing.invoices.id"), primary_key=True, index=True)
    amount: Mapped[Decimal]


class Refund(Keyed, OfTenant, Stamped, Base):
    __tablename__ = "refunds"
    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)

    payment_id: Mapped[int] = mapped_column(ForeignKey("billing.payments.id"), index=True)
    amount: Mapped[Decimal]
    reason: Mapped[str]


class Dispute(Keyed, OfTenant, Stamped, Base):
    __tablename__ = "disputes"
    __table_args__ = (CheckConstraint("outcome IN ('won', 'lost')", name="outcome"),)

    payment_id: Mapped[int] = mapped_column(ForeignKey("billing.payments.id"), index=True)
    opened_on: Mapped[date]
    amount: Mapped[Decimal]
    outcome: Mapped[str | None]
