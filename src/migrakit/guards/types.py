"""Whether every value of one type is a value of another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import types as t

from migrakit.autogenerate.types import unwrapped

if TYPE_CHECKING:
    from sqlalchemy import Dialect

__all__ = ["keeps_values", "lost_values", "shown"]

# Bytes; a column of these holds what fits into a signed number of that many, if it is not unsigned.
_SIZES = {"TINYINT": 1, "SMALLINT": 2, "MEDIUMINT": 3, "BIGINT": 8}
_DEFAULT_SIZE = 4
_DIGITS_OF_REAL, _DIGITS_OF_DOUBLE = 24, 53

_MYSQL = ("mysql", "mariadb")
# What these hold at least: bytes, and characters if each takes four of them.
_BLOBS = {"TINYBLOB": 255, "BLOB": 65_535, "MEDIUMBLOB": 16_777_215}
_TEXTS = {"TINYTEXT": 63, "TEXT": 16_383, "MEDIUMTEXT": 4_194_303}
_LONGEST_AS_TEXT = (
    (t.Uuid, 36),
    (t.Boolean, 5),
    (t.Integer, 20),
    (t.Date, 10),
    (t.Time, 32),
    (t.DateTime, 40),
    (t.Float, 32),
)


def keeps_values(old: Any, new: Any, dialect: Dialect) -> bool:
    """Whether nothing is lost, cut or rounded on the way from one type to the other. In doubt: no."""
    before, after = _plain(old, dialect), _plain(new, dialect)
    if shown(before, dialect) == shown(after, dialect) and shown(before, dialect):
        return not lost_values(before, after)
    if isinstance(before, t.Enum) and isinstance(after, t.Enum):
        return not lost_values(before, after)
    if isinstance(after, t.String) and not isinstance(after, t.Enum):
        return _longest_as_text(before, dialect) <= _capacity(after, dialect) and _has_letters(before, after)
    return any(keeps(before, after, dialect) for keeps in _RULES)


def lost_values(old: Any, new: Any) -> list[str]:
    """The values of an enum that another lacks; none where these are no two enums."""
    old, new = _instance(old), _instance(new)
    if not (isinstance(old, t.Enum) and isinstance(new, t.Enum)):
        return []
    return [str(each) for each in old.enums if each not in new.enums]


def shown(type_: Any, dialect: Dialect) -> str:
    """As the database says it; nothing for what it does not know."""
    try:
        return str(_instance(type_).compile(dialect=dialect)).upper()
    except Exception:  # noqa: BLE001 - a type of another dialect's, or one that nobody reflected
        return ""


def _plain(type_: Any, dialect: Dialect) -> Any:
    type_ = _instance(type_)
    if hasattr(type_, "item_type") or not hasattr(type_, "dialect_impl"):
        return type_
    impl = unwrapped(type_.dialect_impl(dialect))
    # A driver's own does not keep all that the name says: CHAR is text to it.
    return impl if shown(impl, dialect) == shown(type_, dialect) else unwrapped(type_)


def _instance(type_: Any) -> Any:
    """A column takes a type's class as well."""
    return type_() if isinstance(type_, type) else type_


def _longest_as_text(type_: Any, dialect: Dialect) -> float:
    if isinstance(type_, t.Enum):
        return max(map(len, type_.enums), default=0)
    if isinstance(type_, t.String):
        return _capacity(type_, dialect)
    return next((length for kind, length in _LONGEST_AS_TEXT if isinstance(type_, kind)), _ANY)


_ANY = 1e9


def _capacity(type_: Any, dialect: Dialect) -> float:
    if type_.length is not None:
        return float(type_.length)
    if isinstance(type_, t.CHAR) and dialect.name != "sqlite":
        return 1
    if dialect.name in _MYSQL:
        return _TEXTS.get(shown(type_, dialect).partition(" ")[0], _ANY)
    return _ANY


def _has_letters(old: Any, new: Any) -> bool:
    """Whether its character set, where one is named, has those of the other."""
    charset = getattr(new, "charset", None)
    return charset in (None, "utf8mb4", getattr(old, "charset", None))


def _keeps_integers(old: Any, new: Any, dialect: Dialect) -> bool:
    if not isinstance(old, (t.Integer, t.Boolean)):
        return False
    lowest, highest = _range(old, dialect)
    if isinstance(new, t.Integer):
        least, most = _range(new, dialect)
        return least <= lowest and highest <= most
    if isinstance(new, t.Float):
        return highest <= 2**_DIGITS_OF_DOUBLE and _is_double(new, dialect) and _has_signs(old, new, dialect)
    if isinstance(new, t.Numeric):
        precision, scale = _digits(new, dialect)
        return precision - scale >= len(str(highest)) and _has_signs(old, new, dialect)
    return False


def _range(type_: Any, dialect: Dialect) -> tuple[int, int]:
    if isinstance(type_, t.Boolean):
        return 0, 1
    words = shown(type_, dialect)
    name = words.partition("(")[0].partition(" ")[0]
    if dialect.name == "sqlite":
        name = "BIGINT" if name == "INTEGER" else name
    bits = 8 * _SIZES.get(name, _DEFAULT_SIZE)
    return (0, 2**bits - 1) if "UNSIGNED" in words else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _keeps_decimals(old: Any, new: Any, dialect: Dialect) -> bool:
    if isinstance(old, t.Float) or isinstance(new, t.Float) or not (_is_numeric(old) and _is_numeric(new)):
        return False
    (old_precision, old_scale), (precision, scale) = _digits(old, dialect), _digits(new, dialect)
    if precision == _ANY:
        return _has_signs(old, new, dialect)
    return bool(scale >= old_scale and precision - scale >= old_precision - old_scale and _has_signs(old, new, dialect))


def _digits(type_: Any, dialect: Dialect) -> tuple[float, float]:
    """How many a decimal number has, and how many of them are behind the point."""
    if type_.precision is None:
        return (10, 0) if dialect.name in _MYSQL else (_ANY, 0)
    return type_.precision, type_.scale or 0


def _has_signs(old: Any, new: Any, dialect: Dialect) -> bool:
    return "UNSIGNED" not in shown(new, dialect) or "UNSIGNED" in shown(old, dialect)


def _is_numeric(type_: Any) -> bool:
    return isinstance(type_, t.Numeric)


def _keeps_floats(old: Any, new: Any, dialect: Dialect) -> bool:
    is_cut = getattr(new, "scale", None) is not None
    if not (isinstance(old, t.Float) and isinstance(new, t.Float)):
        return False
    is_wide = _is_double(new, dialect) or not _is_double(old, dialect)
    return is_wide and not is_cut and _has_signs(old, new, dialect)


def _is_double(type_: Any, dialect: Dialect) -> bool:
    words = shown(type_, dialect)
    if words.startswith("FLOAT") and type_.precision is not None:
        return bool(type_.precision > _DIGITS_OF_REAL)
    return words.startswith("DOUBLE") or dialect.name == "sqlite" or (words == "FLOAT" and dialect.name == "postgresql")


def _keeps_times(old: Any, new: Any, dialect: Dialect) -> bool:
    if isinstance(new, t.TIMESTAMP) and not isinstance(old, t.TIMESTAMP) and dialect.name in _MYSQL:
        return False  # it ends in 2038
    if isinstance(old, t.Date) and isinstance(new, t.DateTime):
        return True
    for kind in (t.DateTime, t.Time):
        if isinstance(old, kind) and isinstance(new, kind):
            is_as_fine = _digits_of_seconds(new, dialect) >= _digits_of_seconds(old, dialect)
            return bool(new.timezone or not old.timezone) and is_as_fine
    return False


def _digits_of_seconds(type_: Any, dialect: Dialect) -> int:
    if dialect.name in _MYSQL:
        return getattr(type_, "fsp", None) or 0
    precision = getattr(type_, "precision", None)  # PostgreSQL's
    return 6 if precision is None else precision


def _keeps_bytes(old: Any, new: Any, dialect: Dialect) -> bool:
    return _is_binary(old) and _is_binary(new) and _bytes(old, dialect) <= _bytes(new, dialect)


def _is_binary(type_: Any) -> bool:
    # MariaDB's and MySQL's own blobs are no LargeBinary, and their dialect takes as long to import as all guards do.
    return isinstance(type_, (t.LargeBinary, t.BINARY, t.VARBINARY)) or getattr(type_, "__visit_name__", "").endswith(
        "BLOB"
    )


def _bytes(type_: Any, dialect: Dialect) -> float:
    if dialect.name not in _MYSQL:
        return _ANY if type_.length is None else float(type_.length)
    name = shown(type_, dialect).partition("(")[0]
    return _BLOBS.get(name, _ANY) if name.endswith("BLOB") else float(type_.length or 1)


def _keeps_json(old: Any, new: Any, _: Dialect) -> bool:
    return isinstance(old, t.JSON) and isinstance(new, t.JSON)


def _keeps_items(old: Any, new: Any, dialect: Dialect) -> bool:
    items = getattr(old, "item_type", None), getattr(new, "item_type", None)
    return None not in items and keeps_values(*items, dialect)


_RULES = (
    _keeps_integers,
    _keeps_decimals,
    _keeps_floats,
    _keeps_times,
    _keeps_bytes,
    _keeps_json,
    _keeps_items,
)
