"""A service that declares no entities: those that it has don't keep it from changing its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, Text

from migrakit import entities, filters
from migrakit.errors import EntityError
from tests.counting import statements
from tests.entities.checker import there_and_back
from tests.entities.test_comparing import make
from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from tests.databases import Database

INVOICES = "CREATE TABLE invoices (id integer PRIMARY KEY, total integer, note text)"

STANDING = """
CREATE VIEW noted AS SELECT id, note FROM invoices;
COMMENT ON VIEW noted IS 'with a note';
GRANT SELECT ON noted TO pg_monitor;
CREATE MATERIALIZED VIEW notes AS SELECT note, count(*) FROM noted GROUP BY note;
CREATE UNIQUE INDEX by_note ON notes (note);
CREATE FUNCTION same() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER noting BEFORE UPDATE OF note ON invoices FOR EACH ROW WHEN (NEW.note <> '') EXECUTE FUNCTION same();
ALTER TABLE invoices DISABLE TRIGGER noting;
CREATE POLICY of_notes ON invoices USING (note <> 'secret');
"""


def tables(note: Text | String) -> MetaData:
    metadata = MetaData()
    Table("invoices", metadata, Column("id", Integer, primary_key=True), Column("total", Integer), Column("note", note))
    return metadata


def test_what_stands_on_a_column_goes_and_comes_again(postgresql: Database, tmp_path: Path) -> None:
    make(postgresql, f"{INVOICES}; {STANDING}")
    code = there_and_back(postgresql, tmp_path, metadata=tables(String(40)))
    # Nobody said that row security is to be enabled.
    assert "ROW LEVEL SECURITY" not in code


def test_what_is_anothers_is_refused(postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, f"{INVOICES}; CREATE VIEW theirs AS SELECT note FROM invoices")
    environment = {"metadata": tables(String(40)), "owns": ~filters.names("theirs")}
    project = Project(tmp_path, postgres18.url, attributes={"environment": environment})
    with pytest.raises(EntityError, match=r"view public\.theirs, which postgres owns, stands on it"):
        project.ops()


def test_it_costs_nothing_where_no_column_changes(postgres18: Database, tmp_path: Path) -> None:
    make(postgres18, f"{INVOICES}; {STANDING}")
    project = Project(tmp_path, postgres18.url, attributes={"environment": {"metadata": tables(Text())}})
    with statements() as sent:
        assert project.ops() == []
    assert not any("pg_rewrite" in each or "migrakit" in each for each in map(str, sent))


def test_what_somebody_elses_view_keeps_from_going_back_is_said(postgres18: Database, tmp_path: Path) -> None:
    make(
        postgres18, f"{INVOICES}; CREATE VIEW ours AS SELECT id FROM invoices; CREATE VIEW theirs AS SELECT * FROM ours"
    )
    environment = {
        "metadata": tables(Text()),
        "owns": ~filters.names("theirs"),
        "entities": entities.sql("CREATE VIEW ours AS SELECT id, note FROM invoices"),
    }
    project = Project(tmp_path, postgres18.url, attributes={"environment": environment})
    project.revision()
    (code,) = (path.read_text() for path in (tmp_path / "migrations" / "versions").glob("*.py"))
    upgrade, _, downgrade = code.partition("def downgrade")
    assert "theirs" not in upgrade
    assert "# The server refuses this while the view public.theirs stands on it.\n    op.drop_entity" in downgrade
