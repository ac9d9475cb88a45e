from migrakit import Environment, filters

from pycon.models import Base

Environment(
    service="pycon",
    metadata=Base.metadata,
    owns=filters.prefix("pycon_"),
).run()
