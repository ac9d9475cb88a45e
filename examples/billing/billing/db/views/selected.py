"""Views that are written as selects of the models, and so are refactored with them."""

from migrakit.entities import view
from sqlalchemy import func, select

from billing.models.catalog import Feature, Plan, PlanFeature
from billing.models.events import Note, WebhookDelivery, WebhookEndpoint
from billing.models.invoices import Invoice
from billing.models.tenants import User

webhook_backlog = view(
    "webhook_backlog",
    select(
        WebhookEndpoint.tenant_id,
        WebhookEndpoint.url,
        func.count().label("waiting"),
        func.max(WebhookDelivery.attempts).label("attempts"),
        func.min(WebhookDelivery.due_at).label("oldest"),
    )
    .join(WebhookDelivery, WebhookDelivery.endpoint_id == WebhookEndpoint.id)
    .where(WebhookDelivery.delivered_at.is_(None))
    .group_by(WebhookEndpoint.tenant_id, WebhookEndpoint.url),
    schema="billing",
)

drafts = view(
    "drafts",
    select(Invoice.id, Invoice.tenant_id, Invoice.customer_id, Invoice.net, Invoice.created_at).where(
        Invoice.status == "draft"
    ),
    schema="billing",
)

features = view(
    "features",
    select(Plan.id.label("plan_id"), Plan.code.label("plan"), Feature.code, Feature.name, PlanFeature.upper_limit)
    .join(PlanFeature, PlanFeature.plan_id == Plan.id)
    .join(Feature, Feature.id == PlanFeature.feature_id),
    schema="billing_api",
    security_invoker=True,
)

notes = view(
    "notes",
    select(Note.id, Note.customer_id, User.name.label("author"), Note.body, Note.created_at).join(
        User, User.id == Note.user_id, isouter=True
    ),
    schema="billing_api",
    security_invoker=True,
)
