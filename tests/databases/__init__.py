"""Fresh databases for tests, in servers that one pytest session shares between its workers."""

from tests.databases.database import KINDS, POSTGRESQL_KINDS, SERVER_KINDS, Database, Kind, NewDatabase

__all__ = ["KINDS", "POSTGRESQL_KINDS", "SERVER_KINDS", "Database", "Kind", "NewDatabase"]
