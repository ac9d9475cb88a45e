"""Whether every list of ops in the suite is the same under each hash seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.result import Result
from tests.written import VARIABLE

if TYPE_CHECKING:
    from benchmarks.servers import NewDatabase

__all__ = ["seeds"]

SEEDS = range(10)
# Those of the runner generate the same table again and again, in many hundred tests.
SCOPE = ["tests", "--ignore=tests/runtime"]
FEWEST = 400
"""Of tests whose lists are compared: were it fewer, the recording would have come undone."""


def seeds(_new_database: NewDatabase) -> list[Result]:
    """Run the suite, and then those of its tests that wrote something, once for each further seed."""
    print(f"all lists of ops of the suite, under {len(SEEDS)} hash seeds")
    with tempfile.TemporaryDirectory() as directory:
        first = _written(Path(directory), SEEDS[0], SCOPE)
        writers = Path(directory) / "writers"
        writers.write_text("\n".join(first))
        others = [_written(Path(directory), seed, [f"@{writers}"]) for seed in SEEDS[1:]]
    differing = [test for test in first if any(each.get(test) != first[test] for each in others)]
    print(f"  {len(first)} tests wrote {sum(len(texts) for texts in first.values())} texts")
    print(*(f"  differs: {test}" for test in differing), sep="\n")
    return [
        Result("tests whose lists differ", len(differing), 0, "tests"),
        Result("tests short of those that are known to write some", max(FEWEST - len(first), 0), 0, "tests"),
    ]


def _written(directory: Path, seed: int, tests: list[str]) -> dict[str, list[str]]:
    """What each test wrote, in its order."""
    kept = directory / str(seed)
    kept.mkdir()
    environment = {**os.environ, "PYTHONHASHSEED": str(seed), VARIABLE: str(kept)}
    command = [sys.executable, "-m", "pytest", "-q", "-n", "auto", "-k", "not hash_seed", *tests]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout)
    found: dict[str, list[str]] = {}
    for file in kept.iterdir():
        for line in file.read_text().splitlines():
            test, text = json.loads(line)
            found.setdefault(test, []).append(text)
    return found
