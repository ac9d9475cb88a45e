"""Random schemas, and random edits of them.

Whatever an edit takes away, what stood on it is declared without it: what is left is always possible by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import BigInteger, Column, Date, DateTime, Integer, MetaData, Numeric, String, Text
from sqlalchemy import Table as MetaTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from random import Random
    from typing import TypeAlias

    Edit: TypeAlias = "Callable[[World, Random], World]"

__all__ = ["EDITS", "RETYPING", "SORTS", "World", "edited", "hanging", "new_world"]

TYPES: dict[str, Any] = {
    "integer": Integer(),
    "bigint": BigInteger(),
    "text": Text(),
    "varchar(50)": String(50),
    "date": Date(),
    "timestamp": DateTime(),
    "numeric(10,2)": Numeric(10, 2),
    "numeric(12,4)": Numeric(12, 4),
}
_PAIRS = (("integer", "bigint"), ("text", "varchar(50)"), ("date", "timestamp"), ("numeric(10,2)", "numeric(12,4)"))
RETYPED = {**dict(_PAIRS), **{second: first for first, second in _PAIRS}}

SCHEMAS = ("public", "public", "billing")
NAMES = (*("{kind}{number}",) * 5, "Mixed Case {number}", "100% {number}", "it's {number}", 'a "{kind}" {number}')
ROLES = ("pg_monitor", "pg_signal_backend", "PUBLIC")

NOTED = "CREATE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN coalesce(NEW, OLD); END $$"
NOTING = ("noted", "counted")


@dataclass(frozen=True)
class Thing:
    """What is declared. It refers to others by their numbers, which are lower than its own."""

    schema: str
    name: str
    is_qualified: bool
    """Whether it names others with their schemas where it need not."""

    @property
    def full(self) -> str:
        return f"{self.schema}.{_quoted(self.name)}"

    def names(self, other: Thing) -> str:
        return other.full if self.is_qualified or other.schema != "public" else _quoted(other.name)

    def reads(self, world: World, number: int) -> str:
        other = world.relation(number)
        return f"{self.names(other)}{'()' if isinstance(other, Function) else ''} AS x"

    def columns(self, world: World) -> tuple[str, ...]:
        return ()

    def sql(self, world: World) -> Iterator[str]:
        raise NotImplementedError

    @property
    def sort(self) -> str:
        return type(self).__name__.lower()


@dataclass(frozen=True)
class Table(Thing):
    types: tuple[tuple[str, str], ...]

    def columns(self, world: World) -> tuple[str, ...]:
        return tuple(name for name, _ in self.types)

    def sql(self, world: World) -> Iterator[str]:
        columns = ", ".join(f"{name} {type_}" for name, type_ in self.types)
        yield f"CREATE TABLE {self.full} ({columns}, PRIMARY KEY (id))"

    def to_metadata(self, metadata: MetaData) -> None:
        columns = [
            Column(name, TYPES[type_], primary_key=name == "id", autoincrement=False if name == "id" else "auto")
            for name, type_ in self.types
        ]
        MetaTable(self.name, metadata, *columns, schema=None if self.schema == "public" else self.schema)


# They never go. What is in a schema that no declaration names is nobody's to drop, so there is one in each.
STEADY = (
    Table("public", "first", True, (("id", "integer"), ("a", "integer"), ("b", "text"), ("c", "numeric(10,2)"))),
    Table("billing", "second", True, (("id", "integer"), ("a", "date"), ("b", "varchar(50)"))),
)


@dataclass(frozen=True)
class View(Thing):
    over: int
    chosen: tuple[str, ...]
    """Which columns, if not all."""
    calls: tuple[int, ...] = ()
    beside: int | None = None
    least: int = 0
    options: str = ""
    indexes: tuple[str, ...] = ()
    is_materialized: bool = False

    @property
    def sort(self) -> str:
        return "materialized view" if self.is_materialized else "view"

    def columns(self, world: World) -> tuple[str, ...]:
        return (*self.taken(world), *(f"c{number}" for number, _ in self._called(world)))

    def sql(self, world: World) -> Iterator[str]:
        called = [f"{call} AS c{number}" for number, call in self._called(world)]
        chosen = [f"x.{name}" for name in self.taken(world)] if self.chosen else ["x.*"]
        where = f" WHERE x.id > {self.least}" if self.least else ""
        if self.beside is not None:
            also = self.reads(world, self.beside).removesuffix("x") + "y"
            where += f"{' AND' if where else ' WHERE'} EXISTS (SELECT FROM {also} WHERE y.id = x.id)"
        select = f"SELECT {', '.join([*chosen, *called])} FROM {self.reads(world, self.over)}{where}"
        yield f"CREATE {self.sort.upper()} {self.full}{self._options()} AS {select}"
        if self.is_materialized:
            yield from self._indexed(world)

    def _options(self) -> str:
        if not self.options:
            return ""
        return " WITH (fillfactor = 70)" if self.is_materialized else f" WITH ({self.options})"

    def _indexed(self, world: World) -> Iterator[str]:
        for wanted in self.indexes:
            column = _one_of(self.columns(world), wanted)
            unique = "UNIQUE " if column == "id" else ""
            yield f"CREATE {unique}INDEX {_quoted(f'{self.name} by {wanted}')} ON {self.full} ({column})"

    def taken(self, world: World) -> tuple[str, ...]:
        """Which columns it takes as they are."""
        there = world.relation(self.over).columns(world)
        return tuple(each for each in self.chosen if each in there) or there

    def _called(self, world: World) -> Iterator[tuple[int, str]]:
        for number in self.calls:
            function = world.things.get(number)
            if isinstance(function, Function) and f"c{number}" not in self.taken(world):
                call = function.call(self, world, self.over)
                if call:
                    yield number, call


@dataclass(frozen=True)
class Function(Thing):
    over: int
    language: str
    """``plain``, ``plpgsql``, ``reading``, ``atomic``, ``return``, ``row``, ``set`` or ``table``."""
    result: str = "integer"
    argument: str = "a"
    takes: str = "integer"
    default: str = ""
    """Of one more argument."""
    clauses: str = ""
    plus: int = 0

    @property
    def sort(self) -> str:
        return f"{self.language} function"

    @property
    def is_relation(self) -> bool:
        return self.language in ("set", "table")

    def columns(self, world: World) -> tuple[str, ...]:
        return world.row(self.over).columns(world) if self.language == "set" else ("id",)

    def signature(self, world: World) -> str:
        if self.language in ("plain", "plpgsql"):
            return self.takes + (", integer" if self.default else "")
        return world.row(self.over).full if self.language == "row" else ""

    def call(self, caller: Thing, world: World, over: int) -> str | None:
        """Of the row ``x`` of that relation."""
        name = caller.names(self)
        if self.language in ("plain", "plpgsql"):
            return f"{name}(x.id::integer)" if self.takes == "integer" else None
        if self.language == "row":
            return f"{name}(x)" if world.relation(over) == world.row(self.over) else None
        return None if self.is_relation else f"{name}()"

    def sql(self, world: World) -> Iterator[str]:
        more = f", more integer DEFAULT {self.default}" if self.default else ""
        row = self.names(world.row(self.over))
        full = self.full
        clauses = f" {self.clauses}" if self.clauses else ""
        head = f"CREATE FUNCTION {full}"
        read = world.relation(self.over)
        # Where it is a string it is read with whatever search path there is.
        string = f"{read.full}{'()' if isinstance(read, Function) else ''} AS x"
        counted = f"(count(*) + {self.plus})::{self.result}"
        length = f"(length({self.argument}::text) + {self.plus})::{self.result}"
        yield {
            "plain": f"{head}({self.argument} {self.takes}{more}) RETURNS {self.result} LANGUAGE sql{clauses}"
            f" AS $$ SELECT {length} $$",
            "plpgsql": f"{head}({self.argument} {self.takes}{more}) RETURNS {self.result} LANGUAGE plpgsql{clauses}"
            f" AS $$ BEGIN RETURN {length}; END $$",
            "reading": f"{head}() RETURNS {self.result} LANGUAGE sql{clauses} AS $$ SELECT {counted} FROM {string} $$",
            "atomic": f"{head}() RETURNS {self.result} LANGUAGE sql{clauses}"
            f" BEGIN ATOMIC SELECT {counted} FROM {self.reads(world, self.over)}; END",
            "return": f"{head}() RETURNS {self.result}{clauses}"
            f" RETURN (SELECT {counted} FROM {self.reads(world, self.over)})",
            "row": f"{head}({self.argument} {row}) RETURNS {self.result} LANGUAGE sql{clauses}"
            f" AS $$ SELECT ({self.argument}.id + {self.plus})::{self.result} $$",
            "set": f"{head}() RETURNS SETOF {row} LANGUAGE sql{clauses}"
            f" AS $$ SELECT * FROM {world.row(self.over).full} AS x WHERE x.id > {self.plus} $$",
            "table": f"{head}() RETURNS TABLE (id {self.result}) LANGUAGE sql{clauses}"
            f" AS $$ SELECT x.id::{self.result} FROM {string} WHERE x.id > {self.plus} $$",
        }[self.language]


@dataclass(frozen=True)
class Procedure(Thing):
    over: int
    is_atomic: bool
    more: str = ""
    plus: int = 0

    def signature(self, world: World) -> str:
        return "integer" + (", integer" if self.more else "")

    def sql(self, world: World) -> Iterator[str]:
        more = f", {self.more} integer DEFAULT 1" if self.more else ""
        head = f"CREATE PROCEDURE {self.full}(INOUT n integer{more})"
        counted = f"SELECT (count(*) + {self.plus})::integer FROM"
        if self.is_atomic:
            yield f"{head} LANGUAGE sql BEGIN ATOMIC {counted} {self.reads(world, self.over)}; END"
        else:
            yield f"{head} LANGUAGE plpgsql AS $$ BEGIN n := ({counted} {world.row(self.over).full}); END $$"


FORMS = (
    "TRIGGER {name} BEFORE UPDATE OF {column} ON {on} FOR EACH ROW",
    "TRIGGER {name} AFTER INSERT ON {on} FOR EACH ROW WHEN (NEW.{column} IS NOT NULL)",
    "TRIGGER {name} BEFORE UPDATE ON {on} FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)",
    "TRIGGER {name} AFTER UPDATE ON {on} REFERENCING NEW TABLE AS n FOR EACH STATEMENT",
    "CONSTRAINT TRIGGER {name} AFTER UPDATE ON {on} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW",
    "CONSTRAINT TRIGGER {name} AFTER INSERT ON {on} FOR EACH ROW WHEN (NEW.{column} IS NOT NULL)",
)
INSTEAD = ("INSERT", "UPDATE OR DELETE", "UPDATE")
STATES = ("", "DISABLE", "ENABLE ALWAYS", "ENABLE REPLICA")


@dataclass(frozen=True)
class Trigger(Thing):
    on: int
    form: int
    column: str
    function: str = NOTING[0]
    state: str = ""

    def sql(self, world: World) -> Iterator[str]:
        on = world.things.get(self.on)
        name, does = _quoted(self.name), f"EXECUTE FUNCTION {self.function}()"
        if isinstance(on, View) and not on.is_materialized:
            events = INSTEAD[self.form % len(INSTEAD)]
            yield f"CREATE TRIGGER {name} INSTEAD OF {events} ON {self.names(on)} FOR EACH ROW {does}"
        if isinstance(on, Table):
            column = _one_of(on.columns(world), self.column)
            yield f"CREATE {FORMS[self.form].format(name=name, column=column, on=self.names(on))} {does}"
            if self.state:
                yield f"ALTER TABLE {self.names(on)} {self.state} TRIGGER {name}"


@dataclass(frozen=True)
class Policy(Thing):
    on: int
    over: int
    """What it looks into or calls, as it may."""
    column: str
    roles: tuple[str, ...] = ()
    is_restrictive: bool = False

    def sql(self, world: World) -> Iterator[str]:
        on = world.things.get(self.on)
        if isinstance(on, Table):
            clauses = " AS RESTRICTIVE" if self.is_restrictive else ""
            clauses += f" TO {', '.join(self.roles)}" if self.roles else ""
            yield f"CREATE POLICY {_quoted(self.name)} ON {self.names(on)}{clauses} USING ({self._using(world, on)})"

    def _using(self, world: World, on: Table) -> str:
        other = world.things.get(self.over)
        if isinstance(other, Function) and not other.is_relation:
            call = other.call(self, world, self.on)
            if call:
                return f"{call.replace('(x.id', '(id').replace('(x)', f'({_quoted(on.name)})')} > 0"
        elif isinstance(other, (Table, View, Function)) and self.over != self.on:
            return f"EXISTS (SELECT FROM {self.reads(world, self.over)} WHERE x.id > 0)"
        return f"{_one_of(on.columns(world), self.column)} IS NOT NULL"


@dataclass(frozen=True)
class Security(Thing):
    on: int
    is_enabled: bool = True
    is_forced: bool = False

    @property
    def sort(self) -> str:
        return "row security"

    def sql(self, world: World) -> Iterator[str]:
        on = world.things.get(self.on)
        if isinstance(on, Table):
            enabled, forced = "ENABLE" if self.is_enabled else "DISABLE", "" if self.is_forced else "NO "
            yield f"ALTER TABLE {self.names(on)} {enabled} ROW LEVEL SECURITY, {forced}FORCE ROW LEVEL SECURITY"


PRIVILEGES = ("SELECT", "SELECT, INSERT", "SELECT ({column}), UPDATE (id)", "ALL")


@dataclass(frozen=True)
class Grant(Thing):
    on: int
    privileges: int
    column: str
    to: str = ROLES[0]

    def sql(self, world: World) -> Iterator[str]:
        on = world.things.get(self.on)
        privileges = PRIVILEGES[self.privileges]
        if isinstance(on, (Function, Procedure)):
            what = f"EXECUTE ON {'FUNCTION' if isinstance(on, Function) else 'PROCEDURE'}"
            yield f"GRANT {what} {self.names(on)}({on.signature(world)}) TO {self.to}"
        elif on is not None:
            privileges = privileges.format(column=_one_of(on.columns(world), self.column))
            yield f"GRANT {privileges} ON {self.names(on)} TO {self.to}"


@dataclass(frozen=True)
class World:
    things: Mapping[int, Thing] = field(default_factory=dict[int, Thing])
    next: int = 0

    def changed(self, number: int, thing: Thing) -> World:
        return replace(self, things={**self.things, number: thing})

    def added(self, thing: Thing) -> World:
        return replace(self.changed(self.next, thing), next=self.next + 1)

    def without(self, number: int) -> World:
        return replace(self, things={each: thing for each, thing in self.things.items() if each != number})

    def relation(self, number: int) -> Thing:
        """What can be selected from, or the first table."""
        thing = self.things.get(number)
        is_one = thing.is_relation if isinstance(thing, Function) else isinstance(thing, (Table, View))
        return thing if thing is not None and is_one else self.things[0]

    def row(self, number: int) -> Thing:
        """The same, of what has a type of its own."""
        thing = self.relation(number)
        return self.things[0] if isinstance(thing, Function) else thing

    def numbers(self, *kinds: type[Thing], below: int | None = None) -> list[int]:
        end = self.next if below is None else below
        return [each for each, thing in self.things.items() if each < end and isinstance(thing, kinds)]

    def relations(self, below: int | None = None) -> list[int]:
        there = self.numbers(Table, View, Function, below=below)
        return [each for each in there if self.relation(each) is self.things[each]]

    def tables(self) -> World:
        return replace(self, things={each: self.things[each] for each in self.numbers(Table)})

    def metadata(self) -> MetaData:
        metadata = MetaData()
        for thing in self.things.values():
            if isinstance(thing, Table):
                thing.to_metadata(metadata)
        return metadata

    def entities(self) -> list[str]:
        return [
            *map(NOTED.format, NOTING),
            *(sql for thing in self.things.values() if not isinstance(thing, Table) for sql in thing.sql(self)),
        ]

    def live(self) -> list[str]:
        """With all that is declared, and two rows in the table that never goes."""
        tables = [sql for each in self.numbers(Table) for sql in self.things[each].sql(self)]
        rows = f"INSERT INTO {self.things[0].full} (id) VALUES (1), (2)"
        return ["CREATE SCHEMA billing", *tables, rows, *self.entities()]

    def sorts(self) -> list[str]:
        return [thing.sort for thing in self.things.values() if any(thing.sql(self))]


def _quoted(name: str) -> str:
    return name if name.isidentifier() and name.islower() else '"' + name.replace('"', '""') + '"'


def _one_of(columns: tuple[str, ...], wanted: str) -> str:
    return wanted if wanted in columns else "id"


def _named(world: World, random: Random, kind: str) -> dict[str, Any]:
    name = random.choice(NAMES).format(kind=kind, number=world.next)
    return {"schema": random.choice(SCHEMAS), "name": name, "is_qualified": random.random() < 0.5}


COLUMNS = ("id", "a", "b", "c", "d")
LANGUAGES = ("plain", "plpgsql", "reading", "atomic", "return", "row", "set", "table")
CLAUSES = ("", "STABLE", "IMMUTABLE", "SECURITY DEFINER", "COST 7", "SET search_path = pg_catalog, public")
OPTIONS = ("", "security_barrier", "security_invoker = true", "security_invoker, security_barrier = false")


def _add_table(world: World, random: Random) -> World:
    types = [(name, random.choice(list(TYPES))) for name in COLUMNS[1 : random.randint(3, 5)]]
    return world.added(Table(**_named(world, random, "t"), types=(("id", "integer"), *types)))


def _add_view(world: World, random: Random) -> World:
    # Chains come of the last ones.
    over = random.choice(world.relations()[-6:])
    columns = world.relation(over).columns(world)
    chosen = ("id", *random.sample(columns[1:], random.randrange(len(columns))))
    return world.added(
        View(
            **_named(world, random, "v"),
            over=over,
            chosen=() if random.random() < 0.3 else chosen,
            calls=tuple(each for each in world.numbers(Function) if random.random() < 0.3),
            beside=random.choice(world.relations()) if random.random() < 0.2 else None,
            options=random.choice(OPTIONS),
        )
    )


def _add_materialized(world: World, random: Random) -> World:
    number, added = world.next, _add_view(world, random)
    view = added.things[number]
    assert isinstance(view, View)
    indexes = tuple(dict.fromkeys(random.choice(COLUMNS) for _ in range(random.randrange(3))))
    return added.changed(number, replace(view, is_materialized=True, indexes=indexes))


def _add_function(*languages: str) -> Edit:
    def add(world: World, random: Random) -> World:
        return world.added(
            Function(
                **_named(world, random, "f"),
                over=random.choice(world.relations()[-6:]),
                language=random.choice(languages),
                result=random.choice(("integer", "bigint")),
                clauses=random.choice(CLAUSES[:4]),
                default=random.choice(("", "", "1")),
            )
        )

    return add


def _add_overload(world: World, random: Random) -> World:
    of = [thing for thing in world.things.values() if isinstance(thing, Function) and thing.language == "plain"]
    names = [(each.schema, each.name) for each in of]
    single = [each for each in of if names.count((each.schema, each.name)) == 1]
    return world.added(replace(random.choice(single), takes="text", default="")) if single else world


def _add_procedure(world: World, random: Random) -> World:
    over = random.choice(world.relations()[-6:])
    return world.added(Procedure(**_named(world, random, "p"), over=over, is_atomic=random.random() < 0.5))


def _add_trigger(*on: type[Thing]) -> Edit:
    def add(world: World, random: Random) -> World:
        numbers = world.numbers(*on)
        if not numbers:
            return world
        form, column = random.randrange(len(FORMS)), random.choice(COLUMNS)
        names = _named(world, random, "g")
        return world.added(Trigger(**names, on=random.choice(numbers), form=form, column=column))

    return add


def _add_policy(world: World, random: Random) -> World:
    return world.added(
        Policy(
            **_named(world, random, "q"),
            on=random.choice(world.numbers(Table)),
            over=random.choice(world.numbers(Table, View, Function)),
            column=random.choice(COLUMNS),
        )
    )


def _add_security(world: World, random: Random) -> World:
    secured = {thing.on for thing in world.things.values() if isinstance(thing, Security)}
    free = [each for each in world.numbers(Table) if each not in secured]
    enabled, forced = random.random() < 0.7, random.random() < 0.5
    names = _named(world, random, "s")
    return (
        world.added(Security(**names, on=random.choice(free), is_enabled=enabled, is_forced=forced)) if free else world
    )


def _add_grant(world: World, random: Random) -> World:
    return world.added(
        Grant(
            **_named(world, random, "r"),
            on=random.choice(world.numbers(Table, View, Function, Procedure)),
            privileges=random.randrange(len(PRIVILEGES)),
            column=random.choice(COLUMNS),
            to=random.choice(ROLES),
        )
    )


Kind = TypeVar("Kind", bound=Thing)


def _change(
    kind: type[Kind],
    change: Callable[[Kind, World, Random, int], Thing],
    which: Callable[[Kind], bool] = lambda thing: True,
) -> Edit:
    def edit(world: World, random: Random) -> World:
        found = [(each, thing) for each, thing in world.things.items() if isinstance(thing, kind) and which(thing)]
        if not found:
            return world
        number, thing = random.choice(found)
        return world.changed(number, change(thing, world, random, number))

    return edit


def _set(
    kind: type[Thing], name: str, values: tuple[Any, ...], which: Callable[[Any], bool] = lambda thing: True
) -> Edit:
    return _change(kind, lambda thing, _world, random, _at: replace(thing, **{name: random.choice(values)}), which)


def _drop(kind: type[Kind], which: Callable[[Kind], bool] = lambda thing: True) -> Edit:
    def edit(world: World, random: Random) -> World:
        found = [each for each, thing in world.things.items() if isinstance(thing, kind) and which(thing)]
        found = [each for each in found if each >= len(STEADY)]
        return world.without(random.choice(found)) if found else world

    return edit


def _gain_column(table: Table, world: World, random: Random, at: int) -> Table:
    name = f"n{len(table.types)}"
    return replace(table, types=(*table.types, (name, random.choice(list(TYPES)))))


def _lose_column(table: Table, world: World, random: Random, at: int) -> Table:
    # One that is not the last comes back as the last.
    return replace(table, types=table.types[:-1]) if len(table.types) > 1 else table


def _retype_column(table: Table, world: World, random: Random, at: int) -> Table:
    return _retyped(table, random.randrange(1, len(table.types))) if len(table.types) > 1 else table


def _retype_key(table: Table, world: World, random: Random, at: int) -> Table:
    return _retyped(table, 0)


def _retyped(table: Table, at: int) -> Table:
    types = [(name, RETYPED[type_] if each == at else type_) for each, (name, type_) in enumerate(table.types)]
    return replace(table, types=tuple(types))


def _view_gains(view: View, world: World, random: Random, at: int) -> View:
    others = [each for each in world.numbers(Function, below=at) if each not in view.calls]
    missing = [each for each in world.relation(view.over).columns(world) if each not in view.chosen]
    if view.chosen and missing:
        return replace(view, chosen=(*view.chosen, random.choice(missing)))
    return replace(view, calls=(*view.calls, random.choice(others))) if others else view


def _view_loses(view: View, world: World, random: Random, at: int) -> View:
    columns = view.taken(world)
    lost = random.choice(columns[1:] or columns)
    return replace(view, chosen=tuple(each for each in columns if each != lost or each == "id"), calls=view.calls[1:])


def _view_reorders(view: View, world: World, random: Random, at: int) -> View:
    return replace(view, chosen=tuple(reversed(view.taken(world))))


def _view_moves(view: View, world: World, random: Random, at: int) -> View:
    return replace(view, schema="billing" if view.schema == "public" else "public")


def _reads_another(thing: Any, world: World, random: Random, at: int) -> Any:
    return replace(thing, over=random.choice(world.relations(at)))


def _looks_beside(view: View, world: World, random: Random, at: int) -> View:
    return replace(view, beside=random.choice(world.relations(at)))


def _takes_more(function: Function, world: World, random: Random, at: int) -> Function:
    return replace(function, default="" if function.default else "2")


def _is_plain(view: View) -> bool:
    return not view.is_materialized


def _is_materialized(view: View) -> bool:
    return view.is_materialized


def _with_arguments(function: Function) -> bool:
    return function.language in ("plain", "plpgsql") and function.takes == "integer"


def _with_name(function: Function) -> bool:
    return function.language in ("plain", "plpgsql", "row")


SORTS = (
    *("table", "view", "materialized view", *(f"{each} function" for each in LANGUAGES), "procedure", "trigger"),
    *("policy", "row security", "grant"),
)
"""All that there may be in a world."""

RETYPING = "a column of another type"
INDEXES = ((), ("id",), ("a",), ("b", "id"), ("a", "b"))

EDITS: dict[str, Edit] = {
    "a table comes": _add_table,
    "a table goes": _drop(Table),
    "a column comes": _change(Table, _gain_column),
    "a column goes": _change(Table, _lose_column),
    RETYPING: _change(Table, _retype_column),
    "a key of another type": _change(Table, _retype_key),
    "a view comes": _add_view,
    "a view goes": _drop(View, _is_plain),
    "a view gains a column": _change(View, _view_gains, _is_plain),
    "a view loses a column": _change(View, _view_loses, _is_plain),
    "columns in another order": _change(View, _view_reorders, _is_plain),
    "a view's condition": _set(View, "least", (0, 1, 2), _is_plain),
    "a view's options": _set(View, "options", OPTIONS, _is_plain),
    "a view reads another": _change(View, _reads_another, _is_plain),
    "a view looks beside": _change(View, _looks_beside, _is_plain),
    "a view moves": _change(View, _view_moves, _is_plain),
    "a view's name": _change(View, lambda view, _world, _random, _at: replace(view, name=f"{view.name}_n"), _is_plain),
    "a materialized view comes": _add_materialized,
    "a materialized view goes": _drop(View, _is_materialized),
    "a materialized view's condition": _set(View, "least", (0, 1, 2), _is_materialized),
    "a materialized view gains a column": _change(View, _view_gains, _is_materialized),
    "a materialized view's indexes": _set(View, "indexes", INDEXES, _is_materialized),
    "a function comes": _add_function(*LANGUAGES),
    "a function goes": _drop(Function),
    "an overload comes": _add_overload,
    "a function's body": _set(Function, "plus", (1, 2, 3)),
    "a function's result": _set(Function, "result", ("integer", "bigint", "numeric")),
    "a function's argument": _set(Function, "argument", ("z", "y"), _with_name),
    "a function takes more or less": _change(Function, _takes_more, _with_arguments),
    "a function's clauses": _set(Function, "clauses", CLAUSES),
    "a function reads another": _change(Function, _reads_another),
    "a procedure comes": _add_procedure,
    "a procedure goes": _drop(Procedure),
    "a procedure's body": _set(Procedure, "plus", (1, 2, 3)),
    "a procedure's arguments": _set(Procedure, "more", ("", "m", "k")),
    "a trigger comes": _add_trigger(Table, View),
    "a trigger goes": _drop(Trigger),
    "a trigger's form": _set(Trigger, "form", tuple(range(len(FORMS)))),
    "a trigger's function": _set(Trigger, "function", NOTING),
    "a trigger's state": _set(Trigger, "state", STATES[1:]),
    "a policy comes": _add_policy,
    "a policy goes": _drop(Policy),
    "a policy's condition": _change(
        Policy,
        lambda policy, world, random, at: replace(
            policy, over=random.choice(world.numbers(Table, View, Function, below=at))
        ),
    ),
    "a policy's roles": _set(Policy, "roles", (ROLES[:1], ROLES[:2], ())),
    "a policy's restriction": _set(Policy, "is_restrictive", (True, False)),
    "row security comes": _add_security,
    "row security goes": _drop(Security),
    "row security is enabled or not": _set(Security, "is_enabled", (True, False)),
    "row security is forced or not": _set(Security, "is_forced", (True, False)),
    "a grant comes": _add_grant,
    "a grant goes": _drop(Grant),
    "a grant's privileges": _set(Grant, "privileges", tuple(range(len(PRIVILEGES)))),
    "a grant's role": _set(Grant, "to", ROLES),
}
"""What may be asked for in a revision, several at once."""


def edited(world: World, edit: Edit, random: Random) -> World | None:
    """With an edit that can be seen, if there is one."""
    before = world.live()
    for _ in range(30):
        changed = edit(world, random)
        if changed.live() != before:
            return changed
    return None


def new_world(random: Random, number: int) -> World:
    """With some of all, and of the sorts of functions one by its number."""
    world = World()
    for table in STEADY:
        world = world.added(table)
    world = _add_table(world, random)
    adding = [_add_view, _add_view, _add_materialized, _add_function("plain")]
    adding += [_add_function(LANGUAGES[number % len(LANGUAGES)]), _add_function(*LANGUAGES), _add_procedure]
    adding += [each for each in (_add_view, _add_materialized, _add_function(*LANGUAGES)) if random.random() < 0.5]
    random.shuffle(adding)
    on_others = [_add_trigger(Table), _add_trigger(View, Table), _add_policy, _add_policy, _add_security]
    for add in [*adding, *on_others, _add_grant, _add_grant]:
        world = add(world, random)
    return world


def hanging(world: World, random: Random) -> Iterator[str]:
    """What hangs on it, and nobody declares."""
    there = {number: thing for number, thing in world.things.items() if any(thing.sql(world))}
    secured = {thing.on for thing in there.values() if isinstance(thing, Security)}
    for thing in there.values():
        if isinstance(thing, Policy) and thing.on not in secured:
            yield f"ALTER TABLE {there[thing.on].full} ENABLE ROW LEVEL SECURITY"
    for number, thing in there.items():
        yield from (each for each in _comments(thing, world, number) if random.random() < 0.4)
        yield from (each for each in _rights(thing, world, number) if random.random() < 0.4)
        if isinstance(thing, Trigger) and isinstance(there[thing.on], Table) and random.random() < 0.4:
            yield f"ALTER TABLE {there[thing.on].full} DISABLE TRIGGER {_quoted(thing.name)}"


def _rights(thing: Thing, world: World, number: int) -> Iterator[str]:
    granted = {each.on for each in world.things.values() if isinstance(each, Grant)}
    if isinstance(thing, View) and number not in granted:
        yield f"GRANT SELECT, UPDATE (id) ON {thing.full} TO pg_monitor WITH GRANT OPTION"
    if isinstance(thing, Procedure):
        yield f"ALTER PROCEDURE {thing.full}({thing.signature(world)}) OWNER TO pg_read_all_data"


def _comments(thing: Thing, world: World, number: int) -> Iterator[str]:
    text = f"'it''s {number}: 100%'"
    if isinstance(thing, View):
        yield f"COMMENT ON {thing.sort.upper()} {thing.full} IS {text}"
        yield f"COMMENT ON COLUMN {thing.full}.id IS {text}"
    if isinstance(thing, (Function, Procedure)):
        kind = "FUNCTION" if isinstance(thing, Function) else "PROCEDURE"
        yield f"COMMENT ON {kind} {thing.full}({thing.signature(world)}) IS {text}"
    if isinstance(thing, (Trigger, Policy)):
        kind, on = type(thing).__name__.upper(), world.things[thing.on].full
        yield f"COMMENT ON {kind} {_quoted(thing.name)} ON {on} IS {text}"
