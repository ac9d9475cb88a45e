"""What the tables have in common."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, MetaData, Numeric, Text, Uuid, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    metadata = MetaData(
        schema="billing",
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        },
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own way to say it
        int: BigInteger,
        str: Text,
        Decimal: Numeric(14, 2),
        datetime: DateTime(timezone=True),
        UUID: Uuid,
        list[str]: ARRAY(Text),
        dict[str, Any]: JSONB,
    }


class Keyed:
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)


class OfTenant:
    """A row belongs to one tenant, and no other ever sees it: ``billing.db.tenancy`` has the policies."""

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("billing.tenants.id"), index=True)


class Stamped:
    """When a row came, and when it last changed: ``billing.db.stamps`` has the triggers."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
