"""What a statement is told to do by its first words, and what is never told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrakit.runtime.statements import statement_of

WORDS = """CREATE DROP ALTER TABLE INDEX VIEW ADD COLUMN CONSTRAINT RENAME TO IF NOT EXISTS ON OR REPLACE INSERT INTO
UPDATE DELETE FROM WITH SELECT SET TEMPORARY UNIQUE CONCURRENTLY CASCADE AS CHANGE ONLY t "t t" `t` [t] a.b ( ) , ; . '
'hunter2' 'it''s' "" -- /* */ /*! $$ $a$ # \\"""

anything = st.lists(st.sampled_from(["\n", *WORDS.split()]) | st.text(max_size=3))


@settings(max_examples=2000, deadline=None)
@given(anything)
def test_what_it_does_is_about_the_same_things_when_it_is_read_again(words: list[str]) -> None:
    found = statement_of(" ".join(words))
    if found is not None:
        again = statement_of(found.did)
        assert found.things == (again.things if again is not None else ())
        assert "hunter2" not in found.did


@pytest.mark.parametrize(
    ("sql", "did"),
    [
        ("CREATE OR REPLACE VIEW v AS SELECT 2", "CREATE OR REPLACE VIEW v"),
        (
            "ALTER TABLE t ADD COLUMN IF NOT EXISTS a int, ADD COLUMN b int",
            "ALTER TABLE t ADD COLUMN IF NOT EXISTS a, ...",
        ),
        ("ALTER TABLE t DROP COLUMN a, ADD COLUMN a text", "ALTER TABLE t DROP COLUMN a, ..."),
        ("ALTER TABLE t ADD COLUMN (a int, b int)", "ALTER TABLE t ADD COLUMN"),
        ("INSERT INTO t VALUES (1); CREATE TABLE u (id int)", "INSERT INTO t; ..."),
        ("BEGIN; INSERT INTO t VALUES (1); COMMIT", "BEGIN; ..."),
        ("SET foreign_key_checks = 0; DROP TABLE t", "SET; ..."),
        ("/*!40000 ALTER TABLE t DISABLE KEYS */", "a statement"),
    ],
)
def test_what_the_catalog_does_not_tell_is_not_looked_for(sql: str, did: str) -> None:
    found = statement_of(sql)
    assert found is not None
    assert (found.did, found.things, found.is_data) == (did, (), False)


@pytest.mark.parametrize(
    "sql",
    ["ALTER TABLE t ADD COLUMN price NUMERIC(10, 2) DEFAULT coalesce((1, 2))", "ALTER TABLE t ADD kind ENUM('a','b')"],
)
def test_a_comma_in_parentheses_makes_no_second_action(sql: str) -> None:
    found = statement_of(sql)
    assert found is not None
    assert found.makes is not None


@pytest.mark.parametrize("sql", ["CREATE OR REPLACE TEMPORARY TABLE t (id int)", "SELECT 1;", ";", "/* no more */"])
def test_what_outlasts_no_session_is_none(sql: str) -> None:
    assert statement_of(sql) is None
