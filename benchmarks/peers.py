"""Those that compare entities, each as its documentation sets it up."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from benchmarks.body import Function, Policy, Trigger, View
from migrakit import Environment, entities

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import MetaData

    from benchmarks.body import Part

__all__ = ["ALONE", "OURS", "PEERS", "STOCK", "Peer"]


@dataclass(frozen=True)
class Peer:
    """One of them: what it compares, and what makes it, which is given the entities and the tables.

    Its modules, once they are imported, take part in every comparison of their process.
    """

    name: str
    module: str
    kinds: tuple[type[Part], ...]
    set_up: Callable[[Sequence[Any], MetaData], dict[str, Any]]
    """Gives the options of ``context.configure()``."""

    def __str__(self) -> str:
        if not self.is_there:
            return f"{self.name}: not installed"
        kinds = ", ".join(f"{kind.__name__.lower()}s" for kind in self.kinds).replace("policys", "policies")
        return f"{self.name} {version(self.module.partition('.')[0])} ({kinds or 'none'})"

    @property
    def is_there(self) -> bool:
        return find_spec(self.module) is not None

    def compares(self, parts: Sequence[Part]) -> list[Part]:
        return [each for each in parts if isinstance(each, self.kinds)]

    def options(self, parts: Sequence[Part], metadata: MetaData) -> dict[str, Any]:
        return self.set_up(self.compares(parts), metadata)


def _nothing(_parts: Sequence[Any], _metadata: MetaData) -> dict[str, Any]:
    return {}


def _migrakit(parts: Sequence[Any], metadata: MetaData) -> dict[str, Any]:
    declared = entities.sql(";\n".join(each.sql for each in parts))
    return Environment(metadata=metadata, entities=declared).options()


def _alembic_utils(parts: Sequence[Any], _metadata: MetaData) -> dict[str, Any]:
    classes = {
        View: import_module("alembic_utils.pg_view").PGView,
        Function: import_module("alembic_utils.pg_function").PGFunction,
        Trigger: import_module("alembic_utils.pg_trigger").PGTrigger,
        Policy: import_module("alembic_utils.pg_policy").PGPolicy,
    }

    def entity(part: Part) -> Any:
        class_ = classes[type(part)]
        match part:
            case View():
                return class_("public", part.name, part.select)
            case Function():
                return class_("public", f"{part.name}({part.arguments})", part.rest)
            case Trigger():
                rest = part.sql.removeprefix(f"CREATE TRIGGER {part.name} ").replace(" ON ", " ON public.")
                return class_("public", part.name, rest, on_entity=f"public.{part.table}")
            case Policy():
                return class_("public", part.name, part.rest, on_entity=f"public.{part.table}")

    register = import_module("alembic_utils.replaceable_entity").register_entities
    register([entity(each) for each in parts], entity_types=classes.values())
    return {}


def _declarative_extensions(parts: Sequence[Any], metadata: MetaData) -> dict[str, Any]:
    package = import_module("sqlalchemy_declarative_extensions")
    dialect = import_module("sqlalchemy_declarative_extensions.dialects.postgresql")

    def function(part: Function) -> Any:
        parameters = [part.arguments] if part.arguments else None
        given = {"returns": part.returns, "language": part.language, "parameters": parameters}
        return dialect.Function(part.name, part.body, **given)

    def trigger(part: Trigger) -> Any:
        events = [each.lower() for each in part.events]
        made = dialect.Trigger.before(*events, on=part.table, execute=part.function, name=part.name)
        return made.for_each_row()

    views = [package.View(each.name, each.select) for each in parts if isinstance(each, View)]
    package.declare_database(
        metadata,
        views=package.Views().are(*views),
        functions=package.Functions().are(*(function(each) for each in parts if isinstance(each, Function))),
        triggers=package.Triggers().are(*(trigger(each) for each in parts if isinstance(each, Trigger))),
    )
    package.register_alembic_events()
    return {}


def _pg_autogen(parts: Sequence[Any], _metadata: MetaData) -> dict[str, Any]:
    import_module("alembic_pg_autogen")
    return {
        "autogenerate_plugins": ["alembic.autogenerate.*", "alembic_pg_autogen.*"],
        "pg_functions": [each.sql for each in parts if isinstance(each, Function)],
        "pg_triggers": [each.sql for each in parts if isinstance(each, Trigger)],
        "pg_views": [each.sql for each in parts if isinstance(each, View)],
    }


def _migrakit_alone(_parts: Sequence[Any], metadata: MetaData) -> dict[str, Any]:
    return Environment(metadata=metadata).options()


STOCK = Peer("alembic", "alembic", (), _nothing)
ALONE = Peer("migrakit without entities", "migrakit", (), _migrakit_alone)
"""What comparing the tables costs."""

OURS = Peer("migrakit", "migrakit.autogenerate.entities.comparing", (View, Function, Trigger, Policy), _migrakit)

PEERS = [
    Peer("alembic-utils", "alembic_utils.replaceable_entity", (View, Function, Trigger, Policy), _alembic_utils),
    Peer(
        "sqlalchemy-declarative-extensions",
        "sqlalchemy_declarative_extensions",
        (View, Function, Trigger),
        _declarative_extensions,
    ),
    Peer("alembic-pg-autogen", "alembic_pg_autogen", (View, Function, Trigger), _pg_autogen),
]
