"""What autogenerate wrote in each test, kept for whoever compares runs: ``MIGRAKIT_WRITTEN`` names a directory.

``make bench ARGS=seeds`` runs the suite under several hash seeds and compares.
"""

from __future__ import annotations

import json
import os
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["VARIABLE", "keep"]

VARIABLE = "MIGRAKIT_WRITTEN"

# What may differ: a revision's id and date, the databases' names, which on MariaDB are schemas too, and the numbers
# that MariaDB gives to foreign keys without a name: create_all() makes those of a circle in the order of a set.
_MAY_DIFFER = re.compile(
    r"^(revision|down_revision) = .*$|^(Revision ID|Create Date): .*$|\bmigrakit_[0-9a-f]{16}\w*|_ibfk_\d+",
    re.MULTILINE,
)


def keep(text: Callable[[], str]) -> None:
    """Note this text as one that the test under way got from autogenerate."""
    directory = os.environ.get(VARIABLE)
    if directory is not None:
        test = os.environ["PYTEST_CURRENT_TEST"].removesuffix(" (call)")
        with warnings.catch_warnings(), (Path(directory) / str(os.getpid())).open("a") as file:
            warnings.simplefilter("ignore")  # the test never asked for a rendering
            file.write(json.dumps([test, _MAY_DIFFER.sub("", text())]) + "\n")
