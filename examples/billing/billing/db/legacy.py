"""What was declared for alembic-utils, before, and works as it is."""

from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.pg_view import PGView

full_address = PGFunction(
    schema="billing",
    signature="full_address(of_customer bigint)",
    definition=r"""
        RETURNS text LANGUAGE sql STABLE AS $$
            SELECT array_to_string(a.lines || concat_ws(' ', a.postcode, a.city)::text, E'\n')
            FROM billing.addresses AS a WHERE a.customer_id = of_customer AND a.purpose = 'billing'
        $$
    """,
)

tidy_slug = PGFunction(
    schema="billing",
    signature="tidy_slug()",
    definition="""
        RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.slug = lower(NEW.slug);
            RETURN NEW;
        END
        $$
    """,
)

tidy = PGTrigger(
    schema="billing",
    signature="tidy",
    on_entity="billing.tenants",
    definition="BEFORE INSERT OR UPDATE ON billing.tenants FOR EACH ROW EXECUTE FUNCTION billing.tidy_slug()",
)

mailing_list = PGView(
    schema="billing",
    signature="mailing_list",
    definition="""
        SELECT c.tenant_id, c.name, c.email, billing.full_address(c.customer_id) AS address
        FROM billing.contacts AS c WHERE c.gets_invoices
    """,
)
