"""Findings as a person reads them: on the console, in the file, where something is refused."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

from migrakit.errors import Problem
from migrakit.guards.standing import rows_at_stake

if TYPE_CHECKING:
    from collections.abc import Sequence

    from migrakit.catalog.live import Live
    from migrakit.guards.finding import Finding

__all__ = ["comment_of", "listed", "problem_of", "problem_of_generated"]

_WIDTH = 100


def comment_of(finding: Finding, live: Live | None) -> list[str]:
    """The lines that stand above the op."""
    said = f"{finding.code}: {_said(finding, live)} {finding.hint}"
    lines = _wrapped(said, "", "  ")
    return [*lines, f"  If it is meant: {_line(finding)}"] if finding.refuses else lines


def listed(revision: str, findings: Sequence[Finding], live: Live | None) -> str:
    """All of a revision's, for the console."""
    several = "1 finding" if len(findings) == 1 else f"{len(findings)} findings"
    lines = [f"{several} in revision {revision}:"]
    for each in findings:
        first, rest = f"  {each.code}  ", " " * len(f"  {each.code}  ")
        lines += _wrapped(_said(each, live), first, rest)
        lines += _wrapped(each.hint, rest, rest)
    if any(each.refuses for each in findings):
        lines.append("Where there are rows, upgrade refuses what the revision's file does not accept. It says how.")
    return "\n".join(lines)


def problem_of(finding: Finding, revision: str, file: str, live: Live | None, *, is_upgrade: bool) -> Problem:
    """Why the revision is not applied."""
    if not finding.acceptable:
        return problem_of_generated(finding)
    what = f"Revision {revision}" if is_upgrade else f"The downgrade of revision {revision}"
    once = "" if is_upgrade else f', or say it once with -x accept="{finding.key}"'
    return Problem(
        f"{what} is refused, {finding.key}: {_said(finding, live)}",
        finding.hint,
        f"If it is meant, write {_line(finding)} into {file}{once}.",
    )


def problem_of_generated(finding: Finding) -> Problem:
    """Why the revision is not written."""
    return Problem(f"{finding.key}: {finding.what}", "", finding.hint)


def _wrapped(text: str, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def _said(finding: Finding, live: Live | None) -> str:
    return f"{finding.what} {rows_at_stake(finding, live)}".rstrip()


def _line(finding: Finding) -> str:
    return f'accepts = {{{json.dumps(finding.key, ensure_ascii=False)}: "why"}}'
