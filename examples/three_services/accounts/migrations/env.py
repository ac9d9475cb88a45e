from migrakit import Environment, filters

from accounts.models import Base

Environment(
    service="accounts",
    metadata=Base.metadata,
    owns=filters.prefix("accounts_"),
).run()
