"""``updated_at`` is kept by a trigger, on every table that has it."""

from migrakit.entities import entity
from sqlalchemy import Table

from billing.models import Base, Stamped

tables = [
    mapper.local_table
    for mapper in Base.registry.mappers
    if issubclass(mapper.class_, Stamped) and isinstance(mapper.local_table, Table)
]
triggers = [
    entity(f"CREATE TRIGGER touch BEFORE UPDATE ON {table.fullname} FOR EACH ROW EXECUTE FUNCTION billing.touch()")
    for table in tables
]
