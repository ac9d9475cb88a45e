from migrakit import external
from sqlalchemy import Column, ForeignKey, Integer, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


# Another service's: as much of it as the foreign key below needs.
Table("accounts_users", Base.metadata, Column("id", Integer, primary_key=True), info=external())


class Room(Base):
    __tablename__ = "pycon_rooms"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)


class Talk(Base):
    __tablename__ = "pycon_talks"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(80), index=True)
    room_id: Mapped[int | None] = mapped_column(ForeignKey("pycon_rooms.id"))
    speaker_id: Mapped[int] = mapped_column(ForeignKey("accounts_users.id"))
