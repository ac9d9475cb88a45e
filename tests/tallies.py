"""How much a test tried, shown at the end of the report: ``record_property("tally", "sqlite: 200 models")``.

What a test prints is kept from the terminal, and under pytest-xdist it is printed in another process; a report's
properties come from there too.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pytest

__all__ = ["PROPERTY", "pytest_terminal_summary"]

PROPERTY = "tally"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    tallies = sorted(set(_tallies(chain.from_iterable(terminalreporter.stats.values()))))
    if tallies:
        terminalreporter.section("tallies")
    for tally in tallies:
        terminalreporter.write_line(tally)


def _tallies(reports: Iterable[object]) -> Iterator[str]:
    for report in reports:  # beside those of tests there are warnings, which have no properties
        yield from (str(value) for name, value in getattr(report, "user_properties", ()) if name == PROPERTY)
