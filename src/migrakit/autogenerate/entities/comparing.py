"""The comparator of entities: when the tables are known."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import takewhile
from typing import TYPE_CHECKING

from alembic.autogenerate import renderers
from alembic.util import PriorityDispatchResult
from sqlalchemy.exc import DBAPIError

from migrakit import catalog
from migrakit.autogenerate.entities.bodies import names_in
from migrakit.autogenerate.entities.canonical import canonical
from migrakit.autogenerate.entities.following import following
from migrakit.autogenerate.entities.identity import VIEWS
from migrakit.autogenerate.entities.registry import registered
from migrakit.autogenerate.entities.saying import not_compared, not_owned, not_postgresql, refused, unusable
from migrakit.autogenerate.entities.stages import Create, Drop, Note, Replace, Run, Stage
from migrakit.autogenerate.entities.states import States
from migrakit.autogenerate.entities.tables import surroundings
from migrakit.autogenerate.entities.touched import retyped
from migrakit.autogenerate.entities.ways import both_ways
from migrakit.autogenerate.entities.writing import written_note, written_op, written_run, written_stage
from migrakit.autogenerate.plugins import ENTITIES
from migrakit.autogenerate.renames import RENAMES, pending
from migrakit.autogenerate.renames.trying import done
from migrakit.autogenerate.report import hooks_of
from migrakit.autogenerate.schemas import CreateSchemaOp
from migrakit.entities import Entities, Entity
from migrakit.entities.collecting import as_entities
from migrakit.errors import ConfigurationError, EntityError, NotComparedError
from migrakit.filters.comparison import protected

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import MigrateOperation, UpgradeOps
    from sqlalchemy import Connection

    from migrakit.autogenerate.entities.ways import Ways
    from migrakit.filters import Filter

__all__ = ["compare"]


def compare(context: AutogenContext, upgrade_ops: UpgradeOps, schemas: set[str | None]) -> PriorityDispatchResult:
    """Add to the tables' ops what it takes for the entities."""
    given: Entities | None = context.opts.get(ENTITIES)
    hooks, connection = hooks_of(context), context.connection
    if hooks is None or connection is None or (given is None and connection.dialect.name != "postgresql"):
        return PriorityDispatchResult.CONTINUE
    if connection.dialect.name != "postgresql":
        raise ConfigurationError(not_postgresql(connection.dialect.name))
    states = States(hooks.owns, protected(hooks.owns, catalog.current()), connection, is_declared=given is not None)
    if given is None and not retyped(upgrade_ops.ops, states.default_schema):
        return PriorityDispatchResult.CONTINUE
    looked_into = {schema or states.default_schema for schema in schemas}
    try:
        with done(pending(context), connection):
            if given is None:
                declared = following(upgrade_ops.ops, connection, states, looked_into)
            else:
                declared = _declared(given, hooks.owns, states, connection)
            if given is None and not declared:
                return PriorityDispatchResult.CONTINUE
            ways = _looked_at(declared, upgrade_ops, connection, states, looked_into)
    except DBAPIError as error:
        raise NotComparedError(not_compared(error, connection)) from error
    _register_renderers()
    first, last = (Stage(there, back) for there, back in ways.stages())
    if not (first.is_idle and last.is_idle):
        new_schemas = [CreateSchemaOp(each, connection.dialect) for each in ways.new_schemas]
        before = list(takewhile(_comes_first, upgrade_ops.ops))
        at_last = [Stage((), steps)] if (steps := ways.after_renames()) else []
        upgrade_ops.ops = [*new_schemas, *at_last, *before, first, *upgrade_ops.ops[len(before) :], last]
    return PriorityDispatchResult.CONTINUE


def _comes_first(op: MigrateOperation) -> bool:
    # Entities are told by the new names, there and back: what the server carries over is none of theirs.
    return isinstance(op, (CreateSchemaOp, *RENAMES))


def _declared(given: Entities, owns: Filter, states: States, connection: Connection) -> Entities:
    """All that is declared here and registered with alembic-utils, each in its schema: there it is once."""
    declared = Entities(_at_home(each, states.default_schema) for each in as_entities([given, registered(given)]))
    relations = {(each.schema, each.name): each.kind for each in declared if each.kind in VIEWS}
    if strangers := [entity for entity in declared if not states.may_own(entity, relations)]:
        hidden = unusable(connection)
        raise EntityError(*(not_owned(entity, owns, hidden) for entity in strangers))
    return declared


def _at_home(entity: Entity, default_schema: str) -> Entity:
    """In its schema: what is made without one is made in the first of search_path, and what stands on a table there."""
    if entity.schema is not None or entity.kind == "extension":
        return entity
    table, database = entity.name if entity.on == "table" else entity.table, catalog.current()
    home = database.home_of(table) if table and database else None
    return replace(entity, schema=home or default_schema)


def _looked_at(
    declared: Entities, upgrade_ops: UpgradeOps, connection: Connection, states: States, schemas: set[str]
) -> Ways:
    """What it takes to get from the live entities to the declared ones, and back, or all that keeps us from it."""
    named = {name for entity in declared for name in names_in(entity.sql)} if upgrade_ops.ops else set[str]()
    around = surroundings(upgrade_ops.ops, connection, named=named)
    with canonical(connection, declared, schemas=schemas, around=around, implies=states.is_declared) as found:
        if not found.refused:
            return both_ways(connection, found, states, upgrade_ops.ops)
    # Now search_path is the session's own again.
    hidden = unusable(connection)
    raise EntityError(*(refused(each.entity, each.said, found.role, hidden, connection) for each in found.refused))


@cache
def _register_renderers() -> None:
    """Before any of these ops is written."""
    renderers.dispatch_for(Stage)(written_stage)
    renderers.dispatch_for(Note)(written_note)
    renderers.dispatch_for(Run)(written_run)
    for op in (Create, Replace, Drop):
        renderers.dispatch_for(op)(written_op)
