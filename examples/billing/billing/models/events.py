"""What others are told, and what is remembered."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from billing.models.base import Base, Keyed, OfTenant, Stamped


class WebhookEndpoint(Keyed, OfTenant, Stamped, Base):
    __tablename__ = "webhook_endpoints"

    url: Mapped[str]
    secret: Mapped[str]
    topics: Mapped[list[str]]
    disabled_at: Mapped[datetime | None]


class WebhookDelivery(Keyed, OfTenant, Base):
    __tablename__ = "webhook_deliveries"
    __table_args__ = (Index("ix_webhook_deliveries_due", "due_at", postgresql_where=text("delivered_at IS NULL")),)

    endpoint_id: Mapped[int] = mapped_column(ForeignKey("billing.webhook_endpoints.id", ondelete="CASCADE"), index=True)
    topic: Mapped[str]
    payload: Mapped[dict[str, Any]]
    attempts: Mapped[int] = mapped_column(server_default="0")
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    delivered_at: Mapped[datetime | None]
    last_error: Mapped[str | None]


class Note(Keyed, OfTenant, Stamped, Base):
    __tablename__ = "notes"

    customer_id: Mapped[int] = mapped_column(ForeignKey("billing.customers.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("billing.users.id"))
    body: Mapped[str]


class AuditLog(Keyed, Base):
    """No foreign keys: what it tells of may be gone."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_row", "relation", "row_id"),)

    tenant_id: Mapped[UUID | None]
    happened_at: Mapped[datetime] = mapped_column(server_default=func.now())
    user_id: Mapped[int | None]
    action: Mapped[str]
    relation: Mapped[str]
    row_id: Mapped[str | None]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
