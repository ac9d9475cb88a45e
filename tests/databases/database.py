"""A database of a test's own, and the kinds there are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from sqlalchemy import URL, Engine, NullPool, create_engine

PostgreSQLKind = Literal["postgresql-18", "postgresql-16"]
ServerKind = Literal[PostgreSQLKind, "mariadb"]
Kind = Literal[ServerKind, "sqlite"]

POSTGRESQL_KINDS: tuple[PostgreSQLKind, ...] = get_args(PostgreSQLKind)
SERVER_KINDS: tuple[ServerKind, ...] = get_args(ServerKind)
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Database:
    """An empty database, dropped when the test that asked for it is over."""

    kind: Kind
    url: URL

    @property
    def dialect(self) -> str:
        """SQLAlchemy's dialect family: ``"postgresql"``, ``"mysql"`` (MariaDB too) or ``"sqlite"``."""
        name = self.url.get_backend_name()
        return "mysql" if name == "mariadb" else name

    def engine(self) -> Engine:
        """A new engine that keeps no connection open once it is given back."""
        return create_engine(self.url, poolclass=NullPool)


NewDatabase: TypeAlias = Callable[[Kind], Database]
"""What the fixture ``new_database`` is."""
