"""A preset owns what the product makes, tells as early as it can, and swallows nothing of a user's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table

from migrakit import Target, filters
from migrakit.filters import Answer, Filter, presets

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN

NAMES = presets.__all__

ORDINARY = (Path(__file__).parent / "ordinary.txt").read_text().split()


def table(name: str | None, schema: str | None = "public", **facts: Any) -> Target:
    return Target("table", name, schema=schema, default_schema="public", **facts)


def schema(name: str | None) -> Target:
    return Target("schema", None, schema=name, default_schema="public")


def with_columns(name: str, *columns: str) -> Table:
    return Table(name, MetaData(), *(Column(column, Integer) for column in columns))


CHECKPOINTS = with_columns("checkpoints", "thread_id", "checkpoint_ns", "type", "checkpoint", "metadata")
MINE = with_columns("checkpoints", "id", "run", "path")


@pytest.mark.parametrize("name", NAMES)
def test_an_ordinary_word_in_the_default_schema_is_a_users(name: str) -> None:
    preset: Filter = getattr(presets, name)
    own = {word: with_columns(word, "id", "name", "created_at") for word in ORDINARY}

    early = {word for word in ORDINARY if preset.decide(table(word)) is YES}
    declared = {word for word in ORDINARY if preset.decide(table(word, declared=True, object=own[word])) is not NO}
    found = {word for word in ORDINARY if preset.decide(table(word, declared=False, object=own[word])) is YES}

    assert early | declared | found == set()


@pytest.mark.parametrize("place", ["auth", "extensions", "net", "realtime", "storage", "tiger", "topology", "vault"])
def test_a_schema_named_by_an_ordinary_word_is_no_products_as_a_whole(place: str) -> None:
    for name in NAMES:
        preset: Filter = getattr(presets, name)
        assert preset.decide(schema(place)) is not YES
        assert preset.decide(table("assets", place)) is NO


@pytest.mark.parametrize(
    ("preset", "target", "answer"),
    [
        (presets.celery, table("celery_taskmeta"), YES),
        (presets.celery, table("celery_taskmeta", "jobs"), YES),
        (presets.celery, table("celery_taskmeta", None), YES),
        (presets.celery, table("celery_taskmeta_of_mine"), NO),
        (presets.celery, table("orders", None), NO),
        (presets.celery, Target("sequence", "task_id_sequence", schema="public"), YES),
        (presets.celery, Target("function", "celery_taskmeta", schema="public"), NO),
        (presets.celery, Target("extension", "celery_taskmeta", schema="public"), NO),
        (presets.celery, schema("public"), UNKNOWN),
        (presets.celery, schema(None), UNKNOWN),
        (presets.celery, table(None), UNKNOWN),
        (presets.postgis, table("spatial_ref_sys"), YES),
        (presets.postgis, Target("view", "geometry_columns", schema="public"), YES),
        (presets.postgis, table("state", "tiger"), YES),
        (presets.postgis, table("state"), NO),
        (presets.postgis, table("state", None), UNKNOWN),
        (presets.postgis, table("ma_edges", "tiger_data"), YES),
        (presets.postgis, table("ma_edges", "tiger"), NO),
        (presets.postgis, table("layer", "topology"), YES),
        (presets.postgis, schema("tiger_data"), YES),
        (presets.timescaledb, schema("_timescaledb_internal"), YES),
        (presets.timescaledb, table("_hyper_1_2_chunk", "_timescaledb_internal"), YES),
        (presets.timescaledb, Target("function", "any", schema="_timescaledb_functions"), YES),
        (presets.timescaledb, schema("public"), NO),
        (presets.timescaledb, table("conditions"), NO),
        (presets.timescaledb, table("conditions", None), UNKNOWN),
        (presets.supabase, table("users", "auth"), YES),
        (presets.supabase, table("users"), NO),
        (presets.supabase, table("role", "auth"), NO),
        (presets.supabase, Target("function", "role", schema="auth"), YES),
        (presets.supabase, Target("function", "users", schema="auth"), NO),
        (presets.supabase, Target("type", "aal_level", schema="auth"), YES),
        (presets.supabase, table("messages_2026_07_08", "realtime"), YES),
        (presets.supabase, table("messages_of_mine", "realtime"), NO),
        (presets.supabase, Target("function", "messages_2026_07_08", schema="realtime"), NO),
        (presets.supabase, schema("auth"), UNKNOWN),
        (presets.supabase, schema("public"), NO),
        (presets.supabase, schema("supabase_migrations"), YES),
        (presets.procrastinate, Target("function", "procrastinate_fetch_job_v2", schema="public"), YES),
        (presets.procrastinate, Target("procedure", "procrastinate_fetch_job_v2", schema="public"), YES),
        (presets.procrastinate, Target("type", "procrastinate_job_status", schema="public"), YES),
        (presets.procrastinate, Target("index", "ix", table=table("procrastinate_jobs")), YES),
        (presets.langgraph, table("checkpoints"), UNKNOWN),
        (presets.langgraph, table("checkpoints", declared=False, object=CHECKPOINTS), YES),
        (presets.langgraph, table("checkpoints", declared=True, object=CHECKPOINTS), YES),
        (presets.langgraph, table("checkpoints", declared=False, object=MINE), UNKNOWN),
        (presets.langgraph, table("checkpoints", declared=True, object=MINE), NO),
        (presets.apscheduler, table("metadata", declared=True, object=with_columns("metadata", "schema_version")), NO),
        (
            presets.apscheduler,
            table("metadata", declared=False, object=with_columns("metadata", "schema_version")),
            YES,
        ),
        (presets.langgraph, Target("view", "checkpoints", schema="public"), NO),
        (presets.django, table("auth_user"), YES),
        (presets.django, table("shop_order"), NO),
    ],
    ids=str,
)
def test_answers(preset: Filter, target: Target, answer: Answer) -> None:
    assert preset.decide(target) is answer


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_reads_as_it_is_written_and_composes(name: str) -> None:
    preset: Filter = getattr(presets, name)

    assert repr(preset) == f"presets.{name}"
    assert repr(filters.everything & ~preset) == f"everything & ~presets.{name}"
    assert {preset: name}[preset] == name


@pytest.mark.parametrize(
    ("preset", "target", "explained"),
    [
        (presets.celery, table("celery_taskmeta"), "yes        presets.celery: Celery 5.7.0 makes it"),
        (presets.celery, table("orders"), "no         presets.celery: Celery 5.7.0 makes no such thing"),
        (
            presets.timescaledb,
            schema("_timescaledb_cache"),
            "yes        presets.timescaledb: TimescaleDB 2.24 to 2.30 has schema '_timescaledb_cache' to itself",
        ),
        (
            presets.postgis,
            schema("public"),
            "can't tell presets.postgis: PostGIS 3.3.2 may make it, but the name isn't known yet",
        ),
        (
            presets.postgis,
            table("state", None),
            "can't tell presets.postgis: PostGIS 3.3.2 may make it, but the schema isn't known",
        ),
        (
            presets.postgis,
            table("us_rules"),
            "can't tell presets.postgis: PostGIS 3.3.2 may make it, but the columns aren't known yet",
        ),
        (
            presets.postgis,
            table("us_rules", declared=False, object=with_columns("us_rules", "id")),
            "can't tell presets.postgis: PostGIS 3.3.2 may make it, but the columns are not those of that version",
        ),
    ],
    ids=str,
)
def test_why(preset: Filter, target: Target, explained: str) -> None:
    assert str(preset.explain(target)) == explained


def test_a_preset_makes_alembic_look_into_no_schema() -> None:
    for name in NAMES:
        (rule,) = getattr(presets, name).rules()
        assert not rule.speaks_of_schemas
        assert not rule.speaks_of_schema("auth", is_default=False)


def test_presets_are_loaded_when_they_are_asked_for() -> None:
    program = "import sys, migrakit; sys.exit(any('presets' in name for name in sys.modules))"
    subprocess.run([sys.executable, "-c", program], check=True)
