"""The statement that reads all system catalogs of a PostgreSQL, as that version describes them itself.

Which columns there are, and what each of them refers to, comes from ``pg_attribute`` and
``pg_get_catalog_foreign_keys()``: what a later version adds is read without a change here, or fails by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import Connection

__all__ = ["Reading", "reading"]

_CATALOGS = """
    WITH keys AS MATERIALIZED (SELECT * FROM pg_catalog.pg_get_catalog_foreign_keys())
    SELECT DISTINCT ON (c.relname, a.attnum)
        CAST(c.relname AS text), CAST(a.attname AS text), pg_catalog.format_type(a.atttypid, NULL),
        CAST(k.pktable AS text), k.is_array, CAST(k.fkcols[1] AS text)
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
    LEFT JOIN keys AS k ON k.fktable = c.oid AND k.fkcols[cardinality(k.fkcols)] = a.attname
    WHERE c.relnamespace = CAST('pg_catalog' AS regnamespace) AND c.relkind = 'r' AND a.attnum > 0
    ORDER BY c.relname, a.attnum, cardinality(k.fkcols) DESC
"""

_STATISTICS = {"pg_statistic", "pg_statistic_ext_data"}
_DATA = {"pg_largeobject", "pg_largeobject_metadata", "pg_subscription_rel"}
# Other tests change what the server's databases share meanwhile, and it is no database's own.
_OF_THE_SERVER = {
    "pg_auth_members",
    "pg_authid",
    "pg_parameter_acl",
    "pg_replication_origin",
    "pg_shdepend",
    "pg_shseclabel",
    "pg_tablespace",
}
_AS_INSTALLED = {"pg_init_privs"}
_NOT_READ = _STATISTICS | _DATA | _OF_THE_SERVER | _AS_INSTALLED

# Beside each catalog's own oid: what the server counts, caches, or sets and forgets to reset before the next VACUUM.
_CHANGES_BY_ITSELF = {
    "relallfrozen",
    "relallvisible",
    "relfilenode",
    "relfrozenxid",
    "relhasindex",
    "relhasrules",
    "relhassubclass",
    "relhastriggers",
    "relminmxid",
    "relpages",
    "relrewrite",
    "reltuples",
    "reltoastrelid",
    "indcheckxmin",
    "attcacheoff",
    "datfrozenxid",
    "datminmxid",
}
# Dropped columns keep their numbers, and a row that is older than its column lacks it: neither is anything to a user.
_OF_STORAGE = {"attisdropped", "atthasmissing", "attmissingval", "relnatts"}
# The rest of a row's name, and which database this is.
_SAID_ALREADY = {"adnum", "classid", "classoid", "objid", "objoid", "objsubid", "refclassid", "refobjsubid"}
_OF_THIS_DATABASE = {"datname", "dattablespace", "setdatabase", "subdbid"}
_LEFT_OUT = _CHANGES_BY_ITSELF | _OF_STORAGE | _SAID_ALREADY | _OF_THIS_DATABASE | {"oid", "reltype"}


def _identity(catalog: str, oid: str, sub: str = "0") -> str:
    return f"(SELECT i.type || ' ' || i.identity FROM pg_identify_object('{catalog}'::regclass, {oid}, {sub}) AS i)"


def _any_identity(prefix: str, suffix: str = "oid") -> str:
    columns = f"x.{prefix}class{suffix}, x.{prefix}obj{suffix}, x.{prefix}objsubid"
    return f"(SELECT i.type || ' ' || i.identity FROM pg_identify_object({columns}) AS i)"


# The names of internal triggers hold numbers.
_TRIGGER = f"""
    CASE WHEN x.tgisinternal
    THEN concat('internal trigger ', CAST(x.tgfoid AS regproc), ' on ', CAST(x.tgrelid AS regclass), ' of ',
        {_identity("pg_constraint", "x.tgconstraint")})
    ELSE {_identity("pg_trigger", "x.oid")} END
"""
_ENUM = f"{_identity('pg_type', 'x.enumtypid')} || ' value ' || rank() OVER each_enum"

_NAMES = {
    "pg_attribute": _identity("pg_class", "x.attrelid", "x.attnum"),
    "pg_database": "'this database'",
    "pg_db_role_setting": "'settings in this database of ' || CAST(x.setrole AS regrole)",
    "pg_depend": _any_identity("", "id"),
    "pg_description": _any_identity(""),
    "pg_enum": _ENUM,
    "pg_seclabel": _any_identity(""),
    "pg_shdescription": "'this database'",
    "pg_subscription": "'subscription ' || x.subname",
    "pg_trigger": _TRIGGER,
}

# Temporary and TOAST relations: their names hold numbers.
_HIDDEN = "(SELECT oid FROM pg_class WHERE relpersistence = 't' OR relnamespace = 'pg_toast'::regnamespace)"
_THIS_DATABASE = "(SELECT oid FROM pg_database WHERE datname = current_database())"
_MADE = "x.{} >= 16384"
# A schema or extension that came with the database may have another owner, grants or a comment all the same.
_COMMENTED = f"({_MADE.format('objoid')} OR x.classoid IN ('pg_namespace'::regclass, 'pg_extension'::regclass))"

_ROWS = {
    "pg_attribute": f"{_MADE.format('attrelid')} AND x.attnum > 0 AND NOT x.attisdropped",
    "pg_database": f"x.oid = {_THIS_DATABASE}",
    "pg_db_role_setting": f"x.setdatabase = {_THIS_DATABASE}",
    # Which members an extension has, and whom a sequence belongs to: all other dependencies follow from definitions.
    "pg_depend": f"""{_MADE.format("objid")} AND (x.deptype IN ('e', 'x')
        OR x.deptype = 'a' AND x.classid = 'pg_class'::regclass AND x.objid NOT IN {_HIDDEN}
        AND x.objid IN (SELECT seqrelid FROM pg_sequence))""",
    "pg_description": _COMMENTED,
    "pg_extension": "true",
    "pg_namespace": "x.nspname !~ '^pg_(toast|temp_)'",
    "pg_seclabel": _COMMENTED,
    "pg_shdescription": f"x.objoid = {_THIS_DATABASE} AND x.classoid = 'pg_database'::regclass",
    "pg_subscription": f"x.subdbid = {_THIS_DATABASE}",
    # Those that the server makes with a table, and with any other type, say nothing that these don't.
    "pg_type": f"""{_MADE.format("oid")} AND NOT EXISTS (SELECT FROM pg_type AS e WHERE e.typarray = x.oid)
        AND NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = x.typrelid AND c.relkind <> 'c')""",
}

# Columns that only the server can read, or that number what has a name: how they are shown.
_SHOWN_AS: dict[str, tuple[str, str] | None] = {
    "adbin": ("default", "pg_get_expr(x.adbin, x.adrelid)"),
    "attnum": ("position", "rank() OVER each_relation"),
    "conbin": ("definition", "pg_get_constraintdef(x.oid)"),
    "confdelsetcols": None,
    "enumsortorder": None,
    "ev_action": ("definition", "pg_get_ruledef(x.oid)"),
    "ev_qual": None,
    "indexprs": ("definition", "pg_get_indexdef(x.indexrelid)"),
    "indoption": ("indoption", "x.indoption"),
    "indpred": None,
    "partexprs": ("definition", "pg_get_partkeydef(x.partrelid)"),
    "polqual": ("polqual", "pg_get_expr(x.polqual, x.polrelid)"),
    "polroles": ("polroles", "ARRAY(SELECT CAST(CAST(r AS regrole) AS text) FROM unnest(x.polroles) AS r ORDER BY 1)"),
    "polwithcheck": ("polwithcheck", "pg_get_expr(x.polwithcheck, x.polrelid)"),
    "proargdefaults": ("definition", "CASE WHEN x.prokind <> 'a' THEN pg_get_functiondef(x.oid) END"),
    "prattrs": (
        "prattrs",
        "ARRAY(SELECT a.attname FROM pg_attribute AS a WHERE a.attrelid = x.prrelid AND a.attnum = ANY (x.prattrs))",
    ),
    "prosqlbody": None,
    "prqual": ("prqual", "pg_get_expr(x.prqual, x.prrelid)"),
    "refobjid": ("belongs to", _any_identity("ref", "id")),
    "relpartbound": ("bound", "pg_get_expr(x.relpartbound, x.oid)"),
    "seqrelid": None,
    "stxexprs": ("definition", "pg_get_statisticsobjdef(x.oid)"),
    "tgname": ("tgname", "CASE WHEN NOT x.tgisinternal THEN x.tgname END"),
    "tgparentid": ("has parent", "x.tgparentid <> 0"),
    "tgqual": ("definition", "CASE WHEN NOT x.tgisinternal THEN pg_get_triggerdef(x.oid) END"),
    "atttypmod": ("type", "format_type(x.atttypid, x.atttypmod)"),
    "typdefaultbin": None,
    "typtypmod": ("base", "format_type(x.typbasetype, x.typtypmod)"),
}
_OF_TOAST = "(SELECT t.reloptions FROM pg_class AS t WHERE t.oid = x.reltoastrelid)"

_BY_NAME = {
    "pg_authid": "regrole",
    "pg_class": "regclass",
    "pg_collation": "regcollation",
    "pg_namespace": "regnamespace",
    "pg_operator": "regoperator",
    "pg_proc": "regprocedure",
    "pg_ts_config": "regconfig",
    "pg_ts_dict": "regdictionary",
    "pg_type": "regtype",
}
_NUMBERS = {"oid", "oid[]", "oidvector", "int2vector", "regproc", "pg_node_tree", "xid", "anyarray"}

# Whose default privileges a row without any has.
_DEFAULTS = {
    "attacl": ("'c'", "NULL"),
    "datacl": ("'d'", "x.datdba"),
    "fdwacl": ("'F'", "x.fdwowner"),
    "lanacl": ("'l'", "x.lanowner"),
    "nspacl": ("'n'", "x.nspowner"),
    "proacl": ("'f'", "x.proowner"),
    "relacl": ("CASE x.relkind WHEN 'S' THEN 's' ELSE 'r' END", "x.relowner"),
    "srvacl": ("'S'", "x.srvowner"),
    "typacl": ("'T'", "x.typowner"),
}

_WINDOWS = {
    "pg_attribute": " WINDOW each_relation AS (PARTITION BY x.attrelid ORDER BY x.attnum)",
    "pg_enum": " WINDOW each_enum AS (PARTITION BY x.enumtypid ORDER BY x.enumsortorder)",
}


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    type: str
    refers_to: str | None
    is_array: bool | None
    key: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """The statement, and for each catalog what the values in its rows are called."""

    statement: str
    labels: Mapping[str, tuple[str, ...]]


def reading(connection: Connection) -> Reading:
    """What this server's catalogs are read with."""
    version = connection.dialect.server_version_info
    assert version is not None
    if version not in _READINGS:
        _READINGS[version] = _reading(connection)
    return _READINGS[version]


_READINGS: dict[tuple[int | str, ...], Reading] = {}


def _reading(connection: Connection) -> Reading:
    catalogs: dict[str, list[_Column]] = {}
    for catalog, *column in connection.execute(text(_CATALOGS)):
        catalogs.setdefault(catalog, []).append(_Column(*column))
    selects, labels = [], {}
    for catalog in sorted(catalogs.keys() - _NOT_READ):
        values = dict(_values(catalog, catalogs[catalog]))
        labels[catalog] = tuple(values)
        selects.append(_select(catalog, catalogs[catalog], values.values()))
    return Reading(" UNION ALL ".join(selects), labels)


def _select(catalog: str, columns: list[_Column], values: Iterable[str]) -> str:
    texts = ", ".join(f"CAST({value} AS text)" for value in values)
    return (
        f"(SELECT '{catalog}', {_name(catalog, columns[0])}, CAST(ARRAY[{texts}] AS text[])"
        f" FROM {catalog} AS x WHERE {_rows(catalog, columns)}{_WINDOWS.get(catalog, '')})"
    )


def _name(catalog: str, first: _Column) -> str:
    if catalog in _NAMES:
        return _NAMES[catalog]
    return _identity(first.refers_to or catalog, f"x.{first.name}")


def _rows(catalog: str, columns: list[_Column]) -> str:
    made = _ROWS.get(catalog) or _MADE.format(columns[0].name)
    if catalog in ("pg_class", "pg_proc"):
        made = f"({made} OR {_changed(catalog, columns)})"
    return " AND ".join([made, *(f"x.{name} NOT IN {_HIDDEN}" for name in _relations(catalog, columns))])


def _relations(catalog: str, columns: list[_Column]) -> Iterator[str]:
    if catalog == "pg_class":
        yield "oid"
    for column in columns:
        if column.refers_to == "pg_class" and not column.is_array and column.name not in _LEFT_OUT:
            yield column.name


def _changed(catalog: str, columns: list[_Column]) -> str:
    """What came with the server and has other privileges since. Those in information_schema are recorded nowhere."""
    acl = next(column.name for column in columns if column.type == "aclitem[]")
    schema = next(column.name for column in columns if column.refers_to == "pg_namespace")
    return f"""(x.{schema} = 'pg_catalog'::regnamespace AND x.{acl} IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_init_privs AS p WHERE p.objoid = x.oid AND p.classoid = '{catalog}'::regclass
        AND p.objsubid = 0 AND CAST(p.initprivs AS text) = CAST(x.{acl} AS text)))"""


def _values(catalog: str, columns: list[_Column]) -> Iterator[tuple[str, str]]:
    for column in columns:
        if column.name in _SHOWN_AS:
            shown = _SHOWN_AS[column.name]
            if shown is not None:
                yield shown
        elif column.name not in _LEFT_OUT:
            yield column.name, _value(catalog, column)
    if catalog == "pg_class":
        yield "options of toast", _OF_TOAST


def _value(catalog: str, column: _Column) -> str:
    value = f"x.{column.name}"
    if column.type == "aclitem[]":
        return _privileges(column.name)
    if column.refers_to == "pg_attribute":
        return _column_names(f"x.{column.key}", value)
    if column.refers_to is not None:
        each = partial(_referred, column.refers_to)
        return f"ARRAY(SELECT {each('r')} FROM unnest({value}) AS r)" if column.is_array else each(value)
    if column.type in _NUMBERS:
        raise LookupError(f"{catalog}.{column.name} is {column.type}: say in {__name__} how that is shown")
    if column.name.endswith("options"):
        return f"ARRAY(SELECT unnest({value}) ORDER BY 1)"
    return value


def _referred(catalog: str, oid: str) -> str:
    if catalog in _BY_NAME:
        return f"CAST(CAST({oid} AS {_BY_NAME[catalog]}) AS text)"
    return f"CASE WHEN {oid} <> 0 THEN {_identity(catalog, oid)} END"


def _column_names(relation: str, numbers: str) -> str:
    return f"""ARRAY(SELECT coalesce(a.attname, 'expression')
        FROM unnest({numbers}) WITH ORDINALITY AS n (number, place)
        LEFT JOIN pg_attribute AS a ON a.attrelid = {relation} AND a.attnum = n.number ORDER BY n.place)"""


def _privileges(column: str) -> str:
    """Those of an object that has none of its own are the default ones, and nothing tells the two apart."""
    kind, owner = _DEFAULTS.get(column, ("NULL", "NULL"))
    every = f'coalesce(x.{column}, acldefault(CAST({kind} AS "char"), {owner}))'
    return f"ARRAY(SELECT CAST(a AS text) FROM unnest({every}) AS a ORDER BY 1)"
