"""Changes of views and functions: what is live, what is declared, and what autogenerate is to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import Column, Integer, MetaData, Numeric, Table, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP

if TYPE_CHECKING:
    from tests.databases import Database

__all__ = ["CHANGES", "Change", "directives", "make", "world"]

WORLD = """
CREATE TABLE invoices (id integer PRIMARY KEY, total numeric(10, 2), paid_at timestamptz, note text);
CREATE DOMAIN amount AS numeric CHECK (VALUE >= 0);
CREATE SCHEMA billing;
CREATE TABLE billing.invoices (id integer PRIMARY KEY, total integer);
"""


def world() -> MetaData:
    """The tables of ``WORLD``."""
    metadata = MetaData()
    columns = Column("total", Numeric(10, 2)), Column("paid_at", TIMESTAMP(timezone=True)), Column("note", Text)
    Table("invoices", metadata, Column("id", Integer, primary_key=True), *columns)
    Table("invoices", metadata, Column("id", Integer, primary_key=True), Column("total", Integer), schema="billing")
    return metadata


def make(database: Database, sql: str) -> None:
    """The world, and this beside it."""
    with database.engine().begin() as connection:
        connection.exec_driver_sql(WORLD + sql, execution_options={"no_parameters": True})


def directives(code: str) -> tuple[str, ...]:
    """What the upgrade does to entities, in its order."""
    upgrade = code.partition("def upgrade()")[2].partition("def downgrade()")[0]
    return tuple(
        line.strip().removeprefix("op.").partition("_entity")[0] for line in upgrade.splitlines() if "_entity(" in line
    )


@dataclass(frozen=True)
class Change:
    """What is live beside the world, what is declared, and what autogenerate is to do, by its directives."""

    name: str
    live: str
    declared: str
    does: tuple[str, ...]
    says: tuple[str, ...] = field(default=())


NOTHING: tuple[str, ...] = ()
CREATE, REPLACE, DROP = ("create",), ("replace",), ("drop",)
ANEW = DROP + CREATE

OPEN = "CREATE VIEW open AS SELECT id, total FROM invoices WHERE paid_at IS NULL"
NOTED = OPEN.replace("total", "total, note")
SUMS = "CREATE VIEW sums AS SELECT count(*) AS number, sum(total) AS total FROM open"
TOP = "CREATE VIEW top AS SELECT total FROM sums"
CHAIN = f"{OPEN}; {SUMS}; {TOP}"
STARS = "CREATE VIEW stars AS SELECT * FROM open"

ADD = "CREATE FUNCTION add(a integer, b integer DEFAULT 1) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT a + b $$"
ADD_TEXT = "CREATE FUNCTION add(a text, b text) RETURNS text LANGUAGE sql AS $$ SELECT a || b $$"
ADDED = "CREATE VIEW added AS SELECT add(id) AS id FROM invoices"
BIG_ADD = ADD.replace("RETURNS integer", "RETURNS bigint").replace("a + b", "a::bigint + b")

VIEWS = [
    Change("nothing", f"{OPEN}; {ADD}", f"{OPEN}; {ADD}", NOTHING),
    Change("a new view", "", OPEN, CREATE),
    Change("a view that goes", OPEN, "", DROP),
    Change("a chain that comes", "", f"{TOP}; {SUMS}; {OPEN}", CREATE * 3),
    Change("a chain that goes", CHAIN, "", DROP * 3),
    Change("only the first of a chain", CHAIN, CHAIN.replace("IS NULL", "IS NULL AND id > 0"), REPLACE),
    Change("a view that gains a column", f"{OPEN}; {SUMS}", f"{NOTED}; {SUMS}", REPLACE),
    Change("a view that loses a column", f"{NOTED}; {SUMS}", f"{OPEN}; {SUMS}", DROP * 2 + CREATE * 2),
    Change("all of a view that gains a column", f"{OPEN}; {STARS}", f"{NOTED}; {STARS}", REPLACE * 2),
    Change("all of a view that loses a column", f"{NOTED}; {STARS}", f"{OPEN}; {STARS}", DROP * 2 + CREATE * 2),
    Change(
        "a column of another type under a chain",
        CHAIN,
        CHAIN.replace("id, total", "id, total::text AS total").replace("sum(total)", "max(total)"),
        DROP * 3 + CREATE * 3,
    ),
    Change("a column of another name", OPEN, OPEN.replace("total", "total AS sum"), ANEW),
    Change("columns in another order", OPEN, OPEN.replace("id, total", "total, id"), ANEW),
    Change(
        "options",
        OPEN,
        OPEN.replace("open AS", "open WITH (security_invoker = true, security_barrier = true) AS"),
        REPLACE,
        ("security_invoker",),
    ),
    Change("an option that goes", OPEN.replace(" AS", " WITH (security_invoker) AS", 1), OPEN, REPLACE),
    Change(
        "options in another order",
        OPEN.replace(" AS", " WITH (security_invoker, security_barrier) AS", 1),
        OPEN.replace(" AS", " WITH (security_barrier = true, security_invoker = true) AS", 1),
        NOTHING,
    ),
    Change("a check option", OPEN, f"{OPEN} WITH CHECK OPTION", REPLACE),
    Change("another check option", f"{OPEN} WITH LOCAL CHECK OPTION", f"{OPEN} WITH CASCADED CHECK OPTION", REPLACE),
    Change(
        "a check option in other words",
        f"{OPEN} WITH LOCAL CHECK OPTION",
        OPEN.replace(" AS", " WITH (check_option = local) AS", 1),
        NOTHING,
    ),
    Change("names of columns", "", "CREATE VIEW open (number, sum) AS SELECT id, total FROM invoices", CREATE),
    Change(
        "names of columns in other words",
        "CREATE VIEW open (number, sum) AS SELECT id, total FROM invoices",
        "CREATE VIEW open AS SELECT id AS number, total AS sum FROM invoices",
        NOTHING,
    ),
    Change(
        "a recursive view",
        "",
        "CREATE RECURSIVE VIEW numbers (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < 9",
        CREATE,
    ),
    Change(
        "a recursive view that changes",
        "CREATE RECURSIVE VIEW numbers (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < 9",
        "CREATE RECURSIVE VIEW public.numbers (n) AS VALUES (1) UNION ALL SELECT n + 2 FROM numbers WHERE n < 9",
        REPLACE,
    ),
    Change(
        "windows",
        "CREATE VIEW ranks AS SELECT id, rank() OVER w FROM invoices WINDOW w AS (ORDER BY total)",
        "CREATE VIEW ranks AS SELECT id, rank() OVER w FROM invoices WINDOW w AS (PARTITION BY note ORDER BY total)",
        REPLACE,
    ),
    Change("white space beside", OPEN, OPEN.replace(" ", "\n  "), NOTHING),
]


CLAUSES = (
    "SECURITY DEFINER",
    "SET search_path = pg_catalog, billing SET \"DateStyle\" = 'ISO, DMY' SET work_mem TO '8MB'",
    "SET search_path = ''",
    "LEAKPROOF",
    "COST 7.5",
    "PARALLEL SAFE",
    "STRICT",
    "STRICT LEAKPROOF SECURITY DEFINER PARALLEL RESTRICTED COST 7 SET search_path = pg_catalog, pg_temp",
)
PLAIN = ";".join(ADD.replace("add", f"add{number}") for number, _ in enumerate(CLAUSES))
ADORNED = ";".join(
    ADD.replace("add", f"add{number}").replace("IMMUTABLE", f"IMMUTABLE {clauses}")
    for number, clauses in enumerate(CLAUSES)
)

NUMBERS = "CREATE FUNCTION numbers() RETURNS SETOF integer LANGUAGE sql {} AS $$ SELECT 1 $$"
ONES = "CREATE FUNCTION ones(VARIADIC a integer[]) RETURNS integer LANGUAGE sql AS $$ SELECT a[1] $$"
HALVES = "CREATE FUNCTION halves(a int, OUT half int, OUT rest int) LANGUAGE sql AS $$ SELECT a / 2, a % 2 $$"
LISTED = """
CREATE FUNCTION listed() RETURNS TABLE (id integer, total numeric) LANGUAGE sql AS $$ SELECT id, total FROM open $$
"""
NUMBER = "CREATE FUNCTION number() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM public.open; END"

FUNCTIONS = [
    Change("overloads", ADD, f"{ADD}; {ADD_TEXT}", CREATE),
    Change("one of two overloads", f"{ADD}; {ADD_TEXT}", ADD, DROP),
    Change("one of two overloads that changes", f"{ADD}; {ADD_TEXT}", f"{ADD}; {ADD_TEXT.replace('||', '>')}", REPLACE),
    Change("an overload for another", ADD, ADD_TEXT, ANEW),
    Change("a view and a function of one name", "", f"{ADD}; CREATE VIEW add AS SELECT add(1) AS add", CREATE * 2),
    Change(
        "a view and a function of one name that change",
        f"{ADD}; CREATE VIEW add AS SELECT add(1) AS add",
        f"{ADD.replace('a + b', 'b + a')}; CREATE VIEW add AS SELECT add(2) AS add",
        REPLACE * 2,
    ),
    Change("types by other names", ADD, ADD.replace("integer", "int4"), NOTHING),
    Change("a default with a comma", ADD, ADD.replace("DEFAULT 1", "DEFAULT length('a,b')"), REPLACE),
    Change(
        "defaults of brackets and commas",
        ADD_TEXT.replace("b text", "b text DEFAULT '{}', c json DEFAULT '[1]'"),
        ADD_TEXT.replace("b text", "b text DEFAULT '[]', c json DEFAULT '{\"a\": [1, 2]}'"),
        REPLACE,
    ),
    Change("an argument's name", ADD, ADD.replace("a integer", "x integer").replace("a + b", "x + b"), ANEW),
    Change(
        "an argument's name under a view",
        f"{ADD}; {ADDED}",
        f"{ADD.replace('a integer', 'x integer').replace('a + b', 'x + b')}; {ADDED}",
        DROP * 2 + CREATE * 2,
    ),
    Change("a result's type", f"{ADD}; {ADDED}", f"{BIG_ADD}; {ADDED}", DROP * 2 + CREATE * 2),
    Change(
        "a result's type under a chain",
        f"{ADD}; {ADDED}; CREATE VIEW more AS SELECT * FROM added",
        f"{BIG_ADD}; {ADDED}; CREATE VIEW more AS SELECT * FROM added",
        DROP * 3 + CREATE * 3,
    ),
    Change("clauses that come", PLAIN, ADORNED, REPLACE * len(CLAUSES)),
    Change("clauses that go", ADORNED, PLAIN, REPLACE * len(CLAUSES)),
    Change("another volatility", ADD, ADD.replace("IMMUTABLE", "VOLATILE"), REPLACE),
    Change("the default volatility in words", NUMBERS.format(""), NUMBERS.format("VOLATILE COST 100"), NOTHING),
    Change("expected rows", NUMBERS.format(""), NUMBERS.format("STABLE ROWS 7"), REPLACE),
    Change(
        "another language", ADD, ADD.replace("sql", "plpgsql").replace("SELECT a + b", "BEGIN RETURN a; END"), REPLACE
    ),
    Change("white space in a body", ADD, ADD.replace("a + b", "a  + b"), REPLACE),
    Change("tables", f"{OPEN}; {LISTED}", f"{OPEN}; {LISTED.replace('id, total FROM', '1, total FROM')}", REPLACE),
    Change("a table of more", f"{OPEN}; {LISTED}", f"{OPEN}; {LISTED.replace('total numeric', 'total text')}", ANEW),
    Change("arguments that come out", HALVES, HALVES.replace("a / 2", "a - 2"), REPLACE),
    Change("other arguments that come out", HALVES, HALVES.replace("rest", "more"), ANEW),
    Change("an argument that goes in and out", "", HALVES.replace("OUT half", "INOUT half"), CREATE),
    Change("any number of arguments", ONES, ONES.replace("a[1]", "a[2]"), REPLACE),
    Change("any number or an array", ONES, ONES.replace("VARIADIC ", ""), REPLACE),
    Change("a window function", "", ADD.replace("IMMUTABLE", "IMMUTABLE WINDOW"), CREATE),
    Change(
        "domains, arrays and typmods",
        "",
        "CREATE FUNCTION f(a amount, b varchar(5)[], c numeric(4,2), d amount[], e bit(3)[][], f interval second(2))"
        " RETURNS amount LANGUAGE sql AS $$ SELECT a $$",
        CREATE,
    ),
    Change(
        "another size of an argument",
        "CREATE FUNCTION f(a varchar(5), b numeric(4,2)) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$",
        "CREATE FUNCTION f(a varchar(7), b numeric) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$",
        NOTHING,
    ),
    Change(
        "a domain for its base",
        "CREATE FUNCTION f(a numeric) RETURNS numeric LANGUAGE sql AS $$ SELECT a $$",
        "CREATE FUNCTION f(a amount) RETURNS amount LANGUAGE sql AS $$ SELECT a $$",
        ANEW,
    ),
]

OPENED = "CREATE FUNCTION opened() RETURNS SETOF open LANGUAGE sql AS $$ SELECT * FROM open $$"
TOTAL = "CREATE FUNCTION total(o open, more open[] DEFAULT '{}') RETURNS numeric LANGUAGE sql AS $$ SELECT o.total $$"

EVEN = "CREATE FUNCTION even(n int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN n = 0 OR odd(n - 1); END $$"
ODD = "CREATE FUNCTION odd(n int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN n <> 0 AND even(n - 1); END $$"
MUTUAL_IN_SQL = """
CREATE FUNCTION even(n integer) RETURNS boolean LANGUAGE sql AS $$ SELECT n = 0 OR odd(n - 1) $$;
CREATE FUNCTION odd(n integer) RETURNS boolean LANGUAGE sql AS $$ SELECT n <> 0 AND even(n - 1) $$
"""
LAX = "SET check_function_bodies = off;"

TOGETHER = [
    Change("rows of a declared view", "", f"{OPEN}; {OPENED}; {TOTAL}", CREATE * 3),
    Change("rows of a view that gains a column", f"{OPEN}; {OPENED}; {TOTAL}", f"{NOTED}; {OPENED}; {TOTAL}", REPLACE),
    Change(
        "rows of a view that loses a column",
        f"{NOTED}; {OPENED}; {TOTAL}",
        f"{OPEN}; {OPENED}; {TOTAL}",
        DROP * 3 + CREATE * 3,
    ),
    Change("rows of a view that goes", f"{OPEN}; {OPENED}; {TOTAL}", "", DROP * 3),
    Change(
        "a body that names a view",
        "",
        f"CREATE FUNCTION a_first() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM open $$; {OPEN}",
        CREATE * 2,
    ),
    Change("BEGIN ATOMIC", "", f"{NUMBER}; {OPEN}", CREATE * 2),
    Change("BEGIN ATOMIC that changes", f"{OPEN}; {NUMBER}", f"{OPEN}; {NUMBER.replace('*', 'id')}", REPLACE),
    Change("BEGIN ATOMIC on what gains a column", f"{OPEN}; {NUMBER}", f"{NOTED}; {NUMBER}", REPLACE),
    Change("BEGIN ATOMIC on what loses a column", f"{NOTED}; {NUMBER}", f"{OPEN}; {NUMBER}", DROP * 2 + CREATE * 2),
    Change("BEGIN ATOMIC that goes", f"{OPEN}; {NUMBER}", "", DROP * 2),
    Change("RETURN", OPEN, f"{OPEN}; CREATE FUNCTION r() RETURNS int RETURN (SELECT max(id) FROM open)", CREATE),
    Change("regclass", "", f"{OPEN}; CREATE VIEW named AS SELECT 'public.open'::regclass AS name", CREATE * 2),
    Change("regclass of a name alone", "", f"{OPEN}; CREATE VIEW named AS SELECT 'open'::regclass AS name", CREATE * 2),
    Change(
        "regprocedure",
        "",
        f"{ADD}; CREATE VIEW named AS SELECT 'public.add(integer,integer)'::regprocedure AS name",
        CREATE * 2,
    ),
    Change(
        "regclass of what is made anew",
        f"{NOTED}; CREATE VIEW named AS SELECT 'open'::regclass AS name",
        f"{OPEN}; CREATE VIEW named AS SELECT 'open'::regclass AS name",
        DROP * 2 + CREATE * 2,
    ),
    Change("mutual recursion", "", f"{EVEN}; {ODD}", CREATE * 2),
    Change("mutual recursion that changes", f"{EVEN}; {ODD}", f"{EVEN}; {ODD}".replace("n - 1", "n-1"), REPLACE * 2),
    Change("mutual recursion in SQL", "", MUTUAL_IN_SQL, CREATE * 2, ("check_function_bodies",)),
    Change(
        "mutual recursion in SQL that changes", LAX + MUTUAL_IN_SQL, MUTUAL_IN_SQL.replace("n - 1", "n-1"), REPLACE * 2
    ),
    Change("mutual recursion that goes", LAX + MUTUAL_IN_SQL, "", DROP * 2),
    Change(
        "recursion",
        "",
        "CREATE FUNCTION f(n integer) RETURNS integer LANGUAGE sql AS $$ SELECT CASE WHEN n > 0 THEN f(n - 1) END $$",
        CREATE,
    ),
]

TWO_SCHEMAS = """
CREATE VIEW v AS SELECT id FROM invoices;
CREATE VIEW billing.v AS SELECT id FROM billing.invoices JOIN public.v USING (id);
CREATE FUNCTION f(a integer) RETURNS bigint LANGUAGE sql AS $$ SELECT id::bigint FROM v $$;
CREATE FUNCTION billing.f(a integer) RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT public.f(id) FROM billing.v; END
"""

LIKE_SCHEMAS = """
CREATE VIEW v AS
    WITH billing AS (SELECT 1 AS v)
    SELECT billing.v, public.v AS w FROM billing, (SELECT 2 AS v) AS public;
CREATE VIEW billing.v AS SELECT 1 AS one
"""

LIKE_ENTITIES = """
CREATE VIEW open AS SELECT 1 AS v, 2 AS public, 3 AS billing;
CREATE VIEW v AS
    WITH open AS (SELECT 4 AS v, 5 AS open), v AS (SELECT open.v, open.open AS billing FROM open)
    SELECT v.v AS open, v.billing AS v, open.public AS public FROM v, public.open AS open;
CREATE VIEW billing.open AS SELECT billing.v AS open FROM public.v AS billing;
CREATE FUNCTION billing.w(open integer, v integer) RETURNS integer LANGUAGE sql BEGIN ATOMIC
    WITH billing AS (SELECT 1 AS open) SELECT w.open + w.v + billing.open FROM billing;
END;
CREATE FUNCTION public.open(v public.v) RETURNS integer LANGUAGE sql RETURN v.v
"""

STRANGE_NAMES = r'''
CREATE VIEW "Mixed Case-'%:x" AS SELECT 1 AS "a b", '100% :x \ $$ %(y)s %%' AS "ü", 2 AS "%(a)s:b\", 3 AS """" ;
CREATE VIEW "Ünïcode" AS SELECT "a b", "%(a)s:b\", """" AS "$$" FROM "Mixed Case-'%:x";
CREATE FUNCTION "F-1 %s:a\'$$"("An Arg%:x" integer, "$1" text DEFAULT ':a %s \') RETURNS integer LANGUAGE sql
AS $a$ SELECT "An Arg%:x" + 1 $a$;
CREATE VIEW "select" AS SELECT "F-1 %s:a\'$$"(1) AS "from" FROM "Ünïcode"
'''

STRANGE_SCHEMA = r"""CREATE SCHEMA "A b-:c\'$$ü";"""

IN_STRANGE_SCHEMA = r"""
CREATE VIEW "A b-:c\'$$ü"."V $" AS SELECT 1 AS "A";
CREATE FUNCTION "A b-:c\'$$ü"."f $"(a "A b-:c\'$$ü"."V $") RETURNS integer LANGUAGE sql
SET search_path = "A b-:c\'$$ü", pg_catalog BEGIN ATOMIC SELECT "V $"."A" FROM "A b-:c\'$$ü"."V $"; END;
CREATE VIEW w AS SELECT "V $".*, '"A b-:c\''$$ü"."V $"'::regclass AS name FROM "A b-:c\'$$ü"."V $"
"""

STRANGE_BODY = r'''
CREATE FUNCTION odd(a text DEFAULT '[]', b amount DEFAULT 0, c integer[] DEFAULT '{1,2}') RETURNS text LANGUAGE plpgsql
AS $body$
BEGIN

    RETURN 'a:b' || E'\n' || "a" || '50%' || $$x$$ || '\' || '%(a)s' || $q$'"""'$q$;@
END
$body$
'''.replace("@", "   \t")

LITERALS = r'''
CREATE VIEW literals AS SELECT 'it''s' AS a, E'\\ \t\n\x41' AS b, $$:a %s \ '' "$$ AS c, '{"a": [1, ":b"]}'::jsonb AS d,
    U&'d\0061t\+000061' AS e, 'ünï 🙂' AS f, '"""' AS g, id::text || ':x' AS h FROM invoices
    WHERE note LIKE '10%' AND note !~ '\d+:\s' -- and: %(no)s 'more'
'''

SPACES = ("  ", "\n", "\t", "\xa0", "\r\n", "")

NAMES = [
    Change("two schemas", "", TWO_SCHEMAS, CREATE * 4),
    Change("two schemas of which one changes", TWO_SCHEMAS, TWO_SCHEMAS.replace("::bigint", "+ 1::bigint"), REPLACE),
    Change("two schemas that go", TWO_SCHEMAS, "", DROP * 4),
    Change("names like schemas", "", LIKE_SCHEMAS, CREATE * 2),
    Change("names like entities", "", LIKE_ENTITIES, CREATE * 5),
    Change("names like entities that change", LIKE_ENTITIES, LIKE_ENTITIES.replace("4 AS v", "6 AS v"), REPLACE),
    Change("strange names", "", STRANGE_NAMES, CREATE * 4),
    Change("strange names that change", STRANGE_NAMES, STRANGE_NAMES.replace("+ 1", "+ 2"), REPLACE),
    Change(
        "more strange names made anew",
        STRANGE_NAMES.replace("%", ""),
        STRANGE_NAMES.replace("%", "").replace('1 AS "a b"', '1::bigint AS "a b"'),
        DROP * 3 + CREATE * 3,
    ),
    Change("a strange schema", STRANGE_SCHEMA, IN_STRANGE_SCHEMA, CREATE * 3),
    Change(
        "a strange schema with changes",
        STRANGE_SCHEMA + IN_STRANGE_SCHEMA,
        IN_STRANGE_SCHEMA.replace('1 AS "A"', '1 AS "A", 2 AS "B"').replace('"V $".*', '"V $"."B"'),
        DROP * 1 + REPLACE * 1 + CREATE * 1,
    ),
    Change("strange bodies", "", STRANGE_BODY, CREATE),
    Change("strange bodies that change", STRANGE_BODY, STRANGE_BODY.replace("50%", "60%"), REPLACE),
    Change("strange literals", "", LITERALS, CREATE),
    Change("strange literals that change", LITERALS, LITERALS.replace(r"'\d+", r"'\D+"), REPLACE),
    Change("carriage returns", ADD, ADD.replace("a + b", "a\r\n + \n\r b"), REPLACE),
    Change(
        "white space in a literal",
        ";".join(f"CREATE VIEW v{number} AS SELECT 'a b' AS t" for number, _ in enumerate(SPACES)),
        ";".join(f"CREATE VIEW v{number} AS SELECT 'a{space}b' AS t" for number, space in enumerate(SPACES)),
        REPLACE * len(SPACES),
    ),
    Change(
        "white space in a literal in a body",
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT 'a b' $$",
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT 'a\n\n   b ' $$",
        REPLACE,
    ),
    Change(
        "white space in a literal of a default",
        ADD_TEXT.replace("b text", "b text DEFAULT 'a, b'"),
        ADD_TEXT.replace("b text", "b text DEFAULT 'a,  b'"),
        REPLACE,
    ),
]

FIRST_BY_NAME = "CREATE VIEW a AS SELECT * FROM open"
EVERYTHING = "CREATE FUNCTION everything() RETURNS SETOF record LANGUAGE sql BEGIN ATOMIC SELECT * FROM open; END"
SCHEMAS = [f"s{number:02}" for number in range(12)]
CHECKED = "CREATE FUNCTION checked() RETURNS integer LANGUAGE sql {} AS $$ SELECT 1 $$"
PERCENT = 'CREATE VIEW "100%" AS SELECT 1 AS "50%"'
NAMED = f"{OPEN}; CREATE VIEW named AS SELECT {{}} AS name"

PITFALLS = [
    Change("first by name, gains", f"{OPEN}; {FIRST_BY_NAME}", f"{NOTED}; {FIRST_BY_NAME}", REPLACE * 2),
    Change(
        "first by name and qualified, gains",
        f"{OPEN}; {FIRST_BY_NAME}",
        f"{NOTED}; {FIRST_BY_NAME.replace('open', 'public.open')}",
        REPLACE * 2,
    ),
    Change("first by name, loses", f"{NOTED}; {FIRST_BY_NAME}", f"{OPEN}; {FIRST_BY_NAME}", DROP * 2 + CREATE * 2),
    Change("BEGIN ATOMIC of all that gains", f"{OPEN}; {EVERYTHING}", f"{NOTED}; {EVERYTHING}", REPLACE * 2),
    Change("a default that comes", ADD.replace(" DEFAULT 1", ""), ADD, REPLACE),
    Change("a default that goes", ADD, ADD.replace(" DEFAULT 1", ""), ANEW),
    Change("a window function that comes", CHECKED.format(""), CHECKED.format("WINDOW"), ANEW),
    Change(
        "more than ten schemas",
        "".join(f"CREATE SCHEMA {each};" for each in SCHEMAS),
        ";".join(f"CREATE VIEW {s}.v AS SELECT 1 AS n; CREATE VIEW {s}.w AS SELECT n FROM {s}.v" for s in SCHEMAS),
        CREATE * 24,
    ),
    *(
        Change(
            f"the schema {name}",
            f"CREATE SCHEMA {name}",
            f"CREATE VIEW {name}.v AS SELECT 1 AS a; CREATE VIEW public.w AS SELECT a FROM {name}.v",
            CREATE * 2,
        )
        for name in ("interval", "a$b", '"a%b"')
    ),
    Change("percent signs that go", PERCENT, "", DROP),
    Change("percent signs made anew", PERCENT, PERCENT.replace("50%", "51%"), ANEW),
    Change("regclass by CAST", "", NAMED.format("CAST('public.open' AS regclass)"), CREATE * 2),
    Change("regclass in front", "", NAMED.format("regclass 'public.open'"), CREATE * 2),
    Change("regclass of an escaped string", "", NAMED.format("E'public.open'::regclass"), CREATE * 2),
    Change(
        "regclass for a default",
        "",
        f"{OPEN}; CREATE FUNCTION f(a regclass DEFAULT 'public.open') RETURNS text LANGUAGE sql RETURN a::text",
        CREATE * 2,
    ),
    Change(
        "an alias like a schema beside a name in that",
        "CREATE VIEW billing.v AS SELECT 1 AS id",
        "CREATE VIEW billing.v AS SELECT 1 AS id; CREATE VIEW x AS SELECT 2 AS v;"
        "CREATE VIEW w AS SELECT billing.v FROM public.x AS billing",
        CREATE * 2,
    ),
    Change(
        "internal functions",
        "",
        "CREATE FUNCTION w() RETURNS bigint LANGUAGE internal WINDOW AS 'window_row_number'",
        CREATE,
    ),
    Change(
        "an escaped body that names a function",
        "",
        "CREATE FUNCTION a() RETURNS int LANGUAGE sql AS E'SELECT b()';"
        "CREATE FUNCTION b() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        CREATE * 2,
    ),
    Change(
        "the type of a view's column",
        "",
        "CREATE VIEW v AS SELECT 1 AS a; CREATE FUNCTION f(x v.a%TYPE) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        CREATE * 2,
    ),
    Change("grants of a view made anew", f"{NOTED}; GRANT SELECT ON open TO pg_monitor", OPEN, (*ANEW, "create")),
    Change("a comment of a view made anew", f"{NOTED}; COMMENT ON VIEW open IS 'mine'", OPEN, ANEW),
    Change(
        "grants of a function made anew",
        f"{ADD}; REVOKE ALL ON FUNCTION add FROM public",
        ADD.replace("a integer", "x integer").replace("a + b", "x + b"),
        (*ANEW, "drop"),
    ),
    Change("a rule of a view made anew", f"{NOTED}; CREATE RULE r AS ON INSERT TO open DO INSTEAD NOTHING", OPEN, ANEW),
]

CHANGES = [*VIEWS, *FUNCTIONS, *TOGETHER, *NAMES, *PITFALLS]
