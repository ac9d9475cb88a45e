"""What ``import migrakit`` costs."""

from __future__ import annotations

import os
import subprocess
import sys
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.result import Result

if TYPE_CHECKING:
    from benchmarks.servers import NewDatabase

__all__ = ["imports"]


def imports(_new_database: NewDatabase) -> list[Result]:
    print("import: fresh processes")
    program = "import time, alembic; begun = time.perf_counter(); {}; print(time.perf_counter() - begun)"
    seconds: dict[str, list[float]] = {"pass": [], "import migrakit": []}
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for _ in range(22):
        for statement, times in seconds.items():
            command = [sys.executable, "-c", program.format(statement)]
            run = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
            times.append(float(run.stdout))
    for times in seconds.values():
        del times[0]  # this one wrote the bytecode
    added = (median(seconds["import migrakit"]) - median(seconds["pass"])) * 1000
    return [Result("import migrakit over import alembic, median of 21", added, 10, "ms")]
