from migrakit import renamed_from
from sqlalchemy import Numeric, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Price(Base):
    __tablename__ = "prices"
    __table_args__ = (UniqueConstraint("isin", "mic", name="uq_prices_isin_mic"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    isin: Mapped[str] = mapped_column(String(12))
    mic: Mapped[str] = mapped_column(String(32), info=renamed_from("market"))
    price: Mapped[float] = mapped_column(Numeric(12, 4))
