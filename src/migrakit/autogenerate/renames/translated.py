"""An inspector that tells what it finds under the names that it will have."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, TextClause, text

from migrakit.autogenerate.renames.expressions import renamed
from migrakit.autogenerate.renames.pending import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from sqlalchemy import Inspector

    from migrakit.autogenerate.renames.pending import Renames

__all__ = ["translated"]

_Fact = dict[str, Any]


def translated(inspector: Inspector, renames: Renames) -> Inspector:
    """One of the same class and on the same cache, in which each fact stays as the database told it."""
    kind, told = type(inspector), _Told(inspector, renames)
    methods: dict[str, Any] = {NAME: renames, "get_table_names": _method("get_table_names", told.table_names)}
    methods["has_table"] = _method("has_table", told.has_table)
    methods["reflect_table"] = _reflecting(kind)
    for what in _FACTS:
        for name, tell in ((f"get_{what}", told.one), (f"get_multi_{what}", told.several)):
            methods[name] = _method(name, partial(tell, name, what))
    made: Inspector = object.__new__(type(f"Renamed{kind.__name__}", (kind,), methods))
    made.__dict__.update(inspector.__dict__)
    return made


def _method(name: str, tell: Callable[..., Any]) -> Callable[..., Any]:
    def method(_: Inspector, *args: Any, **kwargs: Any) -> Any:
        return tell(*args, **kwargs)

    method.__name__ = name  # by which Alembic asks the dialect whether it reads in bulk
    return method


def _reflecting(kind: type[Inspector]) -> Callable[..., None]:
    """SQLAlchemy would read tables that foreign keys refer to with an inspector that knows old names only."""

    def reflect_table(
        self: Inspector,
        table: Table,
        include_columns: Collection[str] | None,
        exclude_columns: Collection[str] = (),
        resolve_fks: bool = True,  # noqa: FBT001, FBT002 - SQLAlchemy's signature
        **kwargs: Any,
    ) -> None:
        kind.reflect_table(self, table, include_columns, exclude_columns, resolve_fks=False, **kwargs)
        for key in self.get_foreign_keys(table.name, schema=table.schema) if resolve_fks else ():
            known = len(table.metadata.tables)
            referred = Table(key["referred_table"], table.metadata, schema=key["referred_schema"])
            if len(table.metadata.tables) > known:
                self.reflect_table(referred, None)

    return reflect_table


class _Told:
    """What the other inspector says, told anew."""

    def __init__(self, inspector: Inspector, renames: Renames) -> None:
        self._inspector = inspector
        self._renames = renames

    def table_names(self, schema: str | None = None, **kw: Any) -> list[str]:
        found = self._inspector.get_table_names(schema, **kw)
        return [self._renames.new_table(schema, name) for name in found]

    def has_table(self, table_name: str, schema: str | None = None, **kw: Any) -> bool:
        is_new = self._renames.new_table(schema, table_name) == table_name
        return is_new and self._inspector.has_table(self._renames.old_table(schema, table_name), schema, **kw)

    def one(self, method: str, what: str, table_name: str, schema: str | None = None, **kw: Any) -> Any:
        found = getattr(self._inspector, method)(self._renames.old_table(schema, table_name), schema, **kw)
        return self._facts(what, found, schema, table_name)

    def several(
        self, method: str, what: str, schema: str | None = None, filter_names: Any = None, *args: Any, **kw: Any
    ) -> dict[tuple[str | None, str], Any]:
        names = None if filter_names is None else [self._renames.old_table(schema, name) for name in filter_names]
        found = getattr(self._inspector, method)(schema, names, *args, **kw)
        return {
            (place, new): self._facts(what, facts, place, new)
            for (place, old), facts in found.items()
            for new in [self._renames.new_table(place, old)]
        }

    def _facts(self, what: str, found: _Fact | list[_Fact], schema: str | None, table: str) -> _Fact | list[_Fact]:
        tell = _FACTS[what]
        if tell is None:
            return found
        names = _Names(self._renames, schema, table, self._inspector)
        return [tell(each, names) for each in found] if isinstance(found, list) else tell(found, names)


class _Names:
    """What is called otherwise in one table."""

    def __init__(self, renames: Renames, schema: str | None, table: str, inspector: Inspector) -> None:
        self.renames = renames
        self.columns = renames.of_columns(schema, table)
        self.parts = renames.of_parts(schema, table)
        self._dialect = inspector.dialect

    def column(self, old: Any) -> Any:
        return self.columns.get(old, old)

    def part(self, old: Any) -> Any:
        return self.parts.get(old, old)

    def text(self, sql: str) -> str:
        return renamed(sql, self.columns, self._dialect)

    def element(self, said: str) -> str:
        """Of an index: a column's bare name, or an expression."""
        return self.columns[said] if said in self.columns else self.text(said)

    def option(self, name: str, value: Any) -> Any:
        """Of a dialect's options those that speak of columns."""
        if name.endswith("_where"):
            return text(self.text(value.text)) if isinstance(value, TextClause) else self.text(value)
        return _each(value, self.column) if name.endswith("_include") else value


def _column(fact: _Fact, names: _Names) -> _Fact:
    computed = fact.get("computed")
    if computed is not None:
        fact = {**fact, "computed": {**computed, "sqltext": names.text(computed["sqltext"])}}
    return {**fact, "name": names.column(fact["name"])}


def _constraint(fact: _Fact, names: _Names) -> _Fact:
    """A key, a unique constraint, an index."""
    told = {**fact, "name": names.part(fact.get("name"))}
    for key in ("constrained_columns", "column_names", "include_columns"):
        if key in fact:
            told[key] = _each(fact[key], names.column)
    for key in ("duplicates_constraint", "duplicates_index"):
        if key in fact:
            told[key] = names.part(fact[key])
    if "column_sorting" in fact:
        told["column_sorting"] = {names.column(name): order for name, order in fact["column_sorting"].items()}
    if "expressions" in fact:
        told["expressions"] = _each(fact["expressions"], names.element)
    if "dialect_options" in fact:
        told["dialect_options"] = {name: names.option(name, value) for name, value in fact["dialect_options"].items()}
    return told


def _foreign_key(fact: _Fact, names: _Names) -> _Fact:
    schema = fact["referred_schema"]
    table = names.renames.new_table(schema, fact["referred_table"])
    columns: Mapping[str, str] = names.renames.of_columns(schema, table)
    referred = [columns.get(name, name) for name in fact["referred_columns"]]
    return {**_constraint(fact, names), "referred_table": table, "referred_columns": referred}


def _check(fact: _Fact, names: _Names) -> _Fact:
    return {**fact, "name": names.part(fact.get("name")), "sqltext": names.text(fact["sqltext"])}


def _each(found: Any, tell: Callable[[Any], Any]) -> Any:
    return None if found is None else [None if each is None else tell(each) for each in found]


_FACTS: dict[str, Callable[[_Fact, _Names], _Fact] | None] = {
    "columns": _column,
    "pk_constraint": _constraint,
    "foreign_keys": _foreign_key,
    "indexes": _constraint,
    "unique_constraints": _constraint,
    "check_constraints": _check,
    "table_comment": None,
    "table_options": None,
}
