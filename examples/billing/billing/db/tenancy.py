"""Every table of a tenant's: its rows are seen and written by that tenant alone."""

from migrakit.entities import entity, row_security
from sqlalchemy import Table

from billing.models import Base, OfTenant
from billing.models.customers import PaymentMethod
from billing.models.tenants import ApiKey


def of_tenant(table: str) -> str:
    return f"""
        CREATE POLICY tenant ON {table} TO billing_app
            USING (tenant_id = (SELECT billing.current_tenant()))
            WITH CHECK (tenant_id = (SELECT billing.current_tenant()))
    """


tables = [
    mapper.local_table
    for mapper in Base.registry.mappers
    if issubclass(mapper.class_, OfTenant) and isinstance(mapper.local_table, Table)
]
policies = [entity(of_tenant(table.fullname)) for table in tables]

# Not even their owner reads secrets without saying for whom.
forced = [row_security(model, force=True) for model in (ApiKey, PaymentMethod)]
