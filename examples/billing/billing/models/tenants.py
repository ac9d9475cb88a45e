"""Who uses the product: tenants, their people, their keys."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from billing.models.base import Base, Keyed, OfTenant, Stamped


class Tenant(Stamped, Base):
    __tablename__ = "tenants"
    __table_args__ = (CheckConstraint("slug ~ '^[a-z][a-z0-9-]+$'", name="slug"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    country: Mapped[str]
    currency: Mapped[str] = mapped_column(ForeignKey("billing.currencies.code"))
    suspended_at: Mapped[datetime | None]


class TenantSetting(OfTenant, Base):
    __tablename__ = "tenant_settings"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("billing.tenants.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]


class User(Keyed, Stamped, Base):
    __tablename__ = "users"
    __table_args__ = (Index("ix_users_lower_email", text("lower(email)"), unique=True),)

    email: Mapped[str]
    name: Mapped[str]
    last_seen_at: Mapped[datetime | None]


class Membership(OfTenant, Stamped, Base):
    __tablename__ = "memberships"
    __table_args__ = (CheckConstraint("role IN ('owner', 'admin', 'accountant', 'viewer')", name="role"),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("billing.tenants.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("billing.users.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(server_default="viewer")


class ApiKey(Keyed, OfTenant, Stamped, Base):
    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("prefix"),)

    name: Mapped[str]
    prefix: Mapped[str]
    digest: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(server_default="{}")
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
