from migrakit import Environment

from prices.models import Base

Environment(metadata=Base.metadata).run()
