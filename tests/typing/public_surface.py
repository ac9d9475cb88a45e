"""What a type checker says of the programs that users write: right ones pass, and wrong ones are flagged.

An ignored error that is no error any more is an error itself, so each ``ignore`` here asserts that one is found.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import context
from sqlalchemy import URL, Column, Connection, Integer, MetaData, Table, select
from typing_extensions import assert_type

from migrakit import (
    Environment,
    SessionSettings,
    Target,
    VersionTable,
    entities,
    external,
    filters,
    guards,
    migration_lock,
    renamed_from,
)
from migrakit.entities import Entities, Entity, entity, from_folder, from_package, row_security, sql, view
from migrakit.filters import presets
from migrakit.filters.hooks import HookOptions
from migrakit.versions.naming import VersionTableOptions

if TYPE_CHECKING:
    from collections.abc import Iterator


def one_service_in_one_database(metadata: MetaData) -> None:
    assert_type(Environment(metadata=metadata).run(), None)


def many_services_in_one_database(metadata: MetaData) -> None:
    Environment(service="pycon", metadata=metadata, owns=filters.prefix("pycon_")).run()
    Environment(service="pycon", metadata=[metadata, MetaData()], owns=filters.everything, schemas=["archive"]).run()


def an_env_py_of_ones_own(connection: Connection, metadata: MetaData) -> None:
    environment = Environment(service="pycon", metadata=metadata, owns=filters.prefix("pycon_"))
    assert_type(environment.options(), dict[str, Any])
    context.configure(connection=connection, **environment.options())


def one_part_alone(connection: Connection, metadata: MetaData) -> None:
    assert_type(filters.prefix("pycon_").hooks(), HookOptions)
    assert_type(VersionTable.for_service("pycon").options(), VersionTableOptions)
    context.configure(
        connection=connection,
        target_metadata=metadata,
        **filters.prefix("pycon_").hooks(),
        **VersionTable.for_service("pycon").options(),
    )


@filters.rule
def not_archived(target: Target) -> bool:
    return not (target.name or "").endswith("_archive")


@filters.rule
def of_this_team(target: Target) -> filters.Answer:
    return filters.UNKNOWN if target.object is None else filters.Answer.of(target.object.info.get("team") == "a")


@filters.rule(parts=True)
def not_legacy(target: Target) -> bool | filters.Answer:
    return filters.UNKNOWN if target.name is None else target.name != "legacy"


def filters_compose(target: Target) -> None:
    assert_type(not_archived, filters.Filter)
    assert_type(of_this_team, filters.Filter)
    assert_type(not_legacy, filters.Filter)
    assert_type(filters.prefix("a_") & not_archived, filters.Filter)
    assert_type(filters.schemas(None, "archive") | ~filters.names("room_*"), filters.Filter)
    assert_type(filters.prefix("a_").decide(target), filters.Answer)
    assert_type(filters.prefix("a_").explain(target), filters.Explanation)


def parts_of_tables_and_the_catalog(metadata: MetaData) -> None:
    assert_type(filters.columns("users.billing_*"), filters.Filter)
    assert_type(filters.owned_by("billing") & ~filters.partitions() & ~filters.extension_members(), filters.Filter)
    assert_type(filters.everything & ~presets.celery, filters.Filter)
    Table("users", metadata, Column("id", Integer, primary_key=True), info=external())
    filters.columns(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    filters.owned_by(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def what_was_called_otherwise(metadata: MetaData) -> None:
    Table("prices", metadata, Column("mic", Integer, info=renamed_from("market")), info=renamed_from("quotes"))
    renamed_from(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def where_the_database_is(metadata: MetaData) -> None:
    Environment(metadata=metadata, url="sqlite://", url_variable="PYCON_URL", server_wait=30)
    Environment(metadata=metadata, url=URL.create("sqlite"))
    Environment(metadata=metadata, url=lambda: "sqlite://")
    Environment(metadata=metadata, url=lambda: 5)  # type: ignore[arg-type, return-value]  # pyright: ignore[reportArgumentType]


def how_it_runs(connection: Connection, metadata: MetaData) -> None:
    session = SessionSettings(role="billing", search_path=["billing", "public"], lock_timeout=10, check_interval=None)
    Environment(metadata=metadata, session=session, lock_wait=None)
    with migration_lock(connection, VersionTable.for_service("pycon"), wait=5):
        pass
    with migration_lock(connection):
        pass
    SessionSettings(lock_timeout="10s")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    SessionSettings("billing")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    session.lock_timeout = 5  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def a_misspelled_keyword_is_flagged(metadata: MetaData) -> None:
    Environment(metadata=metadata, servce="pycon")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Environment(metadta=metadata)  # type: ignore[call-arg, arg-type]  # pyright: ignore[reportCallIssue]


def an_argument_of_another_type_is_flagged(metadata: MetaData) -> None:
    Environment(metadata=metadata, owns="pycon_")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Environment(metadata="models")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Environment(metadata)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    filters.prefix(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    VersionTable(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def a_filter_is_no_other_operand(metadata: MetaData) -> None:
    filters.prefix("a_") & "b_"  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnusedExpression]
    filters.prefix("a_") | metadata  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnusedExpression]


def what_is_settled_stays_so(metadata: MetaData) -> None:
    environment = Environment(metadata=metadata)
    environment.service = "pycon"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def a_rule_answers_something(target: Target) -> None:
    def silent(target: Target) -> None: ...

    filters.rule(silent)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    filters.rule(parts="yes")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]


def what_is_declared_beside_tables(table: Table, model: type[Any]) -> None:
    assert_type(entity("CREATE VIEW v AS SELECT 1"), Entity)
    assert_type(sql("CREATE VIEW v AS SELECT 1; CREATE VIEW w AS SELECT 1"), Entities)
    assert_type(view("v", select(table), schema="billing", security_invoker=True, check_option="local"), Entity)
    assert_type(from_package("billing.db") + from_folder(Path("sql")), Entities)
    assert_type(entities.from_folder("sql")[0], Entity)
    assert_type(entities.from_folder("sql")[1:], Entities)
    assert_type(row_security(table, force=True), Entity)
    assert_type(row_security("billing.invoices", enabled=False), Entity)
    assert_type(row_security(model), Entity)
    row_security(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    row_security(table, True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    entity(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    view("v", "SELECT 1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    view("v", select(table), "billing")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    view("v", select(table), security_invokr=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    view("v", select(table), check_option="none")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sql("") + entity("")  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnusedExpression]


def what_is_reviewed(metadata: MetaData) -> None:
    @guards.guard("SHOP1")
    def no_floats(review: guards.Review) -> Iterator[guards.Finding]:
        for step in review.operations:
            yield guards.Finding(object=review.name(step), what="No.", at=step)

    assert_type(no_floats, guards.Guard)
    assert_type(guards.defaults(), list[guards.Guard])
    Environment(metadata=metadata, guards=[*guards.defaults(), guards.one_head(), no_floats])
    Environment(metadata=metadata, guards=[guards.one_head])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    guards.Finding("prices", "No.")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    guards.guard(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def an_entity_stays_what_it_is(one: Entity) -> None:
    one.name = "other"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
