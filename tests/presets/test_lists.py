"""Each list is that of the named version of the product: of the package where it can be installed, or else recorded."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import import_module, metadata
from inspect import getsource
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from migrakit.filters import Answer, presets
from tests.presets.listing import Item, listing_of, recorded, target_of, what_lists

if TYPE_CHECKING:
    from collections.abc import Iterable

    from migrakit.filters import Filter

ROOT = Path(__file__).parent.parent.parent

ALL: dict[str, Filter] = {name: getattr(presets, name) for name in presets.__all__}

PACKAGES = {
    "apscheduler": "apscheduler",
    "celery": "celery",
    "django": "django",
    "kombu": "kombu",
    "langgraph": "langgraph-checkpoint-postgres",
    "procrastinate": "procrastinate",
}


def relations(*names: str) -> set[Item]:
    return {Item("relation", None, name) for name in names}


def made_by_sql(statements: Iterable[str]) -> set[Item]:
    namespaces = {"TABLE": "relation", "FUNCTION": "function", "TYPE": "type"}
    found = re.findall(r"CREATE (TABLE|FUNCTION|TYPE) (?:IF NOT EXISTS )?(\w+)", "\n".join(statements))
    return {Item(namespaces[kind], None, name) for kind, name in found}


def without_columns(items: set[Item]) -> set[Item]:
    return {item._replace(columns=frozenset()) for item in items}


def column_names(statement: str) -> frozenset[str]:
    return frozenset(re.findall(r"^\s+([a-z_]+) [a-zA-Z]", statement, re.MULTILINE))


def test_celery_makes_these() -> None:
    models: Any = import_module("celery.backends.database.models")
    tables = models.ResultModelBase.metadata.tables.values()

    sequences = {table.c.id.default.name for table in tables}
    assert what_lists(presets.celery) == relations(*(table.name for table in tables), *sequences)


def test_kombu_makes_these() -> None:
    kombu: Any = import_module("kombu")
    with kombu.Connection("sqla+sqlite:///:memory:") as connection:
        channel = connection.channel()
        tables = [channel.queue_cls.__table__, channel.message_cls.__table__]

    sequences = {table.c.id.default.name for table in tables}
    assert what_lists(presets.kombu) == relations(*(table.name for table in tables), *sequences)


def test_apscheduler_makes_these() -> None:
    store = import_module("apscheduler.jobstores.sqlalchemy").SQLAlchemyJobStore("sqlite://")
    store.shutdown()

    assert what_lists(presets.apscheduler) == relations(store.jobs_t.name) | recorded("apscheduler4")


def test_procrastinate_makes_these() -> None:
    schema = import_module("procrastinate.schema").SchemaManager.get_schema()
    assert what_lists(presets.procrastinate) == made_by_sql([schema])


def test_langgraph_makes_these() -> None:
    checkpoint: Any = import_module("langgraph.checkpoint.postgres.base")
    shallow: Any = import_module("langgraph.checkpoint.postgres.shallow")
    store: Any = import_module("langgraph.store.postgres.base")
    statements = [*checkpoint.MIGRATIONS, *shallow.MIGRATIONS, *store.MIGRATIONS]
    statements += [migration.sql for migration in store.VECTOR_MIGRATIONS]
    counters = re.findall(r'_get_version\(cur, table="(\w+)"\)', getsource(store.PostgresStore.setup))

    assert without_columns(what_lists(presets.langgraph)) == made_by_sql(statements) | relations(*counters)


def test_langgraphs_tables_of_an_ordinary_name_have_these_columns() -> None:
    checkpoint: Any = import_module("langgraph.checkpoint.postgres.base")
    shallow: Any = import_module("langgraph.checkpoint.postgres.shallow")
    store: Any = import_module("langgraph.store.postgres.base")
    added = frozenset(re.findall(r"ADD COLUMN IF NOT EXISTS (\w+)", "\n".join(store.MIGRATIONS)))

    assert {item for item in what_lists(presets.langgraph) if item.columns} == {
        Item("relation", None, "checkpoints", column_names(checkpoint.MIGRATIONS[1])),
        Item("relation", None, "checkpoints", column_names(shallow.MIGRATIONS[1])),
        Item("relation", None, "store", column_names(store.MIGRATIONS[0]) | added),
    }


# Django is configured once in a process, and this one has others to test.
DJANGO = """
import json
import pkgutil
from importlib.util import find_spec

import django
import django.contrib
from django.apps import apps
from django.conf import settings
from django.db.migrations.recorder import MigrationRecorder

contrib = [f"django.contrib.{app.name}" for app in pkgutil.iter_modules(django.contrib.__path__)]
with_tables = [app for app in contrib if find_spec(f"{app}.models")]
settings.configure(
    INSTALLED_APPS=with_tables,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
)
django.setup()
models = [*apps.get_models(include_auto_created=True), MigrationRecorder.Migration]
print(json.dumps([model._meta.db_table for model in models if model._meta.managed]))
"""


def test_django_makes_these() -> None:
    answer = subprocess.run([sys.executable, "-c", DJANGO], capture_output=True, text=True, check=True)
    assert what_lists(presets.django) == relations(*json.loads(answer.stdout))


@pytest.mark.parametrize("name", ["postgis", "supabase", "timescaledb"])
def test_what_cannot_be_installed_makes_what_was_recorded(name: str) -> None:
    assert what_lists(ALL[name]) == {item for item in recorded(name) if item.kind != "generated"}


@pytest.mark.parametrize("name", ["apscheduler4", "postgis", "supabase", "timescaledb"])
def test_all_that_was_recorded_is_the_products(name: str) -> None:
    preset = ALL[name.rstrip("4")]
    assert {item for item in recorded(name) if preset.decide(target_of(item)) is not Answer.YES} == set()


@pytest.mark.parametrize(("name", "package"), PACKAGES.items())
def test_the_version_that_a_preset_names_is_the_one_it_is_held_against(name: str, package: str) -> None:
    version = metadata.version(package)

    assert version in listing_of(ALL[name]).source.split()
    assert f'"{package}=={version}"' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("name", ["apscheduler4", "postgis", "supabase", "timescaledb"])
def test_the_version_that_a_preset_names_is_the_recorded_one(name: str) -> None:
    text = (Path(__file__).parent / "recorded" / f"{name}.txt").read_text()
    version = re.search(r"^# version: \D*([\d.a]+\d)", text, re.MULTILINE)

    assert version
    assert version[1] in listing_of(ALL[name.rstrip("4")]).source


def test_the_page_names_each_preset_with_its_version() -> None:
    page = (ROOT / "docs" / "presets.md").read_text()
    rows = dict(re.findall(r"^\| `presets\.(\w+)` \|.*\| (.*?) \|$", page, re.MULTILINE))
    assert rows == {name: listing_of(preset).source for name, preset in ALL.items()}
