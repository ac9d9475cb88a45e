from migrakit import Environment, filters

from shop.models import Base

Environment(
    service="shop",
    metadata=Base.metadata,
    owns=filters.prefix("shop_") & ~filters.prefix("shop_eu_"),  # shop_eu_ is another team's
).run()
