"""`Environment`: all that a service says about its migrations, in one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

from migrakit import autogenerate
from migrakit.errors import ConfigurationError
from migrakit.filters import Answer, Filter, everything
from migrakit.filters.present import present_database
from migrakit.runtime import SessionSettings
from migrakit.target import NOWHERE, Reader, is_external
from migrakit.versions import VersionTable
from migrakit.versions.naming import SHARED_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import URL, MetaData

    from migrakit.entities import Entities
    from migrakit.guards import Guard
    from migrakit.target import Target

__all__ = ["Environment"]


@dataclass(frozen=True, slots=True, init=False)
class Environment:
    """What Alembic may touch for this service: ``Environment(metadata=Base.metadata).run()`` is a whole ``env.py``.

    metadata: one ``MetaData``, or several.
    service: names the version table, ``alembic_version_<service>``; goes with ``owns``.
    owns: the filter of what may be created, altered or dropped. Without it, and without ``service``: the whole
        database, version tables apart.
    version_table: a ``VersionTable`` other than the service's.
    entities: views, functions, triggers, policies and more, from ``migrakit.entities``. What is owned and not declared
        is proposed for dropping.
    schemas: schemas to look into besides the default one, those of the service's own tables and those that ``owns``
        names.
    guards: what is refused until a revision's file accepts it, from ``migrakit.guards``. Without it those against data
        loss and against incomplete metadata; ``[]`` turns them off.
    configure: further keywords of ``context.configure()``, Alembic's and other plugins'.

    The rest is for ``run()`` alone:

    url: the database, as text, as a ``sqlalchemy.URL``, or a function that returns either, called for each attempt to
        connect. ``-x url=`` goes before it.
    url_variable: the environment variable that holds the URL, where neither of these is given. Last comes
        ``sqlalchemy.url``.
    session: what the session is set to before Alembic runs.
    lock_wait: how many seconds upgrade, downgrade and stamp wait for another deployment; ``None``: they take no lock.
    server_wait: how many seconds to wait for a server that isn't up yet.
    journal: keep the journal of what was begun and finished where a transaction takes back what is cut off, too. Where
        there is none (MariaDB, MySQL, SQLite) it is always kept.
    """

    metadata: tuple[MetaData, ...]
    service: str | None
    owns: Filter
    version_table: VersionTable
    entities: Entities | None
    schemas: tuple[str, ...]
    guards: tuple[Guard, ...]
    configure: Mapping[str, Any] = field(hash=False)
    url: str | URL | Callable[[], str | URL] | None = field(repr=False)
    url_variable: str | None
    session: SessionSettings
    lock_wait: float | None
    server_wait: float
    journal: bool

    def __init__(
        self,
        *,
        metadata: MetaData | Sequence[MetaData],
        service: str | None = None,
        owns: Filter | None = None,
        version_table: VersionTable | None = None,
        entities: Iterable[Any] | None = None,
        schemas: Iterable[str] | None = (),
        guards: Iterable[Guard] | None = None,
        configure: Mapping[str, Any] = MappingProxyType({}),
        url: str | URL | Callable[[], str | URL] | None = None,
        url_variable: str | None = None,
        session: SessionSettings = SessionSettings(),  # noqa: B008 - it is frozen
        lock_wait: float | None = 60,
        server_wait: float = 0,
        journal: bool = False,
        **unknown: NoReturn,
    ) -> None:
        # Only an env.py needs these, and models import this package too: for external(), for one.
        from migrakit.environment.given import Given, as_tuple, listed  # noqa: PLC0415
        from migrakit.environment.running import problems_of_running  # noqa: PLC0415

        names = listed(schemas)
        several = None if guards is None else listed(guards)
        running = problems_of_running(
            url=url,
            url_variable=url_variable,
            session=session,
            lock_wait=lock_wait,
            server_wait=server_wait,
            journal=journal,
        )
        given = Given(metadata, service, owns, version_table, names, several, configure, unknown)
        problems = [*given.problems(), *running]
        if problems:
            raise ConfigurationError(*problems)
        settle = object.__setattr__
        settle(self, "metadata", as_tuple(metadata))
        settle(self, "service", service)
        settle(self, "owns", everything if owns is None else owns)
        settle(self, "version_table", version_table or _version_table_of(service))
        settle(self, "entities", _declared(entities))
        settle(self, "schemas", names)
        settle(self, "guards", _guards(several))
        settle(self, "configure", MappingProxyType(dict(configure)))
        settle(self, "url", url)
        settle(self, "url_variable", url_variable)
        settle(self, "session", session)
        settle(self, "lock_wait", lock_wait)
        settle(self, "server_wait", server_wait)
        settle(self, "journal", journal)

    def options(self) -> dict[str, Any]:
        """Keywords for ``context.configure()`` in an ``env.py`` of one's own. Reads and writes nothing."""
        from migrakit.filters.hooks import Hooks  # noqa: PLC0415 - only a run needs it, and importing it costs

        autogenerate.register()
        hooks = Hooks(self.owns, looks_into=self._looks_into)
        plugins = self.configure.get("autogenerate_plugins") or ["alembic.autogenerate.*"]
        return {
            # Alembic keeps this one from one configure() to the next, for another database of the same env.py.
            "compare_server_default": False,
            "include_schemas": self._has_schemas(),
            **self.configure,
            **hooks.options(),
            **self.version_table.options(),
            "target_metadata": self.metadata[0] if len(self.metadata) == 1 else list(self.metadata),
            "process_revision_directives": self._directives(),
            "autogenerate_plugins": [*plugins, autogenerate.PATTERN],
            autogenerate.OPTION: hooks,
            autogenerate.ENTITIES: self.entities,
        }

    def run(self) -> None:
        """Run Alembic's command: the last line of ``env.py``."""
        from migrakit.runtime.plan import Plan  # noqa: PLC0415 - only a run needs it, and importing it costs
        from migrakit.runtime.runner import run  # noqa: PLC0415

        plan = Plan(
            options=self.options(),
            version_table=self.version_table,
            service=self.service,
            url=self.url,
            url_variable=self.url_variable,
            session=self.session,
            lock_wait=self.lock_wait,
            server_wait=self.server_wait,
            journal=self.journal,
            guards=self.guards,
        )
        run(plan)

    def _directives(self) -> Callable[..., None] | None:
        """The service's own hook, and the guards after it."""
        from migrakit.guards.generating import Generating  # noqa: PLC0415 - only a run needs it, and importing it costs

        own = self.configure.get("process_revision_directives")
        declared = sum(not is_external(table) for each in self.metadata for table in each.tables.values())
        return Generating(self.guards, own, declared=declared) if self.guards else own

    def _has_schemas(self) -> bool:
        return bool(self.schemas or self._used_schemas() - {None}) or any(
            rule.speaks_of_schemas for rule in self.owns.rules()
        )

    def _looks_into(self, schema: Target) -> bool:
        if self.configure.get("include_schemas") or schema.in_default_schema:
            return True
        named = any(rule.speaks_of_schema(schema.schema, is_default=False) for rule in self.owns.rules())
        return named or schema.schema in self.schemas or any(map(self._may_own, self._tables_in(schema)))

    def _used_schemas(self) -> set[str | None]:
        return {table.schema for each in self.metadata for table in each.tables.values() if not is_external(table)}

    def _tables_in(self, schema: Target) -> Iterator[Target]:
        reader = Reader(present_database() or NOWHERE)
        tables = (reader.from_declared(table) for each in self.metadata for table in each.tables.values())
        return (table for table in tables if table.schema == schema.schema)

    def _may_own(self, table: Target) -> bool:
        # Another's table makes no schema looked into: what is beside it there would look like this service's.
        return not is_external(table.object) and self.owns.decide(table) is not Answer.NO


def _guards(given: Iterable[Guard] | None) -> tuple[Guard, ...]:
    if given is not None:
        return tuple(given)
    from migrakit.guards import defaults  # noqa: PLC0415 - models import this package too, and it costs

    return tuple(defaults())


def _declared(given: Iterable[Any] | None) -> Entities | None:
    if given is None:
        return None
    from migrakit.entities.collecting import as_entities  # noqa: PLC0415 - it costs, and few have any

    return as_entities(given)


def _version_table_of(service: str | None) -> VersionTable:
    return VersionTable(SHARED_NAME) if service is None else VersionTable.for_service(service)
