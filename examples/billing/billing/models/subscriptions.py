"""What customers have subscribed to, and what they have used."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Enum, ForeignKey, Identity, Index, Numeric, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from billing.models.base import Base, Keyed, OfTenant, Stamped

SubscriptionStatus = Enum("trialing", "active", "paused", "ended", name="subscription_status", schema="billing")


class Subscription(Keyed, OfTenant, Stamped, Base):
    __tablename__ = "subscriptions"
    __table_args__ = (
        CheckConstraint("period_end > period_start", name="period"),
        Index("ix_subscriptions_renewal", "period_end", postgresql_where=text("ended_on IS NULL")),
    )

    customer_id: Mapped[int] = mapped_column(ForeignKey("billing.customers.id"), index=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("billing.plans.id"), index=True)
    status: Mapped[str] = mapped_column(SubscriptionStatus, server_default="active")
    started_on: Mapped[date]
    period_start: Mapped[date]
    period_end: Mapped[date]
    trial_until: Mapped[date | None]
    ends_with_period: Mapped[bool] = mapped_column(server_default="false")
    ended_on: Mapped[date | None]


class SubscriptionItem(Keyed, OfTenant, Stamped, Base):
    __tablename__ = "subscription_items"
    __table_args__ = (
        UniqueConstraint("subscription_id", "price_id"),
        CheckConstraint("quantity > 0", name="quantity"),
    )

    subscription_id: Mapped[int] = mapped_column(ForeignKey("billing.subscriptions.id", ondelete="CASCADE"))
    price_id: Mapped[int] = mapped_column(ForeignKey("billing.prices.id"), index=True)
    quantity: Mapped[int] = mapped_column(server_default="1")


class SubscriptionDiscount(OfTenant, Base):
    __tablename__ = "subscription_discounts"

    subscription_id: Mapped[int] = mapped_column(
        ForeignKey("billing.subscriptions.id", ondelete="CASCADE"), primary_key=True
    )
    coupon_id: Mapped[int] = mapped_column(ForeignKey("billing.coupons.id"), primary_key=True, index=True)
    valid_until: Mapped[date | None]


class SubscriptionEvent(Keyed, OfTenant, Base):
    __tablename__ = "subscription_events"

    subscription_id: Mapped[int] = mapped_column(ForeignKey("billing.subscriptions.id", ondelete="CASCADE"), index=True)
    happened_at: Mapped[datetime] = mapped_column(server_default=func.now())
    kind: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(server_default="{}")


class Meter(Keyed, OfTenant, Base):
    __tablename__ = "meters"
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    code: Mapped[str]
    name: Mapped[str]
    unit: Mapped[str]


class UsageEvent(OfTenant, Base):
    """Partitioned by month: ``billing.add_usage_partition`` makes the next one, and migrations leave it alone."""

    __tablename__ = "usage_events"
    __table_args__ = (
        Index("ix_usage_events_subscription", "subscription_id", "meter_id", "happened_at"),
        {"postgresql_partition_by": "RANGE (happened_at)"},
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    happened_at: Mapped[datetime] = mapped_column(primary_key=True)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("billing.subscriptions.id"))
    meter_id: Mapped[int] = mapped_column(ForeignKey("billing.meters.id"))
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 4))
    source: Mapped[str | None]


class UsageTotal(OfTenant, Base):
    """Events by day, kept by a trigger: nobody sums up the events themselves."""

    __tablename__ = "usage_totals"

    subscription_id: Mapped[int] = mapped_column(ForeignKey("billing.subscriptions.id"), primary_key=True)
    meter_id: Mapped[int] = mapped_column(ForeignKey("billing.meters.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 4))
    events: Mapped[int]
