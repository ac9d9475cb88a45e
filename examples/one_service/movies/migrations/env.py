from migrakit import Environment

from movies.models import Base

Environment(metadata=Base.metadata).run()
