"""The books, by double entry, in a schema of their own."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from billing.models.base import Base, Keyed, OfTenant


class Account(Keyed, OfTenant, Base):
    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        CheckConstraint("kind IN ('asset', 'liability', 'equity', 'income', 'expense')", name="kind"),
        {"schema": "ledger"},
    )

    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]


class Period(Keyed, OfTenant, Base):
    __tablename__ = "periods"
    __table_args__ = (
        UniqueConstraint("tenant_id", "first_day"),
        CheckConstraint("last_day > first_day", name="days"),
        {"schema": "ledger"},
    )

    first_day: Mapped[date]
    last_day: Mapped[date]
    closed_at: Mapped[datetime | None]


class Journal(Keyed, OfTenant, Base):
    """What was booked at once. Its entries sum up to nothing."""

    __tablename__ = "journals"
    __table_args__ = {"schema": "ledger"}  # noqa: RUF012 - SQLAlchemy's own way to say it

    period_id: Mapped[int] = mapped_column(ForeignKey("ledger.periods.id"), index=True)
    booked_on: Mapped[date]
    booked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    memo: Mapped[str]
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("billing.invoices.id"), index=True)
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("billing.payments.id"), index=True)


class Entry(Keyed, OfTenant, Base):
    __tablename__ = "entries"
    __table_args__ = (
        CheckConstraint("debit >= 0 AND credit >= 0 AND (debit = 0) <> (credit = 0)", name="one_side"),
        {"schema": "ledger"},
    )

    journal_id: Mapped[int] = mapped_column(ForeignKey("ledger.journals.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("ledger.accounts.id"), index=True)
    debit: Mapped[Decimal] = mapped_column(server_default="0")
    credit: Mapped[Decimal] = mapped_column(server_default="0")


class Balance(OfTenant, Base):
    """What an account held when a period was closed."""

    __tablename__ = "balances"
    __table_args__ = {"schema": "ledger"}  # noqa: RUF012 - SQLAlchemy's own way to say it

    account_id: Mapped[int] = mapped_column(ForeignKey("ledger.accounts.id"), primary_key=True)
    period_id: Mapped[int] = mapped_column(ForeignKey("ledger.periods.id"), primary_key=True)
    amount: Mapped[Decimal]
