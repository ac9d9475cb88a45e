from migrakit import Environment, entities, filters

from billing.models import Base

Environment(
    service="billing",
    metadata=Base.metadata,
    owns=filters.schemas("billing", "billing_api", "ledger"),
    entities=entities.from_package("billing.db"),
).run()
