"""What migrakit costs beside stock Alembic, measured in turn in one run.

    python -m benchmarks            all of them
    python -m benchmarks import     one: import, postgresql, mariadb, schemas, seeds, deployments, stalling, billing,
                                    entities
    python -m benchmarks entities --most 10     with no more entities than that

Exits with 1 where a number is beyond its bound.
"""

from __future__ import annotations

import platform
import sys
from argparse import ArgumentParser
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from benchmarks.billing import billing
from benchmarks.comparing import mariadb, postgresql, schemas
from benchmarks.deployments import deployments
from benchmarks.entities import LARGEST, entities
from benchmarks.importing import imports
from benchmarks.seeds import seeds
from benchmarks.servers import new_databases
from benchmarks.stalling import stalling

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.result import Result
    from benchmarks.servers import NewDatabase

BENCHMARKS: dict[str, Callable[[NewDatabase], list[Result]]] = {
    "import": imports,
    "postgresql": postgresql,
    "mariadb": mariadb,
    "schemas": schemas,
    "seeds": seeds,
    "deployments": deployments,
    "stalling": stalling,
    "billing": billing,
    "entities": entities,
}


def main(arguments: list[str]) -> int:
    parser = ArgumentParser("benchmarks")
    parser.add_argument("chosen", nargs="*", choices=[[], *BENCHMARKS])
    parser.add_argument("--most", type=int, default=LARGEST, help="entities")
    given = parser.parse_args(arguments)
    measuring = BENCHMARKS | {"entities": partial(entities, most=given.most)}
    packages = ", ".join(f"{name} {version(name)}" for name in ("alembic", "sqlalchemy", "migrakit"))
    print(f"Python {platform.python_version()}, {packages}\n")
    failed = False
    with new_databases() as new_database:
        for name in given.chosen or measuring:
            results = measuring[name](new_database)
            print(*results, "", sep="\n")
            failed |= not all(result.holds for result in results)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
