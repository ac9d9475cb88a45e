"""What a statement does, as far as its first words tell; nothing of what it is given, which may be secret."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

__all__ = ["Statement", "Thing", "commits", "is_of_session", "plain_of", "statement_of"]


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that a statement makes or removes, by its names as the server takes them."""

    kind: str
    name: str
    table: str | None = None
    schema: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """``did`` is what a person reads, and gives the same again; ``table`` is the one it is about, as written."""

    did: str
    is_data: bool
    table: str | None = None
    makes: Thing | None = None
    removes: Thing | None = None

    @property
    def things(self) -> tuple[Thing, ...]:
        """All that it names."""
        return tuple(each for each in (self.makes, self.removes) if each is not None)


def statement_of(sql: str) -> Statement | None:
    """What this does; ``None`` if it changes nothing, or nothing that outlasts the session."""
    plain = plain_of(sql)
    if ";" in plain:
        return _of_several(plain)
    if not plain or _PASSING.match(plain) or (_WITH.match(plain) and not _WRITES.search(plain)):
        return None
    for pattern, kind, is_made in _KINDS:
        if found := pattern.match(plain):
            made = _of(found, kind, is_made=is_made)
            if _ALTERS.match(plain) and "," in _outside(plain[found.end() :]):
                # What the first of several makes may be there before, or be removed by another.
                return replace(made, did=f"{made.did}, ...", makes=None, removes=None)
            return made
    return _of_what_is_not_seen(plain)


def commits(sql: str, dialect: str) -> bool:
    """Whether this, which changes nothing itself, commits what is before it."""
    return _COMMITS.get(dialect, _NEVER).match(plain_of(sql)) is not None


def is_of_session(sql: str) -> bool:
    """Whether it keeps something in the session, which is gone with it, for statements that come later."""
    return _OF_SESSION.match(plain_of(sql)) is not None


def plain_of(sql: str) -> str:
    """Without text and comments, and with names as they are quoted."""
    return " ".join(_BESIDE.sub(lambda found: found["name"] or " ", sql).split()).rstrip("; ")


def _outside(plain: str) -> str:
    """What is not in parentheses."""
    while (less := _IN_PARENTHESES.sub(" ", plain)) != plain:
        plain = less
    return plain


def _of_several(plain: str) -> Statement:
    """The first says nothing about the others, of which one may commit what was before it."""
    first = _of_what_is_not_seen(plain.partition(";")[0])
    return replace(first, did=f"{first.did}; ...", is_data=False)


def _of_what_is_not_seen(plain: str) -> Statement:
    """The catalog does not tell whether it is done."""
    for pattern, is_data in ((_DATA, True), (_ALTERS, False), (_REPLACES, False)):
        if found := pattern.match(plain):
            return Statement(found[0], is_data=is_data, table=_table(found))
    words = _FIRST_WORDS.match(plain)
    return Statement(words[0] if words else "a statement", is_data=bool(_WITH.match(plain)))


def _of(found: re.Match[str], kind: str, *, is_made: bool) -> Statement:
    """What is called ``other`` stands on the table, and what is called ``new`` takes its place."""
    names = {word: _unquoted(name) for word, name in found.groupdict().items() if name is not None}
    table, schema = names.get("table"), names.get("schema")
    old = Thing(kind, names["other"], table, schema) if "other" in names else Thing(kind, names["table"], None, schema)
    if "new" in names:
        new = replace(old, name=names["new"])
        made, removed = (new, old) if new != old else (None, None)
    else:
        made, removed = (old, None) if is_made else (None, old)
    return Statement(found[0], is_data=False, table=_table(found), makes=made, removes=removed)


def _table(found: re.Match[str]) -> str | None:
    names = found.groupdict()
    return ".".join(filter(None, (names.get("schema"), names.get("table")))) or None


def _unquoted(name: str) -> str:
    if name[0] == "[":
        return name[1:-1]
    return name[1:-1].replace(name[0] * 2, name[0]) if name[0] in '"`' else name


# Text and comments are left out, and names in quotes kept; MariaDB and MySQL execute what is between /*! and */.
_BESIDE = re.compile(
    r"\$(\w*)\$.*?\$\1\$|'(?:[^']|'')*'|(?P<name>\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`)|--[^\n]*|/\*(?!M?!).*?\*/",
    re.DOTALL,
)
_IN_PARENTHESES = re.compile(r"\([^()]*\)")
_PASSING = re.compile(
    r"(SELECT|SHOW|SET|PRAGMA|USE|EXPLAIN|DESCRIBE|DESC|VALUES|TABLE|SAVEPOINT|RELEASE|ROLLBACK|BEGIN|START|COMMIT|END"
    r"|LOCK|UNLOCK|DECLARE|FETCH|CLOSE|PREPARE|DEALLOCATE|LISTEN|NOTIFY|RESET|DISCARD"
    r"|(CREATE( OR REPLACE)?|DROP) (LOCAL |GLOBAL )?TEMP(ORARY)?)\b",
    re.IGNORECASE,
)
_COMMITS = {
    dialect: re.compile(rf"({words})\b", re.IGNORECASE)
    for dialect, words in {
        "postgresql": "COMMIT|END",
        "sqlite": "COMMIT|END|RELEASE",
        "mysql": r"COMMIT|BEGIN|START|LOCK|UNLOCK|SET\b.*\bAUTOCOMMIT",
        "mariadb": r"COMMIT|BEGIN|START|LOCK|UNLOCK|SET\b.*\bAUTOCOMMIT",
    }.items()
}
_NEVER = re.compile(r"(?!)")
_OF_SESSION = re.compile(r"CREATE (OR REPLACE )?(LOCAL |GLOBAL )?TEMP(ORARY)?\b|SET @(?!@)", re.IGNORECASE)
_WITH = re.compile(r"WITH\b", re.IGNORECASE)
_WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE|MERGE)\b", re.IGNORECASE)
_FIRST_WORDS = re.compile(r"[A-Za-z]+( [A-Za-z]+)?\b")

_NAME = r"(?:\"(?:[^\"]|\"\")+\"|`(?:[^`]|``)+`|\[[^\]]+\]|[\w$]+)"
_SCHEMA = rf"(?:(?P<schema>{_NAME}) ?\. ?)?"
_TABLE = rf"{_SCHEMA}(?P<table>{_NAME})"
_OTHER = rf"(?P<other>{_NAME})"
_NEW = rf"(?P<new>{_NAME})"
_IF = r"(?:IF (?:NOT )?EXISTS )?"
_END = r"(?= CASCADE\b| RESTRICT\b|$)"
_ALTER = rf"ALTER TABLE {_IF}(?:ONLY )?{_TABLE} "
_CONSTRAINT = r"(?:CONSTRAINT|INDEX|KEY|UNIQUE|PRIMARY|FOREIGN|CHECK|FULLTEXT|SPATIAL|PARTITION|PERIOD|SYSTEM)\b"

_ALTERS = re.compile(rf"{_ALTER}[A-Z]+( {_NAME})?", re.IGNORECASE)
_REPLACES = re.compile(rf"CREATE OR REPLACE [A-Z]+ {_IF}{_TABLE}", re.IGNORECASE)
_DATA = re.compile(
    r"(?:INSERT (?:IGNORE |OR \w+ )?INTO|REPLACE INTO|UPDATE|DELETE FROM|MERGE INTO|COPY|LOAD DATA) (?:ONLY )?"
    rf"{_TABLE}",
    re.IGNORECASE,
)
_KINDS = tuple(
    (re.compile(pattern, re.IGNORECASE), kind, is_made)
    for pattern, kind, is_made in (
        (rf"CREATE (?:UNLOGGED )?TABLE {_IF}{_TABLE}", "table", True),
        (rf"DROP TABLE {_IF}{_TABLE}{_END}", "table", False),
        (rf"ALTER TABLE {_IF}{_TABLE} RENAME (?:TO|AS) {_NEW}$", "table", False),
        (rf"CREATE VIEW {_IF}{_TABLE}", "view", True),
        (rf"DROP VIEW {_IF}{_TABLE}{_END}", "view", False),
        (
            rf"CREATE (?:UNIQUE |FULLTEXT |SPATIAL )?INDEX (?:CONCURRENTLY )?{_IF}{_OTHER} ON (?:ONLY )?{_TABLE}",
            "index",
            True,
        ),
        (rf"DROP INDEX {_IF}{_OTHER} ON {_TABLE}$", "index", False),
        (rf"DROP INDEX (?:CONCURRENTLY )?{_IF}{_SCHEMA}{_OTHER}{_END}", "index", False),
        (rf"{_ALTER}ADD CONSTRAINT {_IF}{_OTHER}", "constraint", True),
        (rf"{_ALTER}DROP (?:CONSTRAINT|FOREIGN KEY|INDEX|KEY) {_IF}{_OTHER}", "constraint", False),
        (
            rf"{_ALTER}(?:RENAME COLUMN|RENAME|CHANGE COLUMN|CHANGE) (?!(?:COLUMN|TO|AS)\b){_OTHER} (?:TO )?{_NEW}",
            "column",
            False,
        ),
        (rf"{_ALTER}ADD (?!{_CONSTRAINT})(?:COLUMN )?{_IF}(?!COLUMN\b){_OTHER}", "column", True),
        (rf"{_ALTER}DROP (?!{_CONSTRAINT})(?:COLUMN )?{_IF}(?!COLUMN\b){_OTHER}", "column", False),
    )
)
