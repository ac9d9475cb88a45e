"""What migrakit costs beside stock Alembic, measured in turn in one run.

    python -m benchmarks            all of them
    python -m benchmarks import     one: import, postgresql, mariadb, schemas, seeds, deployments, stalling

Exits with 1 where a number is beyond its bound.
"""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version

from benchmarks.comparing import mariadb, postgresql, schemas
from benchmarks.deployments import deployments
from benchmarks.importing import imports
from benchmarks.seeds import seeds
from benchmarks.servers import new_databases
from benchmarks.stalling import stalling

BENCHMARKS = {
    "import": imports,
    "postgresql": postgresql,
    "mariadb": mariadb,
    "schemas": schemas,
    "seeds": seeds,
    "deployments": deployments,
    "stalling": stalling,
}


def main(chosen: list[str]) -> int:
    packages = ", ".join(f"{name} {version(name)}" for name in ("alembic", "sqlalchemy", "migrakit"))
    print(f"Python {platform.python_version()}, {packages}\n")
    failed = False
    with new_databases() as new_database:
        for name in chosen or BENCHMARKS:
            results = BENCHMARKS[name](new_database)
            print(*results, "", sep="\n")
            failed |= not all(result.holds for result in results)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
