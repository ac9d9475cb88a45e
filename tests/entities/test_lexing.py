from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrakit.entities import sql
from migrakit.entities.lexing import Token, UnterminatedError, pieces, tokenize, tokens_of

if TYPE_CHECKING:
    from tests.databases import Database


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in tokenize(text) if token.kind != "space"]


def split(text: str) -> list[str]:
    return ["".join(token.text for token in piece) for piece in pieces(tokenize(text))]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("'a'", "string"),
        ("'it''s'", "string"),
        ("'a\\'", "string"),
        ("''", "string"),
        ("E'it\\'s'", "string"),
        ("e'it''s \\\\'", "string"),
        ("B'01'", "string"),
        ("x'fF'", "string"),
        ("n'a'", "string"),
        ("U&'d\\0061t'", "string"),
        ("'a'\n 'b'", "string"),
        ("'a' -- why\n\t'b''c'", "string"),
        ("E'a'\n'b\\'c'", "string"),
        ("$$a$b$$", "dollar"),
        ("$tag$ $$ $other$ $tag$", "dollar"),
        ("$größe$x$größe$", "dollar"),
        ('"a""b"', "quoted"),
        ('U&"d\\0061t"', "quoted"),
        ("größe", "word"),
        ("a$$b$1", "word"),
        ("_", "word"),
        ("a\u00a0b", "word"),
        ("12", "number"),
        ("1_000.5e-3", "number"),
        (".5", "number"),
        ("0xFf", "number"),
        ("$12", "parameter"),
        ("@-", "operator"),
        ("->>", "operator"),
        ("<=", "operator"),
        ("::", "punctuation"),
        ("..", "punctuation"),
        (":=", "punctuation"),
        ("[", "punctuation"),
        ("$", "punctuation"),
        ("\\", "punctuation"),
        ("-- a /* b", "comment"),
        ("/* a /* b */ -- c\n */", "comment"),
    ],
)
def test_what_is_one_token(text: str, kind: str) -> None:
    assert tokenize(text) == (Token(kind, text, 0),)  # type: ignore[arg-type] # one of its kinds


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("'a' 'b'", ["'a'", "'b'"]),
        ("'a' /* \n */ 'b'", ["'a'", "/* \n */", "'b'"]),
        ("a--b", ["a", "--b"]),
        ("1--2\n3", ["1", "--2", "3"]),
        ("a+/* b */-1", ["a", "+", "/* b */", "-", "1"]),
        ("=-1", ["=", "-", "1"]),
        ("@-1", ["@-", "1"]),
        ("1..10", ["1", "..", "10"]),
        ("f(a:=1)", ["f", "(", "a", ":=", "1", ")"]),
        ("U & 'a'", ["U", "&", "'a'"]),
        ("namee'a'", ["namee", "'a'"]),
        ("$1$$a$$", ["$1", "$$a$$"]),
        ("$a b$", ["$", "a", "b$"]),
        ("\r\n;", [";"]),
    ],
)
def test_where_tokens_part(text: str, parts: list[str]) -> None:
    assert [text for _, text in kinds(text)] == parts


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("Invoices", "invoices"),
        ("GRÖSSE", "grÖsse"),
        ('"Invoices"', "Invoices"),
        ('"a""b"', 'a"b'),
        ('U&"d\\0061t\\+00006F\\\\"', "dato\\"),
        ("'a'", None),
        ("1", None),
    ],
)
def test_the_name_that_an_identifier_stands_for(text: str, identifier: str | None) -> None:
    (token,) = tokenize(text)
    assert token.identifier == identifier


def test_a_quoted_word_is_no_keyword() -> None:
    assert [token.keyword for token in tokenize('create"view"')] == ["CREATE", None]


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("a\nb 'c\nd", "a string", 2),
        ("'a'\n'b", "a string", 1),
        ("E'a\\'", "a string", 1),
        ("\r\n\r\n/* /* */", "a comment", 3),
        ("$a$ $$ $b$", "a dollar quote $a$", 1),
        ('"a""', "a quoted identifier", 1),
    ],
)
def test_what_has_no_end_is_an_error_with_its_line(text: str, what: str, line: int) -> None:
    with pytest.raises(UnterminatedError, match="has no end") as raised:
        tokenize(text)
    assert (raised.value.what, raised.value.line) == (what, line)


def test_a_row_of_dashes_is_read_in_no_time() -> None:
    assert len(tokenize("'a'" + " -- -" * 10_000)) == 3


fragments = st.lists(
    st.one_of(
        st.text(max_size=4),
        st.sampled_from(
            [
                "'",
                '"',
                "$$",
                "$a$",
                "E'",
                "U&",
                "\\",
                "/*",
                "*/",
                "--",
                "\n",
                ";",
                "(",
                ")",
                "BEGIN ATOMIC",
                " END ",
                "-",
            ]
        ),
    ),
    max_size=30,
).map("".join)


def tokens_or_none(text: str) -> tuple[Token, ...] | None:
    try:
        return tokenize(text)
    except UnterminatedError:
        return None


@given(fragments)
def test_the_tokens_are_the_text(text: str) -> None:
    tokens = tokens_or_none(text)
    if tokens is None:
        return
    assert "".join(token.text for token in tokens) == text
    assert [token.offset for token in tokens] == [
        sum(len(before.text) for before in tokens[:index]) for index in range(len(tokens))
    ]
    assert [token for piece in pieces(tokens) for token in piece] == list(tokens)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1;",
        "SELECT ';', E'\\';', $$;$$, \";\" -- ;\n /* ; */;",
        "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2);",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END;",
        "create or replace procedure p() begin atomic insert into t values (1); end;",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC END;",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1 end; END;",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT x.end FROM x AS end; SELECT 1 AS case; END;",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT begin atomic FROM t; END;",
        "CREATE FUNCTION begin(atomic int) RETURNS int /* ; */ BEGIN -- ;\n ATOMIC ; ; SELECT 1; END;",
    ],
)
def test_what_is_one_statement(text: str) -> None:
    assert split(f"{text}SELECT 2") == [text, "SELECT 2"]


@pytest.mark.parametrize("text", ["SELECT begin atomic FROM t;", "BEGIN;", "CREATE VIEW begin AS SELECT 1 AS atomic;"])
def test_a_begin_that_begins_no_body(text: str) -> None:
    assert split(f"{text}END;") == [text, "END;"]


def test_blanks_come_before_their_statement_and_at_the_end() -> None:
    assert split(" -- a\nSELECT 1; /* b */ ;\n") == [" -- a\nSELECT 1;", " /* b */ ;", "\n"]


blanks = st.lists(
    st.sampled_from([" ", "\n", "\t", "/* ; */", "/* /* '*/ \" */", "-- ;'\n", "--\r\n"]), min_size=1, max_size=3
).map("".join)
letters = st.text(st.sampled_from("ab;'\"\\$()/*-\n éU&E "), max_size=6)


def _plain(inner: str) -> str:
    return "'" + inner.replace("'", "''") + "'"


def _escaped(inner: str) -> str:
    return "E'" + inner.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _dollar(inner: str) -> str:
    return f"$_é1${inner}$_é1$"


strings = st.one_of(
    letters.map(_plain),
    letters.map(_escaped),
    letters.map(_dollar),
    st.tuples(letters, letters).map(lambda two: f"{_plain(two[0])} -- ;\n {_plain(two[1])}"),
    st.tuples(letters, letters).map(lambda two: f"{_escaped(two[0])}\n{_escaped(two[1])[1:]}"),
    st.sampled_from(["B'01'", "X'1f'", "N'a;'", "U&'\\0061;'", "U&'a;\n'"]),
)
names = st.one_of(
    letters.map(lambda inner: '"' + (inner or "x").replace('"', '""') + '"'),
    st.sampled_from(['"end"', '"begin"', "atomic", "x$$y", "é", 'U&"\\0061;"']),
)
operands = st.one_of(strings, st.sampled_from(["1", ".5", "1.", "1e3", "(2)", "CASE 1 WHEN 1 THEN 2 END", "- 1", "+1"]))


@st.composite
def selects(draw: st.DrawFn) -> str:
    columns = draw(st.lists(st.tuples(operands, blanks, names), min_size=1, max_size=3))
    listed = ",".join(f"{operand}{blank}AS {name}" for operand, blank, name in columns)
    label = draw(st.sampled_from(["", ", 1 end", ", 1 AS case", ", 1 AS begin", ", 3-/*;*/-1 AS c"]))
    return f"SELECT{draw(blanks)}{listed}{label}"


@st.composite
def routines(draw: st.DrawFn) -> str:
    body = [*draw(st.lists(selects(), max_size=2)), "SELECT 1"]
    inner = "".join(f"{draw(blanks)}{each}{draw(blanks)};" for each in body)
    words = ["CREATE", "OR", "REPLACE", "FUNCTION"]
    head = draw(blanks).join(words)
    return f"{head} pg_temp.f() RETURNS int{draw(blanks)}BEGIN{draw(blanks)}ATOMIC{inner}{draw(blanks)}END"


statements = st.one_of(selects(), routines())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(st.data())
def test_a_text_is_split_as_the_server_splits_it(postgres18: Database, data: st.DataObject) -> None:
    text = data.draw(blanks) + ";".join(
        data.draw(blanks) + each + data.draw(blanks) for each in data.draw(st.lists(statements, max_size=4))
    )
    found = [piece for piece in pieces(tokenize(text)) if any(not token.is_blank for token in piece)]
    with psycopg.connect(_conninfo(postgres18)) as connection:
        answer = _results(connection, text)
        # A prepared statement takes no more than one, so this fails where a piece holds two, or a part of one.
        alone = [_prepared(connection, "".join(token.text for token in piece)) for piece in found]

    assert answer == alone


def _conninfo(database: Database) -> str:
    return database.url.set(drivername="postgresql").render_as_string(hide_password=False)


def _results(connection: psycopg.Connection, text: str) -> list[list[bytes | None]]:
    """The first row of each statement, or what it says of itself, as the server runs all of them at once."""
    rows: list[list[bytes | None]] = []
    pgconn = connection.pgconn
    pgconn.send_query(text.encode())
    while result := pgconn.get_result():
        assert not result.error_message, (result.error_message, text)
        if result.status != psycopg.pq.ExecStatus.EMPTY_QUERY:
            rows.append(_row(result))
    return rows


def _prepared(connection: psycopg.Connection, text: str) -> list[bytes | None]:
    result = connection.pgconn.exec_params(text.encode(), None)
    assert not result.error_message, (result.error_message, text)
    return _row(result)


def _row(result: psycopg.pq.abc.PGresult) -> list[bytes | None]:
    if result.ntuples:
        return [result.get_value(0, column) for column in range(result.nfields)]
    return [result.command_status]


def test_tokens_of_a_declared_statement_are_those_of_its_text(pytestconfig: pytest.Config) -> None:
    """They are kept from when it was read, indented and with comments between."""
    folder = pytestconfig.rootpath / "examples" / "billing" / "billing" / "db"
    texts = [path.read_text() for path in sorted(folder.rglob("*.sql"))]
    texts += [textwrap.indent(text, "    ") for text in texts]
    assert texts
    for text in [*texts, "  CREATE VIEW v AS /* a\n     b */ SELECT 1,\n\n    -- two\n\t2, 'a'\n  'b'"]:
        for entity in sql(text):
            assert tokens_of(entity.sql) == tuple(each for each in tokenize(entity.sql) if not each.is_blank)
