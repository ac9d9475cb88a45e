"""Changes of what stands on tables, of what hangs on objects, and of what roles may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import BigInteger, Column, Date, Integer, MetaData, Numeric, Table, Text

from tests.entities import changes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.databases import Database

__all__ = ["KINDS_CHANGES", "TOTALS", "WIDE_CHANGES", "KindsChange", "make", "world"]

WORLD = """
CREATE TABLE invoices (id integer PRIMARY KEY, customer text, total numeric(10, 2), note text);
INSERT INTO invoices VALUES (1, 'ann', 10, 'x'), (2, 'bob', 20, 'y'), (3, 'ann', 30, NULL);
CREATE TABLE "Odd Table" (id integer PRIMARY KEY, "Mixed Case" text);
CREATE SCHEMA billing;
CREATE TABLE billing.invoices (id integer PRIMARY KEY, total integer, note text);
CREATE TABLE readings (id integer, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE readings_2026 PARTITION OF readings FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE SEQUENCE numbers;
"""


def world() -> MetaData:
    """The tables of ``WORLD``."""
    metadata = MetaData()
    columns = Column("customer", Text), Column("total", Numeric(10, 2)), Column("note", Text)
    Table("invoices", metadata, Column("id", Integer, primary_key=True), *columns)
    Table("Odd Table", metadata, Column("id", Integer, primary_key=True), Column("Mixed Case", Text))
    others = Column("total", Integer), Column("note", Text)
    Table("invoices", metadata, Column("id", Integer, primary_key=True), *others, schema="billing")
    at = Column("at", Date, nullable=False)
    Table("readings", metadata, Column("id", Integer), at, postgresql_partition_by="RANGE (at)")
    return metadata


def make(database: Database, sql: str) -> None:
    """The world, and this beside it."""
    with database.engine().begin() as connection:
        connection.exec_driver_sql(WORLD + sql, execution_options={"no_parameters": True})


Changes: TypeAlias = "Callable[[MetaData], None]"


@dataclass(frozen=True)
class KindsChange(changes.Change):
    """What the tables become in the same revision, and what can be done afterwards."""

    tables: tuple[Changes, ...] = ()
    after: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    """What else changes of all that is there before and after: who may what, row security, what is enabled."""


Change = KindsChange
NOTHING: tuple[str, ...] = ()
CREATE, REPLACE, DROP = ("create",), ("replace",), ("drop",)
ANEW = DROP + CREATE
GRANT, REVOKE = ("grant",), ("revoke",)

FIRING, SECURED, PRIVILEGES = ("tgenabled",), ("relrowsecurity",), ("attacl", "proacl", "relacl")

NOTED = "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN coalesce(NEW, OLD); END $$;"
BOOKS = "CREATE VIEW books AS SELECT id, note FROM invoices;"
ON_TRIGGER = NOTED + BOOKS

TRIGGERS_OF_ALL_SORTS = """
CREATE TRIGGER plain BEFORE INSERT OR UPDATE ON invoices FOR EACH ROW EXECUTE FUNCTION noted();
CREATE TRIGGER "Of Columns" AFTER UPDATE OF total, note ON invoices FOR EACH ROW EXECUTE FUNCTION noted();
CREATE TRIGGER conditional BEFORE UPDATE ON invoices
    FOR EACH ROW WHEN (OLD.total IS DISTINCT FROM NEW.total AND NEW.note <> 'on') EXECUTE FUNCTION noted('a', 'b:%c');
CREATE TRIGGER transition AFTER UPDATE ON invoices
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION noted();
CREATE CONSTRAINT TRIGGER later AFTER INSERT ON invoices DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION noted();
CREATE CONSTRAINT TRIGGER far AFTER INSERT ON billing.invoices FROM invoices NOT DEFERRABLE
    FOR EACH ROW EXECUTE FUNCTION noted();
CREATE TRIGGER plain BEFORE DELETE ON billing.invoices FOR EACH ROW EXECUTE FUNCTION noted();
CREATE TRIGGER emptied AFTER TRUNCATE ON billing.invoices EXECUTE FUNCTION noted();
CREATE TRIGGER parts AFTER INSERT ON readings FOR EACH ROW EXECUTE FUNCTION noted();
CREATE TRIGGER instead INSTEAD OF INSERT ON books FOR EACH ROW EXECUTE FUNCTION noted();
CREATE TRIGGER odd BEFORE UPDATE OF "Mixed Case" ON "Odd Table" FOR EACH ROW EXECUTE FUNCTION noted();
"""
OTHERS_OF_ALL_SORTS = (
    TRIGGERS_OF_ALL_SORTS.replace("INSERT OR UPDATE", "INSERT")
    .replace("OF total, note", "OF note")
    .replace("<> 'on'", "<> 'off'")
    .replace("old_rows", "before_rows")
    .replace("INITIALLY DEFERRED", "INITIALLY IMMEDIATE")
    .replace("FROM invoices NOT DEFERRABLE", "DEFERRABLE")
    .replace("BEFORE DELETE", "AFTER DELETE")
    .replace("AFTER TRUNCATE", "BEFORE TRUNCATE")
    .replace("AFTER INSERT ON readings", "AFTER INSERT OR DELETE ON readings")
    .replace("INSTEAD OF INSERT", "INSTEAD OF DELETE")
    .replace("BEFORE UPDATE OF", "AFTER UPDATE OF")
)
SORTS = TRIGGERS_OF_ALL_SORTS.count("CREATE")

PLAIN = "CREATE TRIGGER plain BEFORE INSERT ON invoices FOR EACH ROW EXECUTE FUNCTION noted();"
LATER = "CREATE CONSTRAINT TRIGGER later AFTER INSERT ON invoices FOR EACH ROW EXECUTE FUNCTION noted();"
PARTS = "CREATE TRIGGER parts AFTER INSERT ON readings FOR EACH ROW EXECUTE FUNCTION noted();"
SWITCHED = """
ALTER TABLE invoices DISABLE TRIGGER plain; ALTER TABLE invoices ENABLE REPLICA TRIGGER later;
COMMENT ON TRIGGER plain ON invoices IS 'plain'; COMMENT ON TRIGGER later ON invoices IS 'it''s later';
"""
COUNTING = "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"


def with_fresh(metadata: MetaData) -> None:
    Table("fresh", metadata, Column("id", Integer, primary_key=True), Column("note", Text))


def with_reason(metadata: MetaData) -> None:
    metadata.tables["invoices"].append_column(Column("reason", Text))


TRIGGERS = [
    Change("triggers of all sorts come", ON_TRIGGER, ON_TRIGGER + TRIGGERS_OF_ALL_SORTS, CREATE * SORTS),
    Change("triggers of all sorts", ON_TRIGGER + TRIGGERS_OF_ALL_SORTS, ON_TRIGGER + TRIGGERS_OF_ALL_SORTS, NOTHING),
    Change(
        "triggers of all sorts change",
        ON_TRIGGER + TRIGGERS_OF_ALL_SORTS,
        ON_TRIGGER + OTHERS_OF_ALL_SORTS,
        ANEW * 2 + REPLACE * 9,
    ),
    Change("triggers of all sorts go", ON_TRIGGER + TRIGGERS_OF_ALL_SORTS, "", DROP * (SORTS + 2)),
    Change(
        "triggers on a new table and a new column",
        NOTED,
        f"""{NOTED}
        CREATE TRIGGER a BEFORE UPDATE OF reason ON invoices
            FOR EACH ROW WHEN (NEW.reason <> '') EXECUTE FUNCTION noted();
        CREATE TRIGGER b AFTER INSERT ON fresh FOR EACH ROW WHEN (NEW.note <> 'no') EXECUTE FUNCTION noted();
        CREATE CONSTRAINT TRIGGER c AFTER INSERT ON fresh FOR EACH ROW EXECUTE FUNCTION noted();
        ALTER TABLE fresh DISABLE TRIGGER b;
        """,
        CREATE * 3 + REPLACE,
        tables=(with_fresh, with_reason),
    ),
    Change(
        "disabled triggers that change keep their state",
        NOTED + PLAIN + LATER + SWITCHED,
        NOTED
        + (PLAIN + LATER)
        .replace("AFTER", "AFTER DELETE OR")
        .replace("INSERT ON", "INSERT OR DELETE ON", 1)
        .replace("DELETE OR INSERT OR", "INSERT OR"),
        ("drop", "create", "replace"),
    ),
    Change(
        "a declared state",
        NOTED + PLAIN + LATER,
        f"{NOTED}{PLAIN}{LATER} ALTER TABLE invoices DISABLE TRIGGER plain;"
        "ALTER TABLE invoices ENABLE ALWAYS TRIGGER later",
        REPLACE * 2,
        also=FIRING,
    ),
    Change(
        "a declared state of triggers that change",
        NOTED + PLAIN + LATER + SWITCHED,
        NOTED
        + (PLAIN + LATER).replace("INSERT ON", "INSERT OR DELETE ON")
        + "ALTER TABLE invoices DISABLE TRIGGER plain; ALTER TABLE invoices DISABLE TRIGGER later",
        ("drop", "create", "replace", "replace"),
        also=FIRING,
    ),
    Change(
        "a state is declared no more",
        f"{NOTED}{PLAIN} ALTER TABLE invoices DISABLE TRIGGER plain",
        NOTED + PLAIN,
        NOTHING,
    ),
    Change(
        "a disabled trigger is declared enabled",
        f"{NOTED}{PLAIN} ALTER TABLE invoices DISABLE TRIGGER plain",
        f"{NOTED}{PLAIN} ALTER TABLE invoices ENABLE TRIGGER plain",
        REPLACE,
        also=FIRING,
    ),
    Change(
        "triggers whose function changes",
        NOTED + PLAIN + LATER + PARTS + SWITCHED,
        COUNTING + PLAIN + LATER + PARTS,
        REPLACE,
    ),
    Change(
        "triggers that take another function",
        NOTED + PLAIN + LATER + PARTS + SWITCHED,
        (NOTED + PLAIN + LATER + PARTS).replace("noted", "counted"),
        ANEW * 4,
    ),
    Change(
        "a partition's disabled trigger",
        NOTED + PARTS + "ALTER TABLE readings_2026 DISABLE TRIGGER parts",
        NOTED + PARTS.replace("INSERT", "DELETE"),
        REPLACE,
    ),
    Change(
        "triggers on a view made anew",
        f"{ON_TRIGGER} CREATE TRIGGER i INSTEAD OF DELETE ON books FOR EACH ROW EXECUTE FUNCTION noted();"
        "COMMENT ON TRIGGER i ON books IS 'kept';",
        f"{ON_TRIGGER} CREATE TRIGGER i INSTEAD OF DELETE ON books FOR EACH ROW EXECUTE FUNCTION noted();".replace(
            "SELECT id, note", "SELECT note, id"
        ),
        DROP * 2 + CREATE * 2,
    ),
]

POLICY = "CREATE POLICY own ON invoices USING (customer = CURRENT_USER);"
VISIBLE = """
CREATE FUNCTION visible(i invoices) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT i.customer = CURRENT_USER $$;
"""
POLICIES_OF_ALL_SORTS = """
CREATE POLICY "own ones: 100%" ON invoices USING (customer = CURRENT_USER) WITH CHECK (total > 0);
CREATE POLICY strict ON invoices AS RESTRICTIVE FOR SELECT TO pg_monitor, pg_signal_backend USING (note <> 'secret');
CREATE POLICY odd ON "Odd Table" FOR INSERT WITH CHECK ("Mixed Case" <> 'a');
CREATE POLICY nested ON billing.invoices FOR UPDATE TO PUBLIC
    USING (id IN (SELECT i.id FROM public.invoices i WHERE i.note = invoices.note AND EXISTS (SELECT FROM "Odd Table")))
    WITH CHECK (EXISTS (SELECT FROM books WHERE books.id = invoices.id));
CREATE POLICY seen ON invoices FOR DELETE USING (visible(invoices));
CREATE POLICY "own ones: 100%" ON billing.invoices USING (total > 0);
CREATE POLICY parts ON readings USING (at > '2026-01-01');
"""
OTHER_POLICIES = (
    POLICIES_OF_ALL_SORTS.replace("total > 0", "total > 1")
    .replace("AS RESTRICTIVE FOR SELECT TO pg_monitor,", "TO")
    .replace("<> 'a'", "<> 'b'")
    .replace("books.id = ", "books.id < ")
    .replace("USING (visible(invoices))", "TO pg_monitor USING (NOT visible(invoices.*))")
)
SORTS_OF_POLICIES = POLICIES_OF_ALL_SORTS.count("CREATE")
BESIDE_POLICIES = BOOKS + VISIBLE
ENABLED = "ALTER TABLE invoices ENABLE ROW LEVEL SECURITY;"

POLICIES = [
    Change(
        "policies of all sorts come",
        "",
        BESIDE_POLICIES + POLICIES_OF_ALL_SORTS,
        CREATE * (SORTS_OF_POLICIES + 2) + REPLACE * 4,
        also=SECURED,
    ),
    Change(
        "policies of all sorts change",
        BESIDE_POLICIES + POLICIES_OF_ALL_SORTS + ENABLED,
        BESIDE_POLICIES + OTHER_POLICIES,
        REPLACE * 6 + REPLACE * 3,
        also=SECURED,
    ),
    Change("policies go", BESIDE_POLICIES + POLICIES_OF_ALL_SORTS + ENABLED, "", DROP * (SORTS_OF_POLICIES + 2)),
    Change(
        "roles in another order",
        f"{ENABLED} CREATE POLICY p ON invoices TO pg_monitor, pg_signal_backend, pg_read_all_stats USING (true)",
        "CREATE POLICY p ON invoices TO pg_signal_backend, pg_read_all_stats, pg_monitor, pg_monitor USING (true)",
        NOTHING,
    ),
    Change(
        "a policy that changes keeps its comment, and that row security is forced",
        f"{POLICY}{ENABLED} ALTER TABLE invoices FORCE ROW LEVEL SECURITY; COMMENT ON POLICY own ON invoices IS 'o''s'",
        POLICY.replace("customer", "lower(customer)"),
        REPLACE,
    ),
    Change("a policy enables row security", POLICY, POLICY, REPLACE, ("ENABLE ROW LEVEL SECURITY",), also=SECURED),
    Change(
        "a policy enables row security that is forced",
        "ALTER TABLE invoices FORCE ROW LEVEL SECURITY",
        POLICY,
        CREATE + REPLACE,
        also=SECURED,
    ),
    Change(
        "a policy without row security",
        "",
        f"{POLICY} ALTER TABLE invoices DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY",
        CREATE,
    ),
    Change(
        "row security goes and the policy stays",
        POLICY + ENABLED,
        f"{POLICY} ALTER TABLE invoices DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY",
        REPLACE,
        also=SECURED,
    ),
    Change(
        "row security alone, and forced",
        ENABLED,
        "ALTER TABLE invoices ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
        "ALTER TABLE billing.invoices ENABLE ROW LEVEL SECURITY; ALTER TABLE readings FORCE ROW LEVEL SECURITY;",
        REPLACE * 3,
        also=(*SECURED, "relforcerowsecurity"),
    ),
    Change(
        "a policy on a new table and a new column",
        "",
        """
        CREATE FUNCTION is_fresh(f fresh) RETURNS boolean LANGUAGE sql AS $$ SELECT f.note = 'a' $$;
        CREATE POLICY a ON fresh USING (note <> 'a' AND is_fresh(fresh));
        CREATE POLICY b ON invoices USING (reason <> (SELECT max(note) FROM fresh));
        """,
        CREATE * 3 + REPLACE * 2,
        tables=(with_fresh, with_reason),
        also=SECURED,
    ),
    Change(
        "a policy's function changes",
        VISIBLE + POLICY.replace("customer = CURRENT_USER", "visible(invoices)") + ENABLED,
        VISIBLE.replace("STABLE", "VOLATILE") + POLICY.replace("customer = CURRENT_USER", "visible(invoices)"),
        REPLACE,
    ),
    Change(
        "a policy's function is made anew",
        VISIBLE + POLICY.replace("customer = CURRENT_USER", "visible(invoices)") + ENABLED,
        VISIBLE.replace("i invoices", "one invoices").replace("i.", "one.")
        + POLICY.replace("customer = CURRENT_USER", "visible(invoices)"),
        DROP * 2 + CREATE * 2,
    ),
]

TOTALS = "CREATE MATERIALIZED VIEW totals AS SELECT customer, sum(total) AS total FROM invoices GROUP BY customer;"
OTHER_TOTALS = TOTALS.replace("sum(total)", "max(total)")
UNIQUE = "CREATE UNIQUE INDEX by_customer ON totals (customer);"
LOWER = 'CREATE INDEX "By Lower" ON totals (lower(customer) DESC, total) INCLUDE (customer) WHERE total > 0;'
TOP = "CREATE VIEW top AS SELECT max(total) AS total FROM totals; CREATE VIEW over AS SELECT total FROM top;"
HANGING = """
COMMENT ON MATERIALIZED VIEW totals IS 'all of it'; COMMENT ON COLUMN totals.total IS 'it''s a sum';
COMMENT ON INDEX by_customer IS 'one each';
ALTER MATERIALIZED VIEW totals OWNER TO pg_read_all_data;
GRANT SELECT ON totals TO pg_monitor WITH GRANT OPTION; GRANT SELECT (customer), SELECT (total) ON totals TO PUBLIC;
"""
REFRESH = ("REFRESH MATERIALIZED VIEW CONCURRENTLY totals",)

MATERIALIZED = [
    Change("a materialized view comes", "", TOTALS + UNIQUE + LOWER + TOP, CREATE * 5, after=REFRESH),
    Change("a materialized view goes", TOTALS + UNIQUE + HANGING + TOP, "", DROP * 3),
    Change("a materialized view", TOTALS + UNIQUE + LOWER + TOP, TOTALS + UNIQUE + LOWER + TOP, NOTHING, after=REFRESH),
    Change(
        "a materialized view under a chain changes",
        TOTALS + UNIQUE + LOWER + HANGING + TOP + "GRANT SELECT ON over TO pg_monitor; COMMENT ON VIEW top IS 'top'",
        OTHER_TOTALS + UNIQUE + LOWER + TOP,
        ANEW * 3 + CREATE * 2 + GRANT * 3,
        after=REFRESH,
    ),
    Change(
        "a materialized view of no rows changes",
        TOTALS.replace(";", " WITH NO DATA;") + UNIQUE + HANGING,
        OTHER_TOTALS + UNIQUE,
        ANEW + CREATE + GRANT * 2,
    ),
    Change(
        "indexes that nobody declared stay",
        TOTALS + UNIQUE + LOWER + HANGING,
        OTHER_TOTALS,
        DROP + CREATE * 3 + GRANT * 2,
        after=REFRESH,
    ),
    Change("indexes that nobody declared", TOTALS + UNIQUE, TOTALS, NOTHING),
    Change("declared indexes, and no other", TOTALS + UNIQUE, TOTALS + LOWER, ANEW),
    Change(
        "an index changes",
        TOTALS + UNIQUE + HANGING,
        TOTALS + UNIQUE.replace("(customer)", "(customer, total)"),
        REPLACE,
    ),
    Change(
        "options of a materialized view",
        TOTALS + UNIQUE,
        TOTALS.replace(" AS", " WITH (fillfactor = 70) AS", 1) + UNIQUE,
        DROP + CREATE * 2,
        after=REFRESH,
    ),
    Change("WITH DATA and WITH NO DATA", TOTALS, TOTALS.replace(";", " WITH NO DATA;"), NOTHING),
    Change(
        "a materialized view for a view", TOTALS.replace("MATERIALIZED ", "") + TOP, TOTALS + TOP, DROP * 3 + CREATE * 3
    ),
    Change(
        "a view for a materialized view",
        TOTALS + UNIQUE + TOP,
        TOTALS.replace("MATERIALIZED ", "") + TOP,
        DROP * 3 + CREATE * 3,
    ),
    Change(
        "materialized views of one name in two schemas",
        TOTALS + UNIQUE + (TOTALS + UNIQUE).replace("totals", "billing.totals"),
        OTHER_TOTALS + UNIQUE + (TOTALS + UNIQUE).replace("totals", "billing.totals"),
        DROP + CREATE * 2,
        after=("REFRESH MATERIALIZED VIEW CONCURRENTLY billing.totals", *REFRESH),
    ),
]

DIVIDED = (
    "CREATE PROCEDURE divided(a integer, INOUT b integer, OUT rest integer) LANGUAGE sql AS $$ SELECT a / b, a % b $$;"
)
IN_TWO = DIVIDED + DIVIDED.replace("divided", "billing.divided")
PROCEDURES = [
    Change("procedures come", "", IN_TWO, CREATE * 2, after=("CALL divided(7, 2, NULL)",)),
    Change("a procedure", IN_TWO, IN_TWO.replace("integer", "int"), NOTHING),
    Change("a procedure changes", IN_TWO, IN_TWO.replace("a / b", "a - b", 1), REPLACE),
    Change(
        "a procedure is made anew",
        DIVIDED + "COMMENT ON PROCEDURE divided IS 'd'; ALTER PROCEDURE divided OWNER TO pg_monitor;"
        "REVOKE ALL ON PROCEDURE divided FROM PUBLIC; GRANT EXECUTE ON PROCEDURE divided TO pg_signal_backend",
        DIVIDED.replace("rest", "remainder"),
        ANEW + GRANT + REVOKE,
    ),
    Change("procedures go", IN_TWO, "", DROP * 2),
    Change(
        "a procedure for a function",
        DIVIDED,
        DIVIDED.replace("PROCEDURE", "FUNCTION").replace("INOUT b", "b").replace("SELECT a / b, ", "SELECT "),
        ANEW,
    ),
]


def retyped(metadata: MetaData) -> None:
    metadata.tables["invoices"].c.total.type = Numeric(20, 4)


def retyped_key(metadata: MetaData) -> None:
    metadata.tables["billing.invoices"].c.total.type = BigInteger()


def without_note(metadata: MetaData) -> None:
    table = metadata.tables["invoices"]
    columns = [
        Column(each.name, each.type, primary_key=each.primary_key) for each in table.columns if each.name != "note"
    ]
    metadata.remove(table)
    Table("invoices", metadata, *columns)


CHAIN = f"""
{NOTED}{TOTALS}{UNIQUE}{TOP}
CREATE VIEW open AS SELECT id, total FROM invoices;
CREATE VIEW sums AS SELECT sum(total) AS total FROM open;
CREATE VIEW billing.sums AS SELECT sums.total, top.total AS most FROM public.sums, top;
CREATE FUNCTION billed() RETURNS numeric LANGUAGE sql BEGIN ATOMIC SELECT most FROM billing.sums; END;
CREATE FUNCTION first_open() RETURNS SETOF open LANGUAGE sql AS $$ SELECT * FROM open $$;
CREATE TRIGGER costly AFTER UPDATE OF total ON invoices FOR EACH ROW WHEN (NEW.total > 9) EXECUTE FUNCTION noted();
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON invoices FOR EACH ROW WHEN (NEW.total > 9) EXECUTE FUNCTION noted();
CREATE POLICY small ON invoices USING (total < 9);
CREATE POLICY elsewhere ON billing.invoices USING (id IN (SELECT id FROM open));
"""
ON_CHAIN = f"""
{HANGING} {ENABLED} ALTER TABLE billing.invoices ENABLE ROW LEVEL SECURITY;
ALTER TABLE invoices DISABLE TRIGGER costly; COMMENT ON TRIGGER late ON invoices IS 'late';
COMMENT ON POLICY small ON invoices IS 'small'; COMMENT ON VIEW sums IS 'sums'; COMMENT ON COLUMN open.total IS 'total';
ALTER VIEW sums OWNER TO pg_read_all_data; GRANT SELECT ON sums TO PUBLIC;
GRANT INSERT (id), UPDATE (id) ON open TO pg_monitor;
REVOKE ALL ON FUNCTION billed FROM PUBLIC; GRANT EXECUTE ON FUNCTION billed TO pg_monitor WITH GRANT OPTION;
ALTER VIEW open ALTER COLUMN id SET DEFAULT 7; CREATE RULE nowhere AS ON INSERT TO open DO INSTEAD NOTHING;
ALTER FUNCTION first_open OWNER TO pg_monitor;
"""
ON_NOTE = f"""
{NOTED}
CREATE VIEW noticed AS SELECT id, note FROM invoices; CREATE VIEW more AS SELECT id, note FROM noticed;
CREATE MATERIALIZED VIEW notes AS SELECT note, id FROM more; CREATE UNIQUE INDEX by_id ON notes (id);
CREATE TRIGGER named AFTER UPDATE OF total, note ON invoices FOR EACH ROW EXECUTE FUNCTION noted();
CREATE TRIGGER chosen AFTER INSERT ON invoices FOR EACH ROW WHEN (NEW.note <> '') EXECUTE FUNCTION noted();
CREATE POLICY marked ON invoices USING (note <> '');
"""
ON_NO_NOTE = f"""
{NOTED}
CREATE VIEW noticed AS SELECT id FROM invoices; CREATE VIEW more AS SELECT id FROM noticed;
CREATE MATERIALIZED VIEW notes AS SELECT id FROM more; CREATE UNIQUE INDEX by_id ON notes (id);
CREATE TRIGGER named AFTER UPDATE OF total ON invoices FOR EACH ROW EXECUTE FUNCTION noted();
CREATE TRIGGER chosen AFTER INSERT ON invoices FOR EACH ROW WHEN (NEW.id > 0) EXECUTE FUNCTION noted();
CREATE POLICY marked ON invoices USING (id > 0);
"""
ON_NOTE_HANGS = f"""
{ENABLED} COMMENT ON COLUMN noticed.note IS 'goes'; COMMENT ON COLUMN noticed.id IS 'stays';
GRANT SELECT (id, note) ON more TO PUBLIC;
ALTER TABLE invoices ENABLE ALWAYS TRIGGER chosen; COMMENT ON MATERIALIZED VIEW notes IS 'notes';
COMMENT ON INDEX by_id IS 'id';
ALTER VIEW more OWNER TO pg_read_all_data; COMMENT ON POLICY marked ON invoices IS 'm';
"""

COLUMNS = [
    Change(
        "a column of another type under all there is",
        CHAIN + ON_CHAIN,
        CHAIN,
        DROP * 12 + CREATE * 13 + GRANT * 5 + REVOKE,
        tables=(retyped,),
        after=REFRESH,
    ),
    Change(
        "a column goes under all there is",
        "UPDATE invoices SET note = NULL;" + ON_NOTE + ON_NOTE_HANGS,
        ON_NO_NOTE,
        DROP * 6 + CREATE * 7 + GRANT,
        tables=(without_note,),
        after=("REFRESH MATERIALIZED VIEW CONCURRENTLY notes",),
    ),
    Change(
        "a column of another type in one of two schemas",
        "CREATE VIEW v AS SELECT total FROM invoices; CREATE VIEW billing.v AS SELECT total FROM billing.invoices;"
        "CREATE VIEW w AS SELECT total FROM v; CREATE VIEW billing.w AS SELECT total FROM billing.v;"
        "COMMENT ON VIEW billing.w IS 'w'",
        "CREATE VIEW v AS SELECT total FROM invoices; CREATE VIEW billing.v AS SELECT total FROM billing.invoices;"
        "CREATE VIEW w AS SELECT total FROM v; CREATE VIEW billing.w AS SELECT total FROM billing.v;",
        DROP * 2 + CREATE * 2,
        tables=(retyped_key,),
    ),
]

GRANTED = BOOKS + NOTED + DIVIDED
FIRST_GRANTS = """
GRANT SELECT, INSERT ON books TO pg_monitor; GRANT SELECT (id), UPDATE (note) ON books TO PUBLIC;
GRANT EXECUTE ON FUNCTION noted() TO pg_monitor WITH GRANT OPTION; REVOKE EXECUTE ON FUNCTION noted() FROM PUBLIC;
GRANT EXECUTE ON PROCEDURE divided(integer, integer) TO pg_monitor;
GRANT ALL ON invoices TO pg_monitor; GRANT SELECT ("Mixed Case") ON TABLE "Odd Table" TO pg_monitor, pg_signal_backend;
GRANT USAGE ON SEQUENCE numbers TO pg_monitor; GRANT USAGE, CREATE ON SCHEMA billing TO pg_monitor;
GRANT SELECT ON billing.invoices TO pg_monitor; GRANT SELECT ON readings TO PUBLIC;
"""
SECOND_GRANTS = """
GRANT SELECT ON books TO pg_monitor WITH GRANT OPTION; GRANT SELECT (id, note) ON books TO PUBLIC;
GRANT EXECUTE ON FUNCTION noted() TO pg_monitor; GRANT EXECUTE ON FUNCTION noted() TO PUBLIC;
REVOKE EXECUTE ON PROCEDURE divided(integer, integer) FROM PUBLIC;
GRANT SELECT, REFERENCES (id) ON invoices TO pg_monitor; GRANT SELECT ("Mixed Case") ON "Odd Table" TO pg_monitor;
GRANT USAGE, SELECT ON SEQUENCE numbers TO pg_monitor; GRANT USAGE ON SCHEMA billing TO pg_monitor, pg_signal_backend;
GRANT INSERT ON billing.invoices TO pg_monitor; GRANT SELECT ON readings TO pg_monitor;
"""
DEFAULTS = """
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO pg_monitor;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO pg_signal_backend;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO pg_signal_backend;
"""
ADD = "CREATE FUNCTION add(a integer) RETURNS integer LANGUAGE sql AS $$ SELECT a + 1 $$;"
OPEN = "CREATE VIEW open AS SELECT id, customer FROM invoices;"
OPEN_ANEW = "CREATE VIEW open AS SELECT customer, id FROM invoices;"

GRANTS = [
    Change("grants come", GRANTED, GRANTED + FIRST_GRANTS, GRANT * 11 + REVOKE, also=PRIVILEGES),
    Change("grants", GRANTED + FIRST_GRANTS, GRANTED + FIRST_GRANTS, NOTHING),
    Change("grants change", GRANTED + FIRST_GRANTS, GRANTED + SECOND_GRANTS, GRANT * 9 + REVOKE * 10, also=PRIVILEGES),
    Change("grants nobody declared", GRANTED + FIRST_GRANTS, GRANTED, NOTHING),
    Change(
        "grants come with their objects", "", GRANTED + FIRST_GRANTS, CREATE * 3 + GRANT * 11 + REVOKE, also=PRIVILEGES
    ),
    Change(
        "a declared grant of what is made anew",
        OPEN + "GRANT SELECT, INSERT ON open TO pg_monitor; GRANT SELECT (id) ON open TO PUBLIC",
        OPEN_ANEW + "GRANT SELECT ON open TO pg_monitor",
        ANEW + GRANT,
        also=PRIVILEGES,
    ),
    Change(
        "default privileges are no change", DEFAULTS + OPEN + ADD, OPEN + ADD + OPEN.replace(" open", " closed"), CREATE
    ),
    Change(
        "default privileges and what is declared",
        DEFAULTS + OPEN + ADD,
        OPEN + ADD + "GRANT SELECT ON open TO pg_monitor; GRANT EXECUTE ON FUNCTION add(int) TO pg_monitor",
        GRANT,
        also=PRIVILEGES,
    ),
    Change(
        "default privileges and what is made anew",
        OPEN + ADD + DEFAULTS + "GRANT UPDATE ON open TO pg_monitor",
        OPEN_ANEW + ADD.replace("a integer", "b integer").replace("a +", "b +"),
        ANEW * 2 + GRANT * 2 + REVOKE * 3,
    ),
    Change(
        "all that hangs on a view made anew",
        OPEN
        + """
        ALTER VIEW open OWNER TO pg_read_all_stats; COMMENT ON VIEW open IS 'open: 100%';
        COMMENT ON COLUMN open.id IS E'a\\nb';
        GRANT SELECT ON open TO pg_monitor WITH GRANT OPTION; GRANT UPDATE (customer) ON open TO PUBLIC;
        ALTER VIEW open ALTER COLUMN customer SET DEFAULT 'a:b%'; ALTER VIEW open SET (security_barrier = true);
        CREATE RULE "To nothing" AS ON UPDATE TO open DO INSTEAD NOTHING;
        """,
        OPEN_ANEW.replace(" AS", " WITH (security_barrier) AS", 1),
        ANEW + GRANT * 2,
    ),
    Change(
        "all that hangs on a function made anew",
        ADD
        + """
        ALTER FUNCTION add OWNER TO pg_monitor; COMMENT ON FUNCTION add IS 'add';
        REVOKE ALL ON FUNCTION add FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION add TO pg_signal_backend WITH GRANT OPTION;
        """,
        ADD.replace("RETURNS integer", "RETURNS bigint").replace("a + 1", "a::bigint"),
        ANEW + GRANT + REVOKE,
    ),
]

VECTOR = "CREATE EXTENSION vector;"
EXTENSIONS = [
    Change("an extension comes", "", f"{VECTOR} CREATE VIEW near AS SELECT '[1,2]'::vector AS v", CREATE * 2),
    Change("an extension is moved", VECTOR, "CREATE EXTENSION vector SCHEMA billing", REPLACE),
    Change(
        "an extension where it is",
        VECTOR + OPEN,
        "CREATE EXTENSION IF NOT EXISTS vector WITH SCHEMA public;" + OPEN,
        NOTHING,
    ),
    Change("an extension nobody declared stays", VECTOR + OPEN, "", DROP),
]


def with_sequence(metadata: MetaData) -> None:
    Table("fresh", metadata, Column("id", Integer, primary_key=True), Column("note", Text), schema="more")


def without_invoices(metadata: MetaData) -> None:
    metadata.remove(metadata.tables["invoices"])


def retyped_at(metadata: MetaData) -> None:
    metadata.tables["readings"].c.id.type = BigInteger()


ON_PARTITIONS = f"""
{NOTED} CREATE VIEW v AS SELECT id FROM readings_2026; CREATE VIEW w AS SELECT id FROM readings JOIN v USING (id);
CREATE TRIGGER ids AFTER INSERT ON readings FOR EACH ROW WHEN (NEW.id > 0) EXECUTE FUNCTION noted();
"""
PLAINS = PLAIN + PLAIN.replace("invoices", "billing.invoices")
BY_NEW = """
CREATE TRIGGER by_new AFTER UPDATE ON invoices
FOR EACH ROW WHEN (visible(NEW) AND OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION noted();
"""
BY_ROWS = POLICY.replace("customer = CURRENT_USER", "visible(invoices)")
TRAPS = [
    Change(
        "a new column beside functions and policies of rows",
        VISIBLE + BY_ROWS + ENABLED,
        VISIBLE + BY_ROWS,
        NOTHING,
        tables=(with_reason,),
    ),
    Change(
        "grants on what comes with its schema",
        "",
        """
        GRANT USAGE ON SCHEMA more TO pg_monitor; GRANT SELECT, UPDATE (note) ON more.fresh TO pg_monitor;
        GRANT USAGE ON SEQUENCE more.fresh_id_seq TO pg_monitor; GRANT SELECT (reason) ON invoices TO pg_monitor;
        CREATE MATERIALIZED VIEW more.notes AS SELECT id, note FROM more.fresh;
        CREATE UNIQUE INDEX by_id ON more.notes (id); GRANT SELECT ON more.notes TO PUBLIC;
        """,
        CREATE * 2 + GRANT * 5,
        tables=(with_sequence, with_reason),
        after=("REFRESH MATERIALIZED VIEW CONCURRENTLY more.notes",),
        also=PRIVILEGES,
    ),
    Change(
        "grants on overloads",
        ADD + ADD.replace("integer", "text").replace("a + 1", "a"),
        ADD
        + ADD.replace("integer", "text").replace("a + 1", "a")
        + "GRANT EXECUTE ON FUNCTION add(text) TO pg_monitor; REVOKE EXECUTE ON FUNCTION add(int4) FROM PUBLIC;",
        GRANT + REVOKE,
        also=PRIVILEGES,
    ),
    Change(
        "an extension moved under a view",
        f"{VECTOR} CREATE VIEW near AS SELECT '[1,2]'::vector AS v; COMMENT ON VIEW near IS 'near'",
        "CREATE EXTENSION vector SCHEMA billing; CREATE VIEW near AS SELECT '[1,2]'::billing.vector AS v;",
        REPLACE,
    ),
    Change(
        "a table goes with all that stands on it",
        f"""{NOTED}{OPEN}{TOTALS}{UNIQUE}{POLICY}{PLAIN}
        DELETE FROM invoices; REFRESH MATERIALIZED VIEW totals; ALTER TABLE invoices DISABLE TRIGGER plain;
        ALTER TABLE invoices ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        COMMENT ON POLICY own ON invoices IS 'own';
        """,
        NOTED,
        DROP * 4,
        tables=(without_invoices,),
    ),
    Change("populated, whatever is declared", TOTALS, OTHER_TOTALS.replace(";", " WITH NO DATA;"), ANEW),
    Change(
        "a column of another type under views of partitions",
        f"{ON_PARTITIONS} ALTER TABLE readings_2026 DISABLE TRIGGER ids;",
        ON_PARTITIONS,
        ANEW * 3,
        tables=(retyped_at,),
    ),
    Change(
        "triggers of one name on two tables, of which one is declared enabled",
        f"{NOTED}{PLAINS} ALTER TABLE billing.invoices DISABLE TRIGGER plain;"
        "ALTER TABLE invoices DISABLE TRIGGER plain",
        f"{NOTED}{PLAINS.replace('INSERT', 'DELETE')} ALTER TABLE invoices ENABLE TRIGGER plain",
        REPLACE * 3,
        also=FIRING,
    ),
    Change(
        "grants on a view and a function of one name, of which one is declared",
        """
        CREATE VIEW add AS SELECT id, note FROM invoices; GRANT SELECT ON add TO pg_monitor;
        CREATE FUNCTION add() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$;
        REVOKE ALL ON FUNCTION add FROM PUBLIC; GRANT EXECUTE ON FUNCTION add() TO pg_monitor;
        """,
        """
        CREATE VIEW add AS SELECT note, id FROM invoices; GRANT INSERT ON add TO pg_monitor;
        CREATE FUNCTION add() RETURNS bigint LANGUAGE sql AS $$ SELECT 1::bigint $$;
        """,
        ANEW * 2 + GRANT * 2 + REVOKE,
        also=("relacl",),
    ),
    Change(
        "a policy of names that need quotes",
        'CREATE SCHEMA "My Schema";',
        """
        CREATE FUNCTION "My Schema"."Is Mine"(r "Odd Table") RETURNS boolean LANGUAGE sql AS $$ SELECT true $$;
        CREATE POLICY "My ""P" ON "Odd Table"
        USING ("My Schema"."Is Mine"("Odd Table".*) AND "Odd Table"."Mixed Case" <> 'a');
        """,
        CREATE * 2 + REPLACE,
        also=SECURED,
    ),
    Change("a trigger asks a function of rows", NOTED, f"{NOTED}{VISIBLE}{BY_NEW}", CREATE * 2),
    Change(
        "a column of another type under functions of rows",
        f"{NOTED}{VISIBLE}{BY_NEW}{BY_ROWS}{ENABLED}",
        f"{NOTED}{VISIBLE}{BY_NEW}{BY_ROWS}",
        NOTHING,
        tables=(retyped,),
    ),
]

KINDS_CHANGES = [*TRIGGERS, *POLICIES, *MATERIALIZED, *PROCEDURES, *COLUMNS, *GRANTS, *EXTENSIONS, *TRAPS]
"""All of them."""

_WIDE = (
    *("triggers of all sorts come", "triggers of all sorts change", "disabled triggers that change keep their state"),
    *("a declared state of triggers that change", "a partition's disabled trigger", "policies of all sorts come"),
    *("policies of all sorts change", "roles in another order", "a materialized view under a chain changes"),
    *("a procedure is made anew", "a column of another type under all there is", "a column goes under all there is"),
    *("grants come", "grants change", "default privileges and what is made anew", "an extension moved under a view"),
    *("all that hangs on a view made anew", "a table goes with all that stands on it"),
    "a column of another type under views of partitions",
)

WIDE_CHANGES = [each for each in KINDS_CHANGES if each.name in _WIDE]
"""Those that hold most of the others."""
