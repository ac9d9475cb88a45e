"""A view from a ``select()`` gives what the select gives when it is run."""

from __future__ import annotations

import datetime as dt
import enum
import math
import re
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    Uuid,
    any_,
    bindparam,
    cast,
    func,
    literal,
    select,
    text,
    tuple_,
    union_all,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY, INET, INT4RANGE, INTERVAL, JSONB, UUID
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from migrakit.entities import entity, view
from migrakit.entities.selects import quoted
from migrakit.errors import EntityError

if TYPE_CHECKING:
    from sqlalchemy import SelectBase

    from tests.databases import Database


class Status(enum.Enum):
    OPEN = "open"
    PAID = "pa'id"


class Cents(TypeDecorator[Decimal]):
    """A type of the service's own."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Any) -> int | None:
        return None if value is None else int(value * 100)


class Hidden(TypeDecorator[str]):
    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> bytes | None:
        return None if value is None else value.encode("utf-16")


class Day(TypeDecorator[dt.date]):
    impl = Date
    cache_ok = True


class Given(TypeDecorator[str]):
    """Nothing, where there is nothing in it."""

    impl = Uuid(as_uuid=False)
    cache_ok = True

    def process_literal_param(self, value: str | None, dialect: Any) -> Any:
        return value or None

    process_bind_param = process_literal_param


metadata = MetaData()
status = Enum(Status, name="Invoice status", metadata=metadata)
invoices = Table(
    "invoices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("status", status),
    Column("total", Numeric(10, 2)),
    Column("due", Date),
    Column("a%b:c", Text),
    Column("data", JSONB),
    Column("tags", ARRAY(Text)),
)

UTC = dt.timezone.utc
VALUES = [
    literal("it's"),
    literal("a\\b%s:c %% ::d 'e' \"f\" $$g$$ /* h */ -- i\n;"),
    literal("é\u00a0\U0001f600"),
    literal(""),
    literal(-1),
    literal(2**40),
    literal(1, SmallInteger),
    literal(True),
    literal(False, Boolean),
    literal(Decimal("-1.50")),
    literal(Decimal("1E+5")),
    literal(Decimal("NaN")),
    literal(1.5e300),
    literal(-math.inf),
    literal(math.nan, Float),
    literal(dt.date(2026, 2, 28)),
    literal(dt.datetime(2026, 2, 28, 1, 2, 3, 4)),
    literal(dt.datetime(2026, 2, 28, 1, 2, 3, tzinfo=UTC), DateTime(timezone=True)),
    literal(dt.time(1, 2, 3, 4)),
    literal(dt.timedelta(days=-3, seconds=7, microseconds=9)),
    literal(dt.timedelta(days=400), Interval),
    literal(dt.timedelta(hours=30), INTERVAL),
    literal(uuid.UUID(int=5)),
    literal("00000000-0000-0000-0000-00000000000a", UUID(as_uuid=False)),
    literal(b"\x00\xff'\\"),
    literal(b"", LargeBinary),
    literal({"a:b": ["it's", 5, None, "%s"]}, JSONB),
    literal([1, "é"], JSON),
    literal("text", JSONB),
    literal(None, JSONB),
    literal(None, JSONB(none_as_null=True)),
    literal(None, Integer),
    literal(Status.PAID, status),
    literal("open", Enum("open", "paid", native_enum=False)),
    literal([1, None, 3], ARRAY(Integer)),
    literal([[1, 2], [3, 4]], ARRAY(Integer, dimensions=2)),
    literal([], ARRAY(Text)),
    literal([None], ARRAY(Date)),
    literal(["it's", 'a"b', "\\", "{}", "NULL"], ARRAY(Text)),
    literal([dt.date(2026, 1, 1)], ARRAY(Date)),
    literal([b"\x01"], ARRAY(LargeBinary)),
    literal([{"a": 1}, None], ARRAY(JSONB(none_as_null=True))),
    literal([Status.OPEN], ARRAY(status)),
    literal([uuid.UUID(int=7)], ARRAY(Uuid)),
    literal(Decimal("1.25"), Cents),
    literal([Decimal("1.25"), None], ARRAY(Cents)),
    literal("secret", Hidden),
    literal(dt.date(2026, 1, 1), Day),
    literal("", Given),
    literal("00000000-0000-0000-0000-00000000000b", Given),
    cast("10.0.0.1", INET),
    cast("[1,5)", INT4RANGE),
    cast("2026-01-01", Date),
    cast(dt.date(2026, 1, 1), DateTime),
    literal(7, BigInteger().with_variant(String, "sqlite")),
    func.make_interval(0, 0, 0, 3),
    func.to_tsvector("english", "the quick foxes"),
    postgresql.array([1, 2]),
    text("'a\\:b' || '%' || :x").bindparams(x="y"),
]


@pytest.fixture
def connection(postgres18: Database) -> Any:
    with postgres18.engine().begin() as connection:
        metadata.create_all(connection)
        for row in (
            {"id": 1, "status": Status.OPEN, "total": 5, "due": dt.date(2026, 1, 1), "a%b:c": "x%", "tags": ["a"]},
            {"id": 2, "status": Status.PAID, "total": 7, "data": {"a": {"b": "it's"}}, "tags": ["it's", "b"]},
        ):
            connection.execute(invoices.insert().values(row))
        yield connection


def rows(connection: Connection, query: Any) -> list[Any]:
    """As the server says them, whatever the driver makes of them."""
    return sorted(map(repr, connection.execute(query)))


def rows_of_view(connection: Connection, query: SelectBase, **options: Any) -> list[Any]:
    declared = view("v", query, schema="public", **options)
    with connection.begin_nested() as savepoint:
        create(connection, declared.sql)
        columns = [Column(each.name, each.type) for each in query.selected_columns]
        found = rows(connection, select(Table("v", MetaData(), *columns)) if columns else text_of_view())
        savepoint.rollback()
    return found


def text_of_view() -> Any:
    return text("SELECT * FROM v")


def create(connection: Connection, statement: str) -> None:
    """As it is: without parameters a driver leaves percent signs alone."""
    cursor = connection.connection.cursor()
    cursor.execute(statement)
    cursor.close()


@pytest.mark.parametrize("value", VALUES, ids=lambda value: str(value)[:20])
def test_a_literal_is_what_would_have_been_bound(connection: Connection, value: Any) -> None:
    if value.__class__.__name__ == "TextClause":
        query: Any = select(value)
        declared = view("v", query, schema="public")
        assert "'a:b' || '%' || 'y'" in declared.sql
        return
    query = select(value.label("x"))
    assert rows_of_view(connection, query) == rows(connection, query)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(value=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_string_stays_what_it_is(connection: Connection, value: str) -> None:
    query = select(literal(value).label("x"))
    assert rows_of_view(connection, query) == rows(connection, query)


t = invoices.c
QUERIES: dict[str, Any] = {
    "comparisons": select(t.id).where(t.due == dt.date(2026, 1, 1), t.status == Status.OPEN, t["a%b:c"].like("%\\%")),
    "in": select(t.id).where(t.id.in_([1, 3]), t.status.in_([Status.OPEN]), tuple_(t.id, t.total).in_([(1, 5)])),
    "in with null": select(t.id).where(t.id.in_([1, None])),
    "empty in": select(t.id).where(t.id.in_([])),
    "between": select(t.id).where(t.due.between(dt.date(2025, 1, 1), dt.date(2026, 1, 1))),
    "modulo": select((t.id % 2).label("a%b"), t["a%b:c"]),
    "any": select(t.id).where(literal("it's") == any_(t.tags)),
    "contains": select(t.id).where(t.tags.contains(["it's"])),
    "json": select(t.data["a"]["b"].astext.label("x"), t.data[("a", "b")].label("y")),
    "json contains": select(t.id).where(t.data.contains({"a": {"b": "it's"}})),
    "interval": select((t.due + dt.timedelta(days=1)).label("x")),
    "limit": select(t.id).order_by(t.id).limit(1).offset(1),
    "union": union_all(select(t.id), select(t.id + 10)),
    "cte": select(select(t.id.label("n")).where(t.total > Decimal("5.5")).cte("c").c.n),
    "aggregate": select(func.count().filter(t.total > 6).label("n"), func.string_agg(t["a%b:c"], ", ").label("s")),
    "case": select(func.coalesce(t["a%b:c"], "none: 5%").label("x")),
    "any text": select(text("id")).select_from(invoices).where(text("\"a%b:c\" = 'x%' AND 'a\\:b' = 'a\\:b'")),
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_view_gives_what_its_select_gives(connection: Connection, query: Any) -> None:
    declared = view("v", query, schema="public")
    with connection.begin_nested() as savepoint:
        create(connection, declared.sql)
        found = rows(connection, text_of_view())
        savepoint.rollback()
    assert found == rows(connection, query)


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


def test_a_select_of_mapped_classes() -> None:
    query = select(Customer.name, func.count().label("n")).where(Customer.name != "it's").group_by(Customer.name)
    assert view("v", query).sql == (
        "CREATE VIEW v AS\nSELECT customers.name, count(*) AS n\nFROM customers\n"
        "WHERE customers.name != 'it''s' GROUP BY customers.name"
    )
    assert view("v", select(Customer)).sql == "CREATE VIEW v AS\nSELECT customers.id, customers.name\nFROM customers"


def test_what_a_parameter_is_given_is_its_value() -> None:
    query = select(t.id).where(t.id == bindparam("later")).params(later=5)
    assert view("v", query).sql.endswith("WHERE invoices.id = 5")


def test_it_reads_well() -> None:
    query = select(t.id, t.total).where(t.due > dt.date(2026, 1, 1)).order_by(t.id)
    assert view("due", query, schema="billing").sql == (
        "CREATE VIEW billing.due AS\n"
        "SELECT invoices.id, invoices.total\n"
        "FROM invoices\n"
        "WHERE invoices.due > CAST('2026-01-01' AS DATE) ORDER BY invoices.id"
    )


def test_trailing_space_goes_outside_of_strings_alone() -> None:
    assert view("v", select(literal("a \nb ").label("x"))).sql == "CREATE VIEW v AS\nSELECT 'a \nb ' AS x"


def test_options_stand_in_with() -> None:
    declared = view("v", select(t.id), security_invoker=True, security_barrier=False, check_option="local")
    assert declared.sql.startswith(
        "CREATE VIEW v WITH (check_option = local, security_barrier = false, security_invoker = true) AS\n"
    )


def test_options_are_what_the_server_keeps(connection: Connection) -> None:
    declared = view("v", select(t.id), security_invoker=True, security_barrier=False, check_option="cascaded")
    create(connection, declared.sql)
    kept = connection.execute(text("SELECT reloptions FROM pg_class WHERE relname = 'v'")).scalar_one()
    assert sorted(kept) == ["check_option=cascaded", "security_barrier=false", "security_invoker=true"]


@pytest.mark.parametrize("name", ["v", "V", "order", "a b", 'a"b', "a.b", "1", "é", "a%b", "a:b", "a'b", "a;b", "end"])
def test_any_name_is_a_name(connection: Connection, name: str) -> None:
    declared = view(name, select(literal(1).label("x")), schema=name)
    assert (declared.schema, declared.name) == (name, name)
    create(connection, f"CREATE SCHEMA {quoted(name)}")
    create(connection, declared.sql)
    found = connection.execute(
        text("SELECT schemaname, viewname FROM pg_views WHERE schemaname = :name"), {"name": name}
    )
    assert [tuple(row) for row in found] == [(name, name)]


def test_no_keyword_of_the_server_is_taken_for_a_name(connection: Connection) -> None:
    words = connection.execute(text("SELECT word FROM pg_get_keywords()")).scalars().all()
    for word in words:
        create(connection, f"CREATE VIEW {quoted(word)} AS SELECT 1 AS a")
    created = connection.execute(text("SELECT viewname FROM pg_views WHERE schemaname = 'public'")).scalars()
    assert set(created) == set(words)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (select(literal(object()).label("x")), "<object object at"),
        (select(bindparam("later", type_=Integer)), "A value is required for bind parameter 'later'"),
        (select(t.id).where(t.id == bindparam("later")), "A value is required for bind parameter 'later'"),
        (select(literal({1}, JSONB)), "set"),
        (select(literal("x", Date().with_variant(Cents(), "postgresql"))), "invalid literal for int()"),
        (select(literal({"a": "b"}, postgresql.HSTORE)), "HSTORE"),
    ],
    ids=["object", "parameter", "compared parameter", "set in JSON", "raising type", "hstore"],
)
def test_what_has_no_literal_is_refused(query: Any, said: str) -> None:
    with pytest.raises(EntityError, match=r"The select of the view 'v' can't be written as text: .*") as raised:
        view("v", query)
    assert said in str(raised.value)
    assert raised.value.__cause__ is not None


def test_what_cannot_be_a_view_is_refused_all_at_once() -> None:
    options: Any = {"security_invokr": True, "check_option": True, "security_barrier": "yes"}
    with pytest.raises(EntityError) as raised:
        view("", text("SELECT 1"), schema="", **options)  # type: ignore[arg-type]
    said = [re.sub(r"^\S+: ", "", problem.what) for problem in raised.value.problems]
    assert said == [
        "view() got '' for its name.",
        "view(schema='') is no name.",
        said[2],
        "view() takes no 'security_invokr': did you mean 'security_invoker'?",
        "view(check_option=True) means nothing.",
        "view(security_barrier='yes') means nothing.",
    ]
    assert said[2].startswith("view() got <sqlalchemy.sql.elements.TextClause")


def test_a_name_that_is_too_long_is_refused() -> None:
    with pytest.raises(EntityError, match="is 64 bytes long"):
        view("v" * 64, select(literal(1)))


def test_the_place_is_that_of_the_call() -> None:
    assert str(view("v", select(literal(1))).place).startswith(f"{__file__}:")


def test_it_is_what_its_text_declares() -> None:
    assert view("v", select(literal(1).label("x"))) == entity("CREATE VIEW v AS\nSELECT 1 AS x")
