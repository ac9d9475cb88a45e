"""Whether a type holds all that another does, by what each server makes of it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.engine import URL

from migrakit.guards.types import keeps_values

POSTGRESQL, MARIADB, SQLITE = (
    URL.create(name).get_dialect()() for name in ("postgresql+psycopg", "mysql+pymysql", "sqlite")
)


def _shown(given: Any) -> str:
    return str(getattr(given, "name", None) or repr(given))


KEPT: tuple[Any, ...] = (
    (POSTGRESQL, sa.Integer(), sa.Double()),
    (POSTGRESQL, sa.REAL(), sa.Float()),
    (POSTGRESQL, sa.Float(24), sa.Float(53)),
    (POSTGRESQL, sa.Numeric(12, 4), sa.Numeric()),
    (POSTGRESQL, sa.DateTime(), sa.DateTime(timezone=True)),
    (POSTGRESQL, sa.LargeBinary(), postgresql.BYTEA()),
    (MARIADB, sa.Integer(), sa.Double()),
    (MARIADB, sa.Integer(), sa.Numeric()),
    (MARIADB, sa.DateTime(), mysql.DATETIME(fsp=6)),
    (MARIADB, mysql.TIMESTAMP(), sa.DateTime()),
    (MARIADB, mysql.BLOB(), mysql.LONGBLOB()),
    (MARIADB, sa.VARBINARY(10), sa.LargeBinary()),
    (MARIADB, mysql.VARCHAR(32, charset="latin1"), mysql.VARCHAR(32, charset="utf8mb4")),
    (SQLITE, sa.String(32), sa.CHAR()),
    (SQLITE, sa.DateTime(), sa.TIMESTAMP()),
)

LOST: tuple[Any, ...] = (
    (POSTGRESQL, sa.String(32), sa.CHAR()),
    (POSTGRESQL, sa.Integer(), sa.REAL()),
    (POSTGRESQL, sa.Double(), sa.Float(24)),
    (POSTGRESQL, sa.Numeric(), sa.Numeric(12, 4)),
    (POSTGRESQL, sa.DateTime(timezone=True), sa.DateTime()),
    (POSTGRESQL, postgresql.TIMESTAMP(), postgresql.TIMESTAMP(precision=0)),
    (MARIADB, sa.String(32), sa.CHAR()),
    (MARIADB, sa.Integer(), sa.Float()),
    (MARIADB, sa.Double(), mysql.DOUBLE(10, 2)),
    (MARIADB, sa.Double(), mysql.DOUBLE(unsigned=True)),
    (MARIADB, sa.Numeric(12, 4), sa.Numeric()),
    (MARIADB, sa.BigInteger(), sa.Numeric()),
    (MARIADB, sa.Numeric(12, 4), mysql.NUMERIC(12, 4, unsigned=True)),
    (MARIADB, sa.Integer(), mysql.INTEGER(unsigned=True)),
    (MARIADB, mysql.DATETIME(fsp=6), sa.DateTime()),
    (MARIADB, sa.DateTime(), sa.TIMESTAMP()),
    (MARIADB, sa.Date(), sa.TIMESTAMP()),
    (MARIADB, mysql.LONGBLOB(), sa.LargeBinary()),
    (MARIADB, sa.LargeBinary(), sa.VARBINARY(10)),
    (MARIADB, mysql.VARCHAR(32), mysql.VARCHAR(32, charset="latin1")),
)


@pytest.mark.parametrize(("dialect", "old", "new"), KEPT, ids=_shown)
def test_wider_types_keep_all(dialect: Any, old: Any, new: Any) -> None:
    assert keeps_values(old, new, dialect)


@pytest.mark.parametrize(("dialect", "old", "new"), LOST, ids=_shown)
def test_narrower_types_do_not(dialect: Any, old: Any, new: Any) -> None:
    assert not keeps_values(old, new, dialect)
