"""How names and statements are written into a revision."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Dialect

__all__ = ["escaped", "quoted", "quoted_table"]


def quoted(name: str, dialect: Dialect) -> str:
    """As the database is to read it: for some drivers SQLAlchemy doubles each %, and does it again when it executes."""
    quote = dialect.identifier_preparer.quote
    return quote(name).replace("%%", "%") if "%%" in quote("%") else quote(name)


def quoted_table(name: str, schema: str | None, dialect: Dialect) -> str:
    """The same with its schema, where it has one."""
    return ".".join(quoted(each, dialect) for each in (schema, name) if each)


def escaped(sql: str) -> str:
    """As ``op.execute()`` is to take it: a colon and a word would be a parameter."""
    return sql.replace(":", "\\:")
