"""``schemas("billing")``: what is in a schema."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from migrakit.errors import FilterError, Problem
from migrakit.filters.algebra import Answer, Filter, Rule
from migrakit.filters.arguments import require_words

if TYPE_CHECKING:
    from migrakit.target import Target

__all__ = ["schemas"]


class _Schemas(Rule):
    __slots__ = ()
    word = "schemas"
    given: tuple[str | None, ...]

    def _judge(self, target: Target) -> tuple[Answer, str]:
        inside = self.speaks_of_schema(target.schema, is_default=target.in_default_schema)
        if not inside and self._needs_connection(target):
            return Answer.UNKNOWN, "the default schema's name isn't known without a connection"
        where = "the default schema" if target.schema is None else repr(target.schema)
        return Answer.of(inside), f"it is in {where}"

    def _needs_connection(self, target: Target) -> bool:
        return target.schema is None or (target.default_schema is None and None in self.given)

    def speaks_of_schema(self, schema: str | None, *, is_default: bool) -> bool:
        if is_default and None in self.given:
            return True
        return schema is not None and any(fnmatchcase(schema, each) for each in self.given if each is not None)

    @property
    def speaks_of_schemas(self) -> bool:
        return any(pattern is not None for pattern in self.given)


def schemas(*names: str | None) -> Filter:
    """What is in one of these schemas: ``schemas("billing")``, ``schemas("tenant_*")``.

    ``None`` is the default schema, as in SQLAlchemy, whatever its name is. A database that has no schemas calls its
    one ``"main"`` (SQLite) or by the database's own name (MariaDB, MySQL).
    """
    spelled = tuple(name for name in names if name is not None)
    if spelled or not names:
        require_words("schemas", spelled, example="schemas('billing')")
    if any("." in name for name in spelled):
        why = "A schema is one name, and it would own nothing."
        raise FilterError(Problem(f"schemas() got {spelled!r}, with a dot.", why, "Write names('billing.invoices_*')."))
    return _Schemas(names)
