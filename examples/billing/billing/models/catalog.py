"""What is for sale: products, plans, prices, features, coupons."""

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from billing.models.base import Base, Keyed, OfTenant, Stamped


class Currency(Base):
    __tablename__ = "currencies"
    __table_args__ = (CheckConstraint("code ~ '^[A-Z]{3}$'", name="code"),)

    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    minor_units: Mapped[int] = mapped_column(server_default="2")


class ExchangeRate(Base):
    __tablename__ = "exchange_rates"
    __table_args__ = (CheckConstraint("rate > 0", name="rate"),)

    base: Mapped[str] = mapped_column(ForeignKey("billing.currencies.code"), primary_key=True)
    quote: Mapped[str] = mapped_column(ForeignKey("billing.currencies.code"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    rate: Mapped[Decimal] = mapped_column(Numeric(18, 8))


class Product(Keyed, OfTenant, Stamped, Base):
    __tablename__ = "products"
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    code: Mapped[str]
    name: Mapped[str]
    is_active: Mapped[bool] = mapped_column(server_default="true")


class Plan(Keyed, OfTenant, Stamped, Base):
    __tablename__ = "plans"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        CheckConstraint("unit IN ('month', 'year')", name="unit"),
        CheckConstraint("trial_days >= 0", name="trial_days"),
    )

    product_id: Mapped[int] = mapped_column(ForeignKey("billing.products.id"), index=True)
    code: Mapped[str]
    name: Mapped[str]
    unit: Mapped[str] = mapped_column(server_default="month")
    units: Mapped[int] = mapped_column(server_default="1")
    trial_days: Mapped[int] = mapped_column(server_default="0")


class Price(Keyed, OfTenant, Stamped, Base):
    """What a plan costs from a day on. A meter makes it a price of what was used."""

    __tablename__ = "prices"
    __table_args__ = (
        CheckConstraint("scheme IN ('flat', 'per_unit', 'volume', 'graduated')", name="scheme"),
        Index("ix_prices_current", "plan_id", "currency", text("valid_from DESC")),
    )

    plan_id: Mapped[int] = mapped_column(ForeignKey("billing.plans.id"))
    meter_id: Mapped[int | None] = mapped_column(ForeignKey("billing.meters.id"))
    currency: Mapped[str] = mapped_column(ForeignKey("billing.currencies.code"))
    scheme: Mapped[str] = mapped_column(server_default="flat")
    unit_amount: Mapped[Decimal]
    valid_from: Mapped[date]


class PriceTier(Keyed, OfTenant, Base):
    __tablename__ = "price_tiers"
    __table_args__ = (UniqueConstraint("price_id", "above"),)

    price_id: Mapped[int] = mapped_column(ForeignKey("billing.prices.id", ondelete="CASCADE"))
    above: Mapped[Decimal] = mapped_column(Numeric(18, 4))
    unit_amount: Mapped[Decimal] = mapped_column(Numeric(14, 6))


class Feature(Keyed, OfTenant, Base):
    __tablename__ = "features"
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)

    code: Mapped[str]
    name: Mapped[str]


class PlanFeature(OfTenant, Base):
    __tablename__ = "plan_features"

    plan_id: Mapped[int] = mapped_column(ForeignKey("billing.plans.id", ondelete="CASCADE"), primary_key=True)
    feature_id: Mapped[int] = mapped_column(ForeignKey("billing.features.id"), primary_key=True)
    upper_limit: Mapped[int | None]


class Coupon(Keyed, OfTenant, Stamped, Base):
    __tablename__ = "coupons"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code"),
        CheckConstraint("percent > 0 AND percent <= 100", name="percent"),
        CheckConstraint("redeemed <= coalesce(redeemable, redeemed)", name="redeemed"),
    )

    code: Mapped[str]
    percent: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    months: Mapped[int | None]
    valid_until: Mapped[date | None]
    redeemable: Mapped[int | None]
    redeemed: Mapped[int] = mapped_column(server_default="0")
